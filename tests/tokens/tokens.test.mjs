// Tokens signed by the libraries that customers use, as they are meant to be signed and with the mistakes that
// integrators make, judged by the server's own command.
import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { widgentd } from '../../scripts/steps.mjs';

const here = fileURLToPath(new URL('.', import.meta.url));
const product = 'acme';
const env = {
  ...process.env,
  PRODUCT: product,
  NEW_SECRET: `wvs_${randomBytes(32).toString('base64url')}`,
  OLD_SECRET: `wvs_${randomBytes(32).toString('base64url')}`,
};

const folder = mkdtempSync(join(tmpdir(), 'widgent-tokens-'));
after(() => rmSync(folder, { recursive: true }));
const config = join(folder, 'acme.json');
writeFileSync(
  config,
  JSON.stringify({
    id: product,
    name: 'Acme',
    origins: ['https://shop.example'],
    service_keys: [{ id: 'pk_acme' }],
    verification: {
      secrets: [
        { kid: 'new', value: { env: 'NEW_SECRET' } },
        { kid: 'old', value: { env: 'OLD_SECRET' } },
      ],
    },
  }),
);

function makeTokens(program, script) {
  const lines = execFileSync(program, [join(here, script)], { env, encoding: 'utf8' });
  return lines.trimEnd().split('\n').map((line) => JSON.parse(line));
}

// The verdicts on `tokens`, in order, and everything that was printed.
function check(tokens) {
  const args = ['token', 'check', '--config', config, '--product', product, '--json'];
  const input = tokens.map((token) => `${token}\n`).join('');
  const { stdout, stderr, error, status } = spawnSync(widgentd, args, { env, input, encoding: 'utf8' });
  assert.ifError(error);
  assert.ok(status === 0 || status === 1, stderr);
  return { verdicts: stdout.trimEnd().split('\n').map((line) => JSON.parse(line)), printed: stdout + stderr };
}

// Of the acceptance cases (forged and odd tokens, exp, lifetime, clocks ahead) the one that a refusal belongs to.
const acceptance = {
  exp_required: 16, exp_invalid: 16, exp_in_milliseconds: 16, lifetime_too_long: 17, iat_in_future: 18,
  token_not_yet_valid: 18,
};
const caseOf = ({ verdict, code }) => (verdict === 'refused' ? `case ${acceptance[code] ?? 15}: ` : '');

for (const [program, script] of [[process.execPath, 'make_tokens.mjs'], ['/usr/bin/python3', 'make_tokens.py']]) {
  describe(script, () => {
    const cases = makeTokens(program, script);
    const { verdicts, printed } = check(cases.map(({ token }) => token));

    it('gets one verdict for each token', () => assert.equal(verdicts.length, cases.length));

    cases.forEach(({ case: name, expect }, i) => {
      it(`${caseOf(expect)}${name}: ${expect.code ?? expect.verdict}`, () => {
        const { verdict, code, reason, sub, name: userName, kid, hint = '' } = verdicts[i];
        assert.deepEqual({ verdict, code: code ?? reason }, { verdict: expect.verdict, code: expect.code });
        for (const [what, actual] of Object.entries({ sub, name: userName, kid })) {
          if (expect[what] !== undefined) assert.equal(actual, expect[what], what);
        }
        if (expect.hint_contains) assert.ok(hint.includes(expect.hint_contains), `hint: ${hint}`);
        else assert.equal(hint, '');
      });
    });

    it('prints no token and no secret', () => {
      for (const { token } of cases) {
        const [, payload = '', mac = ''] = token.split('.');
        if (payload.length > 20) assert.ok(!printed.includes(payload));
        if (mac.length > 20) assert.ok(!printed.includes(mac));
      }
      for (const secret of [env.NEW_SECRET, env.OLD_SECRET]) assert.ok(!printed.includes(secret.slice(4)));
    });
  });
}
