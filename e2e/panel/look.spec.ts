// What a page decides about the widget: its place, its colours, its language.
import AxeBuilder from '@axe-core/playwright';
import { expect, type Page } from '@playwright/test';
import { readFileSync } from 'node:fs';
import { root } from '../../scripts/steps.mjs';
import { fill, strings } from '../../web/panel/strings.ts';
import { init, settled, test, type Site } from './site.ts';

const start = (options: string) => init.replace(' })', `, ${options} })`);

const words = (language: string) =>
  JSON.parse(readFileSync(`${root}/web/panel/locales/${language}.json`, 'utf8')) as Record<string, string>;

/** A page whose widget has started; answers what the console said. */
async function visit(page: Page, site: Site, options: string, html = ''): Promise<string[]> {
  const lines = await site.visit(page, `${html}${site.loader}<script>window.started = ${start(options)}</script>`);
  await settled(page, 'started');
  return lines;
}

async function expectClean(page: Page): Promise<void> {
  const { violations } = await new AxeBuilder({ page }).include('widgent-root').analyze();
  expect(violations.map(({ id, nodes }) => [id, nodes.map(({ html }) => html)])).toEqual([]);
}

for (const [direction, position, side] of [
  ['ltr', 'bottom-end', 'right'],
  ['ltr', 'bottom-start', 'left'],
  ['rtl', 'bottom-end', 'left'],
  ['rtl', 'bottom-start', 'right'],
] as const)
  test(`At ${position} of a page in ${direction} it stands ${side}, as far in as it is told`, async ({
    page,
    site,
  }) => {
    await visit(
      page,
      site,
      `position: '${position}', offset: { x: 40, y: 30 }`,
      `<script>document.documentElement.dir = '${direction}'</script>`,
    );
    const { width, height } = page.viewportSize()!;
    const launcher = (await page.locator('button.l').boundingBox())!;
    const inset = (box: typeof launcher) => (side === 'left' ? box.x : width - box.x - box.width);
    expect([inset(launcher), height - launcher.y - launcher.height]).toEqual([40, 30]);
    await page.locator('button.l').click();
    const panel = (await page.locator('.panel').boundingBox())!;
    expect(inset(panel)).toBeCloseTo(40, 0);
    expect(panel.y).toBeGreaterThanOrEqual(0);
  });

test('The loader already puts the launcher where it will stay', async ({ page, site }) => {
  site.change((await import('./site.ts')).corePath, { after: new Promise(() => {}) });
  await site.visit(page, `${site.loader}<script>${start("position: 'bottom-start'")}</script>`);
  expect((await page.locator('button.l').boundingBox())!.x).toBe(20);
});

test("A page's own button opens and closes, says so, and gets the focus back", async ({ page, site }) => {
  await visit(page, site, "launcher: '#help'", '<button id="help">Help</button><a href="#">A link</a>');
  const own = page.locator('#help');
  await expect(page.locator('button.l')).toBeHidden();
  await expect(own).toHaveAttribute('aria-expanded', 'false');
  await own.click();
  await expect(page.getByRole('textbox', { name: strings.message })).toBeFocused();
  await expect(own).toHaveAttribute('aria-expanded', 'true');
  await expect(own).toHaveAccessibleName('Help');
  await expectClean(page);
  await page.keyboard.press('Escape');
  await expect(own).toBeFocused();
  await page.evaluate(() => window.widgent.destroy());
  await expect(own).not.toHaveAttribute('aria-expanded');
  await own.click();
  await expect(page.locator('widgent-root')).toHaveCount(0);
});

test('Without a launcher the page opens it, and the focus returns to where it was', async ({ page, site }) => {
  await visit(page, site, 'launcher: false', '<input aria-label="Name">');
  await expect(page.locator('button.l')).toBeHidden();
  await page.getByRole('textbox', { name: 'Name' }).focus();
  await page.evaluate(() => window.widgent.open());
  await expect(page.getByRole('textbox', { name: strings.message })).toBeFocused();
  await page.keyboard.press('Escape');
  await expect(page.getByRole('textbox', { name: 'Name' })).toBeFocused();
});

test('Inline it fills its element, is a region that is always there, and takes no focus', async ({ page, site }) => {
  await page.setViewportSize({ width: 420, height: 800 });
  await visit(
    page,
    site,
    "container: '#chat'",
    '<input aria-label="Name" autofocus><div id="chat" style="width: 360px; height: 500px"></div>',
  );
  await expect(page.locator('.panel .hello')).toHaveText('Hello');
  await expect(page.getByRole('textbox', { name: 'Name' })).toBeFocused();
  const [panel, chat] = [await page.locator('.panel').boundingBox(), await page.locator('#chat').boundingBox()];
  expect(panel).toEqual(chat);
  await expect(page.getByRole('region', { name: fill(strings.title, 'Acme') })).toBeVisible();
  await expect(page.locator('button.l')).toBeHidden();
  await expect(page.getByRole('button', { name: strings.close })).toHaveCount(0);
  await expectClean(page);
  await page.getByRole('textbox', { name: strings.message }).press('Escape');
  await page.evaluate(() => window.widgent.close());
  await expect(page.locator('.panel')).toBeVisible();
  await page.evaluate(() => document.querySelector('widgent-root')!.remove());
  await expect(page.locator('#chat .panel')).toBeVisible();
});

test('A wrong option is told once, with what is allowed, and its default holds', async ({ page, site }) => {
  const lines = await visit(
    page,
    site,
    "position: 'top', offset: { x: '9' }, launcher: '#none', container: '#none', scheme: 'sepia', " +
      "accent: 'nice', locale: 'x', label: 7",
  );
  const told = lines.filter((line) => line.includes('invalid_option'));
  for (const name of ['position', 'offset', 'launcher', 'container', 'scheme', 'accent', 'locale', 'label'])
    expect(told.filter((line) => line.includes(`invalid_option: ${name}: `))).toHaveLength(1);
  expect(lines).toHaveLength(8);
  expect(told.join()).toContain('bottom-end or bottom-start');
  await expect(page.locator('button.l')).toHaveAccessibleName(strings.chat);
  const { width } = page.viewportSize()!;
  const box = (await page.locator('button.l').boundingBox())!;
  expect(width - box.x - box.width).toBe(20);
});

test('The option decides on light or dark, else the page, else the visitor', async ({ page, site }) => {
  const light = 'rgb(255, 255, 255)';
  const dark = 'rgb(23, 25, 31)';
  for (const [visitor, declared, option, expected] of [
    ['dark', 'normal', 'auto', dark],
    ['light', 'normal', 'auto', light],
    ['dark', 'light', 'auto', light],
    ['light', 'only dark', 'auto', dark],
    ['dark', 'light dark', 'auto', dark],
    ['dark', 'dark', 'light', light],
  ] as const) {
    await page.emulateMedia({ colorScheme: visitor });
    await visit(page, site, `scheme: '${option}'`, `<style>:root { color-scheme: ${declared} }</style>`);
    await page.evaluate(() => window.widgent.open());
    await expect(page.locator('.panel')).toHaveCSS('background-color', expected);
  }
  // A page that is switched while the panel stands open.
  await visit(page, site, '', '<style>.night { color-scheme: dark }</style>');
  await page.evaluate(() => window.widgent.open());
  await page.emulateMedia({ colorScheme: 'light' });
  await expect(page.locator('.panel')).toHaveCSS('background-color', light);
  await page.evaluate(() => document.documentElement.classList.add('night'));
  await expect(page.locator('.panel')).toHaveCSS('background-color', dark);
});

test("The page's style sheet sets colours, corners, font and parts, and the text stays readable", async ({
  page,
  site,
}) => {
  await visit(
    page,
    site,
    '',
    `<style>:root { --widgent-accent: gold; --widgent-surface: rgb(250, 245, 235); --widgent-radius: 4px;
      --widgent-font: monospace } widgent-root::part(header) { border-top: 3px solid rgb(1, 2, 3) }</style>`,
  );
  await page.locator('button.l').click();
  await expect(page.locator('.panel .hello')).toHaveText('Hello');
  const panel = page.locator('.panel');
  await expect(panel).toHaveCSS('background-color', 'rgb(250, 245, 235)');
  await expect(panel).toHaveCSS('border-top-left-radius', '4px');
  await expect(panel).toHaveCSS('font-family', 'monospace');
  await expect(page.locator('header')).toHaveCSS('border-top-color', 'rgb(1, 2, 3)');
  await expect(page.locator('button.l')).toHaveCSS('background-color', 'rgb(255, 215, 0)');
  await page.getByRole('textbox', { name: strings.message }).fill('Hello?');
  await expectClean(page);
});

test('The colour that init names holds before those of the page and of the product', async ({ page, site }) => {
  const html = '<style>:root { --widgent-accent: gold; --ours: navy }</style>';
  for (const [accent, expected] of [
    ['hsl(0 100% 50%)', 'rgb(255, 0, 0)'],
    ['var(--ours)', 'rgb(0, 0, 128)'],
  ] as const) {
    await visit(page, site, `accent: '${accent}'`, html);
    await page.locator('button.l').click();
    await expect(page.locator('.panel .hello')).toHaveText('Hello');
    await expect(page.locator('.face')).toHaveCSS('background-color', expected);
  }
});

test('It is resized by pointer and by keyboard, and stays so for the visit', async ({ page, site }) => {
  await page.setViewportSize({ width: 1280, height: 900 });
  await visit(page, site, '');
  await page.locator('button.l').click();
  const panel = page.locator('.panel');
  await expect(panel).toHaveCSS('animation-name', 'rise');
  await panel.evaluate((element) => Promise.all(element.getAnimations().map(({ finished }) => finished)));
  const grip = page.getByRole('button', { name: strings.resize });
  await grip.focus();
  await page.keyboard.press('ArrowLeft');
  await page.keyboard.press('ArrowDown');
  expect(await panel.boundingBox()).toMatchObject({ width: 432, height: 672 });
  const box = (await grip.boundingBox())!;
  await page.mouse.move(box.x + 5, box.y + 5);
  await page.mouse.down();
  await page.mouse.move(box.x - 95, box.y - 20, { steps: 4 });
  await page.mouse.up();
  expect((await panel.boundingBox())!.width).toBeCloseTo(527, -1);
  await page.keyboard.press('Escape');
  await page.locator('button.l').click();
  expect((await panel.boundingBox())!.width).toBeCloseTo(527, -1);
  await page.getByRole('button', { name: strings.enlarge }).click();
  await panel.evaluate((element) => Promise.all(element.getAnimations().map(({ finished }) => finished)));
  expect((await panel.boundingBox())!.width).toBe(720);
});

test('At 400 % zoom all of it can be reached and nothing is cut off', async ({ page, site }) => {
  await page.setViewportSize({ width: 320, height: 256 });
  await visit(page, site, '');
  await page.locator('button.l').click();
  const input = page.getByRole('textbox', { name: strings.message });
  await input.fill('Hello?');
  for (const control of [input, page.locator('.send'), page.getByRole('button', { name: strings.close })])
    await expect(control).toBeInViewport({ ratio: 1 });
  expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(320);
  await page.locator('.hello').scrollIntoViewIfNeeded();
  await expect(page.locator('.hello')).toBeInViewport();
});

test('English loads no language', async ({ page, site }) => {
  await visit(page, site, "locale: 'en-GB'");
  await page.locator('button.l').click();
  await expect(page.locator('.panel .hello')).toHaveText('Hello');
  expect(site.loads().filter((path) => path.endsWith('.json'))).toEqual([]);
});

for (const [tag, language, direction, html] of [
  ['de-AT', 'de', 'ltr', '<script>document.documentElement.lang = "de-AT"</script>'],
  ['ar', 'ar', 'rtl', '<script>document.documentElement.lang = "ar"</script>'],
  ['ja', 'ja', 'ltr', ''],
] as const)
  for (const colorScheme of ['light', 'dark'] as const)
    test(`${language} is loaded once, where it is spoken, and is clean in ${colorScheme}`, async ({ page, site }) => {
      await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
      await visit(page, site, html ? '' : `locale: '${tag}'`, html);
      const text = words(language);
      await page.getByRole('button', { name: text.chat! }).click();
      await expect(page.getByRole('textbox', { name: text.message! })).toBeFocused();
      await expect(page.locator('.panel')).toContainText(text.guest!);
      await expect(page.locator('widgent-root')).toHaveAttribute('lang', tag);
      await expect(page.locator('.panel')).toHaveCSS('direction', direction);
      await expect(page.getByRole('textbox')).toHaveCSS('direction', direction);
      await expectClean(page);
      const loaded = site.loads().filter((path) => path.endsWith('.json'));
      expect(loaded).toEqual([
        expect.stringMatching(/^\/parts-\w+\.json$/),
        expect.stringMatching(new RegExp(`^/language-${language}-\\w+\\.json$`)),
      ]);
    });

test('Where a language does not arrive, or was altered, English stays', async ({ page, site }) => {
  for (const path of [...site.paths.keys()].filter((name) => name.startsWith('/language-de')))
    site.change(path, { body: '{"message":"Altered"}' });
  await visit(page, site, "locale: 'de'");
  await page.locator('button.l').click();
  await expect(page.getByRole('textbox', { name: strings.message })).toBeFocused();
});
