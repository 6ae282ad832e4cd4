// Two other verifiers, jose and PyJWT, judge the same tokens as ours, under the same clock and leeway. Where a verdict
// differs, a rule of profile.mjs must give the reason; and what a rule refuses, ours must refuse.
//   TOKENS_SEED=7 TOKENS_COUNT=100000 node --test tests/tokens/differential.test.mjs
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { jwtVerify } from 'jose';
import { makeTokens } from './mutations.mjs';
import { differences, readFacts, rules } from './profile.mjs';
import { widgentd } from '../../scripts/steps.mjs';

const here = fileURLToPath(new URL('.', import.meta.url));
const seed = Number(process.env.TOKENS_SEED ?? 20260101);
const count = Number(process.env.TOKENS_COUNT ?? 40000);
const now = 1767225600;
const product = 'acme';
const secrets = { new: 'wvs_newer_secret_of_a_product_that_is_a_test',
  old: 'wvs_older_secret_of_a_product_that_is_a_test' };

const folder = mkdtempSync(join(tmpdir(), 'widgent-tokens-'));
after(() => rmSync(folder, { recursive: true }));

function run(program, args, input, env = {}) {
  const { stdout, stderr, error, status } = spawnSync(program, args, { input, encoding: 'utf8', maxBuffer: 1 << 28,
    env: { ...process.env, ...env } });
  assert.ifError(error);
  assert.ok(status === 0 || status === 1, stderr);
  return stdout.trimEnd().split('\n').map((line) => JSON.parse(line));
}

function judgeOurs(tokens) {
  const config = join(folder, 'acme.json');
  const listed = Object.keys(secrets).map((kid) => ({ kid, value: { env: `SECRET_${kid}` } }));
  writeFileSync(config, JSON.stringify({ id: product, name: 'Acme', origins: ['https://shop.example'],
    service_keys: [{ id: 'pk_acme' }],
    verification: { secrets: listed } }));
  const env = Object.fromEntries(Object.entries(secrets).map(([kid, secret]) => [`SECRET_${kid}`, secret]));
  const args = ['token', 'check', '--config', config, '--product', product, '--at', String(now), '--json'];
  return run(widgentd, args, tokens.map((token) => `${token}\n`).join(''), env).map((answer) => {
    const { verdict, reason, code, sub, name, email } = answer;
    if (verdict === 'user') return { verdict, claims: { sub, name, email } };
    return verdict === 'anonymous' ? { verdict: reason.replace('token_', '') } : { verdict, code };
  });
}

function judgePyJwt(facts) {
  const head = { now, leeway: 30, secrets: Object.values(secrets), audience: product };
  const lines = facts.map(({ token, has }) => ({ token, aud: has('aud') }));
  return run('/usr/bin/python3', [join(here, 'pyjwt_verdicts.py')], [head, ...lines].map((line) =>
    `${JSON.stringify(line)}\n`).join(''));
}

const hmac = { name: 'HMAC', hash: 'SHA-256' };
const importKey = (secret) => crypto.subtle.importKey('raw', new TextEncoder().encode(secret), hmac, false, ['verify']);
const keys = await Promise.all(Object.values(secrets).map(importKey));

async function judgeJose({ token, has }) {
  const options = { algorithms: ['HS256'], currentDate: new Date(now * 1000), clockTolerance: 30,
    audience: has('aud') ? product : undefined };
  for (const key of keys) {
    try {
      const { sub, name, email } = (await jwtVerify(token, key, options)).payload;
      return { verdict: 'user', claims: { sub, name, email } };
    } catch ({ code }) {
      if (code === 'ERR_JWT_EXPIRED') return { verdict: 'expired' };
      if (code !== 'ERR_JWS_SIGNATURE_VERIFICATION_FAILED') return { verdict: 'refused' };
    }
  }
  return { verdict: 'refused' };
}

const begun = performance.now();
const cases = [...makeTokens({ seed, count, now, product, secrets })];
const facts = cases.map(({ token }) => readFacts(token, { now, secrets }));
const ours = judgeOurs(cases.map(({ token }) => token));
const theirs = { PyJWT: judgePyJwt(facts), jose: [] };
for (const fact of facts) theirs.jose.push(await judgeJose(fact));

// A claim as we hand it on: none where it is null or empty, a number by its digits.
const handedOn = (value) =>
  (value === null || value === '' ? undefined : typeof value === 'number' ? String(value) : value);

const faults = [];
const agreements = { user: 0, expired: 0, refused: 0 };
const met = new Map([...rules, ...differences].map((rule) => [rule, { ours: 0, jose: 0, PyJWT: 0 }]));

facts.forEach((fact, i) => {
  const our = ours[i];
  const applying = rules.filter(({ when }) => when(fact));
  const fail = (what) => faults.push(
    `${what}\n  token ${i} of seed ${seed}, ${cases[i].how}\n  ${cases[i].token.slice(0, 600)}\n` +
      `  ours ${JSON.stringify(our)}, jose ${JSON.stringify(theirs.jose[i])},
        PyJWT ${JSON.stringify(theirs.PyJWT[i])}\n` +
      `  rules: ${applying.map(({ name }) => name).join(', ') || 'none'}`);
  if (applying.length && our.verdict !== 'refused') return fail(`Ours did not refuse: ${applying[0].name}`);
  const named = applying.find(({ codes }) => codes.includes(our.code));
  if (named) met.get(named).ours += 1;
  for (const who of ['jose', 'PyJWT']) {
    const their = theirs[who][i];
    if (our.verdict === their.verdict) {
      agreements[our.verdict] += 1;
      if (our.verdict !== 'user') continue;
      for (const name of ['sub', 'name', 'email']) {
        if (our.claims[name] !== handedOn(their.claims[name])) fail(`${who} reads another ${name}`);
      }
    } else {
      const reason = our.verdict === 'refused'
        ? named
        : differences.find((d) =>
          d.who.includes(who) && d.ours === our.verdict && d.theirs === their.verdict && d.when(fact));
      if (reason) met.get(reason)[who] += 1;
      else fail(`${who} says ${their.verdict}, and no rule gives a reason`);
    }
  }
});

const seconds = ((performance.now() - begun) / 1000).toFixed(1);
const total = (verdicts, wanted) => verdicts.filter(({ verdict }) => verdict === wanted).length;
console.log(`${cases.length} tokens of seed ${seed} in ${seconds} s; ours: ` +
  ['user', 'expired', 'refused'].map((verdict) => `${total(ours, verdict)} ${verdict}`).join(', '));
const column = (number) => String(number).padStart(8);
console.log(`  we say  against   against\n    so     jose      PyJWT`);
for (const [{ name, why }, { ours: our, jose, PyJWT }] of met) {
  console.log(`${column(our || jose + PyJWT)} ${column(jose)} ${column(PyJWT)}    ${name}: ${why}`);
}

describe('case 15: our verifier beside jose and PyJWT', () => {
  it('gives one verdict for each token', () => {
    for (const verdicts of [ours, theirs.jose, theirs.PyJWT]) assert.equal(verdicts.length, cases.length);
  });

  it('differs only where a rule says why', () => {
    assert.equal(faults.length, 0, `${faults.length} of seed ${seed}:\n${faults.slice(0, 5).join('\n')}`);
  });

  it('was asked often enough about what all accept, what has ended and what all refuse', () => {
    for (const [verdict, times] of Object.entries(agreements)) assert.ok(times > cases.length / 20,
      `${verdict}: ${times}`);
  });

  for (const [{ name, why }, times] of met) {
    it(`${name}: ${why}`, () => assert.ok(times.ours + times.jose + times.PyJWT > 0, `no token was of this kind,
      of seed ${seed}`));
  }
});
