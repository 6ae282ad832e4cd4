// What a visitor can do with a conversation: judge, copy, edit, look back, find another one.
import type { CDPSession } from '@playwright/test';
import { fill, plural, strings, tool } from '../../web/panel/strings.ts';
import type { ViewEffect } from '../../web/seam.ts';
import { expect, test, type PanelTester } from './panel.ts';

const reply = (id: string, text: string): ViewEffect[] => [
  { type: 'show_message', id, role: 'assistant', text: '', status: 'streaming' },
  ...text.split(/(?<= )/).map((part): ViewEffect => ({ type: 'append_text', id, text: part })),
  { type: 'update_message', id, status: 'done' },
];

/** How often the accessibility tree has the words in what is read out. */
async function countSaid(cdp: CDPSession, words: string): Promise<number> {
  const { nodes } = await cdp.send('Accessibility.getFullAXTree');
  const within = new Set<string>();
  for (const node of nodes)
    if (node.role?.value === 'log' || within.has(node.nodeId)) node.childIds?.forEach((id) => within.add(id));
  return nodes.filter(
    ({ nodeId, role, name }) =>
      within.has(nodeId) && role?.value === 'StaticText' && String(name?.value).includes(words),
  ).length;
}

test('A reply is drawn as Markdown while it streams, and nothing that stands is drawn again', async ({ visit }) => {
  const widget = await visit();
  await widget.open();
  const text =
    'Do **this**:\n\n1. one `a_b_c` for $5\n2. [two](https://x.example/a).\n\n| A | B |\n|---|---|\n| 1 | 2 |\n';
  await widget.perform({ type: 'show_message', id: 'a', role: 'assistant', text: '', status: 'streaming' });
  const added = await widget.page.evaluate((text) => {
    const body = document.querySelector('widgent-root')!.shadowRoot!.querySelector('.m .b')!;
    let removed = 0;
    const observer = new MutationObserver((all) => all.forEach(({ removedNodes }) => (removed += removedNodes.length)));
    observer.observe(body, { childList: true, subtree: true });
    for (const one of text) window.page.panel.perform({ type: 'append_text', id: 'a', text: one });
    observer.takeRecords().forEach(({ removedNodes }) => (removed += removedNodes.length));
    return removed;
  }, text);
  expect(added).toBe(0);
  await widget.perform({ type: 'update_message', id: 'a', status: 'done' });
  const body = widget.panel.locator('.m .b');
  await expect(body.locator('strong')).toHaveText('this');
  await expect(body.locator('ol > li')).toHaveText(['one a_b_c for $5', 'two.']);
  await expect(body.locator('code')).toHaveText('a_b_c');
  await expect(body.getByRole('link')).toHaveAttribute('href', 'https://x.example/a');
  await expect(body.locator('th')).toHaveText(['A', 'B']);
  await expect(body.locator('td')).toHaveText(['1', '2']);
  // A visitor's own words are no Markdown.
  await widget.perform({
    type: 'show_message',
    id: 'u',
    role: 'user',
    text: '*a* [b](https://x.example)',
    status: 'sent',
  });
  await expect(widget.panel.locator('.m.user .b')).toHaveText('*a* [b](https://x.example)');
});

/** Keeps the panel's second part back until the answer is called. */
async function holdLater({ page }: PanelTester): Promise<() => Promise<unknown>> {
  await page.evaluate(() => {
    const load = window.page.loader.loadLater;
    let arrive = () => {};
    const arrived = new Promise<void>((resolve) => (arrive = resolve));
    window.page.loader.loadLater = () => arrived.then(load);
    Object.assign(window, { arrive });
  });
  return () => page.evaluate('arrive()');
}

test('Until Markdown is there plain words are drawn, and what needs it waits, with all that comes behind', async ({
  visit,
}) => {
  const widget = await visit();
  const arrive = await holdLater(widget);
  await widget.open();
  const [begin, plain, ...rest] = reply('a', 'Plain words, **bold** ones.');
  await widget.perform(begin!, plain!);
  const body = widget.panel.locator('.assistant .b');
  await expect(body).toHaveText('Plain');
  const question: ViewEffect = { type: 'show_message', id: 'u', role: 'user', text: 'And then?', status: 'sent' };
  await widget.perform(...rest, question);
  await expect(body).toHaveText('Plain words,');
  await expect(widget.panel.locator('.user')).toHaveCount(0);
  await arrive();
  await expect(body.locator('p')).toHaveText('Plain words, bold ones.');
  await expect(body.locator('strong')).toHaveText('bold');
  await expect(widget.panel.locator('.m')).toHaveText([/Plain/, /And then/]);
});

test('What waits for Markdown is gone with its conversation, and who is here shows at once', async ({ visit }) => {
  const widget = await visit();
  const arrive = await holdLater(widget);
  await widget.open();
  await widget.perform(
    ...reply('a', "Ada's **secret**."),
    { type: 'show_message', id: 'u', role: 'user', text: "Ada's question", status: 'sent' },
    { type: 'clear_messages' },
    { type: 'show_threads', threads: [] },
    { type: 'show_identity', state: 'user', name: 'Bob', sub: 'bob' },
  );
  await expect(widget.panel.locator('.who')).toContainText('Signed in as Bob');
  await arrive();
  await widget.perform(...reply('b', 'Hello **Bob**.'));
  await expect(widget.panel.locator('.m .b')).toHaveText(['Hello Bob.']);
  await expect(widget.panel.getByRole('button', { name: strings.threads })).toBeVisible();
});

test('Where Markdown does not arrive, a reply stands as it was written, and the next one tries again', async ({
  visit,
}) => {
  const widget = await visit();
  await widget.page.evaluate(() => {
    const load = window.page.loader.loadLater;
    let tries = 0;
    window.page.loader.loadLater = () => (tries++ < 1 ? Promise.reject(new Error('offline')) : load());
  });
  await widget.open();
  const bodies = widget.panel.locator('.assistant .b');
  await widget.perform(...reply('a', 'It is **free**,\n[here](https://x.example).'));
  await expect(bodies.first()).toHaveText('It is **free**, [here](https://x.example).');
  await widget.perform(...reply('b', 'It is **free**.'));
  await expect(bodies.last().locator('strong')).toHaveText('free');
  await expect(bodies.first()).toHaveText('It is **free**, [here](https://x.example).');
});

test('Underscores in words, prices, open ends and addresses in sentences stay what they are', async ({ visit }) => {
  const widget = await visit();
  await widget.open();
  const cases: [markdown: string, text: string][] = [
    ['call get_order_status now', 'call get_order_status now'],
    ['from $5 to $10, $US or $x', 'from $5 to $10, $US or $x'],
    ['`a_b$c` and _so_', 'a_b$c and so'],
    ['see https://x.example/a_b_c.', 'see https://x.example/a_b_c.'],
    ['a [b](https://x.example/', 'a [b](https://x.example/'],
    ['an [open end', 'an [open end'],
    ['it ends in_', 'it ends in_'],
    ['![a picture](https://x.example/p.png) here', 'a picture here'],
    ['[relative](/help) and [mail](mailto:a@x.example)', 'relative and mail'],
    ['- [x] done\n- [ ] open', '☑ done☐ open'],
    ['2 * 3 < 7 & 8 > 1', '2 * 3 < 7 & 8 > 1'],
  ];
  for (const whole of [true, false]) {
    await widget.perform({ type: 'clear_messages' });
    for (const [i, [text]] of cases.entries())
      await widget.perform(
        ...(whole
          ? [{ type: 'show_message', id: `a${i}`, role: 'assistant', text, status: 'done' } as const]
          : [
              { type: 'show_message', id: `a${i}`, role: 'assistant', text: '', status: 'streaming' } as const,
              ...[...text].map((one): ViewEffect => ({ type: 'append_text', id: `a${i}`, text: one })),
              { type: 'update_message', id: `a${i}`, status: 'done' } as const,
            ]),
      );
    expect(await widget.panel.locator('.m .b').allTextContents()).toEqual(cases.map(([, text]) => text));
  }
  const links = await widget.panel.locator('.m a').evaluateAll((all) => all.map((a) => a.getAttribute('href')));
  expect(links).toEqual(['https://x.example/a_b_c', 'mailto:a@x.example']);
});

test('case 37: on the accessibility tree a reply is said once, when it is whole, without its marks', async ({
  page,
  visit,
}) => {
  const widget = await visit();
  await widget.open();
  const cdp = await page.context().newCDPSession(page);
  const [first, ...rest] = reply('a', 'Your **order** is on its way [1].');
  await widget.perform(first!, ...rest.slice(0, -1));
  expect(await countSaid(cdp, 'order')).toBe(0);
  await widget.perform({
    type: 'update_message',
    id: 'a',
    status: 'done',
    citations: [{ n: 1, title: 'Orders', url: 'https://x.example/' }],
  });
  expect(await countSaid(cdp, 'Your order is on its way.')).toBe(1);
  await widget.perform(rest.at(-1)!);
  expect(await countSaid(cdp, 'order')).toBe(1);
});

test('A footnote leads to its source in the list below', async ({ page, visit }) => {
  const widget = await visit();
  await widget.open();
  await widget.show('with citations');
  await page.getByRole('button', { name: fill(strings.source, 'Returns and exchanges') }).click();
  await expect(page.getByRole('link', { name: 'Returns and exchanges' })).toBeFocused();
});

test('A reply can be judged, with a comment, and the judgement is taken back where it was not kept', async ({
  page,
  visit,
}) => {
  const widget = await visit();
  await widget.open();
  await widget.perform(...reply('a', 'Yes.'));
  const up = page.getByRole('button', { name: strings.up });
  const down = page.getByRole('button', { name: strings.down });
  await up.focus();
  await page.keyboard.press('Enter');
  await expect(up).toHaveAttribute('aria-pressed', 'true');
  await expect(page.getByRole('textbox', { name: strings.comment })).toBeFocused();
  await page.keyboard.press('Escape');
  await expect(up).toBeFocused();
  await expect(widget.panel).toBeVisible();
  await down.click();
  await expect(up).toHaveAttribute('aria-pressed', 'false');
  await page.keyboard.type('It was late');
  await page.keyboard.press('Enter');
  await expect(down).toBeFocused();
  await expect(widget.panel.locator('.acts')).toContainText(strings.thanks);
  expect((await widget.told()).slice(1)).toEqual([
    { type: 'feedback_given', message_id: 'a', rating: 'up' },
    { type: 'feedback_given', message_id: 'a', rating: 'down' },
    { type: 'feedback_given', message_id: 'a', rating: 'down', comment: 'It was late' },
  ]);
  await widget.perform({ type: 'show_rating', id: 'a', rating: 'up' });
  await expect(up).toHaveAttribute('aria-pressed', 'true');
  await widget.perform({ type: 'show_rating', id: 'a' });
  await expect(up).toHaveAttribute('aria-pressed', 'false');
});

test('The field for a comment comes into sight whole, below a long conversation too', async ({ page, visit }) => {
  const widget = await visit();
  await widget.open();
  await widget.perform(...reply('a', 'Yes.\n\n'.repeat(40)));
  await page.getByRole('button', { name: strings.down }).press('Enter');
  await expect(page.getByRole('textbox', { name: strings.comment })).toBeFocused();
  const room = () =>
    widget.panel.locator('.comment').evaluate((form) => {
      const log = form.closest('.log')!;
      return log.getBoundingClientRect().bottom - form.getBoundingClientRect().bottom;
    });
  await expect.poll(room).toBeGreaterThanOrEqual(4);
});

test('A reply is copied as it was sent, and code without what is around it', async ({ page, context, visit }) => {
  await context.grantPermissions(['clipboard-read', 'clipboard-write']);
  const widget = await visit();
  await widget.open();
  const text = 'So:\n\n```js\nlet a_b = `$1`\n```\n**Done**';
  await widget.perform(...reply('a', text));
  const copied = () => page.evaluate(() => navigator.clipboard.readText());
  const buttons = widget.panel.locator('.copy');
  await buttons.first().click();
  await expect.poll(copied).toBe('let a_b = `$1`');
  await expect(buttons.first()).toHaveAccessibleName(strings.copied);
  await buttons.last().click();
  await expect.poll(copied).toBe(text);
});

test('A message that waits or has failed goes back into the composer, before what stands there', async ({
  page,
  visit,
}) => {
  const widget = await visit();
  await widget.open();
  await widget.perform({ type: 'show_message', id: 'u', role: 'user', text: 'One', status: 'queued' });
  await widget.input.fill('two');
  await page.getByRole('button', { name: strings.edit }).click();
  await expect(widget.input).toHaveValue('One\ntwo');
  await expect(widget.input).toBeFocused();
  expect((await widget.told()).at(-1)).toEqual({ type: 'message_withdrawn', message_id: 'u' });
  await widget.perform({ type: 'remove_message', id: 'u' });
  await expect(widget.panel.locator('.m')).toHaveCount(0);
});

test('The time until a message is sent again is counted down', async ({ page, visit }) => {
  await page.clock.install();
  const widget = await visit();
  await widget.open();
  await page.clock.pauseAt(Date.now() + 3_600_000);
  await widget.show('waiting for its turn');
  const foot = widget.panel.locator('.foot.user');
  await expect(foot).toContainText(plural(strings.retryIn, 20));
  await page.clock.runFor(5_000);
  await expect(foot).toContainText(plural(strings.retryIn, 15));
  await widget.perform({ type: 'update_message', id: 'u1', status: 'sending' });
  await page.clock.runFor(5_000);
  await expect(foot).toHaveText(strings.sending);
});

test('What arrives while the panel is closed stands below a divider, until it is closed again or answered', async ({
  visit,
}) => {
  const widget = await visit();
  await widget.open();
  await widget.perform({ type: 'show_message', id: 'u', role: 'user', text: 'Hello', status: 'sent' });
  const close = () => widget.page.evaluate(() => window.page.panel.close());
  await close();
  await widget.perform(...reply('a', 'Hi.'), ...reply('b', 'Still here.'));
  await widget.open();
  await expect(widget.panel.locator('.items > *')).toHaveText([/Hello/, strings.fresh, /Hi/, /Still here/]);
  await close();
  await widget.open();
  const divider = widget.panel.locator('.new');
  await expect(divider).toHaveCount(0);
  await close();
  await widget.perform(...reply('c', 'And now?'));
  await widget.open();
  await expect(divider).toHaveCount(1);
  await widget.perform({ type: 'show_message', id: 'v', role: 'user', text: 'Yes', status: 'sending' });
  await expect(divider).toHaveCount(0);
});

test('Whoever reads the end stays there, also where more is said before the browser tells of the last scroll', async ({
  visit,
}) => {
  const widget = await visit();
  await widget.open();
  await widget.perform(...reply('a', 'A long line.\n\n'.repeat(60)));
  await widget.page.evaluate(
    () =>
      new Promise((resolve) => {
        const { panel } = window.page;
        panel.perform({ type: 'show_message', id: 'b', role: 'assistant', text: 'A person.', status: 'done' });
        requestAnimationFrame(() => {
          panel.perform({ type: 'show_handoff', url: 'https://shop.example/contact', label: 'Talk to our team' });
          requestAnimationFrame(() => requestAnimationFrame(resolve));
        });
      }),
  );
  const log = widget.panel.locator('.log');
  expect(
    await log.evaluate(({ scrollHeight, scrollTop, clientHeight }) => scrollHeight - scrollTop - clientHeight),
  ).toBeLessThan(2);
  await expect(widget.panel.getByRole('button', { name: strings.latest })).toHaveCount(0);
});

test('Whoever reads further up keeps the place, and learns how much is new below', async ({ page, visit }) => {
  const widget = await visit();
  await widget.open();
  await widget.perform(...reply('a', 'A long line.\n\n'.repeat(60)));
  const log = widget.panel.locator('.log');
  await log.evaluate((element) => (element.scrollTop = 0));
  const latest = page.getByRole('button', { name: strings.latest });
  await expect(latest).toBeVisible();
  await widget.perform(...reply('b', 'News.'), ...reply('c', 'More.'));
  expect(await log.evaluate((element) => element.scrollTop)).toBe(0);
  await page.getByRole('button', { name: plural(strings.news, 2) }).click();
  await expect(latest).toHaveCount(0);
  await expect
    .poll(() => log.evaluate(({ scrollHeight, scrollTop, clientHeight }) => scrollHeight - scrollTop - clientHeight))
    .toBeLessThan(2);
});

test('Several steps fold into one line that opens', async ({ page, visit }) => {
  const widget = await visit();
  await widget.open();
  await widget.show('with several steps');
  const steps = widget.panel.locator('details');
  const line = steps.first().locator('summary');
  await expect(line).toHaveText(plural(strings.stepCount, 3));
  await expect(steps.first().getByText(tool('check_stock', 'done'))).toBeHidden();
  await line.focus();
  await page.keyboard.press('Enter');
  await expect(steps.first().getByText(tool('check_stock', 'done'))).toBeVisible();
  await widget.perform({ type: 'show_tool', id: 'c1', name: '', status: 'failed' });
  await expect(line).toBeFocused();
  await expect(steps.first()).toHaveAttribute('open');
});

test('A question says who asks, what a yes means and until when it holds; then only what was decided', async ({
  page,
  visit,
}) => {
  const widget = await visit();
  await widget.open();
  const ask = (id: string, tool: string): ViewEffect => {
    const expires_at = '2026-12-01T10:30:00Z';
    return { type: 'show_approval', id, status: 'pending', tool, message: `May I, ${id}?`, expires_at };
  };
  await widget.perform(ask('one', 'refund_order'), ask('two', 'get_order'));
  const [one, two] = ['May I, one?', 'May I, two?'].map((name) => page.getByRole('group', { name }));
  const time = await page.evaluate(() =>
    new Date('2026-12-01T10:30:00Z').toLocaleTimeString('en', { timeStyle: 'short' }),
  );
  await expect(one!).toContainText(fill(strings.asks, strings.agent));
  await expect(one!.getByRole('listitem')).toHaveText([strings.cannotUndo, fill(strings.openUntil, time)]);
  await expect(two!.getByRole('listitem')).toHaveText([fill(strings.openUntil, time)]);
  await one!.getByRole('button', { name: strings.reject }).click();
  expect((await widget.told()).at(-1)).toEqual({ type: 'approval_answered', id: 'one', approved: false });
  await expect(widget.input).toBeFocused();
  await widget.perform({ type: 'show_approval', id: 'one', status: 'rejected' });
  await expect(one!).toContainText(strings.approval.rejected);
  await expect(one!.getByRole('button')).toHaveCount(0);
  await expect(one!.getByRole('listitem')).toHaveCount(0);
});

test('Signed-in users find their conversations, each with its own draft; the focus comes back', async ({
  page,
  visit,
}) => {
  const noon = new Date().setHours(12, 0, 0, 0);
  await page.clock.setFixedTime(noon);
  const widget = await visit();
  await widget.open();
  const button = page.getByRole('button', { name: strings.threads });
  await expect(button).toBeHidden();
  await widget.show('greeting a user');
  await widget.input.fill('a draft');
  await button.click();
  await expect(page.getByRole('button', { name: strings.back })).toBeFocused();
  await expect(widget.input).toBeHidden();
  const list = (failed = false): ViewEffect => ({
    type: 'show_threads',
    current: 'one',
    failed,
    threads: failed ? [] : ['one', 'two'].map((id) => ({ id, title: `About ${id}`, at: noon - 7_300_000 })),
  });
  await widget.perform(list(true));
  await page.getByRole('button', { name: strings.again }).click();
  await widget.perform(list());
  await expect(page.getByRole('button', { name: 'About one' })).toHaveAttribute('aria-current', 'true');
  await expect(page.getByRole('button', { name: 'About two' })).toContainText('2 hours ago');
  await page.keyboard.press('Escape');
  await expect(button).toBeFocused();
  await button.click();
  await page.getByRole('button', { name: 'About two' }).focus();
  await widget.perform(list());
  await expect(page.getByRole('button', { name: 'About two' })).toBeFocused();
  await page.keyboard.press('Enter');
  await expect(widget.input).toBeFocused();
  await expect(widget.input).toHaveValue('');
  await button.click();
  await page.getByRole('button', { name: 'About one' }).click();
  await expect(widget.input).toHaveValue('a draft');
  await button.click();
  await page.getByRole('button', { name: strings.newThread }).click();
  const told = await widget.told();
  expect(told.slice(1).filter(({ type }) => type !== 'threads_requested')).toEqual([
    { type: 'thread_chosen', thread_id: 'two' },
    { type: 'thread_chosen', thread_id: 'one' },
    { type: 'new_thread_chosen' },
  ]);
  // With the user the drafts go, and the list.
  await button.click();
  await widget.perform({ type: 'change_draft', change: 'clear' }, { type: 'show_identity', state: 'guest' });
  await expect(widget.input).toBeVisible();
  await widget.show('greeting a user');
  await button.click();
  await widget.perform(list());
  await page.getByRole('button', { name: 'About two' }).click();
  await button.click();
  await page.getByRole('button', { name: 'About one' }).click();
  await expect(widget.input).toHaveValue('');
});

test('The composer grows to six lines, and says near the limit how much is left; nothing is lost', async ({
  page,
  visit,
}) => {
  const widget = await visit();
  await widget.open();
  const height = async () => (await widget.input.boundingBox())!.height;
  const single = await height();
  await widget.input.fill('a\nb\nc\nd\ne\nf');
  const six = await height();
  expect(six).toBeCloseTo(single + 5 * 22, 0);
  await widget.input.fill('a\n'.repeat(20));
  expect(await height()).toBe(six);
  await widget.input.fill('x'.repeat(3_500));
  await expect(widget.panel.locator('.count')).toBeHidden();
  await widget.input.fill('😀'.repeat(3_990));
  await expect(widget.input).toHaveAccessibleDescription(plural(strings.left, 10));
  await widget.input.fill('x'.repeat(4_002));
  await page.keyboard.press('Enter');
  await expect(page.getByRole('log')).toHaveText(plural(strings.tooLong, 2));
  await expect(widget.input).toHaveAttribute('aria-invalid', 'true');
  await expect(widget.input).toHaveValue('x'.repeat(4_002));
  await page.keyboard.press('Escape');
  await widget.open();
  await page.keyboard.press('Backspace');
  await page.keyboard.press('Backspace');
  await page.keyboard.press('Enter');
  expect((await widget.told()).at(-1)).toEqual({ type: 'message_submitted', text: 'x'.repeat(4_000) });
});

test('A guest who only looks loads no more than the panel; whoever writes, or is signed in, loads the rest', async ({
  visit,
}) => {
  const widget = await visit();
  await widget.page.evaluate(() => {
    const load = window.page.loader.loadLater;
    window.page.loader.loadLater = () => {
      document.title += 'x';
      return load();
    };
  });
  const before = await widget.page.title();
  await widget.open();
  await widget.perform({ type: 'show_greeting', text: 'Hi!', agent: 'Acme Guide', suggestions: ['How long?'] });
  await expect(widget.panel).toContainText('How long?');
  expect(await widget.page.title()).toBe(before);
  await widget.panel.getByRole('textbox').fill('How');
  await widget.panel.getByRole('textbox').fill('How long?');
  await expect(widget.page).toHaveTitle(`${before}x`);

  const signedIn = await visit();
  await signedIn.perform({ type: 'show_identity', state: 'user', name: 'Ada', sub: 'ada' });
  await signedIn.open();
  await expect(signedIn.panel.getByRole('button', { name: strings.threads })).toBeVisible();
});
