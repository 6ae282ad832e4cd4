// The promise: only the registered origin may talk to a product, and a page elsewhere is told what to register.
import { strings } from '../web/panel/strings.ts';
import { expect, test } from './fixtures.ts';
import { Shop } from './shop.ts';

test('From an unregistered origin nothing works, and the console says which origin to register', async ({
  page,
  startStack,
}) => {
  const stack = await startStack((product) => {
    product.origins = ['https://shop.example'];
  });
  const shop = await Shop.visit(page, stack);
  await shop.widget.root.getByRole('button', { name: strings.chat }).click();
  const origin = stack.url('express');
  await expect.poll(() => shop.console.filter((line) => line.startsWith('[widgent] ')).join('\n')).toContain(origin);
  const said = shop.console.filter((line) => line.startsWith('[widgent] '));
  expect(said).toHaveLength(1);
  expect(said[0]).toContain('origin_not_allowed');
  // No greeting is waited for, and nothing can be written; Escape still closes the panel.
  await expect(shop.widget.panel.locator('.hello')).toBeHidden();
  await expect(shop.widget.input).toBeHidden();
  await expect(shop.widget.panel.getByRole('group', { name: strings.conversation })).toBeFocused();
  await page.keyboard.press('Escape');
  await expect(shop.widget.panel).toBeHidden();
  expect((await stack.widgentd('audit', 'show', '--product', 'acme', '--action', 'refused')).out).toContain(
    'origin_not_allowed',
  );
});

test('case 23: the origin matrix: missing, on every route of a product', async ({ stack }) => {
  const base = `${stack.url('widgent')}/v1/products/acme`;
  const routes = [
    ['POST', '/session'],
    ['POST', '/agent'],
    ['GET', '/threads'],
    ['GET', '/threads/th_1/messages'],
    ['GET', '/threads/th_1/events'],
  ] as const;
  for (const [method, path] of routes) {
    const response = await fetch(base + path, {
      method,
      headers: { 'Widgent-Service-Key': 'pk_acme_demo', 'Content-Type': 'application/json' },
      ...(method === 'POST' ? { body: '{}' } : {}),
    });
    expect([method, path, response.status]).toEqual([method, path, 403]);
    expect(await response.json()).toMatchObject({ code: 'origin_missing', status: 403 });
  }
});
