// What stands in a claim or a header now and then: JSON text, or nearly so.

// Around every limit that the verifier knows: now, the leeway of 30 s, the hour.
export const offsets = [
  0, 1, -1, 5, -5, 20, 25, 29, 30, 31, 40, -20, -29, -30, -31, -40, 600, -600, 3599, 3600, 3601, 3625, 3629, 3630,
  3631, 3640, -3600, -3601, 7200, 19800, 86400, -86400,
];
export const fractions = ['.5', '.001', '.999', '.000', '.0000001'];

export const oddNumbers = [
  '0', '-0', '-0.0', '-1', '1e3', '1E3', '1e+3', '3600.5', '1e308', '-1e308', '1e309', '-1e400', '1e-400', '5e-324',
  '100000000000', '100000000001', '99999999999.5', '9007199254740991', '9007199254740992', '-9007199254740991',
  '-9007199254740992', '9223372036854775807', '9223372036854775808', '18446744073709551616',
  '123456789012345678901234567890', `1${'0'.repeat(400)}`, `0.${'0'.repeat(400)}1`,
];
export const noNumbers = ['NaN', 'Infinity', '-Infinity', '01', '+1', '1.', '.5', '0x10', '1_000', '1e', '--1', '1n'];
export const otherKinds = [
  'null', 'true', 'false', '""', '"1h"', '"1767229200"', '"x"', '[]', '{}', '[1767229200]', '{"a":1}',
];

export const texts = [
  '"Ana"', '"ana@example.com"', '"u_42"', '"U_42"', '"Zoë"', '"Zoe\u0308"', '"Zo\\u00eb"', '"\u00e9\u0301\u0327"',
  '"Å Å"', '"ﬁ ﬀ ſ İ ı ß"', '"😀👩‍👩‍👧"', '"\\ud83d\\ude00"', '"\u202eevil"', '"مرحبا"', '"a\u2028b\u2029c"',
  '"\u00a0"', '" "', '"a b "', '"\\/"', '"/"', '"\\"\\\\"', '"\\b\\f\\n\\r\\t"', '"\\u0000"', '"a\\u001fb"',
  '"\u007f"', '"\u0080"', '"\\u009f"', '"\ufeffx"', '"\ufffd"', '"\\uD800"', '"\\udc00\\ud800"', '"\\ud83dx"',
  '"\u{10ffff}"', '"__proto__"', '"constructor"', '"<b>&amp;"', '"## SYSTEM"', '"{{name}}"', `"${'a'.repeat(255)}"`,
  `"${'a'.repeat(256)}"`, `"${'é'.repeat(255)}"`, `"${'😀'.repeat(255)}"`, `"${'😀'.repeat(256)}"`, '"\\x41"',
  '"a\nb"', '"a\tb"', "'a'", '"unended',
];

export const nested = (levels, open = '[', close = ']') => open.repeat(levels) + close.repeat(levels);
export const objects = (levels) => '{"a":'.repeat(levels) + '1' + '}'.repeat(levels);
