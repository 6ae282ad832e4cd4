// Tokens made from a valid one by changes that attackers and mistaken backends make, drawn from a seeded generator:
// the same seed gives the same tokens. Each is {token, how}; `how` names the changes, for the report of a failure.
import { createHmac } from 'node:crypto';
import { fractions, nested, noNumbers, objects, oddNumbers, offsets, otherKinds, texts } from './odd_values.mjs';

/** A number in [0, 1) per call: Mulberry32. */
export function seeded(seed) {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

export function* makeTokens({ seed, count, now, product, secrets }) {
  const random = seeded(seed);
  const below = (n) => Math.floor(random() * n);
  const pick = (list) => list[below(list.length)];
  const chance = (share) => random() < share;
  const shuffle = (list) => {
    for (let i = list.length - 1; i > 0; i--) {
      const j = below(i + 1);
      [list[i], list[j]] = [list[j], list[i]];
    }
  };

  const whole = () => String(now + pick(offsets));
  const time = () => {
    const n = below(20);
    if (n < 10) return whole();
    if (n < 13) return whole() + pick(fractions);
    if (n === 13) return `${(now + pick(offsets)) / 10}e1`;
    if (n === 14) return `"${whole()}"`;
    if (n === 15) return `${whole()}000`;
    if (n === 16) return pick(noNumbers);
    if (n === 17) return pick(otherKinds);
    return pick(oddNumbers);
  };
  const text = () => (chance(0.85) ? pick(texts) : pick([...otherKinds, ...oddNumbers]));
  const any = () => pick([text, time, () => pick(otherKinds), () => pick(oddNumbers), () => pick(noNumbers)])();

  // ---- Claims and header: lists of [name, JSON text]

  const set = (members, name, value) => {
    const at = members.findIndex(([other]) => other === name);
    if (at < 0) members.push([name, value]);
    else members[at][1] = value;
  };
  const drop = (members, name) => {
    const at = members.findIndex(([other]) => other === name);
    if (at >= 0) members.splice(at, 1);
  };
  const escaped = (name) => name.replace(/^./, (c) => `\\u00${c.charCodeAt(0).toString(16)}`);
  const audience = () => {
    const id = JSON.stringify(product);
    return pick([id, `[${id}]`, `["x",${id}]`, `[${id},"x"]`, `[${id},7]`, `[[${id}]]`, `{${id}:1}`, '"x"', '["x"]',
      '[]',
      '""', 'null', '7', `"${product.toUpperCase()}"`, `"${product} "`, `["x",null]`, id.replace('a', '\\u0061')]);
  };
  const metadata = () => pick(['{}', '{"plan":"pro"}', '{ "n" : 1e2, "big":123456789012345678901234567890 }',
    '{"a":{"a":{"a":1}}}', '[]',
    '"{}"', 'null', '7', '{"a":1,"a":2}', '{"a":1,"\\u0061":2}', '{"x":NaN}', `{"x":"${'m'.repeat(4088)}"}`,
    `{"x":"${'m'.repeat(4089)}"}`, `{"x":"${'m'.repeat(4600)}"}`, objects(14), objects(15), objects(16), '{"a":1,}',
      '{a:1}', "{'a':1}"]);

  const claimChanges = {
    exp: (c) => set(c, 'exp', time()),
    iat: (c) => set(c, 'iat', time()),
    nbf: (c) => set(c, 'nbf', time()),
    'iat and exp': (c) => {
      const start = now + pick(offsets);
      set(c, 'iat', start + (chance(0.3) ? pick(fractions) : ''));
      set(c, 'exp', start + pick([3, 60, 3599, 3600, 3601, 3630, 7200, -1, 0]) + (chance(0.3) ? pick(fractions) : ''));
    },
    'exp, iat and nbf': (c) => ['exp', 'iat', 'nbf'].forEach((name) => set(c, name, whole())),
    'no exp': (c) => drop(c, 'exp'),
    'no sub': (c) => drop(c, 'sub'),
    sub: (c) => set(c, 'sub', text()),
    'numeric sub': (c) => set(c, 'sub', pick([...oddNumbers, '42', '007', '4.2', '42.0', '-7'])),
    name: (c) => set(c, 'name', text()),
    email: (c) => set(c, 'email', text()),
    aud: (c) => set(c, 'aud', audience()),
    metadata: (c) => set(c, 'metadata', metadata()),
    iss: (c) => set(c, 'iss', any()),
    'unknown claim': (c) => set(c, pick(['jti', 'https://example.com/x', '__proto__', 'toString', '', 'a.b', 'Exp',
      'é']), any()),
    'claim twice': (c) => c.push([pick(c.map(([name]) => name).concat('sub')), any()]),
    'claim twice, escaped': (c) => c.push([escaped(pick(['sub', 'exp', 'name'])), any()]),
    'claim escaped': (c) => {
      const member = pick(c);
      if (member[0]) member[0] = escaped(member[0]);
    },
    deep: (c) => set(c, 'deep', pick([14, 15, 16, 17, 40, 1200].map((n) => nested(n)))),
    'deep objects': (c) => set(c, 'deep', objects(pick([14, 15, 16, 17, 60]))),
    'bad number': (c) => set(c, 'n', pick([...noNumbers, ...oddNumbers])),
    'large claim': (c) => set(c, 'pad', `"${'p'.repeat(pick([4000, 5900, 6000, 6100, 9000]))}"`),
    shuffled: shuffle,
  };
  const { exp, iat, nbf, 'iat and exp': both, 'exp, iat and nbf': all } = claimChanges;
  const timeChanges = { exp, iat, nbf, 'iat and exp': both, 'exp, iat and nbf': all };
  const headerChanges = {
    alg: (h) => set(h, 'alg', pick(['"none"', '"None"', '"NONE"', '"nOnE"', '""', '"HS384"', '"HS512"', '"hs256"',
      '"HS256 "', '" HS256"',
      '"HS256\\u0000"', '"\\u0048S256"', '"RS256"', '"PS256"', '"ES256"', '"EdDSA"', '"dir"', '"HS25"', '"HS2560"',
        'null', 'true', '256',
      '["HS256"]', '{"alg":"HS256"}', '[]'])),
    'no alg': (h) => drop(h, 'alg'),
    typ: (h) => set(h, 'typ', pick(['"JWT"', '"jwt"', '"at+jwt"', '"JOSE"', '""', 'null', '7', '[]', '{}'])),
    kid: (h) => set(h, 'kid', pick(['"new"', '"new"', '"old"', '"New"', '"x"', '""', '"../../dev/null"',
      "\"' OR 1=1 --\"", '"\\u006eew"', 'null',
      '7', '["new"]', '{}', 'true'])),
    crit: (h) => set(h, 'crit', pick(['["b64"]', '["exp"]', '["x"]', '[]', 'null', '"b64"', '{}', '[7]', 'true'])),
    b64: (h) => set(h, 'b64', pick(['true', 'true', 'false', 'null', '0', '1', '"true"', '[]'])),
    'b64 and crit': (h) => {
      set(h, 'b64', pick(['true', 'false']));
      set(h, 'crit', '["b64"]');
    },
    'jwk, jku, x5c': (h) => set(h, pick(['jwk', 'jku', 'x5u', 'x5c', 'cty', 'zip', 'enc', 'x5t#S256']),
      pick(['{"kty":"oct","k":"AAAA"}', '"https://evil.example/keys"', '["MIIB"]', '"JWT"', '"DEF"', 'null'])),
    'header member twice': (h) => h.push([pick(['alg', 'typ', 'kid', escaped('alg')]), pick(['"HS256"', '"none"',
      '"new"', 'null'])]),
    'header unknown': (h) => set(h, pick(['x', '', '__proto__', 'ALG', 'Crit', 'exp']), any()),
    'header deep': (h) => set(h, 'x', nested(pick([14, 15, 16, 17]))),
    'header shuffled': shuffle,
    'header alone': (h) => h.splice(0, h.length, ['alg', '"HS256"']),
  };

  // ---- Bytes of a JSON text, before it is encoded and signed

  const insert = (bytes, at, more) => Buffer.concat([bytes.subarray(0, at), Buffer.from(more), bytes.subarray(at)]);
  const utf16 = (bytes, big) => {
    const wide = Buffer.from(bytes.toString('utf8'), 'utf16le');
    return big ? wide.swap16() : wide;
  };
  const textChanges = {
    'byte-order mark': (b) => insert(b, 0, '\ufeff'),
    'NUL at the end': (b) => insert(b, b.length, '\0'),
    'NUL inside': (b) => insert(b, below(b.length), '\0'),
    'more behind': (b) => insert(b, b.length, pick(['x', '{}', ',', ']', '}', '//', '\u00a0', '\u2028', '\v'])),
    'white space': (b) => insert(insert(b, b.length, pick([' ', '\n', '\r\n', '\t'])), 0, pick([' ', '\n', '\t\t'])),
    'odd white space': (b) => insert(b, pick([0, 1, b.length]), pick(['\f', '\v', '\u00a0', '\u2003', '\u0085',
      '\u200b'])),
    'space inside': (b) => Buffer.from(b.toString('utf8').replaceAll('":', '" : ').replaceAll(',"', ' ,\n"')),
    'UTF-16': (b) => utf16(b, chance(0.5)),
    'UTF-32': (b) => Buffer.concat([...b.toString('utf8')].map((c) => Buffer.from([c.codePointAt(0) & 255,
      c.codePointAt(0) >> 8 & 255, c.codePointAt(0) >> 16, 0]))),
    'invalid UTF-8': (b) => insert(b, b.indexOf('"') + 1 + below(3), pick([[0xff], [0xc0, 0xaf], [0xc3], [0xe0, 0x80,
      0x80],
      [0xed, 0xa0, 0x80], [0xf4, 0x90, 0x80, 0x80], [0xf5], [0x80], [0xed, 0xa0, 0xbd, 0xed, 0xb8, 0x80]])),
    'invalid UTF-8 in a claim': (b) => Buffer.from(insert(b, b.length - 1, Buffer.concat([Buffer.from(',"z":"'),
      Buffer.from(pick([[0xff], [0xc0, 0x80], [0xc3, 0x28], [0xed, 0xa0, 0x80], [0xed, 0xbf, 0xbf], [0xf0, 0x80, 0x80,
        0x80], [0xe2, 0x82]])), Buffer.from('"')]))),
    'byte changed': (b) => {
      const copy = Buffer.from(b);
      copy[below(copy.length)] = below(256);
      return copy;
    },
    'byte removed': (b) => {
      const at = below(b.length);
      return Buffer.concat([b.subarray(0, at), b.subarray(at + 1)]);
    },
    'comma or comment': (b) => Buffer.from(b.toString('utf8').replace(pick(['}', '{', ',']), (c) => pick([`,${c}`,
      `${c},`, `/**/${c}`]))),
    'no object': () => Buffer.from(pick(['', '[]', 'null', '"u_42"', '7', '{', '}', 'u_42', '[{}]', '{}{}', '[1,2',
      'true'])),
    empty: () => Buffer.from('{}'),
  };

  // ---- base64url as it should not be

  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
  const strayBits = (segment) => {
    if (segment.length % 4 < 2) return segment;
    const last = alphabet.indexOf(segment.at(-1));
    return segment.slice(0, -1) + alphabet[last | (1 + below(segment.length % 4 === 2 ? 15 : 3))];
  };
  const encodingChanges = {
    padding: (s) => s + '='.repeat(pick([1, 2, (4 - (s.length % 4)) % 4 || 1])),
    'stray bits': strayBits,
    'standard alphabet': (s) => s.replaceAll('-', '+').replaceAll('_', '/'),
    'white space in base64': (s) => {
      const at = pick([0, s.length, below(s.length + 1)]);
      return s.slice(0, at) + pick([' ', '\t', '\f', '\u00a0', '\u2003', '\0']) + s.slice(at);
    },
    'a foreign character': (s) => {
      const at = below(s.length + 1);
      return s.slice(0, at) + pick(['!', '*', '~', '%', '=', '+', '/', '@', 'é', 'А', '－', '\u007f']) + s.slice(at);
    },
    'a character too many': (s) => s + pick(['A', 'AA', 'AAA', 'AAAA', '_']),
    'a character too few': (s) => s.slice(0, -1),
    'a dot': (s) => `${s.slice(0, s.length / 2)}.${s.slice(s.length / 2)}`,
    percent: (s) => s.replace(/[A-Z]/, (c) => `%${c.charCodeAt(0).toString(16)}`),
  };

  // ---- Signatures, of the text that is signed

  const hmac = (hash, key) => (signed) => createHmac(hash, key).update(signed).digest();
  const good = hmac('sha256', secrets.new);
  const signatures = {
    'the older secret': hmac('sha256', secrets.old),
    'another secret': hmac('sha256', 'wvs_this_is_some_other_secret_of_another_product'),
    'an empty secret': hmac('sha256', ''),
    'the secret without wvs_': hmac('sha256', secrets.new.slice(4)),
    'the secret decoded': hmac('sha256', Buffer.from(secrets.new.slice(4), 'base64url')),
    'the secret and a line break': hmac('sha256', `${secrets.new}\n`),
    'the secret in quotes': hmac('sha256', `"${secrets.new}"`),
    'the secret cut': hmac('sha256', secrets.new.slice(0, 32)),
    'the product id': hmac('sha256', product),
    'HS384': hmac('sha384', secrets.new),
    'HS512': hmac('sha512', secrets.new),
    'SHA-1': hmac('sha1', secrets.new),
    'HS512 cut': (signed) => hmac('sha512', secrets.new)(signed).subarray(0, 32),
    'MAC cut': (signed) => good(signed).subarray(0, pick([31, 16, 8, 1, 0])),
    'MAC extended': (signed) => Buffer.concat([good(signed), Buffer.alloc(pick([1, 32]), pick([0, 1]))]),
    'MAC twice': (signed) => Buffer.concat([good(signed), good(signed)]),
    'no MAC': () => Buffer.alloc(0),
    'zeros': () => Buffer.alloc(32),
    'MAC with one bit changed': (signed) => {
      const mac = Buffer.from(good(signed));
      mac[below(32)] ^= 1 << below(8);
      return mac;
    },
    'MAC of the payload alone': (signed) => good(signed.split('.')[1]),
    'MAC of the JSON': (signed) => good(signed.split('.').map((s) => Buffer.from(s, 'base64url')).join('.')),
    'MAC in hexadecimal': (signed) => Buffer.from(good(signed).toString('hex')),
    'a public key as the secret': hmac('sha256',
      '-----BEGIN PUBLIC KEY-----\nMFwwDQYJKoZIhvcNAQEBBQADSwAwSAJB\n-----END PUBLIC KEY-----\n'),
    'as long as RSA': (signed) => Buffer.concat(Array(8).fill(good(signed))),
    'plain SHA-256 of secret and text': (signed) => hmac('sha256', '')(secrets.new + signed),
  };

  // The algorithm that the header names, done rightly: only that it is another one speaks against it.
  const confusions = {
    'HS384 and its MAC': ['"HS384"', signatures.HS384],
    'HS512 and its MAC': ['"HS512"', signatures.HS512],
    'none and no MAC': ['"none"', signatures['no MAC']],
    'None and no MAC': ['"None"', signatures['no MAC']],
    'none and a MAC': ['"none"', good],
    'no alg at all, and no MAC': ['""', signatures['no MAC']],
    'RS256 by a public key': ['"RS256"', signatures['a public key as the secret']],
    'RS256 and its length': ['"RS256"', signatures['as long as RSA']],
    'HS256 in small letters': ['"hs256"', good],
  };

  // ---- What happens to the whole token

  const segments = (change) => (token) => change(token.split('.')).join('.');
  const tokenChanges = {
    'character changed': (t) => {
      const at = below(t.length);
      return t.slice(0, at) + pick([...alphabet, '.', ' ', '=', '\t']) + t.slice(at + 1);
    },
    'characters swapped': (t) => {
      const at = below(t.length - 1);
      return t.slice(0, at) + t[at + 1] + t[at] + t.slice(at + 2);
    },
    'case changed': (t) => t.replace(pick([...'abcdefghij']), (c) => c.toUpperCase()),
    cut: (t) => t.slice(0, 1 + below(t.length)),
    'cut in front': (t) => t.slice(below(t.length - 1)),
    'encoded otherwise': segments((s) => {
      const at = below(s.length);
      s[at] = pick(Object.values(encodingChanges))(s[at]);
      return s;
    }),
    'two segments': segments((s) => s.slice(0, 2)),
    'an empty segment': segments((s) => s.map((segment, i) => (i === below(3) ? '' : segment))),
    'another segment': segments((s) => [...s, pick(['', 'AAAA', s[2]])]),
    'JWE shape': segments((s) => [s[0], '', 'AAAAAAAAAAAAAAAA', s[1], s[2]]),
    'segments swapped': segments((s) => [s[1], s[0], s[2]]),
    'segments repeated': segments((s) => [s[0], s[0], s[2]]),
    'around it': (t) => pick([` ${t}`, `${t} `, `"${t}"`, `Bearer ${t}`, `\t${t}`, `${t}.`, `.${t}`, `'${t}'`,
      `{"token":"${t}"}`, `\ufeff${t}`]),
    'another payload': segments((s) => [s[0], Buffer.from(`{"sub":"admin","exp":${now + 600}}`).toString('base64url'),
      s[2]]),
    'another header': segments((s) => [Buffer.from(pick(['{"alg":"none"}', '{"alg":"HS256","kid":"new"}',
      '{"alg":"HS512"}'])).toString('base64url'), s[1], s[2]]),
    'no token': () => pick(['undefined', 'null', '<!doctype html>', '..', '.', 'a.b.c', 'e30.e30.e30',
      '[object Object]', secrets.new]),
  };

  const json = (members) => Buffer.from(`{${members.map(([name, value]) => `"${name}":${value}`).join(',')}}`);

  for (let i = 0; i < count; i++) {
    const how = [];
    const pickNamed = (changes) => {
      const name = pick(Object.keys(changes));
      how.push(name);
      return changes[name];
    };
    const change = (changes, ...args) => pickNamed(changes)(...args);

    const claims = [['sub', '"u_42"'], ['exp', String(now + 1 + below(3600))]];
    if (chance(0.5)) claims.push(['iat', String(Number(claims[1][1]) - pick([3600, 3599, 1800, 60]))]);
    if (claims[2] && Number(claims[2][1]) > now) claims[2][1] = String(now);
    if (chance(0.12)) set(claims, 'exp', String(now - pick([30, 31, 32, 60, 3600, 90000])));
    if (chance(0.7)) claims.push(['name', '"Ana"'], ['email', '"ana@example.com"']);
    if (chance(0.3)) claims.push(['metadata', '{"plan":"pro"}']);
    if (chance(0.1)) claims.push(['aud', JSON.stringify(product)]);
    for (let n = pick([0, 1, 1, 1, 1, 2, 2, 3]); n > 0; n--) change(chance(0.3) ? timeChanges : claimChanges, claims);
    const header = [['alg', '"HS256"'], ['typ', '"JWT"']];
    if (chance(0.2)) for (let n = pick([1, 1, 2]); n > 0; n--) change(headerChanges, header);

    const confusion = chance(0.03) ? pickNamed(confusions) : undefined;
    if (confusion) set(header, 'alg', confusion[0]);

    let payload = json(claims), head = json(header);
    if (chance(0.15)) payload = change(textChanges, payload);
    if (chance(0.05)) head = change(textChanges, head);
    let encoded = [head.toString('base64url'), payload.toString('base64url')];
    if (chance(0.06)) {
      const at = below(2);
      encoded[at] = change(encodingChanges, encoded[at]);
    }
    const signed = encoded.join('.');
    const mac = (confusion?.[1] ?? (chance(0.13) ? pickNamed(signatures) : good))(signed);
    let token = `${signed}.${mac.toString('base64url')}`;
    if (chance(0.14)) token = change(tokenChanges, token);
    // One token stands on one line of the command's input, and an empty one is no token.
    token = token.replaceAll('\n', '\t').replace(/\r+$/, '');
    if (token) yield { token, how: how.join(', ') || 'nothing changed' };
  }
}
