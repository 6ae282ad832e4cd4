// What a script has started in a page, and what of it still goes on.
import type { CDPSession, Page } from '@playwright/test';

/** An init script: counts timers, requests to the server, channels, observers, and listeners on what is the page's. */
export function watchWork(): void {
  const running: Record<string, Set<unknown>> = {};
  const of = (kind: string) => (running[kind] ??= new Set());
  Object.assign(window, {
    work: () => Object.fromEntries(Object.entries(running).map(([kind, set]) => [kind, set.size])),
  });
  const scope = window as unknown as Record<string, (...args: unknown[]) => unknown>;
  for (const [kind, stop] of [
    ['setTimeout', 'clearTimeout'],
    ['setInterval', 'clearInterval'],
    ['requestAnimationFrame', 'cancelAnimationFrame'],
    ['requestIdleCallback', 'cancelIdleCallback'],
  ] as const) {
    const start = scope[kind]!.bind(window);
    const end = scope[stop]!.bind(window);
    scope[kind] = (callback, ...rest) => {
      const id = start(
        (...args: unknown[]) => {
          if (kind !== 'setInterval') of(kind).delete(id);
          return (callback as (...args: unknown[]) => unknown)(...args);
        },
        ...rest,
      );
      of(kind).add(id);
      return id;
    };
    scope[stop] = (id) => {
      of(kind).delete(id);
      return end(id);
    };
  }
  const realFetch = window.fetch.bind(window);
  window.fetch = async (...args) => {
    const asked = {};
    const done = () => void of('fetch').delete(asked);
    if (String(args[0]).includes('/v1/')) of('fetch').add(asked);
    try {
      const response = await realFetch(...args);
      const read = response.body?.getReader.bind(response.body);
      if (!read) done();
      else
        response.body!.getReader = (() => {
          const reader = read();
          reader.closed.then(done, done);
          return reader;
        }) as ReadableStream['getReader'];
      return response;
    } catch (error) {
      done();
      throw error;
    }
  };
  for (const [name, stop] of [
    ['BroadcastChannel', 'close'],
    ['WebSocket', 'close'],
    ['EventSource', 'close'],
    ['Worker', 'terminate'],
    ['MutationObserver', 'disconnect'],
    ['ResizeObserver', 'disconnect'],
    ['IntersectionObserver', 'disconnect'],
  ] as const) {
    const Real = window[name] as new (...args: unknown[]) => object;
    const end = Reflect.get(Real.prototype, stop) as () => void;
    class Counted extends Real {
      constructor(...args: unknown[]) {
        super(...args);
        of(name).add(this);
      }
    }
    Object.assign(Counted.prototype, {
      [stop](this: Counted) {
        of(name).delete(this);
        end.call(this);
      },
    });
    Object.assign(window, { [name]: Counted });
  }
  const { addEventListener, removeEventListener } = EventTarget.prototype;
  // Those on the page's own objects, which outlive the widget.
  const outlives = (target: EventTarget) =>
    target instanceof Node
      ? target.isConnected && target.getRootNode() === document && target.nodeName !== 'WIDGENT-ROOT'
      : target instanceof MediaQueryList || target === window || target === visualViewport;
  const listeners: { target: EventTarget; type: string; callback: unknown }[] = [];
  running.listener = {
    get size() {
      return listeners.length;
    },
  } as Set<unknown>;
  const drop = (gone: (listener: (typeof listeners)[number]) => boolean) => {
    const at = listeners.findIndex(gone);
    if (at >= 0) listeners.splice(at, 1);
  };
  EventTarget.prototype.addEventListener = function (this: EventTarget, type, callback, options) {
    const target = this ?? window;
    if (outlives(target)) {
      const listener = { target, type, callback };
      const { signal, once } = Object(options) as AddEventListenerOptions;
      const end = () => drop((known) => known === listener);
      listeners.push(listener);
      if (signal) addEventListener.call(signal, 'abort', end);
      if (once) addEventListener.call(target, type, end, { once: true });
    }
    return addEventListener.call(target, type, callback, options);
  };
  EventTarget.prototype.removeEventListener = function (this: EventTarget, type, callback, options) {
    const target = this ?? window;
    drop((known) => known.target === target && known.type === type && known.callback === callback);
    return removeEventListener.call(target, type, callback, options);
  };
}

/** How many of each kind still go on. */
export const work = (page: Page) => page.evaluate(() => (Object(window) as { work(): Record<string, number> }).work());

/** The listeners on the page's own objects, as the browser itself counts them. */
export async function countListeners(cdp: CDPSession): Promise<Record<string, number>> {
  const counts: Record<string, number> = {};
  for (const expression of ['window', 'document', 'document.documentElement', 'document.body', 'visualViewport']) {
    const { result } = await cdp.send('Runtime.evaluate', { expression });
    const { listeners } = await cdp.send('DOMDebugger.getEventListeners', { objectId: result.objectId! });
    counts[expression] = listeners.length;
  }
  return counts;
}
