// The public types of window.widgent; the build hands them out as widgent.d.ts. Every command works as a method and as
// a call: widgent.identify(token) is widgent('identify', token).

/** What `getToken` gives: the JWT that your backend has signed, or null where nobody is signed in. */
export type WidgentToken = string | null | undefined;
/**
 * Asked for a token at `init` (or `identify`), about 60 s before the identity ends, and after a sleep that was longer
 * than the identity. One call at a time, 10 s for each, three tries. Must not cache: the same token again is refused
 * with `stale_token`.
 */
export type WidgentTokenProvider = () => WidgentToken | Promise<WidgentToken>;

export interface WidgentOptions {
  /** The product's id, as `widgentd product show` tells it. */
  productId: string;
  /** The product's service key, `pk_…`. It is public. The Verification Secret (`wvs_…`) is refused. */
  serviceKey: string;
  /** Where given, tokens renew themselves; init({ getToken }) is init() and identify(getToken). */
  getToken?: WidgentTokenProvider;
  /** On a development host (localhost, *.test …): shows the identity inspector in the page. */
  debug?: boolean;

  // How it looks. A wrong value is told in the console (`invalid_option`), and the default holds. Colours, corners and
  // font are custom properties of the page's style sheet: `--widgent-accent` and so on, in the README.

  /** The language of the panel, such as `de` or `pt-BR`. Default: the nearest `lang` of the page, or the browser's. */
  locale?: string;
  /** What the launcher is called by a screen reader. Default: "Chat", in the panel's language. */
  label?: string;
  /** The corner; on a page from right to left the end is on the left. Default: `bottom-end`. */
  position?: 'bottom-end' | 'bottom-start';
  /** From the edges of the window, in pixels. Default: 20 each. */
  offset?: { x?: number; y?: number };
  /**
   * A button of the page's own in place of the launcher, or its selector: it opens and closes the panel, and says so by
   * `aria-expanded`; the event `unread` has the number for a badge. `false`: none at all, `open()` alone opens.
   */
  launcher?: HTMLElement | string | false;
  /** Inline: the panel stands in this element, or the one of this selector, fills it and is always open. */
  container?: HTMLElement | string;
  /** Default: `auto`, the page's `color-scheme`, and where that leaves it open what the visitor prefers. */
  scheme?: 'light' | 'dark' | 'auto';
  /** The brand's colour, any that CSS knows, before `--widgent-accent` and the product's. Text on it stays readable. */
  accent?: string;
}

/** The server's verdict on a token. */
export interface WidgentVerdict {
  /** The verified user; absent for a guest. */
  sub?: string;
  /** Seconds until the identity ends. */
  expiresIn?: number;
}

/** What a call is refused with. */
export interface WidgentError extends Error {
  /** Stable, to test for: `superseded`, `token_expired`, `invalid_signature`, `core_unavailable` … */
  code: string;
  /** What to change, for the developer. */
  hint: string;
}

export interface WidgentState {
  /** `init` has succeeded. */
  ready: boolean;
  /** The panel is open. */
  open: boolean;
  identity: {
    state: 'guest' | 'identifying' | 'user';
    sub?: string;
    name?: string;
    /** Nothing can be written until somebody is identified: the product asks for it. */
    locked?: boolean;
  };
  connection: 'online' | 'offline' | 'reconnecting';
  /** Replies that came while the chat was closed. */
  unread: number;
}

export interface IdentityTransition {
  /** Milliseconds since 1970, by this clock. */
  at: number;
  from: string;
  to: string;
  reason?: string;
}

export interface InspectorRuntime {
  core: 'wasm' | 'js';
  /** Why it is not the other one. */
  reason?: string;
}

/** What `diagnose` resolves with. It holds no token. */
export interface WidgentDiagnosis {
  /** The Origin that the server saw; null where the browser sent none, or nobody answered. */
  origin: string | null;
  /** This page may talk to the product. */
  allowed: boolean;
  /** The registered origin, or the pattern, that let this page in. */
  matched?: string;
  /** What is wrong with the page's set-up: `origin_not_allowed`, `service_key_invalid`, `unreachable` … */
  code?: string;
  /** What to change, for the developer. */
  hint?: string;
  identity: {
    /** The widget's own view. */
    state: 'guest' | 'identifying' | 'user';
    sub?: string;
    name?: string;
    email?: string;
    /** The server's, on the token that the page has given last; `unknown` where it could not be asked. */
    verdict: 'valid' | 'expired' | 'refused' | 'none' | 'unknown';
    /** Why the token is no user's: `invalid_signature`, `exp_in_milliseconds`, `token_expired` … */
    code?: string;
    /** What to change about the token; also where it held. */
    hint?: string;
    /** Seconds until the identity ends. */
    expiresIn?: number;
  };
  /** What the token says, verified or not; undefined where it cannot be read. */
  claims?: Record<string, unknown>;
  /** Of the secret that verified the token, or else the one that the token names. */
  kid?: string;
  /** By how much this clock is ahead of the server's; null where the server did not answer. Nothing depends on it. */
  skewSeconds: number | null;
  runtime: InspectorRuntime;
  transitions: readonly IdentityTransition[];
}

export interface WidgentEvents {
  /** `init` has succeeded. */
  ready: Record<string, never>;
  open: Record<string, never>;
  close: Record<string, never>;
  /** `reason` of a guest: `signed_out`, `token_expired`, `identity_refused`. */
  'identity:change': { state: 'guest' | 'user'; sub?: string; reason?: string };
  /** About 60 s before the end (or a fifth of a shorter life): without getToken, the time to call identify again. */
  'identity:expiring': { expiresIn: number };
  'identity:expired': Record<string, never>;
  /** A token was refused, or getToken gave none: `stale_token`, `get_token_failed`. */
  'identity:error': { code: string; hint: string };
  /** Another tab of this browser has identified somebody else. */
  'identity:conflict': Record<string, never>;
  /** The server has the visitor's message. */
  'message:sent': { id: string };
  /** The agent's message is complete. */
  'message:received': { id: string };
  'message:failed': { id: string; code: string };
  /** A message left unsent, as the identity changed before it could go out. */
  'message:dropped': { id: string; reason: string };
  'reply:start': { id: string };
  'reply:delta': { id: string; delta: string };
  'reply:end': { id: string };
  'tool:start': { id: string; name: string };
  'tool:end': { id: string; name: string; ok: boolean };
  /** The agent asked for a tool that this user may not have. */
  'tool:denied': { id: string; name: string };
  /** Replies that came while the chat was closed; 0 once it is opened. */
  unread: { count: number };
  /** The snapshot that `widgent.state` is from now on; told at each change. */
  state: WidgentState;
  /** The server refuses this page, or the widget could not start. */
  error: { code: string; hint: string };
  /** Which core runs, and why not the other. */
  runtime: { core: 'wasm' | 'js'; reason?: string };
}
export type WidgentListener<Name extends keyof WidgentEvents> = (detail: WidgentEvents[Name]) => void;

export interface Widgent {
  /** Shows the launcher. Nothing is written on the server before the visitor opens the chat or sends. */
  init(options: WidgentOptions): Promise<WidgentVerdict>;
  /**
   * Tells who is signed in: the JWT that your backend has signed. Call it again after a login, an account switch or
   * with a fresh token; the last call wins, and an earlier one that is still open is rejected with `superseded`. May be
   * called before `init`. `identify(null)` is a logout. With a function, tokens renew themselves.
   */
  identify(token: WidgentToken | WidgentTokenProvider): Promise<WidgentVerdict>;
  /** Forgets the user, the conversation and the draft, here at once and on the server. */
  logout(): Promise<WidgentVerdict>;
  open(): Promise<void>;
  close(): Promise<void>;
  on<Name extends keyof WidgentEvents>(name: Name, listener: WidgentListener<Name>): Promise<void>;
  /** Without a listener: all of that name. */
  off<Name extends keyof WidgentEvents>(name: Name, listener?: WidgentListener<Name>): Promise<void>;
  /** Removes the widget, its listeners, timers and requests, and window.widgent. */
  destroy(): Promise<void>;
  /** Who the server takes the visitor for, whether it accepts this page, and if not, what to change. Holds no token. */
  diagnose(): Promise<WidgentDiagnosis>;
  /** A snapshot; undefined until the widget is loaded, which happens once the page is idle. */
  readonly state: WidgentState | undefined;
  readonly version: string;

  (command: 'init', options: WidgentOptions): Promise<WidgentVerdict>;
  (command: 'identify', token: WidgentToken | WidgentTokenProvider): Promise<WidgentVerdict>;
  (command: 'logout'): Promise<WidgentVerdict>;
  (command: 'open' | 'close' | 'destroy'): Promise<void>;
  (command: 'diagnose'): Promise<WidgentDiagnosis>;
  <Name extends keyof WidgentEvents>(command: 'on', name: Name, listener: WidgentListener<Name>): Promise<void>;
  <Name extends keyof WidgentEvents>(command: 'off', name: Name, listener?: WidgentListener<Name>): Promise<void>;
}

declare global {
  interface Window {
    widgent: Widgent;
  }
}
