// The npm package's loader in a page: what it puts there, and what it refuses.
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { expect, test as base, type Page } from '@playwright/test';
import { bundle } from '../../scripts/bundle.mjs';
import { root } from '../../scripts/steps.mjs';
import { PageServer } from './served.ts';

const loader = readFileSync(`${root}/build/web/widgent.js`);
const script = { body: loader, type: 'text/javascript' };

const test = base.extend<{ site: PageServer }>({
  site: async ({ page }, use) => {
    const site = await new PageServer().start();
    const app = await bundle(`${root}/web/npm/index.ts`, { format: 'iife', globalName: 'npm' });
    site.paths.set('/app.js', { body: app, type: 'text/javascript' });
    site.paths.set('/', {
      body: '<!doctype html><link rel="icon" href="data:,"><script nonce="n1" src="/app.js"></script>',
      headers: { 'Content-Security-Policy': `script-src 'nonce-n1'; connect-src 'none'` },
    });
    await page.goto(site.page);
    await use(site);
    site.stop();
  },
});

/** What loadWidgent comes to: 'widgent', or the code that it is refused with. */
const load = (page: Page, options: object): Promise<unknown> =>
  page.evaluate(`npm.loadWidgent({ productId: 'acme', serviceKey: 'pk_a', nonce: 'n1', ...${JSON.stringify(options)} })
    .then((widgent) => (widgent === window.widgent && typeof widgent.version == 'string' ? 'widgent' : 'another'),
      ({ code, hint }) => hint && code)`);

test('An import leaves the page as it was', async ({ page, site }) => {
  expect(await page.evaluate("['widgent' in window, document.scripts.length]")).toEqual([false, 1]);
  expect(site.asked.map(({ path }) => path)).toEqual(['/', '/app.js']);
});

test('A script that does not load is refused with a code, as are the calls that waited, and can be tried again', async ({
  page,
  site,
}) => {
  const src = `${site.host}/widgent.js`;
  const failing = load(page, { src });
  const waiting = page.evaluate("window.widgent.identify('a token').catch(({ code }) => code)");
  expect([await failing, await waiting]).toEqual(['script_unavailable', 'script_unavailable']);
  expect(await page.evaluate("['widgent' in window, document.scripts.length]")).toEqual([false, 1]);
  site.paths.set('/widgent.js', { body: 'document.title = "Not it"', type: 'text/javascript' });
  expect(await load(page, { src })).toBe('script_unavailable');
  site.paths.set('/widgent.js', script);
  expect(await load(page, { src })).toBe('widgent');
  await expect(page.locator('widgent-root')).toHaveCount(1);
});

test('Called again it gives the same widget, and refuses another product', async ({ page, site }) => {
  site.paths.set('/widgent.js', script);
  const src = `${site.host}/widgent.js`;
  expect(await Promise.all([load(page, { src }), load(page, { src })])).toEqual(['widgent', 'widgent']);
  expect(await load(page, { src, productId: 'other' })).toBe('already_initialised');
  expect(await load(page, { src: '' })).toBe('src_invalid');
  expect(await load(page, { src })).toBe('widgent');
  expect(site.asked.filter(({ path }) => path === '/widgent.js')).toHaveLength(1);
});

test('The script has the nonce and the integrity, and an altered one does not run', async ({ page, site }) => {
  site.paths.set('/widgent.js', script);
  const src = `${site.host}/widgent.js`;
  const integrity = `sha384-${createHash('sha384').update(loader).digest('base64')}`;
  expect(await load(page, { src, nonce: 'n2', integrity })).toBe('script_unavailable');
  expect(await load(page, { src, integrity: `sha384-${'A'.repeat(64)}` })).toBe('script_unavailable');
  expect(await load(page, { src, integrity })).toBe('widgent');
  const found = await page.evaluate(() => {
    const { async, crossOrigin, nonce, integrity } = document.scripts[1]!;
    return { async, crossOrigin, nonce, integrity };
  });
  expect(found).toEqual({ async: true, crossOrigin: 'anonymous', nonce: 'n1', integrity });
});
