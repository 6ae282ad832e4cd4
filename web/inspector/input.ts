// The types of the border between the widget and the inspector, a module of its own that is loaded only where
// somebody asks for it: by `diagnose`, or with `debug`.

import type { IdentityTransition, InspectorRuntime, WidgentDiagnosis } from '../api/public.ts';

export type { IdentityTransition, InspectorRuntime, WidgentDiagnosis };

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
