// What our verifier refuses although other verifiers accept it, and the few places where it is the milder one: each a
// rule with a name and a reason, told from the bytes of the token alone, without a look at our verdict.
import { createHmac } from 'node:crypto';

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
const depthMax = 16;

/** {fault} or {object, raw}: `raw` holds the text of each member of the outermost object. */
function readStrict(bytes) {
  let text, object;
  try {
    text = utf8.decode(bytes);
  } catch {
    return { fault: 'UTF-8' };
  }
  try {
    object = JSON.parse(text);
  } catch {
    return { fault: 'JSON' };
  }
  if (object === null || typeof object !== 'object' || Array.isArray(object)) return { fault: 'object' };

  // It is JSON: look through its tokens for what JSON.parse passes over.
  const raw = {};
  const levels = [];
  let name, start;
  for (const { 0: token, index } of text.matchAll(/"(?:[^"\\]|\\.)*"|[{}[\],:]|[^\s{}[\],:"]+/g)) {
    const level = levels.at(-1);
    const isName = level?.names && token.startsWith('"') && level.expectsName;
    if (token.startsWith('"') && !JSON.parse(token).isWellFormed()) return { fault: 'surrogate' };
    if (/^-?\d/.test(token) && !Number.isFinite(Number(token))) return { fault: 'number' };
    if (isName) {
      const key = JSON.parse(token);
      if (level.names.has(key)) return { fault: 'twice' };
      level.names.add(key);
      level.expectsName = false;
      if (levels.length === 1) [name, start] = [key, undefined];
    } else if (token === ',') {
      if (level.names) level.expectsName = true;
      if (levels.length === 1) name = undefined;
    } else if (token === '{' || token === '[') {
      if (levels.length === 1) start = index;
      levels.push({ names: token === '{' ? new Set() : null, expectsName: token === '{' });
      if (levels.length > depthMax) return { fault: 'depth' };
    } else if (token === '}' || token === ']') {
      levels.pop();
      if (levels.length === 1 && name !== undefined) raw[`.${name}`] = text.slice(start, index + 1);
    } else if (token !== ':' && levels.length === 1 && name !== undefined) {
      raw[`.${name}`] = token;
    }
  }
  return { object, raw };
}

const isCanonical = (segment) => Buffer.from(segment, 'base64url').toString('base64url') === segment;

/** All that the rules need to know of a token. */
export function readFacts(token, { now, secrets }) {
  const segments = token.split('.');
  const bytes = segments.map((segment) => Buffer.from(segment, 'base64url'));
  const header = readStrict(bytes[0]);
  const payload = readStrict(bytes[1] ?? Buffer.alloc(0));
  const signed = segments.slice(0, 2).join('.');
  const signer = Object.keys(secrets).find((kid) =>
    createHmac('sha256', secrets[kid]).update(signed).digest().equals(bytes[2] ?? bytes[0]));
  const claims = payload.object ?? {};
  const number = (name) => (typeof claims[name] === 'number' ? claims[name] : undefined);
  const has = (name) => Object.hasOwn(claims, name);
  const [exp, iat, nbf] = ['exp', 'iat', 'nbf'].map(number);
  const ended = now - exp > 30;
  return { token, segments, header, payload, signer, claims, has, exp, iat, nbf, ended, now, secrets };
}

const isAbsent = (value) => value === undefined || value === null;
const isObject = (value) => typeof value === 'object' && value !== null && !Array.isArray(value);
const isControl = (c) => c < 0x20 || (c >= 0x7f && c < 0xa0);

function isSub({ claims, payload }) {
  if (typeof claims.sub === 'number') return /^-?\d+$/.test(payload.raw['.sub']) && Number.isSafeInteger(claims.sub);
  if (typeof claims.sub !== 'string') return false;
  const points = [...claims.sub].map((c) => c.codePointAt(0));
  return points.length >= 1 && points.length <= 255 && !points.some(isControl);
}

const header = (f) => f.header.object ?? {};
const fault = (name) => (f) => f.payload.fault === name || f.header.fault === name;
const malformed = ['token_malformed', 'claims_malformed'];

/** Tokens that we refuse whatever the libraries say. `codes` are the answers that may name the rule. */
export const rules = [
  { name: 'more than 8 KiB', codes: ['token_too_large'], why: 'what is read before the signature is bounded',
    when: (f) => Buffer.byteLength(f.token) > 8192 },
  { name: 'not three segments', codes: ['token_malformed'],
    why: 'PyJWT splits at the outer dots and drops those between',
    when: (f) => f.segments.length !== 3 },
  { name: 'not canonical base64url', codes: ['token_malformed'],
    why: 'one token, one spelling: jose takes padding, white space and stray bits, PyJWT drops every foreign character',
    when: (f) => !f.segments.every(isCanonical) },
  { name: 'a name twice', codes: malformed, why: 'parsers disagree on which counts; theirs take the last',
    when: fault('twice') },
  { name: 'more than 16 levels', codes: malformed, why: 'depth is bounded for whoever reads the claims later',
    when: fault('depth') },
  { name: 'not UTF-8', codes: malformed, why: 'Python passes encoded surrogates, and guesses UTF-16 and UTF-32',
    when: fault('UTF-8') },
  { name: 'a lone surrogate', codes: malformed, why: 'no text: it has no UTF-8 and cannot be passed on byte for byte',
    when: fault('surrogate') },
  { name: 'a number beyond a double', codes: malformed,
    why: 'Infinity in JavaScript, an integer of any length in Python',
    when: fault('number') },
  { name: 'no JSON by RFC 8259', codes: malformed,
    why: 'Python reads NaN, Infinity and other encodings, and skips a byte-order mark',
    when: fault('JSON') },
  { name: 'no object', codes: malformed, why: 'claims and header are objects', when: fault('object') },
  { name: 'crit or b64', codes: ['crit_not_supported'],
    why: 'nothing that changes the meaning of the signature is understood',
    when: (f) => Object.hasOwn(header(f), 'crit') || (Object.hasOwn(header(f), 'b64') && header(f).b64 !== true) },
  { name: 'a kid that is no text', codes: ['token_malformed'], why: 'RFC 7515 section 4.1.4',
    when: (f) => Object.hasOwn(header(f), 'kid') && typeof header(f).kid !== 'string' },
  { name: 'a kid of no secret', codes: ['unknown_kid'], why: 'kid chooses the secret; no other is tried',
    when: (f) => typeof header(f).kid === 'string' && !Object.hasOwn(f.secrets, header(f).kid) },
  { name: 'a kid of the other secret', codes: ['invalid_signature'],
    why: 'kid chooses the secret; no other is tried',
    when: (f) => Object.hasOwn(f.secrets, header(f).kid ?? '') && ![undefined, header(f).kid].includes(f.signer) },
  { name: 'no exp', codes: ['exp_required'], why: 'a token without an end is a password',
    when: (f) => !f.payload.fault && !f.has('exp') },
  { name: 'exp is no number', codes: ['exp_invalid'], why: 'PyJWT takes true and "1767229200"',
    when: (f) => f.has('exp') && f.exp === undefined },
  { name: 'exp in milliseconds', codes: ['exp_in_milliseconds'], why: 'the year 55000 is a mistake',
    when: (f) => f.exp > 1e11 },
  { name: 'iat is no number', codes: ['iat_invalid'], why: 'RFC 7519 section 4.1.6',
    when: (f) => f.has('iat') && f.iat === undefined },
  { name: 'nbf is no number', codes: ['nbf_invalid'], why: 'PyJWT takes true and "1767225600"',
    when: (f) => f.has('nbf') && f.nbf === undefined },
  { name: 'no sub', codes: ['sub_required'], why: 'a token says who it is',
    when: (f) => !f.payload.fault && (isAbsent(f.claims.sub) || f.claims.sub === '') },
  { name: 'an odd sub', codes: ['invalid_sub'],
    why: 'an id has 1 to 255 characters, none of them control characters; a number is exact',
    when: (f) => !isAbsent(f.claims.sub) && f.claims.sub !== '' && !isSub(f) },
  { name: 'name or email is no text', codes: ['invalid_claim'], why: 'tools and prompts get text',
    when: (f) => [f.claims.name, f.claims.email].some((value) => !isAbsent(value) && typeof value !== 'string') },
  { name: 'metadata is no object', codes: ['invalid_claim'], why: 'tools get an object',
    when: (f) => !isAbsent(f.claims.metadata) && !isObject(f.claims.metadata) },
  { name: 'metadata over 4 KiB', codes: ['metadata_too_large'], why: 'it goes into every tool call; refused, never cut',
    when: (f) => isObject(f.claims.metadata) && Buffer.byteLength(f.payload.raw['.metadata']) > 4096 },
  { name: 'another audience', codes: ['wrong_audience'], why: 'RFC 7519 section 4.1.3',
    when: (f) => f.has('aud') && ![f.claims.aud].flat().includes('acme') },
  { name: 'issued in the future', codes: ['iat_in_future'],
    why: 'a clock more than 30 s ahead, or times without a zone',
    when: (f) => !f.ended && f.iat > f.now + 30 },
  { name: 'not before the future', codes: ['token_not_yet_valid'], why: 'PyJWT cuts the fraction of nbf',
    when: (f) => !f.ended && f.nbf > f.now + 30 },
  { name: 'longer than an hour', codes: ['lifetime_too_long'], why: 'a token that leaks is worth an hour at most',
    when: (f) => !f.ended && (f.exp - f.iat >= 3601 || f.exp - f.now > 3630) },
];

/** Where our verdict is not the library's although no rule refuses the token. */
export const differences = [
  { name: 'ended exactly 30 s ago', who: ['jose', 'PyJWT'], ours: 'user', theirs: 'expired',
    why: 'the leeway includes its last second, as for iat and nbf',
    when: (f) => f.exp === f.now - 30 },
  { name: 'the fraction of exp counts', who: ['PyJWT'], ours: 'user', theirs: 'expired', why: 'PyJWT cuts it off',
    when: (f) => !f.ended && Math.trunc(f.exp) <= f.now - 30 },
  { name: 'ended, and not yet valid', who: ['jose', 'PyJWT'], ours: 'expired', theirs: 'refused',
    why: 'we say first that it has ended, and a guest is what both verdicts make of the visitor',
    when: (f) => f.ended && (f.nbf > f.now + 30 || f.iat > f.now + 30) },
  { name: 'an audience among other things', who: ['PyJWT'], ours: 'user', theirs: 'refused',
    why: 'PyJWT wants every element of aud to be text, we want one that names the product',
    when: ({ claims: { aud } }) =>
      Array.isArray(aud) && aud.includes('acme') && aud.some((value) => typeof value !== 'string') },
];
