// What a tool asks of its visitor in words, and arguments that fit its schema.
import type { ClaimRule, Json, Requirement } from './types.ts';

const list = (texts: string[], last: string) =>
  texts.length < 2 ? (texts[0] ?? '') : `${texts.slice(0, -1).join(', ')} ${last} ${texts.at(-1)}`;

function ruleInWords(rule: ClaimRule): string {
  const parts: string[] = [];
  if (rule.exists === true) parts.push('is there');
  if (rule.exists === false) parts.push('is not there');
  if (rule.equals !== undefined) parts.push(`is ${JSON.stringify(rule.equals)}`);
  if (rule.in?.length)
    parts.push(
      `is ${list(
        rule.in.map((value) => JSON.stringify(value)),
        'or',
      )}`,
    );
  if (rule.gte != null) parts.push(`is at least ${rule.gte}`);
  if (rule.lte != null) parts.push(`is at most ${rule.lte}`);
  return `whose claim ${rule.path} ${list(parts, 'and')}`;
}

/** Who may call a tool, as one sentence without its full stop. */
export function whoMayCall(requires: Requirement | null): string {
  const { scopes = [], roles = [], claims = [], max_token_age_s: age } = requires ?? {};
  const parts = [
    scopes.length && `with the scope ${list(scopes, 'and')}`,
    roles.length && `with the role ${list(roles, 'and')}`,
    ...claims.map(ruleInWords),
    age != null && `whose token is at most ${age} s old`,
  ].filter((part): part is string => !!part);
  if (!parts.length && !requires?.identified) return 'Everybody, guests too';
  return ['Signed-in users', list(parts, 'and')].filter(Boolean).join(' ');
}

/** A short text that a simple pattern takes; empty where none is found. */
function fitPattern(pattern: string): string {
  const part = /\[(\^?)([^\]]+)\]|\\([dws])|([\w\-/.@#: ])/y;
  const times = /\{(\d+)(?:,\d*)?\}|[?*+]/y;
  const source = pattern.replace(/^\^|\$$/g, '');
  let made = '';
  for (let at = 0; at < source.length;) {
    part.lastIndex = at;
    const found = part.exec(source);
    if (!found || found[1]) return '';
    at = part.lastIndex;
    times.lastIndex = at;
    const repeated = times.exec(source);
    if (repeated) at = times.lastIndex;
    const n = repeated?.[1] ? Number(repeated[1]) : repeated && repeated[0] !== '+' ? 0 : 1;
    const one = found[2]
      ? /[1-9]-9|0-9/.test(found[2])
        ? '1'
        : found[2][0]!
      : found[3]
        ? found[3] === 'd'
          ? '1'
          : 'a'
        : found[4]!;
    made += one.repeat(Math.min(n, 64));
  }
  try {
    return new RegExp(pattern, 'u').test(made) ? made : '';
  } catch {
    return '';
  }
}

/** A value that a JSON schema takes, as far as the schema says it simply. */
export function sample(schema: Json | undefined): Json {
  if (!schema || typeof schema !== 'object' || Array.isArray(schema)) return null;
  if (schema.default !== undefined) return schema.default;
  if (schema.const !== undefined) return schema.const;
  for (const key of ['examples', 'enum']) {
    const values = schema[key];
    if (Array.isArray(values) && values.length) return values[0]!;
  }
  const type = Array.isArray(schema.type) ? schema.type[0] : schema.type;
  if (type === 'string') return typeof schema.pattern === 'string' ? fitPattern(schema.pattern) : '';
  if (type === 'number' || type === 'integer') return typeof schema.minimum === 'number' ? schema.minimum : 1;
  if (type === 'boolean') return false;
  if (type === 'array') return [];
  const required = Array.isArray(schema.required) ? schema.required.map(String) : [];
  const properties = schema.properties as Record<string, Json> | undefined;
  return Object.fromEntries(required.map((name) => [name, sample(properties?.[name])]));
}

/** Claims that meet `requires`, as far as it says so simply. */
export function sampleClaims(requires: Requirement | null): Json {
  const { scopes = [], roles = [], claims = [] } = requires ?? {};
  const made: { [key: string]: Json } = { sub: 'u_42' };
  if (scopes.length) made.scope = scopes.join(' ');
  if (roles.length) made.roles = roles;
  for (const rule of claims) {
    const names = rule.path.split('/').slice(1);
    const last = names.pop();
    if (!last || rule.exists === false) continue;
    let place = made;
    for (const name of names) place = (place[name] ??= {}) as typeof made;
    place[last] = rule.equals ?? rule.in?.[0] ?? rule.gte ?? rule.lte ?? 'x';
  }
  return made;
}
