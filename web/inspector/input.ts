// The types of the border between the widget and the inspector, a module of its own that is loaded only where
// somebody asks for it: by `diagnose`, or with `debug`.

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

export interface InspectorInput {
  /** The server's address, ending in a slash. */
  base: string;
  productId: string;
  serviceKey: string;
  guestId: string;
  /** The last one given to identify, whatever became of it; none after a logout. It never leaves the closures. */
  token?: string;
  runtime: InspectorRuntime;
  /** Oldest first; the last 20 are shown. */
  transitions: readonly IdentityTransition[];
  state: 'guest' | 'identifying' | 'user';
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

export interface InspectorOverlay {
  /** Asks the server anew and shows what it says: after each change of the identity. */
  refresh(): void;
  /** Takes it out of the page. */
  close(): void;
}

export interface InspectorModule {
  inspect(input: InspectorInput): Promise<WidgentDiagnosis>;
  /**
   * Shows the overlay; undefined where the page's host is not a developer's (`isDevelopmentHost`).
   *
   * @param read asked on every refresh; nothing of its answer is kept but what the diagnosis holds
   */
  openOverlay(read: () => InspectorInput): InspectorOverlay | undefined;
}

/** Loopback, and the names that no public site can have. */
export function isDevelopmentHost(host: string): boolean {
  return /^(localhost|127(\.\d+){3}|\[::1\]|.+\.(localhost|test|local))$/i.test(host);
}
