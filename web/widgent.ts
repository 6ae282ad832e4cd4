// The loader: the one script of the embedding page. It takes over the calls that the inline stub has queued, shows the
// launcher and fetches the rest when it is wanted. Everything that holds a token lives in this closure alone.
import type { Widgent, WidgentOptions } from './api/public.ts';
import { button, root } from './launcher.ts';
import type { Call, Engine, WidgetModule } from './widget.ts';

type Api = ((...call: unknown[]) => Promise<unknown>) & Record<string, unknown>;
/** What the inline stub leaves: q(take) hands over the calls so far, and those still made through it. */
type Stub = Partial<Widgent> & { q?: (take: (call: Call) => void) => void };

type Connected = Navigator & { connection?: { saveData: boolean } };

const stub = window.widgent as Stub | undefined;
// Turbo and its like run the page's scripts again on every visit. A form named widgent has elements for properties.
if (!stub?.version?.trim) {
  // Asked of the prototype: an element named currentScript stands before the document's own property. A module script
  // has no current script, but a stack.
  const script = Reflect.get(Document.prototype, 'currentScript', document) as HTMLScriptElement | null;
  const base = WIDGENT_BASE || /http[^?\n]*\//.exec(script?.src || Error().stack!)![0];

  const queue: Call[] = [];
  let engine: Engine | undefined;
  let failures = 0;
  let loading: Promise<unknown> | undefined;

  // import() knows no integrity: the script element checks it, and import() then finds the module checked and loaded.
  // Where Trusted Types forbid to set `src`, import() alone remains. A failed address is never asked again, hence `?`.
  const importPart = async (path: string, integrity: string) => {
    const url = base + path + '?' + failures;
    const element = document.createElement('script');
    element.type = 'module';
    element.integrity = integrity;
    await new Promise<unknown>((resolve, reject) => {
      element.onload = resolve;
      element.onerror = () => {
        ++failures;
        reject(Error(url + ' could not be loaded'));
      };
      try {
        element.src = url;
        root.append(element);
      } catch {
        resolve(0);
      }
    });
    return import(url);
  };

  const load = () => {
    loading ??= importPart(WIDGENT_WIDGET, WIDGENT_WIDGET_INTEGRITY).then(
      (widget: WidgetModule) => {
        engine = widget.start(root, base, importPart);
        queue.splice(0).forEach((take = engine.take));
      },
      () => (loading = undefined),
    );
  };

  // Not ahead of need where the visitor saves data.
  const idle = () =>
    (!button.hidden && (navigator as Connected).connection?.saveData) ||
    (window.requestIdleCallback || setTimeout)(load);

  let take = (call: Call) => {
    queue.push(call);
    const [name, options] = call[0] as [string, WidgentOptions | undefined];
    if (name != 'init') return load();
    // Of all that init may say only what the eye would see changing.
    button.hidden = (options?.container as unknown as boolean) || options?.launcher != null;
    root.host.className = options?.position!;
    document.documentElement.append(root.host);
    if (document.readyState == 'complete') idle();
    else addEventListener('load', idle, { once: true });
  };

  const api = ((...args) => {
    const result = new Promise((resolve, reject) => take([args, resolve, reject]));
    result.catch(() => {}); // Whoever ignores the promise has the console's one line.
    return result;
  }) as Api;
  'init identify logout open close on off destroy diagnose'.split(' ').forEach((name) => {
    // Not by bind(), which MooTools replaces by one of other arguments.
    api[name] = (...args: unknown[]) => api(name, ...args);
  });
  api.version = WIDGENT_VERSION;
  Object.defineProperty(api, 'state', { get: () => engine?.state() });
  // An own property of window: no element named widgent can take its place.
  window.widgent = api as unknown as Widgent;

  button.onclick = api.open as () => void;
  button.onpointerenter = button.onfocus = load;
  stub?.q?.((call) => take(call));
}
