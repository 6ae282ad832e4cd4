// Asks the server what it thinks of this page and of the token. Nothing is decided here, and nothing is written there.
import type { InspectorInput, WidgentDiagnosis } from './input.ts';
import { readToken } from './token.ts';

type Json = Record<string, unknown>;

const transitionsMax = 20;
const tokenCharactersMax = 8192;

const text = (value: unknown): string | undefined => (typeof value == 'string' && value ? value : undefined);
const object = (value: unknown): Json => (value && typeof value == 'object' ? (value as Json) : {});

/** Only the members that have a value. */
function present<T extends object>(members: { [K in keyof T]: T[K] | undefined }): T {
  const kept = {} as T;
  for (const name of Object.keys(members) as (keyof T)[]) {
    const value = members[name];
    if (value !== undefined) kept[name] = value;
  }
  return kept;
}

interface Answer {
  status: number;
  body: Json;
  /** By how much this clock was ahead, half way between asking and being answered. */
  skewSeconds: number | null;
}

/** undefined where nobody answers, or not in a way that this page may read. */
async function ask(url: string, init: RequestInit, signal: AbortSignal | undefined): Promise<Answer | undefined> {
  try {
    const asked = performance.now();
    const response = await fetch(url, {
      ...init,
      credentials: 'omit',
      cache: 'no-store',
      redirect: 'error',
      ...(signal && { signal }),
    });
    const middle = Date.now() - (performance.now() - asked) / 2;
    const body = object(await response.json());
    const ahead = (middle - Date.parse(String(body.server_time))) / 1000;
    return { status: response.status, body, skewSeconds: isNaN(ahead) ? null : Math.round(ahead * 10) / 10 };
  } catch {
    return undefined;
  }
}

/**
 * A header cannot carry every text: it is cut short, or loses the space around it. So what the server would refuse is
 * changed into what it can be asked and refuses for the same reason.
 */
function sendable(token: string): string {
  return token
    .slice(0, tokenCharactersMax + 1)
    .replace(/[^ -~]/g, (c) => (c.trim() ? '?' : ' '))
    .replace(/^ /, '? ')
    .replace(/ $/, ' ?');
}

type Identity = WidgentDiagnosis['identity'];
type Trouble = Pick<WidgentDiagnosis, 'code' | 'hint'>;

function troubleOf({ body, status }: Answer): Trouble {
  return { code: text(body.code) ?? `http_${status}`, hint: text(body.hint) ?? text(body.detail) ?? '' };
}

function judged({ body }: Answer, state: Identity['state']): Identity {
  const told = object(body.identity);
  const hint = text(body.hint);
  if (told.state === 'verified') {
    const expiresIn = Number(told.expires_in) || 0;
    return present<Identity>({
      state,
      verdict: expiresIn > 0 ? 'valid' : 'expired',
      code: expiresIn > 0 ? undefined : 'token_expired',
      sub: text(told.sub),
      name: text(told.name),
      email: text(told.email),
      expiresIn,
      hint:
        expiresIn > 0
          ? hint
          : 'The token is past its exp: the widget has let it go, the server still takes it for some seconds.',
    });
  }
  if (told.reason === 'token_expired') return present<Identity>({ state, verdict: 'expired', code: told.reason, hint });
  return { state, verdict: 'none' };
}

/** Always resolves: what cannot be asked is a finding too. */
export async function inspect(input: InspectorInput, signal?: AbortSignal): Promise<WidgentDiagnosis> {
  const { base, token, state, transitions, runtime } = input;
  const product = `${base}v1/products/${encodeURIComponent(input.productId)}/`;
  const { header, claims } = token ? readToken(token) : {};
  const found: WidgentDiagnosis = {
    origin: null,
    allowed: false,
    identity: { state, verdict: 'unknown' },
    ...(claims && { claims }),
    ...(text(header?.kid) && { kid: text(header!.kid)! }),
    skewSeconds: null,
    runtime: { ...runtime },
    transitions: transitions.slice(-transitionsMax).map((transition) => ({ ...transition })),
  };

  if (input.serviceKey.startsWith('wvs_')) {
    found.code = 'secret_in_browser';
    found.hint = 'init was given the Verification Secret. Give it the service key (pk_…), and rotate the secret now.';
    return found;
  }
  const page = await ask(`${product}diagnose`, {}, signal);
  if (!page) {
    found.code = 'unreachable';
    found.hint =
      `No answer from ${base}. Is the server running, and does the page's Content-Security-Policy allow that address ` +
      'in connect-src?';
    return found;
  }
  found.skewSeconds = page.skewSeconds;
  found.origin = text(page.body.origin) ?? null;
  found.allowed = page.body.allowed === true;
  // A browser sends no Origin with a GET to the page's own: then the next request tells.
  const isOwn = page.body.code === 'origin_missing' && new URL(base).origin === location.origin;
  if (isOwn) found.origin = location.origin;
  else if (!found.allowed) return Object.assign(found, troubleOf(page));
  else if (text(page.body.matched)) found.matched = text(page.body.matched)!;

  const headers: Record<string, string> = {
    'Content-Type': 'application/json',
    'Widgent-Service-Key': input.serviceKey,
  };
  if (input.guestId) headers['Widgent-Anonymous-Id'] = input.guestId;
  if (token) headers.Authorization = `Bearer ${sendable(token)}`;
  const session = await ask(`${product}session`, { method: 'POST', headers, body: '{"event":"inspect"}' }, signal);
  if (!session) {
    found.code = 'unreachable';
    found.hint = `The page may talk to ${base}, but the request about the token was not answered.`;
  } else if (session.status === 200) {
    found.allowed = true;
    found.identity = judged(session, state);
    const kid = text(object(session.body.token).kid);
    if (kid) found.kid = kid;
  } else if (session.status === 401) {
    found.allowed = true;
    found.identity = { ...found.identity, verdict: 'refused', ...troubleOf(session) };
  } else {
    Object.assign(found, troubleOf(session));
  }
  return found;
}
