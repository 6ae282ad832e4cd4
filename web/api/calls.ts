// The page's calls wait here under a number until the machine settles them.
import type { PageEffect } from '../seam.ts';

/** Why a call was refused: a code to test for, and a hint that says what to change. */
export class WidgentError extends Error {
  // A field is defined, where an assignment fails on pages that have frozen the prototypes.
  override readonly name = 'WidgentError';
  readonly code: string;
  readonly hint: string;
  constructor(code: string, hint: string) {
    super(`${code}: ${hint}`);
    this.code = code;
    this.hint = hint;
  }
}

export type Resolve = (value?: unknown) => void;
export type Reject = (error: WidgentError) => void;

export class Calls {
  private readonly waiting = new Map<number, [Resolve, Reject]>();
  private last = 0;

  open(resolve: Resolve, reject: Reject): number {
    this.waiting.set(++this.last, [resolve, reject]);
    return this.last;
  }

  settle(effect: Extract<PageEffect, { type: 'settle' }>): void {
    const [resolve, reject] = this.waiting.get(effect.call) ?? [];
    this.waiting.delete(effect.call);
    if (effect.ok) {
      const verdict: { sub?: string; expiresIn?: number } = {};
      if (effect.sub) verdict.sub = effect.sub;
      if (effect.expires_in) verdict.expiresIn = effect.expires_in;
      resolve?.(verdict);
    } else {
      reject?.(new WidgentError(effect.code, effect.hint));
    }
  }

  rejectAll(code: string, hint: string): void {
    this.waiting.forEach(([, reject]) => reject(new WidgentError(code, hint)));
    this.waiting.clear();
  }
}
