// The whole journey by keyboard alone: each stop shows that it has the focus, and the page is never out of reach.
import { expect, type Page } from '@playwright/test';
import { strings } from '../../web/panel/strings.ts';
import { slow } from '../slow.ts';
import { people } from '../token.ts';
import { test, type Host } from './host.ts';

interface Stop {
  name: string;
  inWidget: boolean;
  /** A ring of its own, or of the field that it stands in. */
  ring: boolean;
  inView: boolean;
}

/** What has the focus. */
const findStop = (page: Page): Promise<Stop> =>
  page.evaluate(() => {
    const host = document.activeElement!;
    const element = host.shadowRoot?.activeElement ?? host;
    const { outlineStyle, outlineWidth } = getComputedStyle(element);
    const field = element.closest('.composer');
    const { top, bottom, left, right } = element.getBoundingClientRect();
    return {
      name: element.ariaLabel || element.textContent!.trim() || element.localName,
      inWidget: host.localName === 'widgent-root',
      ring:
        (outlineStyle !== 'none' && parseFloat(outlineWidth) >= 2) ||
        (!!field && getComputedStyle(field).boxShadow !== 'none'),
      inView: top >= 0 && left >= 0 && bottom <= innerHeight && right <= innerWidth,
    };
  });

/** Presses Tab until it is there; every stop of the widget on the way is seen to have the focus. */
async function walkTo(page: Page, name: string, key: 'Tab' | 'Shift+Tab' = 'Tab'): Promise<void> {
  const passed: string[] = [];
  for (let i = 0; i < 40; i++) {
    await page.keyboard.press(key);
    const stop = await findStop(page);
    if (stop.inWidget) expect(stop).toMatchObject({ ring: true, inView: true });
    if (stop.name === name) return;
    passed.push(stop.name);
  }
  throw new Error(`No ${name}; ${key} leads to ${passed.join(', ')}`);
}

async function expectStop(page: Page, name: string): Promise<void> {
  await expect.poll(async () => (await findStop(page)).name).toBe(name);
  const { inWidget, ...stop } = await findStop(page);
  if (inWidget) expect(stop).toMatchObject({ ring: true, inView: true });
}

const pageOf = (host: Host) => `<h1>A page</h1><button onclick="widgent.identify(token)">Sign in</button>
  <script nonce="n1">const token = '${host.stack.sign(people.ada)}'</script>${host.scripts}<a href="#">After</a>`;

test('The journey by keyboard: ask, copy, judge, sign in, stop, try again, agree, begin anew, close', async ({
  page,
  context,
  startHost,
}) => {
  test.setTimeout(120_000);
  await context.grantPermissions(['clipboard-read', 'clipboard-write']);
  await page.emulateMedia({ reducedMotion: 'reduce' });
  const host = await startHost(slow.change);
  const { widget, stack } = host;
  await host.visit(pageOf(host));
  const say = async (text: string) => {
    await page.keyboard.type(text);
    await page.keyboard.press('Enter');
    await expect(widget.questions.filter({ hasText: text })).toBeVisible();
    await expectStop(page, strings.message);
  };

  await walkTo(page, strings.chat);
  await page.keyboard.press('Enter');
  await expectStop(page, strings.message);
  await say('how long does shipping take');
  await expect(widget.panel.locator('.m.assistant.done')).toContainText('two to four working days');

  await walkTo(page, strings.copy, 'Shift+Tab');
  await page.keyboard.press('Enter');
  await expectStop(page, strings.copied);
  expect(await page.evaluate(() => navigator.clipboard.readText())).toContain('two to four working days');
  await walkTo(page, strings.up);
  await page.keyboard.press('Space');
  await expectStop(page, strings.comment);
  await page.keyboard.type('Quick and clear');
  await page.keyboard.press('Enter');
  await expectStop(page, strings.up);
  await expect(widget.panel.locator('.act.up')).toHaveAttribute('aria-pressed', 'true');
  await expect
    .poll(() => stack.rows('SELECT comment FROM messages WHERE rating <> 0'))
    .toEqual([{ comment: 'Quick and clear' }]);

  // Out of the panel to the page and back: it is not modal.
  await walkTo(page, 'Sign in', 'Shift+Tab');
  await page.keyboard.press('Enter');
  await widget.expectUser('Ada Lovelace');
  await walkTo(page, strings.message);

  await say('where is my order A-1001');
  const reply = widget.replies.last();
  await expect(reply).toContainText(slow.beginning);
  await walkTo(page, strings.stop);
  await page.keyboard.press('Enter');
  await expect(reply).toHaveClass(/done/);
  await expectStop(page, strings.message);
  await expect(reply).not.toContainText(slow.end);

  let refused = 0;
  await page.route('**/agent', async (route) => {
    if (refused++) return route.continue();
    const { runId, threadId } = route.request().postDataJSON() as { runId: string; threadId: string };
    const events = [
      { type: 'RUN_STARTED', threadId, runId },
      { type: 'RUN_ERROR', code: 'agent_unavailable', message: 'Nobody is there.' },
    ];
    await route.fulfill({
      headers: { 'Content-Type': 'text/event-stream', 'Access-Control-Allow-Origin': '*' },
      body: events.map((event) => `data: ${JSON.stringify(event)}\n\n`).join(''),
    });
  });
  await say('who am I');
  await walkTo(page, strings.retry, 'Shift+Tab');
  await page.keyboard.press('Enter');
  await expectStop(page, strings.message);
  await expect(widget.replies.last()).toContainText('Ada Lovelace');

  await say('please refund my damaged order A-1001');
  const card = widget.panel.locator('.approval');
  await expect(card).toContainText('Ask the shop to refund order A-1001 (damaged)?');
  await walkTo(page, strings.approve, 'Shift+Tab');
  await page.keyboard.press('Enter');
  await expectStop(page, strings.message);
  await expect(card).toContainText(strings.approval.approved);
  await expect.poll(() => stack.toolCalls('express').at(-1)).toContain('refund_order A-1001');
  await expect(widget.panel.locator('.stop')).toBeHidden({ timeout: 30_000 });

  await walkTo(page, strings.threads, 'Shift+Tab');
  await page.keyboard.press('Enter');
  await expectStop(page, strings.back);
  await walkTo(page, strings.newThread);
  await page.keyboard.press('Enter');
  await expectStop(page, strings.message);
  await expect(widget.questions).toHaveCount(0);
  await walkTo(page, strings.threads, 'Shift+Tab');
  await page.keyboard.press('Enter');
  await expect(widget.panel.locator('.thread')).not.toHaveCount(0);
  await expectStop(page, strings.back);
  await page.keyboard.press('Escape');
  await expectStop(page, strings.threads);

  await page.keyboard.press('Escape');
  await expect(widget.panel).toBeHidden();
  await expectStop(page, strings.chat);
  expect(host.lines).toEqual([]);
});

test('On a phone the panel covers the page, and Tab stays in it, in both directions', async ({ page, startHost }) => {
  await page.setViewportSize({ width: 390, height: 800 });
  await page.emulateMedia({ reducedMotion: 'reduce' });
  const host = await startHost();
  await host.visit(pageOf(host));
  await walkTo(page, strings.chat);
  await page.keyboard.press('Enter');
  await expectStop(page, strings.message);
  await expect(host.widget.panel).toHaveAttribute('aria-modal', 'true');
  await expect(host.widget.panel.locator('.chip').first()).toBeVisible();
  for (const key of ['Tab', 'Shift+Tab'] as const) {
    const names = new Set<string>();
    for (let i = 0; i < 15; i++) {
      await page.keyboard.press(key);
      const stop = await findStop(page);
      expect(stop).toMatchObject({ inWidget: true, ring: true, inView: true });
      names.add(stop.name);
    }
    expect([...names]).toEqual(expect.arrayContaining([strings.close, strings.message]));
  }
  await page.keyboard.press('Escape');
  await expectStop(page, strings.chat);
});
