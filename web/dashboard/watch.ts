// What waits for the owner's people, asked for again and again while somebody is signed in.
import type { AdminError, Api } from './api.ts';
import type { Approval } from './types.ts';

const everyMs = 3000;

/** Asks every three seconds, and tells each listener of what it has heard. */
export class ApprovalWatch {
  approvals: Approval[] | undefined;
  /** Why the last question was not answered. */
  error: AdminError | undefined;
  readonly #listeners = new Set<() => void>();

  constructor(
    readonly api: Api,
    readonly signal: AbortSignal,
  ) {}

  /** Until the signal aborts. It is told at once of what is known. */
  listen(signal: AbortSignal, listener: () => void): void {
    this.#listeners.add(listener);
    signal.addEventListener('abort', () => this.#listeners.delete(listener));
    listener();
  }

  async start(): Promise<void> {
    while (!this.signal.aborted) {
      await this.refresh();
      await new Promise((resolve) => setTimeout(resolve, everyMs));
    }
  }

  async refresh(): Promise<void> {
    try {
      const { approvals } = await this.api.get<{ approvals: Approval[] }>('/approvals', this.signal);
      this.approvals = approvals;
      this.error = undefined;
    } catch (error) {
      this.error = error as AdminError;
    }
    if (!this.signal.aborted) for (const listener of this.#listeners) listener();
  }
}
