// Tokens as customers' backends make them with jsonwebtoken and jose, rightly and wrongly. Prints one line of JSON per
// token: {case, token, expect: {verdict, code?, sub?, name?, kid?, hint_contains?}}. Secrets come from the environment.
import { generateKeyPairSync } from 'node:crypto';
import { CompactSign, EncryptJWT, SignJWT } from 'jose';
import jwt from 'jsonwebtoken';

const secret = process.env.NEW_SECRET;
const oldSecret = process.env.OLD_SECRET;
const product = process.env.PRODUCT;
const key = new TextEncoder().encode(secret);
const now = Math.floor(Date.now() / 1000);
const user = { sub: 'u_42', name: 'Ana', email: 'ana@example.com', metadata: { plan: 'pro' } };

function print(name, token, expect) {
  console.log(JSON.stringify({ case: name, token, expect }));
}
const accepted = (more = {}) => ({ verdict: 'user', sub: 'u_42', ...more });
const expired = (hint) => ({ verdict: 'anonymous', code: 'token_expired', hint_contains: hint });
const refused = (code, hint) => ({ verdict: 'refused', code, hint_contains: hint });

// ---- jsonwebtoken

function sign(name, claims, options, expect, signingKey = secret) {
  print(`jsonwebtoken: ${name}`, jwt.sign(claims, signingKey, options), expect);
}
const hour = { expiresIn: '1h' };

sign("expiresIn: '1h'", user, hour, accepted({ name: 'Ana', kid: 'new' }));
sign('expiresIn: 3600', user, { expiresIn: 3600 }, accepted());
sign("expiresIn: '3600' is 3 s, still running", user, { expiresIn: '3600' },
  accepted({ hint_contains: "expiresIn: '3600'" }));
sign("expiresIn: '3600' is 3 s, over", { ...user, iat: now - 60 }, { expiresIn: '3600' }, expired("expiresIn: '3600'"));
sign("expiresIn: '2h'", user, { expiresIn: '2h' }, refused('lifetime_too_long', '2 h after it was issued'));
sign("expiresIn: '7d'", user, { expiresIn: '7d' }, refused('lifetime_too_long', '7 days after'));
sign('one second over an hour', user, { expiresIn: 3601 }, refused('lifetime_too_long', '1 h 1 s'));
sign('no expiry', user, {}, refused('exp_required', "expiresIn: '1h'"));
sign('exp: Date.now() + 3600000', { ...user, exp: Date.now() + 3600000 }, {},
  refused('exp_in_milliseconds', 'Math.floor(Date.now() / 1000)'));
sign('exp: Date.now() / 1000 + 3600', { ...user, exp: Date.now() / 1000 + 3600 }, {}, accepted());
sign('exp: Math.floor(Date.now() / 1000) + 3600', { ...user, exp: now + 3600 }, {}, accepted());
sign('noTimestamp', user, { ...hour, noTimestamp: true }, accepted());
sign('noTimestamp and two hours', user, { expiresIn: '2h', noTimestamp: true },
  refused('lifetime_too_long', 'from now'));
sign('negative exp', { ...user, exp: -1 }, {}, expired('ended'));
sign('exp of 1e308', { ...user, exp: 1e308 }, {}, refused('exp_in_milliseconds', 'seconds'));
sign('over for a minute', user, { expiresIn: -60 }, expired('getToken'));
sign('over for ten seconds, within the leeway', { ...user, iat: now - 70 }, { expiresIn: 60 }, accepted());
sign('a clock 20 s ahead', { ...user, iat: now + 20 }, hour, accepted());
sign('a clock two minutes ahead', { ...user, iat: now + 120 }, hour, refused('iat_in_future', 'clock is'));
sign('iat: Date.now()', { ...user, iat: Date.now(), exp: now + 600 }, {}, refused('iat_in_future', 'milliseconds'));
sign("notBefore: '10s'", user, { ...hour, notBefore: '10s' }, accepted());
sign("notBefore: '5m'", user, { ...hour, notBefore: '5m' }, refused('token_not_yet_valid', 'clock'));

sign('sub: user.id with a number', { ...user, sub: 42 }, hour,
  accepted({ sub: '42', hint_contains: 'String(user.id)' }));
sign('no sub', { name: 'Ana' }, hour, refused('sub_required', 'String(user.id)'));
sign('sub: null', { ...user, sub: null }, hour, refused('sub_required', 'String(user.id)'));
sign('an empty sub', { ...user, sub: '' }, hour, refused('sub_required', 'String(user.id)'));
sign('sub: user', { ...user, sub: { id: 42 } }, hour, refused('invalid_sub', 'String(user.id)'));
sign('sub: 4.2', { ...user, sub: 4.2 }, hour, refused('invalid_sub', 'String(user.id)'));
sign('sub: 2 ** 53', { ...user, sub: 2 ** 53 }, hour, refused('invalid_sub', 'String(user.id)'));
sign('a sub with a line break', { ...user, sub: 'u\n42' }, hour, refused('invalid_sub', 'control'));
sign('a sub of 256 characters', { ...user, sub: 'u'.repeat(256) }, hour, refused('invalid_sub', '255'));
sign('a sub of 255 characters', { ...user, sub: '😀'.repeat(255) }, hour, accepted({ sub: '😀'.repeat(255) }));
sign('a name outside ASCII', { ...user, name: 'Zoë 李 \u202e' }, hour, accepted({ name: 'Zoë 李 \u202e' }));
sign('name: null', { ...user, name: null }, hour, accepted());
sign('name: user', { ...user, name: { first: 'Ana' } }, hour, refused('invalid_claim', 'name'));
sign('email as a list', { ...user, email: ['ana@example.com'] }, hour, refused('invalid_claim', 'email'));
sign('metadata as text', { ...user, metadata: JSON.stringify({ plan: 'pro' }) }, hour,
  refused('invalid_claim', 'metadata'));
sign('metadata of 4 KiB', { ...user, metadata: { x: 'a'.repeat(4088) } }, hour, accepted());
sign('metadata of one byte more', { ...user, metadata: { x: 'a'.repeat(4089) } }, hour,
  refused('metadata_too_large', '4096'));
sign('a token over 8 KiB', { ...user, cart: 'a'.repeat(8192) }, hour, refused('token_too_large', '8192'));
sign('aud of the product', user, { ...hour, audience: product }, accepted());
sign('aud with the product', user, { ...hour, audience: ['else', product] }, accepted());
sign('aud of another', user, { ...hour, audience: 'else' }, refused('wrong_audience', 'aud'));

sign('kid of the new secret', user, { ...hour, keyid: 'new' }, accepted({ kid: 'new' }));
sign('the old secret', user, hour, accepted({ kid: 'old' }), oldSecret);
sign('kid of the old secret', user, { ...hour, keyid: 'old' }, accepted({ kid: 'old' }), oldSecret);
sign("kid of the other's secret", user, { ...hour, keyid: 'new' },
  refused('invalid_signature', 'Verification Secret'), oldSecret);
sign('an unknown kid', user, { ...hour, keyid: 'my-key' }, refused('unknown_kid', 'Leave kid out'));
sign('another secret', user, hour,
  refused('invalid_signature', 'Verification Secret'), 'another secret of 32 bytes or more');
sign('the secret with a line break', user, hour, refused('invalid_signature', 'line break'), `${secret}\n`);
sign('the secret in quotes', user, hour, refused('invalid_signature', 'quotes'), `"${secret}"`);
sign('the secret decoded from base64', user, hour,
  refused('invalid_signature', 'base64'), Buffer.from(secret.slice(4), 'base64url'));

const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey;
const ec = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey;
sign('HS384', user, { ...hour, algorithm: 'HS384' }, refused('alg_not_allowed', "algorithm: 'HS256'"));
sign('HS512', user, { ...hour, algorithm: 'HS512' }, refused('alg_not_allowed', "algorithm: 'HS256'"));
sign('RS256', user, { ...hour, algorithm: 'RS256' }, refused('alg_not_allowed', 'Only HS256'), rsa);
sign('PS256', user, { ...hour, algorithm: 'PS256' }, refused('alg_not_allowed', 'Only HS256'), rsa);
sign('ES256', user, { ...hour, algorithm: 'ES256' }, refused('alg_not_allowed', 'Only HS256'), ec);
sign('none', user, { ...hour, algorithm: 'none' }, refused('alg_not_allowed', 'not signed'), '');

// ---- What happens to a token on its way

const good = jwt.sign(user, secret, hour);
const [header, payload, mac] = good.split('.');
const bob = Buffer.from(JSON.stringify({ ...user, sub: 'bob', exp: now + 600 })).toString('base64url');
print('on the way: nothing', '', { verdict: 'anonymous', code: 'token_missing' });
print('on the way: another payload', `${header}.${bob}.${mac}`, refused('invalid_signature', 'changed'));
print('on the way: no signature', `${header}.${payload}.`, refused('invalid_signature', 'Verification Secret'));
print('on the way: two segments', `${header}.${payload}`, refused('token_malformed', 'three'));
print('on the way: padding', `${good}=`, refused('token_malformed', 'padding'));
print('on the way: Bearer', `Bearer ${good}`, refused('token_malformed', 'Bearer'));
print('on the way: a blank', ` ${good}`, refused('token_malformed', 'white space'));
print('on the way: quotes', JSON.stringify(good), refused('token_malformed', 'text itself'));
print('on the way: the whole answer', JSON.stringify({ token: good }), refused('token_malformed', 'text itself'));
print('on the way: undefined', 'undefined', refused('token_malformed', 'text itself'));
print('on the way: a sign-in page', '<!doctype html><title>Sign in</title>', refused('token_malformed', 'page'));
print('on the way: the secret itself', secret, refused('token_malformed', 'rotate'));

// ---- jose

async function josed(name, build, expect, protectedHeader = { alg: 'HS256' }) {
  print(`jose: ${name}`, await build(new SignJWT(user).setProtectedHeader(protectedHeader)).sign(key), expect);
}
await josed("setExpirationTime('1h')", (token) => token.setIssuedAt().setExpirationTime('1h'), accepted());
await josed("setExpirationTime('1h') without iat", (token) => token.setExpirationTime('1h'), accepted());
await josed('a Date', (token) => token.setExpirationTime(new Date(Date.now() + 3600_000)), accepted());
await josed("setExpirationTime('2h')", (token) => token.setIssuedAt().setExpirationTime('2h'),
  refused('lifetime_too_long', '2 h'));
await josed("setExpirationTime('2h') without iat", (token) => token.setExpirationTime('2h'),
  refused('lifetime_too_long', 'from now'));
await josed('no expiry', (token) => token.setIssuedAt(), refused('exp_required', 'hour'));
await josed('milliseconds', (token) => token.setExpirationTime(Date.now() + 3600_000),
  refused('exp_in_milliseconds', 'seconds'));
await josed('setNotBefore', (token) => token.setNotBefore('5m').setExpirationTime('50m'),
  refused('token_not_yet_valid', 'clock'));
await josed('an audience', (token) => token.setAudience(product).setExpirationTime('1h'), accepted());
await josed('another audience', (token) => token.setAudience('else').setExpirationTime('1h'),
  refused('wrong_audience', 'aud'));
await josed('another typ', (token) => token.setExpirationTime('1h'), accepted(), { alg: 'HS256', typ: 'at+jwt' });

const encrypted = await new EncryptJWT(user)
  .setProtectedHeader({ alg: 'dir', enc: 'A256GCM' })
  .setExpirationTime('1h')
  .encrypt(new Uint8Array(32));
print('jose: an encrypted token', encrypted, refused('token_malformed', 'JWE'));

// Any bytes at all, rightly signed.
async function raw(name, bytes, expect, protectedHeader = { alg: 'HS256' }) {
  const data = typeof bytes === 'string' ? new TextEncoder().encode(bytes) : bytes;
  print(`jose: ${name}`, await new CompactSign(data).setProtectedHeader(protectedHeader).sign(key), expect);
}
const claims = `"sub":"u_42","exp":${now + 600}`;
const deep = (levels) => `{${claims},"x":${'['.repeat(levels - 1)}${']'.repeat(levels - 1)}}`;
const malformed = refused('claims_malformed', 'JSON');
await raw('plain claims', `{${claims}}`, accepted());
await raw('a name twice', `{${claims},"sub":"admin"}`, malformed);
await raw('a name twice, once escaped', `{${claims},"s\\u0075b":"admin"}`, malformed);
await raw('a name twice within metadata', `{${claims},"metadata":{"a":1,"a":2}}`, malformed);
await raw('a byte-order mark', `\ufeff{${claims}}`, malformed);
await raw('a NUL at the end', `{${claims}}\0`, malformed);
await raw('more behind the object', `{${claims}}{}`, malformed);
await raw('a list', `["u_42"]`, malformed);
await raw('text', 'u_42', malformed);
await raw('nothing', '', malformed);
const notUtf8 = Buffer.concat([Buffer.from(`{${claims},"name":"`), Buffer.from([0xff]), Buffer.from('"}')]);
await raw('invalid UTF-8', notUtf8, malformed);
await raw('a lone surrogate', `{${claims},"name":"\\ud83d"}`, malformed);
await raw('16 levels', deep(16), accepted());
await raw('17 levels', deep(17), malformed);
await raw('exp as text', `{"sub":"u_42","exp":"${now + 600}"}`, refused('exp_invalid', 'number'));
await raw("exp: '1h'", `{"sub":"u_42","exp":"1h"}`, refused('exp_invalid', 'number'));
await raw('exp: true', `{"sub":"u_42","exp":true}`, refused('exp_invalid', 'number'));
await raw('exp: null', `{"sub":"u_42","exp":null}`, refused('exp_invalid', 'number'));
await raw('exp beyond a double', `{"sub":"u_42","exp":1e400}`, malformed);
await raw('iat as text', `{${claims},"iat":"${now}"}`, refused('iat_invalid', 'iat'));
await raw('nbf as text', `{${claims},"nbf":"${now}"}`, refused('nbf_invalid', 'nbf'));
await raw('unknown claims', `{${claims},"https://example.com/x":[{"y":1}]}`, accepted());
await raw('an unencoded payload', `{${claims}}`,
  refused('crit_not_supported', 'crit'), { alg: 'HS256', b64: true, crit: ['b64'] });
