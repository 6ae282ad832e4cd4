// The promise: the dashboard keeps its key to itself, takes what it shows as text, and is there for everybody: by
// keyboard, on a phone, in the dark, and through a restart of the server.
import AxeBuilder from '@axe-core/playwright';
import { expect, identifyTimes, openSession, sections, test } from './dashboard.ts';
import { Shop } from './shop.ts';

test('The key is in the memory of the page alone, and signing out forgets it with all that was shown', async ({
  page,
  dashboard,
}) => {
  const board = await dashboard();
  const asked: string[] = [];
  page.on('request', (request) => asked.push(request.url()));
  await board.signIn();
  for (const name of sections) {
    await board.go(name);
    const kept = await page.evaluate(() => {
      const values = [...document.querySelectorAll('input, textarea')].map(
        (field) => (field as HTMLInputElement).value,
      );
      const areas = [localStorage, sessionStorage].map((area) => JSON.stringify({ ...area }));
      const state = [location.href, document.cookie, JSON.stringify(history.state), name];
      return [document.documentElement.outerHTML, ...values, ...areas, ...state].join('\n');
    });
    expect(kept).not.toContain(board.key);
    expect(kept).toContain('Acme Outfitters');
  }
  expect(asked.join('\n')).not.toContain(board.key);

  await page.getByRole('button', { name: 'Sign out' }).click();
  await expect(page.getByLabel('Product')).toBeFocused();
  await expect(page.getByLabel('Admin key')).toHaveValue('');
  expect(await page.content()).not.toContain('Acme Outfitters');
  const before = asked.length;
  await page.waitForTimeout(3500);
  expect(asked.length).toBe(before);
});

test('Each section has an address, a title and the focus; the back button goes back', async ({ page, dashboard }) => {
  const board = await dashboard();
  await board.signIn('#tools');
  await expect(page).toHaveTitle('Tools · Acme Outfitters · Widgent');
  await board.go('Audit log');
  await expect(page).toHaveURL(/#audit$/);
  await expect(page).toHaveTitle('Audit log · Acme Outfitters · Widgent');
  await page.goBack();
  await expect(board.main.getByRole('heading', { level: 1, name: 'Tools' })).toBeFocused();
  await expect(page.getByRole('navigation').getByRole('link', { name: 'Tools' })).toHaveAttribute(
    'aria-current',
    'page',
  );
});

test('Names and messages that are markup stay text', async ({ page, dashboard }) => {
  const markup = '<img src=x onerror="window.wasHit=1">';
  const board = await dashboard((product) => {
    const [tool] = product.tools!;
    Object.assign(product, { name: markup, greeting: { verified: markup, anonymous: markup } });
    Object.assign(tool!, { description: markup, examples: [markup] });
  });
  const sub = `${markup}/../?#`;
  expect((await openSession(board.stack, board.stack.sign({ sub, name: markup }))).status).toBe(200);
  const shop = await Shop.visit(page, board.stack);
  await shop.widget.open();
  await shop.widget.ask('quuxify <b onerror="frobnicate()">');
  await board.signIn();
  for (const name of sections) {
    await board.go(name);
    if (!['Approvals', 'Keys & origins', 'Users'].includes(name)) await expect(board.main).toContainText('onerror=');
    expect(await page.locator('img').count()).toBe(0);
  }
  await board.go('Audit log');
  await board.main.getByRole('table').getByRole('link', { name: sub }).first().click();
  await expect(board.main.getByRole('heading', { level: 2, name: sub })).toBeVisible();
  expect(await page.locator('img').count()).toBe(0);
  expect(await page.evaluate(() => 'wasHit' in window)).toBe(false);
});

for (const colorScheme of ['light', 'dark'] as const)
  test(`Every section and its dialogs are accessible by axe's rules, ${colorScheme}`, async ({ page, dashboard }) => {
    const board = await dashboard();
    await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
    const shop = await Shop.visit(page, board.stack);
    await shop.signIn('Ada');
    await shop.widget.open();
    await shop.widget.ask('where is my order A-1001');
    const clean = async (what: string) => {
      const { violations } = await new AxeBuilder({ page }).analyze();
      expect(violations.map(({ id, nodes }) => [what, id, nodes.map(({ html }) => html)])).toEqual([]);
    };
    await board.visit();
    await clean('sign in');
    await board.enter();
    for (const name of sections) {
      await board.go(name);
      for (const summary of await board.main.locator('summary').all()) await summary.click();
      await clean(name);
    }
    await board.main.getByLabel('User’s id (sub)').fill('ada');
    await page.keyboard.press('Enter');
    await expect(board.card('Conversations (1)')).toBeVisible();
    await clean('a user');
    await board.button('Erase…').click();
    await clean('a dialog');
  });

test('By keyboard alone: signed in, to a section, to a question and out of it', async ({ page, dashboard }) => {
  const board = await dashboard();
  await board.visit();
  const tabTo = async (name: string | RegExp, role: 'button' | 'link') => {
    const target = page.getByRole(role, { name });
    for (let i = 0; i < 40; i++) {
      await page.keyboard.press('Tab');
      if (await target.evaluate((element) => element === document.activeElement)) return target;
    }
    throw new Error(`Tab does not reach ${name}.`);
  };
  await expect(page.getByLabel('Product')).toBeFocused();
  await page.keyboard.type('acme');
  await page.keyboard.press('Tab');
  await page.keyboard.type(board.key);
  await page.keyboard.press('Tab');
  await page.keyboard.type('Maria');
  await page.keyboard.press('Enter');
  await expect(board.main.getByRole('heading', { level: 1, name: 'Overview' })).toBeFocused();

  await page.keyboard.press('Shift+Tab');
  await expect(page.getByRole('button', { name: 'Sign out' })).toBeFocused();
  for (let i = 0; i < 4; i++) await page.keyboard.press('Shift+Tab');
  await expect(page.getByRole('link', { name: 'Keys & origins' })).toBeFocused();
  await page.keyboard.press('Enter');
  await expect(board.main.getByRole('heading', { level: 1, name: 'Keys & origins' })).toBeFocused();
  await board.settle();
  const rotate = await tabTo(/^Rotate/, 'button');
  await page.keyboard.press('Enter');
  await expect(board.dialog.getByLabel('Older secrets go on for')).toBeFocused();
  await page.keyboard.press('Escape');
  await expect(board.dialog).toHaveCount(0);
  await expect(rotate).toBeFocused();
  expect((await board.stack.widgentd('audit', 'show', '--product', 'acme')).out).not.toContain('Maria');
});

test('On a screen of 320 px nothing has to be scrolled sideways', async ({ page, dashboard }) => {
  const board = await dashboard();
  await page.setViewportSize({ width: 320, height: 640 });
  const sub = 'a-user-whose-id-is-long-'.repeat(8);
  expect((await openSession(board.stack, board.stack.sign({ sub }))).status).toBe(200);
  await board.visit();
  const over = () => page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
  expect(await over()).toBe(0);
  await board.enter();
  for (const name of sections) {
    await board.go(name);
    for (const summary of await board.main.locator('summary').all()) await summary.click();
    expect([name, await over()]).toEqual([name, 0]);
    for (const button of await page.locator('button:visible').all())
      expect((await button.boundingBox())!.height).toBeGreaterThanOrEqual(24);
  }
  await board.go('Keys & origins');
  await board.button(/^Rotate/).click();
  const box = (await board.dialog.boundingBox())!;
  expect(box.x).toBeGreaterThanOrEqual(0);
  expect(box.x + box.width).toBeLessThanOrEqual(320);
});

test('A server that is gone is told of, and what failed can be tried again', async ({ page, dashboard }) => {
  const board = await dashboard();
  await board.signIn();
  const banner = page.locator('.banner');
  await expect(banner).toBeHidden();
  await board.stack.stopServer();
  await expect(banner).toContainText('The server cannot be reached. Trying again…');
  await page.getByRole('navigation').getByRole('link', { name: 'Tools' }).click();
  await expect(board.button('Try again')).toBeVisible();
  await board.stack.startServer();
  await expect(banner).toBeHidden();
  await board.button('Try again').click();
  await expect(board.card('get_order')).toBeVisible();
});

test('Where the browser computes no SHA-256 the page says so, and names the command that verifies', async ({
  page,
  dashboard,
}) => {
  const board = await dashboard();
  await page.addInitScript(() => Object.defineProperty(crypto, 'subtle', { value: undefined }));
  await board.signIn('#audit');
  await board.button('Verify the chain').click();
  await expect(board.main).toContainText('widgentd audit verify');
});

test('Too many wrong keys are told of in the words of the server', async ({ page, dashboard }) => {
  const board = await dashboard();
  const wrong = { headers: { Authorization: 'Bearer wsk_wrong' } };
  for (let i = 0; i < 10; i++) await fetch(`${board.stack.url('widgent')}/v1/admin/products/acme`, wrong);
  await board.visit();
  await board.enter('wsk_wrong');
  await expect(page.getByRole('status')).toHaveText('Too many wrong admin keys from this address. Wait a moment.');
});

test('A key that is taken back ends the visit, and says why', async ({ page, dashboard }) => {
  const board = await dashboard();
  await board.signIn();
  const { code } = await board.stack.widgentd('product', 'admin-key', 'acme', '--replace', '--dir', board.stack.folder);
  expect(code).toBe(0);
  await expect(page.getByRole('status')).toContainText('No product of this name has this admin key');
  await expect(board.main).not.toContainText('Acme Guide');
});

test('A verification that takes long is told of, and can be called off', async ({ page, dashboard }) => {
  const board = await dashboard();
  await identifyTimes(board.stack, 1);
  await board.signIn('#audit');
  await board.settle();
  await page.route('**/audit?after=0*', () => {}); // Never answered.
  await board.button('Verify the chain').click();
  await expect(board.main.getByRole('progressbar')).toBeVisible();
  await expect(board.button('Cancel')).toBeFocused();
  await page.keyboard.press('Enter');
  await expect(board.main).toContainText('Cancelled.');
  await expect(board.button('Verify the chain')).toBeFocused();
});
