// A diagnosis in words, for whoever builds the page.
import type { WidgentDiagnosis } from './input.ts';

/** Shown by sign and word; the colour only follows. */
export type Tone = 'ok' | 'warn' | 'bad' | 'calm';
export interface Finding {
  tone: Tone;
  title: string;
  /** What follows from it. */
  line: string;
  code?: string;
  hint?: string;
}

const skewLeeway = 30;
const lineCharactersMax = 40;

function judge(told: WidgentDiagnosis): Omit<Finding, 'code' | 'hint'> {
  const { identity } = told;
  if (told.code === 'unreachable')
    return { tone: 'bad', title: 'No answer', line: 'The server could not be asked about this page.' };
  if (told.code && !told.allowed)
    return { tone: 'bad', title: 'Page refused', line: 'The server does not talk to this page, whoever is signed in.' };
  if (told.code) return { tone: 'bad', title: 'Request refused', line: 'The server did not look at the token.' };
  switch (identity.verdict) {
    case 'valid':
      return {
        tone: identity.hint ? 'warn' : 'ok',
        title: identity.hint ? 'Verified, with a remark' : 'Verified',
        line: [identity.name, identity.sub, identity.email].filter(Boolean).join(' · '),
      };
    case 'expired':
      return { tone: 'warn', title: 'Token expired', line: 'The visitor goes on as a guest.' };
    case 'refused':
      return { tone: 'bad', title: 'Token refused', line: 'Nothing was done with it. The visitor is a guest.' };
    default:
      return { tone: 'calm', title: 'Guest', line: 'No token: identify() was not called, or the visitor signed out.' };
  }
}

export function findingOf(told: WidgentDiagnosis): Finding {
  const { code, hint } = told.code ? told : told.identity;
  return { ...judge(told), ...(code && { code }), ...(hint && { hint }) };
}

const claimOfCode: Record<string, string> = {
  exp_required: 'exp',
  exp_invalid: 'exp',
  exp_in_milliseconds: 'exp',
  lifetime_too_long: 'exp',
  token_expired: 'exp',
  iat_invalid: 'iat',
  iat_in_future: 'iat',
  nbf_invalid: 'nbf',
  token_not_yet_valid: 'nbf',
  sub_required: 'sub',
  invalid_sub: 'sub',
  metadata_too_large: 'metadata',
  wrong_audience: 'aud',
};

/** The claim that the verdict is about, as far as the code and the hint say. */
export function claimAtFault({ identity: { code = '', hint = '' } }: WidgentDiagnosis): string | undefined {
  if (claimOfCode[code]) return claimOfCode[code];
  if (code && code !== 'invalid_claim') return undefined;
  if (hint.startsWith('The token ends')) return 'exp';
  return /^(sub|name|email|metadata) (?:is|must)/.exec(hint)?.[1];
}

export function skewWords(seconds: number | null): string {
  if (seconds === null) return 'not known';
  const off = Math.abs(seconds);
  if (off < 1) return 'in step with the server';
  const words = `this clock is ${duration(off)} ${seconds > 0 ? 'ahead of' : 'behind'} the server’s`;
  if (off <= skewLeeway) return words;
  return `${words}. The widget does not mind; tokens signed by this clock would be outside the leeway of ${skewLeeway} s`;
}

export function duration(seconds: number): string {
  if (seconds < 60) return `${seconds < 10 && seconds % 1 ? seconds.toFixed(1) : Math.floor(seconds)} s`;
  const whole = Math.floor(seconds);
  if (whole < 3600) return `${Math.floor(whole / 60)} min ${whole % 60} s`;
  if (whole < 172_800) return `${Math.floor(whole / 3600)} h ${Math.floor(whole / 60) % 60} min`;
  return `${Math.floor(whole / 86_400)} days`;
}

/** A claim's value as JSON, and what its number of seconds means. */
export function claimWords(name: string, value: unknown): [value: string, meaning: string] {
  const line = JSON.stringify(value);
  const written = line.length > lineCharactersMax ? JSON.stringify(value, null, 2) : line;
  if (!/^(exp|iat|nbf)$/.test(name)) return [written, ''];
  if (typeof value != 'number') return [written, 'not a number of seconds'];
  const inMilliseconds = value > 1e11;
  const time = new Date(inMilliseconds ? value : value * 1000);
  if (isNaN(time.getTime())) return [written, 'no time that there is'];
  const date = time.toISOString().replace('T', ' ').slice(0, 19);
  return [written, inMilliseconds ? `milliseconds, not seconds (${date} UTC)` : `${date} UTC`];
}
