// The page's listeners. One that throws is reported as the page's own error and stops nobody else.

export type Listener = (detail: unknown) => void;

export class Listeners {
  private readonly byName = new Map<string, Set<Listener>>();

  on(name: string, listener: Listener): void {
    const listeners = this.byName.get(name) ?? new Set();
    this.byName.set(name, listeners.add(listener));
  }

  /** Without a listener: all of that name. */
  off(name: string, listener?: Listener): void {
    if (listener) this.byName.get(name)?.delete(listener);
    else this.byName.delete(name);
  }

  emit(name: string, detail: unknown): void {
    this.byName.get(name)?.forEach((listener) => {
      try {
        listener(detail);
      } catch (error) {
        setTimeout(() => {
          throw error;
        });
      }
    });
  }
}
