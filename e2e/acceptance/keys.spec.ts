// What an operator changes while visitors are on their pages: users whose tokens shall end, and secrets.
import { createHash, randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { strings } from '../../web/panel/strings.ts';
import { expect, test } from '../fixtures.ts';
import { Shop } from '../shop.ts';
import { slow } from '../slow.ts';
import type { Stack } from '../stack.ts';
import { now, people, signToken } from '../token.ts';

const adminKey = `wsk_${randomBytes(32).toString('base64url')}`;

const revoke = async (stack: Stack, sub: string, key: string) => {
  const address = `${stack.url('widgent')}/v1/admin/products/acme/users/${encodeURIComponent(sub)}/revoke`;
  const response = await fetch(address, { method: 'POST', headers: { Authorization: `Bearer ${key}` } });
  return { status: response.status, ...((await response.json()) as { code?: string; runs_cancelled?: number }) };
};

test('case 21: revocation', async ({ page, startStack }) => {
  const stack = await startStack((product) => {
    slow.change(product);
    product.admin_keys = [{ sha256: createHash('sha256').update(adminKey).digest('hex') }];
  });
  const shop = await Shop.visit(page, stack);
  const { widget } = shop;
  const [ada, bob] = [stack.sign(people.ada), stack.sign(people.bob)];
  const withoutIat = stack.sign({ ...people.ada, iat: undefined, exp: now() + 1800 });
  await widget.open();
  expect(await shop.identify(withoutIat)).toMatchObject({ sub: 'ada' });
  expect(await shop.identify(ada)).toMatchObject({ sub: 'ada' });
  await widget.send('where is my order A-1001');
  await expect(widget.replies.last()).toContainText(slow.beginning);

  // Who has no key revokes nobody.
  for (const key of ['', 'pk_acme_demo', `wsk_${'a'.repeat(43)}`, ada])
    expect(await revoke(stack, 'ada', key)).toMatchObject({ code: 'admin_key_invalid' });
  expect(await revoke(stack, 'ada', adminKey)).toMatchObject({ status: 200, runs_cancelled: 1 });

  // What she says next is not taken, by the widget's own account of it.
  await expect(widget.panel.getByRole('button', { name: strings.stop })).toBeHidden();
  await expect(widget.panel).not.toContainText(slow.end);
  const questions = () => stack.rows<{ text: string }>('SELECT text FROM messages WHERE role = 0');
  const before = await questions();
  const refused = page.waitForResponse((response) => response.status() === 401);
  await widget.send('who am I');
  expect(await (await refused).json()).toMatchObject({ code: 'revoked', hint: expect.stringMatching(/\w/) });
  await widget.expectGuest();
  await expect(widget.notice).toContainText(strings.notices.identity_refused!);
  expect(await widget.traces()).not.toMatch(/milestone|Lovelace/);
  expect(await questions()).toEqual(before);

  for (const token of [ada, withoutIat, stack.sign({ ...people.ada, iat: now() - 60, exp: now() + 1800 })])
    expect(await shop.identify(token)).toMatchObject({ code: 'revoked' });
  // Nobody else is meant, nor is Ada with a token of afterwards.
  expect(await shop.identify(bob)).toMatchObject({ sub: 'bob' });
  const later = stack.sign({ ...people.ada, iat: now() + 2 });
  expect(await shop.identify(later)).toMatchObject({ sub: 'ada' });
  await expect(widget.questions.filter({ hasText: 'where is my order A-1001' })).toHaveCount(1);

  await stack.crashServer();
  await stack.startServer();
  expect(await shop.identify(ada)).toMatchObject({ code: 'revoked' });
  expect(await shop.identify(later)).toMatchObject({ sub: 'ada' });

  const shown = await stack.widgentd('audit', 'show', '--product', 'acme', '--user', 'ada', '--json');
  expect(shown.out).toContain('admin key');
  expect(shown.out + stack.lines.join('\n') + (await stack.storedBytes())).not.toContain(adminKey);
});

test('case 22: rotation with two secrets and kid', async ({ page, startStack }) => {
  const stack = await startStack(slow.change);
  const shop = await Shop.visit(page, stack);
  const { widget } = shop;
  const old = { kid: 'demo', secret: stack.secrets.ACME_VERIFY_SECRET! };
  const sign = (secret: string, kid?: string) => signToken(secret, people.ada, kid ? { kid } : {});
  const isAda = { sub: 'ada' };
  await widget.open();
  expect(await shop.identify(sign(old.secret))).toMatchObject(isAda);
  expect(await shop.identify(sign(old.secret, old.kid))).toMatchObject(isAda);
  await widget.send('where is my order A-1001');
  await expect(widget.replies.last()).toContainText(slow.beginning);

  // While she is being answered.
  const rotate = async (...options: string[]) => {
    const { code, out } = await stack.widgentd('product', 'rotate-secret', 'acme', '--dir', stack.folder, ...options);
    expect(code, out).toBe(0);
    const file = await readFile(`${stack.folder}/acme.json`, 'utf8');
    const { kid } = JSON.parse(file).verification.secrets[0] as { kid: string };
    const [secret] = /wvs_[\w-]+/.exec(out)!;
    expect(file).not.toContain(secret);
    return { kid, secret };
  };
  const fresh = await rotate('--overlap-hours', '1');
  expect(fresh.kid).not.toBe(old.kid);
  for (const { kid, secret } of [old, fresh, old]) {
    expect(await shop.identify(sign(secret, kid)), kid).toMatchObject(isAda);
    expect(await shop.identify(sign(secret)), `${kid}, not named`).toMatchObject(isAda);
  }
  // Nothing of it was felt on the page.
  await expect(widget.replies.last()).toContainText(slow.end, { timeout: 30_000 });
  await expect(widget.questions).toHaveCount(1);

  // kid chooses: it is no mere label.
  const refused = { code: 'invalid_signature' };
  expect(await shop.identify(sign(fresh.secret, old.kid))).toMatchObject(refused);
  expect(await shop.identify(sign(old.secret, fresh.kid))).toMatchObject(refused);
  expect(await shop.identify(sign(fresh.secret, 'nobody'))).toMatchObject({ code: 'unknown_kid' });
  expect(await shop.identify(sign(fresh.secret, fresh.kid))).toMatchObject(isAda);

  // Both have leaked: they end at once, and with them what is being said to whom they let in.
  const cut = widget.replies.filter({ hasText: 'Order A-1002' });
  await widget.send('where is my order A-1002');
  await expect(cut).toContainText(slow.beginning);
  const revoked = await stack.widgentd('product', 'revoke-secret', 'acme', fresh.kid, '--dir', stack.folder);
  expect(revoked.code, revoked.out).toBe(0);
  await expect(widget.panel.getByRole('button', { name: strings.stop })).toBeHidden({ timeout: 4000 });
  await expect(widget.panel.getByText(slow.end)).toHaveCount(1); // the first reply's
  const replies = await stack.rows<{ status: number }>('SELECT status FROM messages WHERE role = 1 ORDER BY key');
  expect(replies.map(({ status }) => status)).toEqual([0, 1]); // whole, interrupted
  const last = await rotate('--overlap-hours', '0');
  for (const { kid, secret } of [old, fresh])
    expect(await shop.identify(sign(secret)), kid).toMatchObject({
      code: expect.stringMatching(/invalid_signature|kid/),
    });
  expect(await shop.identify(sign(last.secret, last.kid))).toMatchObject(isAda);
  await expect(widget.questions.filter({ hasText: 'where is my order A-1001' })).toHaveCount(1);
  const told = stack.lines.join('\n') + (await stack.storedBytes());
  for (const { secret } of [old, fresh, last]) expect(told).not.toContain(secret);
});
