// What others have written renders as text or not at all, wherever the panel shows it.
import { expect, test, type PanelTester } from './panel.ts';
import { bodies, floods, markup, urls } from './hostile.ts';
import type { ViewEffect } from '../../web/seam.ts';

const allowed: Record<string, RegExp> = {
  a: /^(class|href|target|rel|aria-label|title)$/,
  code: /^$/,
  ol: /^(start|class|aria-label)$/,
  pre: /^tabindex$/,
};
const plain = ['p', 'h3', 'strong', 'em', 'del', 'ul', 'li', 'blockquote', 'hr', 'table', 'tr', 'td', 'th', 'i'];
const frame =
  /^(class|id|dir|role|hidden|tabindex|open|type|title|lang|rows|placeholder|enterkeyhint|disabled|maxlength|viewBox|d|style|part|data-[a-z]+|aria-[a-z]+)$/;

/** What the panel must not have: elements and attributes that it does not make, and what a script would have left. */
async function inspect(widget: PanelTester, below: string): Promise<unknown> {
  return widget.page.evaluate(
    ([below, allowed, plain, frame]) => {
      const found: string[] = [];
      const own = [
        'b',
        'div',
        'span',
        'button',
        'svg',
        'path',
        'details',
        'summary',
        'time',
        'section',
        'header',
        'h2',
      ];
      const fields = ['textarea', 'input', 'form'];
      const root = document.querySelector('widgent-root')!.shadowRoot!;
      let deepest = 0;
      for (const element of root.querySelectorAll(`${below} *`)) {
        const tag = element.localName;
        let depth = 0;
        for (let at: Element | null = element; at; at = at.parentElement) ++depth;
        deepest = Math.max(deepest, depth);
        const rule = allowed[tag] ? new RegExp(allowed[tag]) : plain.includes(tag) ? /^class$/ : new RegExp(frame);
        if (!allowed[tag] && ![...plain, ...own, ...fields].includes(tag)) found.push(`<${tag}>`);
        for (const { name, value } of element.attributes) {
          if (!rule.test(name)) found.push(`<${tag} ${name}>`);
          if (name === 'href' && !/^(https?|mailto|tel):/.test(value)) found.push(value);
          if (name === 'rel' && value !== 'noopener noreferrer nofollow') found.push(value);
        }
      }
      if (deepest > 40) found.push(`${deepest} deep`);
      if ('tripped' in window) found.push('a script ran');
      return found;
    },
    [
      below,
      Object.fromEntries(Object.entries(allowed).map(([tag, rule]) => [tag, rule.source])),
      plain,
      frame.source,
    ] as const,
  );
}

/** By the character, or where that is too many by the hundred. */
const cut = (text: string): string[] => (text.length < 200 ? [...text] : (text.match(/[^]{1,100}/gu) ?? []));

/** Requests that went anywhere, but for the page and its script. */
function watch(widget: PanelTester): string[] {
  const left: string[] = [];
  widget.page.on('request', (request) => left.push(request.url()));
  widget.page.on('dialog', (dialog) => dialog.dismiss());
  return left;
}

test('Every hostile Markdown body stays within the elements that a reply may have', async ({ visit }) => {
  test.slow();
  const widget = await visit();
  const left = watch(widget);
  await widget.open();
  expect(new Set(bodies).size).toBeGreaterThan(100);
  await widget.perform(
    ...bodies.flatMap((text, i): ViewEffect[] => [
      { type: 'show_message', id: `w${i}`, role: 'assistant', text, status: 'done' },
      { type: 'show_message', id: `s${i}`, role: 'assistant', text: '', status: 'streaming' },
      ...cut(text).map((part): ViewEffect => ({ type: 'append_text', id: `s${i}`, text: part })),
      { type: 'update_message', id: `s${i}`, status: 'done' },
    ]),
  );
  expect(await inspect(widget, '.log')).toEqual([]);
  // In one piece or by the character: the same comes out.
  const texts = await widget.panel.locator('.m .b').evaluateAll((all) => all.map((one) => one.textContent));
  expect(texts.filter((_, i) => i % 2)).toEqual(texts.filter((_, i) => !(i % 2)));
  const hosts = await widget.panel
    .locator('.log a')
    .evaluateAll((all) => all.map((link) => (link as HTMLAnchorElement).hostname));
  expect(hosts.filter((host) => !/^(x|evil)\.example$/.test(host))).toEqual([]);
  expect(left).toEqual([]);
});

test('Fifty thousand brackets, quotes or stars are drawn in bounded time and depth', async ({ visit }) => {
  test.setTimeout(300_000);
  const widget = await visit();
  await widget.open();
  for (const text of floods) {
    const took = await widget.page.evaluate((text) => {
      const started = performance.now();
      window.page.panel.perform({ type: 'clear_messages' });
      window.page.panel.perform({ type: 'show_message', id: 'a', role: 'assistant', text, status: 'done' });
      return performance.now() - started;
    }, text);
    expect(took, text.slice(0, 8)).toBeLessThan(60_000);
    expect(await inspect(widget, '.log'), text.slice(0, 8)).toEqual([]);
  }
});

test('Names, messages, tools, titles, labels and suggestions are text wherever they are shown', async ({ visit }) => {
  const widget = await visit();
  const left = watch(widget);
  await widget.open();
  await widget.perform(
    ...markup.flatMap((text, i): ViewEffect[] => [
      { type: 'show_identity', state: 'user', sub: text, name: text, email: text },
      { type: 'show_greeting', text, agent: text, accent: text, suggestions: [text], handoff_label: text },
      { type: 'show_message', id: `u${i}`, role: 'user', text, status: 'sent' },
      { type: 'show_message', id: `f${i}`, role: 'user', text, status: 'failed' },
      { type: 'update_message', id: `f${i}`, status: 'failed', code: text, hint: text },
      { type: 'show_tool', id: `t${i}`, name: `get_${text}`, status: 'running' },
      { type: 'show_tool', id: `t${i}`, name: text, status: 'failed' },
      { type: 'show_approval', id: `q${i}`, status: 'pending', tool: text, message: text, expires_at: text },
      { type: 'show_handoff', url: urls[i % urls.length]!, label: text },
      { type: 'show_suggestions', items: [text, text] },
      { type: 'show_notice', code: text },
    ]),
  );
  await expect(widget.panel.locator('.m.user .b').last()).toHaveText(markup.at(-1)!);
  expect(await widget.panel.locator('.approval > p:nth-child(2)').allTextContents()).toEqual(markup);
  expect(await inspect(widget, '.w')).toEqual([]);
  await expect(widget.panel.locator('a')).toHaveCount(0);
  expect(left).toEqual([]);
});

test('Sources and conversations with hostile titles and addresses lead nowhere', async ({ page, visit }) => {
  const widget = await visit();
  const left = watch(widget);
  await widget.open();
  await widget.perform(
    { type: 'show_identity', state: 'user', sub: 'ada' },
    ...urls.map((url, i): ViewEffect => ({
      type: 'show_message',
      id: `a${i}`,
      role: 'assistant',
      text: 'So it says [1].',
      status: 'done',
      citations: [{ n: 1, title: markup[i % markup.length]!, url }],
    })),
  );
  await expect(widget.panel.locator('.log .ref')).toHaveCount(urls.length);
  await expect(widget.panel.locator('.log a')).toHaveCount(0);
  expect(await inspect(widget, '.log')).toEqual([]);
  await page.locator('header button').first().click();
  await widget.perform({
    type: 'show_threads',
    threads: markup.map((title, i) => ({ id: `"><img src=x onerror=${i}>`, title, at: i * 1e12 })),
    current: '"] , *',
  });
  await expect(widget.panel.locator('.thread')).toHaveCount(markup.length);
  expect(await inspect(widget, '.threads')).toEqual([]);
  expect(left).toEqual([]);
});
