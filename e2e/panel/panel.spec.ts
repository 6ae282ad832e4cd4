// The panel alone, handed effects as the machine would: what it shows, and how it is worked by keyboard and ear.
import AxeBuilder from '@axe-core/playwright';
import { readableOn, textOn, type Rgb } from '../../web/panel/colour.ts';
import { fill, plural, strings } from '../../web/panel/strings.ts';
import { expect, test } from './panel.ts';
import { lists, states } from './states.ts';

for (const [name, width, colorScheme, direction] of [
  ['phone', 320, 'light', 'ltr'],
  ['desktop', 1280, 'dark', 'ltr'],
  ['phone', 320, 'dark', 'rtl'],
  ['desktop', 1280, 'light', 'rtl'],
] as const) {
  test(`case 37: every state is accessible and fits, ${colorScheme}, ${direction}, on a ${name}`, async ({
    page,
    visit,
  }) => {
    test.setTimeout(360_000); // axe looks at two dozen states
    await page.setViewportSize({ width, height: 700 });
    await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
    for (const state of [...Object.keys(states), ...Object.keys(lists)]) {
      const widget = await visit(`<html lang="en" dir="${direction}">`);
      await widget.open();
      await widget.show(state);
      const { violations, passes } = await new AxeBuilder({ page }).include('widgent-root').analyze();
      expect(violations.map(({ id, nodes }) => [state, id, nodes.map(({ html }) => html)])).toEqual([]);
      expect(passes.length).toBeGreaterThan(15);
      const overflow = await page.evaluate(() => {
        const log = document.querySelector('widgent-root')!.shadowRoot!.querySelector('.log')!;
        return [log.scrollWidth - log.clientWidth, document.documentElement.scrollWidth - innerWidth];
      });
      expect(overflow).toEqual([0, 0]);
    }
  });
}

for (const colorScheme of ['light', 'dark'] as const) {
  test(`A yellow brand leaves all text readable, ${colorScheme}`, async ({ page, visit }) => {
    await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
    const widget = await visit();
    await widget.open();
    await widget.show('with citations');
    await widget.show('handing off');
    await widget.perform({ type: 'show_greeting', text: 'Hi', agent: 'Acme', accent: '#ffd400', suggestions: [] });
    const { violations } = await new AxeBuilder({ page }).include('widgent-root').withRules('color-contrast').analyze();
    expect(violations.flatMap(({ nodes }) => nodes.map(({ any }) => any[0]?.message))).toEqual([]);
  });
}

test('What stands already is not written again, which would make the browser style all of it', async ({
  page,
  visit,
}) => {
  const widget = await visit();
  const greeting = { type: 'show_greeting', text: 'Hi', agent: 'Acme', accent: '#ffd400', suggestions: [] } as const;
  await widget.perform(greeting);
  await expect(widget.launcher).toHaveCSS('background-color', 'rgb(255, 212, 0)');
  const written = await page.evaluateHandle(() => {
    const lines: string[] = [];
    const note: MutationCallback = (records) => records.forEach((one) => lines.push(one.attributeName!));
    new MutationObserver(note).observe(document.querySelector('widgent-root')!, {
      attributeFilter: ['dir', 'lang', 'style'],
    });
    return lines;
  });
  await widget.perform({ ...greeting, text: 'Hello again' });
  await widget.open();
  await expect(widget.panel).toContainText('Hello again');
  expect(await written.jsonValue()).toEqual([]);
  await widget.perform({ ...greeting, accent: '#000' });
  await page.keyboard.press('Escape');
  await page.evaluate(() => (document.documentElement.dir = 'rtl'));
  await widget.open();
  await expect(widget.launcher).toHaveCSS('background-color', 'rgb(0, 0, 0)');
  await expect(widget.panel).toHaveCSS('direction', 'rtl');
  expect(new Set(await written.jsonValue())).toEqual(new Set(['style', 'dir']));
});

test('The first frame of the panel already shows it', async ({ page, visit }) => {
  await visit();
  const opacity = await page.evaluate(() => {
    window.page.panel.open();
    return Number(getComputedStyle(document.activeElement!.shadowRoot!.querySelector('.panel')!).opacity);
  });
  expect(opacity).toBeGreaterThan(0.25);
});

test('Every brand colour has readable text on it and beside it', () => {
  const luminance = (rgb: number[]) => {
    const [r, g, b] = rgb.map((part) => (part > 10 ? ((part / 255 + 0.055) / 1.055) ** 2.4 : part / 3294.6));
    return 0.2126 * r! + 0.7152 * g! + 0.0722 * b! + 0.05;
  };
  const contrast = (one: number[], other: number[]) => {
    const [low, high] = [luminance(one), luminance(other)].sort((a, b) => a - b);
    return high! / low!;
  };
  // A fixed run of colours all over the cube, with its corners.
  let seed = 7;
  const next = () => ((seed = (seed * 1103515245 + 12345) % 2147483648) >> 8) & 255;
  const colours = Array.from({ length: 400 }, () => [next(), next(), next()] as unknown as Rgb);
  for (let i = 0; i < 8; ++i) colours.push([i & 1, i & 2, i & 4].map((bit) => (bit ? 255 : 0)) as unknown as Rgb);
  const light: Rgb[] = [
    [255, 255, 255],
    [241, 242, 245],
    [255, 250, 230],
  ];
  const dark: Rgb[] = [
    [0, 0, 0],
    [23, 25, 31],
    [38, 41, 49],
  ];
  for (const colour of colours) {
    expect(contrast([...textOn(colour)], [...colour]), `on ${colour}`).toBeGreaterThanOrEqual(4.5);
    for (const ground of [...light, ...dark]) {
      const text = readableOn(ground, colour, dark.includes(ground)).map(Math.round);
      expect(contrast(text, [...ground]), `${colour} on ${ground}`).toBeGreaterThanOrEqual(4.5);
    }
  }
});

test('case 37: opening moves the focus into the composer, Escape closes and gives it back', async ({ page, visit }) => {
  const widget = await visit();
  await widget.launcher.focus();
  await page.keyboard.press('Enter');
  await expect(widget.input).toBeFocused();
  await expect(widget.launcher).toHaveAttribute('aria-expanded', 'true');
  await page.keyboard.press('Escape');
  await expect(widget.panel).toBeHidden();
  await expect(widget.launcher).toBeFocused();
  expect((await widget.told()).map(({ type }) => type)).toEqual(['panel_opened', 'panel_closed']);
});

test('case 37: on a desktop Tab leaves the panel, on a phone it stays in', async ({ page, visit }) => {
  const widget = await visit();
  const inWidget = () => page.evaluate(() => document.activeElement?.localName === 'widgent-root');
  for (const [width, stays] of [
    [1280, false],
    [390, true],
  ] as const) {
    await page.setViewportSize({ width, height: 800 });
    await widget.open();
    await widget.show('with citations');
    await expect(widget.panel).toHaveAttribute('aria-modal', String(stays));
    const seen = [];
    for (let i = 0; i < 16; ++i) {
      await page.keyboard.press('Tab');
      seen.push(await inWidget());
    }
    expect(seen.every(Boolean)).toBe(stays);
    await widget.input.focus();
    await page.keyboard.press('Escape');
  }
});

test('Enter sends, Shift and Enter break the line, and Enter that ends a composition does neither', async ({
  page,
  visit,
}) => {
  const widget = await visit();
  await widget.open();
  await widget.input.pressSequentially('one');
  await page.keyboard.press('Shift+Enter');
  await widget.input.pressSequentially('two');
  await widget.input.dispatchEvent('keydown', { key: 'Enter', keyCode: 229, isComposing: true });
  await expect(widget.input).toHaveValue('one\ntwo');
  await page.keyboard.press('Enter');
  await expect(widget.input).toHaveValue('');
  await page.keyboard.press('Enter');
  expect((await widget.told()).slice(1)).toEqual([{ type: 'message_submitted', text: 'one\ntwo' }]);
});

test('case 37: a streamed reply is announced once, whole, at its end', async ({ visit }) => {
  const widget = await visit();
  await widget.open();
  const said = widget.page.getByRole('log');
  await widget.perform({ type: 'show_message', id: 'a', role: 'assistant', text: '', status: 'streaming' });
  for (const text of ['Your ', 'order ', 'is on ', 'its way.']) {
    await widget.perform({ type: 'append_text', id: 'a', text });
    await expect(said).toHaveText('');
  }
  await widget.perform({ type: 'update_message', id: 'a', status: 'done' });
  await expect(said).toHaveText(`${fill(strings.says, strings.agent)} Your order is on its way.`);
  await widget.perform({ type: 'update_message', id: 'a', status: 'done' });
  await expect(said.locator('p')).toHaveCount(1);
});

test('A reply that arrives while the panel is closed is counted on the launcher', async ({ visit }) => {
  const widget = await visit();
  await widget.show('answered');
  await expect(widget.launcher).toHaveAccessibleName(plural(strings.unread, 1));
  await widget.open();
  await expect(widget.launcher).toHaveAccessibleName(strings.chat);
});

test('Retry, Stop and suggestions tell what the visitor wants', async ({ page, visit }) => {
  const widget = await visit();
  await widget.open();
  await widget.show('with errors');
  await page.getByRole('button', { name: strings.retry }).first().click();
  await widget.show('streaming a reply');
  await page.getByRole('button', { name: strings.stop }).click();
  await widget.perform({ type: 'show_suggestions', items: ['What now?'] });
  await page.getByRole('button', { name: 'What now?' }).click();
  await expect(page.getByRole('button', { name: 'What now?' })).toHaveCount(0);
  expect((await widget.told()).slice(1)).toEqual([
    { type: 'retry_requested', message_id: 'u1' },
    { type: 'cancel_requested' },
    { type: 'message_submitted', text: 'What now?' },
  ]);
});

test('Markup is text, and only web addresses become links', async ({ page, visit }) => {
  const widget = await visit();
  await widget.open();
  const evil = '<img src=x onerror="document.title=1">[1] [2] [3]';
  await widget.perform(
    { type: 'show_identity', state: 'user', sub: 'eve', name: evil },
    { type: 'show_greeting', text: evil, agent: evil, suggestions: [evil], handoff_url: 'javascript:alert(1)' },
    { type: 'show_message', id: 'u', role: 'user', text: evil, status: 'sent' },
    { type: 'show_message', id: 'a', role: 'assistant', text: evil, status: 'done' },
    {
      type: 'update_message',
      id: 'a',
      status: 'done',
      citations: [
        { n: 1, title: evil, url: 'javascript:alert(1)' },
        { n: 2, title: 'Data', url: 'data:text/html,hi' },
        { n: 3, title: 'Help', url: 'https://shop.example/help' },
      ],
    },
    { type: 'show_handoff', url: ' javascript:alert(1)', label: evil },
  );
  await expect(widget.panel.locator('img')).toHaveCount(0);
  const links = await widget.panel
    .locator('a')
    .evaluateAll((all) => all.map((a) => [a.getAttribute('href'), a.getAttribute('rel')]));
  expect(links).toEqual([['https://shop.example/help', 'noopener noreferrer nofollow']]);
  await expect(page).toHaveTitle('A page');
});

test("A page's shortcuts and its style do not reach the widget", async ({ page, visit }) => {
  const widget = await visit(`<html lang="en"><style>
    * :not(body) { all: unset !important; display: none !important; transform: scale(0) !important }
    html { font-size: 4px !important; letter-spacing: 9px }</style>`);
  await page.evaluate(() => {
    for (const name of ['keydown', 'keypress', 'keyup'])
      document.addEventListener(name, (event) => event.preventDefault());
  });
  await widget.open();
  await widget.show('greeting a user');
  await widget.input.pressSequentially('hello');
  await expect(widget.input).toHaveValue('hello');
  const box = (await widget.launcher.boundingBox())!;
  expect([box.width, box.height]).toEqual([56, 56]);
  expect((await widget.panel.boundingBox())!.width).toBe(400);
  await expect(widget.panel.locator('.hello')).toHaveCSS('font-size', '24px');
});

test('case 37: on a page from right to left the widget stands on the left', async ({ page, visit }) => {
  const widget = await visit('<html lang="ar" dir="rtl">');
  await widget.open();
  await widget.show('answered');
  const launcher = (await widget.launcher.boundingBox())!;
  const panel = (await widget.panel.boundingBox())!;
  expect([launcher.x, panel.x]).toEqual([20, 20]);
  const mine = (await page.locator('.m.user .b').boundingBox())!;
  const reply = (await page.locator('.m.assistant .b').boundingBox())!;
  expect(mine.x + mine.width).toBeLessThan(reply.x + reply.width);
});

test('case 37: in forced colours everything still has its outline', async ({ page, visit }) => {
  await page.emulateMedia({ forcedColors: 'active' });
  const widget = await visit();
  await widget.open();
  await widget.show('with errors');
  for (const part of ['.panel', '.m.user .b', '.m.assistant .b', 'button.l', '.composer']) {
    await expect(page.locator(part).first()).toHaveCSS('border-top-style', 'solid');
    await expect(page.locator(part).first()).not.toHaveCSS('border-top-width', '0px');
  }
});

test('Every control is large enough for a finger', async ({ page, visit }) => {
  await page.setViewportSize({ width: 320, height: 640 });
  await page.emulateMedia({ reducedMotion: 'reduce' });
  const widget = await visit();
  await widget.open();
  for (const state of ['greeting a user', 'with errors', 'streaming a reply', 'sign-in ended', 'handing off']) {
    await widget.show(state);
    for (const box of await widget.panel
      .locator('button:visible, .cta:visible')
      .evaluateAll((all) =>
        all.map((button) => [button.className, button.getBoundingClientRect().toJSON()] as const),
      )) {
      expect(Math.min(box[1].width, box[1].height), `${box[0]} in ${state}`).toBeGreaterThanOrEqual(44);
    }
  }
});
