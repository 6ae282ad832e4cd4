// Puts the stub and the script element into the page, once, however often and from wherever it is asked.
import type { Widgent, WidgentError, WidgentOptions, WidgentVerdict } from '../api/public.ts';
import { putStub } from './stub.js';

export interface LoadOptions extends WidgentOptions {
  /**
   * The address of widgent.js on your Widgent server, such as `https://chat.example.com/widgent.js`. Where the page
   * enforces Trusted Types: a TrustedScriptURL.
   */
  src: string | { toString(): string };
  /** The nonce of the page's Content-Security-Policy. */
  nonce?: string | undefined;
  /** The hash of widgent.js, `sha384-…`. It changes with each release of the server. */
  integrity?: string | undefined;
}

export interface Loading {
  /** What was asked for: server, product and key. */
  readonly target: string;
  /** Resolves once the script has run. */
  readonly loaded: Promise<Widgent>;
  /** What init() comes to, which may be only when the visitor wants the widget. */
  readonly started: Promise<WidgentVerdict>;
}

/** The stub, with what only the loader uses of it. */
type Stub = Widgent & {
  q(take: (call: [args: unknown[], resolve: unknown, reject: (error: Error) => void]) => void): void;
};

/** `api` is there once the script has run. */
let current: (Loading & { api?: Widgent }) | undefined;

export function refusal(code: string, hint: string): WidgentError {
  return Object.assign(new Error(`${code}: ${hint}`), { name: 'WidgentError', code, hint });
}

function addScript({ src, nonce, integrity }: Pick<LoadOptions, 'src' | 'nonce' | 'integrity'>): Promise<void> {
  return new Promise((resolve, reject) => {
    const script = document.createElement('script');
    const fail = (hint: string) => {
      script.remove();
      reject(refusal('script_unavailable', hint));
    };
    script.async = true;
    script.crossOrigin = 'anonymous';
    if (nonce) script.nonce = nonce;
    if (integrity) script.integrity = integrity;
    script.onload = () =>
      typeof window.widgent?.version == 'string' ? resolve() : fail(`What ${src} answers is not Widgent's loader.`);
    script.onerror = () =>
      fail(
        `${src} could not be loaded. Is that the server's address, and does the page's Content-Security-Policy allow ` +
          `it in script-src? Call again to try again.`,
      );
    try {
      script.src = src as string; // A TrustedScriptURL must not become a string.
    } catch {
      return fail('This page enforces Trusted Types: src must be a TrustedScriptURL of one of its policies.');
    }
    document.head.append(script);
  });
}

async function loadInto(own: boolean, options: LoadOptions): Promise<Widgent> {
  const stub = window.widgent as Stub;
  if (typeof stub.version == 'string') return stub; // by the page itself, or before a hot reload
  try {
    await addScript(options);
  } catch (error) {
    current = undefined;
    if (own) {
      // The next try begins afresh, and nobody waits for what will not come.
      stub.q(([, , reject]) => reject(error as Error));
      if (window.widgent === stub) delete (window as Partial<Window>).widgent;
    }
    throw error;
  }
  return window.widgent;
}

/** Throws where `src` is no address. */
export function targetOf({ src, productId, serviceKey }: LoadOptions): string {
  try {
    return `${new URL(String(src || 'https://'), document.baseURI)} ${productId} ${serviceKey}`;
  } catch {
    throw refusal('src_invalid', 'src is the address of widgent.js on your Widgent server.');
  }
}

/** In a browser alone. Throws where the page has another product already, or `src` is no address. */
export function load(options: LoadOptions): Loading {
  const { src, nonce, integrity, ...init } = options;
  const target = targetOf(options);
  // destroy() takes window.widgent away: then all begins anew.
  if (current && window.widgent && (current.api ?? window.widgent) === window.widgent) {
    if (current.target === target) return current;
    throw refusal('already_initialised', 'This page has a Widgent already. destroy() it before you load another one.');
  }
  const own = typeof window.widgent != 'function';
  putStub();
  const loading: typeof current = { target, started: window.widgent.init(init), loaded: loadInto(own, options) };
  loading.loaded.then(
    (api) => (loading.api = api),
    () => {},
  );
  return (current = loading);
}
