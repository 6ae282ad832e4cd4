// The public types of window.widgent; the build hands them out as widgent.d.ts. Every command works as a method and as
// a call: widgent.identify(token) is widgent('identify', token).

export interface WidgentOptions {
  /** The product's id, as `widgentd product show` tells it. */
  productId: string;
  /** The product's service key, `pk_…`. It is public. The Verification Secret (`wvs_…`) is refused. */
  serviceKey: string;
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
  identity: { state: 'guest' | 'identifying' | 'user'; sub?: string; name?: string };
  connection: 'online' | 'offline' | 'reconnecting';
}

export interface WidgentDiagnosis {
  /** The Origin that the server saw. */
  origin: string | null;
  allowed: boolean;
  code?: string;
  hint?: string;
}

export interface WidgentEvents {
  ready: Record<string, never>;
  open: Record<string, never>;
  close: Record<string, never>;
  'identity:change': { state: 'guest' | 'user'; sub?: string; reason?: string };
  'identity:expired': Record<string, never>;
  'identity:error': { code: string; hint: string };
  'message:sent': { id: string };
  'message:failed': { id: string; code: string };
  /** A message left unsent, as the identity changed before it could go out. */
  'message:dropped': { id: string; reason: string };
  'reply:start': { id: string };
  'reply:end': { id: string };
  /** The server refuses this page. */
  error: { code: string; hint: string };
}
export type WidgentListener<Name extends keyof WidgentEvents> = (detail: WidgentEvents[Name]) => void;

export interface Widgent {
  /** Shows the launcher. Nothing is written on the server before the visitor opens the chat or sends. */
  init(options: WidgentOptions): Promise<WidgentVerdict>;
  /**
   * Tells who is signed in: the JWT that your backend has signed. Call it again after a login, an account switch or
   * with a fresh token; the last call wins, and an earlier one that is still open is rejected with `superseded`. May be
   * called before `init`. `identify(null)` is a logout.
   */
  identify(token: string | null | undefined): Promise<WidgentVerdict>;
  /** Forgets the user, the conversation and the draft, here at once and on the server. */
  logout(): Promise<WidgentVerdict>;
  open(): Promise<void>;
  close(): Promise<void>;
  on<Name extends keyof WidgentEvents>(name: Name, listener: WidgentListener<Name>): Promise<void>;
  /** Without a listener: all of that name. */
  off<Name extends keyof WidgentEvents>(name: Name, listener?: WidgentListener<Name>): Promise<void>;
  /** Removes the widget, its listeners, timers and requests, and window.widgent. */
  destroy(): Promise<void>;
  /** Asks the server whether it accepts this page's origin, and if not, what to register. */
  diagnose(): Promise<WidgentDiagnosis>;
  /** A snapshot; undefined until the widget is loaded, which happens once the page is idle. */
  readonly state: WidgentState | undefined;
  readonly version: string;

  (command: 'init', options: WidgentOptions): Promise<WidgentVerdict>;
  (command: 'identify', token: string | null | undefined): Promise<WidgentVerdict>;
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
