// What identify() comes to in a real page for each form of token: a user, or a code and a hint for the developer.
import { expect, test } from '../fixtures.ts';
import type { Shop } from '../shop.ts';
import { now, people, signParts, type Claims } from '../token.ts';

/** A user where a token passes; otherwise the code that it is refused with. */
type Row = readonly [name: string, token: () => string, verdict: 'user' | string];

async function check(shop: Shop, rows: readonly Row[]): Promise<void> {
  for (const [name, token, verdict] of rows) {
    await test.step(name, async () => {
      const came = await shop.identify(token());
      if (verdict === 'user') {
        expect(came, name).toMatchObject({ sub: 'ada' });
        expect(came.expiresIn, name).toBeGreaterThan(0);
        return;
      }
      expect(came, name).toMatchObject({ code: verdict, hint: expect.stringMatching(/\w{3,}.*\w{3,}/) });
      const state = await shop.page.evaluate(() => window.widgent.state!.identity);
      expect(state, name).toMatchObject({ state: 'guest' });
      expect(state, name).not.toHaveProperty('sub');
    });
  }
}

/** A row whose token is right but for these claims. */
const claims = (shop: Shop, name: string, changed: () => Claims, verdict: string): Row => [
  name,
  () => shop.stack.sign({ ...people.ada, ...changed() }),
  verdict,
];

const header = (members: object) => JSON.stringify({ alg: 'HS256', typ: 'JWT', ...members });
const payload = () => JSON.stringify({ ...people.ada, iat: now(), exp: now() + 3600 });

test('case 15: the forged, odd and oversized tokens: identify rejects with the code, whoever was signed in before', async ({
  shop,
  stack,
}) => {
  const secret = stack.secrets.ACME_VERIFY_SECRET!;
  const guessed = 'a secret that somebody guessed, of enough length';
  const good = () => stack.sign(people.ada);
  const altered = () => {
    const [first, , last] = good().split('.');
    return [first, Buffer.from(payload().replace('"ada"', '"bob"')).toString('base64url'), last].join('.');
  };
  await shop.widget.open();
  await check(shop, [
    ['right', good, 'user'],
    ['forged', () => signParts(guessed, header({}), payload()), 'invalid_signature'],
    ['right again', good, 'user'],
    ['altered after it was signed', altered, 'invalid_signature'],
    ['without a signature', () => `${good().split('.').slice(0, 2).join('.')}.`, 'invalid_signature'],
    ['alg none', () => signParts('', header({ alg: 'none' }), payload()), 'alg_not_allowed'],
    ['alg nOnE', () => signParts(secret, header({ alg: 'nOnE' }), payload()), 'alg_not_allowed'],
    ['HS512', () => signParts(secret, header({ alg: 'HS512' }), payload(), 'sha512'), 'alg_not_allowed'],
    ['RS256 in name', () => signParts(secret, header({ alg: 'RS256' }), payload()), 'alg_not_allowed'],
    ['crit', () => signParts(secret, header({ crit: ['exp'] }), payload()), 'crit_not_supported'],
    ['a member twice', () => signParts(secret, header({}), `{"sub":"bob",${payload().slice(1)}`), 'claims_malformed'],
    ['padding', () => `${good()}=`, 'token_malformed'],
    ['a byte behind it', () => `${good()}.x`, 'token_malformed'],
    ['white space', () => `${good()}\n`, 'token_malformed'],
    ['five parts', () => 'a.b.c.d.e', 'token_malformed'],
    ['Bearer in front', () => `Bearer ${good()}`, 'token_malformed'],
    ['an object', () => '[object Object]', 'token_malformed'],
    ['nothing', () => '', 'token_malformed'],
    ['9 KiB', () => stack.sign({ ...people.ada, metadata: { note: 'x'.repeat(9000) } }), 'token_too_large'],
    ['5 KiB of metadata', () => stack.sign({ ...people.ada, metadata: { a: 'x'.repeat(5000) } }), 'metadata_too_large'],
    ['no sub', () => stack.sign({ name: 'Ada' }), 'sub_required'],
    ['for another product', () => stack.sign({ ...people.ada, aud: 'other' }), 'wrong_audience'],
  ]);
  await shop.widget.expectGuest();
  const said = shop.console.filter((line) => line.startsWith('[widgent] '));
  expect(said.length).toBeGreaterThan(15);
  expect(said.join('\n')).not.toMatch(/eyJ/);
});

test('case 16: exp missing, fractional, ms, string, negative, 1e308', async ({ shop }) => {
  await check(shop, [
    claims(shop, 'missing', () => ({ exp: undefined }), 'exp_required'),
    claims(shop, 'fractional', () => ({ exp: Date.now() / 1000 + 1800.25 }), 'user'),
    claims(shop, 'an hour ahead of a clock with fractions', () => ({ exp: Date.now() / 1000 + 3600 }), 'user'),
    claims(shop, 'milliseconds', () => ({ exp: Date.now() + 3_600_000 }), 'exp_in_milliseconds'),
    claims(shop, 'string', () => ({ exp: String(now() + 3600) }), 'exp_invalid'),
    claims(shop, 'boolean', () => ({ exp: true }), 'exp_invalid'),
    claims(shop, 'null', () => ({ exp: null }), 'exp_invalid'),
    claims(shop, 'negative', () => ({ exp: -3600, iat: undefined }), 'token_expired'),
    claims(shop, '1e308', () => ({ exp: 1e308 }), 'exp_in_milliseconds'),
  ]);
});

test('case 17: lifetime 3600 passes, 3601 with iat refused; without iat 3625 ahead passes, 3640 refused', async ({
  shop,
}) => {
  const lives = (seconds: number) => () => ({ iat: now(), exp: now() + seconds });
  const ends = (seconds: number) => () => ({ iat: undefined, exp: now() + seconds });
  await check(shop, [
    claims(shop, '3600', lives(3600), 'user'),
    claims(shop, '3601', lives(3601), 'lifetime_too_long'),
    claims(shop, 'without iat 3625', ends(3625), 'user'),
    claims(shop, 'without iat 3640', ends(3640), 'lifetime_too_long'),
  ]);
});

test('case 18: iat +25 s passes, +40 s refused', async ({ shop }) => {
  const issued = (ahead: number) => () => ({ iat: now() + ahead, exp: now() + 1800 });
  await check(shop, [claims(shop, '+25 s', issued(25), 'user'), claims(shop, '+40 s', issued(40), 'iat_in_future')]);
});
