// The pump: what happens in the page goes into the machine as events, what comes out is performed in order, and the one
// timer is set. Nothing is decided here.
import type { InspectorRuntime, WidgentState as State } from './api/public.ts';
import { Calls, WidgentError, type Reject, type Resolve } from './api/calls.ts';
import { EventDeriver } from './api/events.ts';
import { Listeners, type Listener } from './api/listeners.ts';
import { loadCore, type Machine } from './core.ts';
import { Diagnosis } from './diagnosis.ts';
import type { ImportPart } from './modules.ts';
import { Panel } from './panel/panel.ts';
import type * as later from './panel/later/later.ts';
import { readLook, type Look } from './panel/look.ts';
import { speak } from './panel/strings.ts';
import { openRequests } from './requests.ts';
import type { Effect, Event, ViewEffect } from './seam.ts';
import { newId, openStorage, sharedSalt, type Storage } from './storage.ts';
import { openTabs, type Tabs } from './tabs.ts';

export type Call = [args: unknown[], resolve: Resolve, reject: Reject];

export interface Engine {
  take(call: Call): void;
  state(): State;
}
export interface WidgetModule {
  start: typeof start;
}
/** Lets the page go first. A page may have replaced setTimeout; nobody replaces this. */
const pause = () =>
  new Promise((resolve) => {
    const { port1, port2 } = new MessageChannel();
    // What is named here is not collected before it has been heard.
    port1.onmessage = () => resolve(port2.close());
    port2.postMessage(0);
  });

const gone = 'The widget was removed from the page.';

/**
 * Takes over from the loader.
 *
 * @param root the shadow root with the launcher in it
 * @param base the server's address, ending in a slash
 */
export function start(root: ShadowRoot, base: string, importPart: ImportPart): Engine {
  const core = loadCore(base, importPart); // on its way while the panel is made
  core.catch(() => {}); // boot() tells.
  const calls = new Calls();
  const listeners = new Listeners();
  const requests = openRequests(base, handle);
  const life = new AbortController(); // of the listeners on what is the page's
  const derived = new EventDeriver((name, detail) => listeners.emit(name, detail));
  const state: State = { ready: false, open: false, identity: { state: 'guest' }, connection: 'online', unread: 0 };
  let panel: Panel | undefined; // from the first init on, once its language is there
  let waiting: Call[] | undefined; // for the panel
  let look: Look = {};
  let locale = '';
  let machine: Machine | undefined;
  let storage: Storage | undefined;
  let productId = '';
  let initCall = 0; // the last one
  let timer: ReturnType<typeof setTimeout> | undefined;
  let failed = false;
  let shown = false;
  let handling = false;
  const early: Event[] = []; // happened before the machine was there
  const queue: Event[] = [];
  let getToken: (() => unknown) | undefined;
  let asking = 0; // what getToken was asked last; 0: its answer is not wanted any more
  let tabs: Tabs | undefined;
  let serviceKey = '';
  let runtime: InspectorRuntime = { core: 'wasm' };
  const diagnosis = new Diagnosis(base, importPart, () => {
    const guestId = storage?.read('guest_id') ?? '';
    return { productId, serviceKey, guestId, runtime, state: state.identity.state };
  });

  function handle(event: Event): void {
    if (life.signal.aborted) return;
    note(event);
    if (!machine) {
      early.push(event);
      panel?.hold(event);
      if (failed && event.type === 'panel_opened') boot(loadCore(base, importPart));
      return;
    }
    queue.push(event);
    if (handling) return; // A listener called back: its turn comes.
    handling = true;
    try {
      for (let next = queue.shift(); next; next = queue.shift()) {
        const step = machine(next);
        step.effects.forEach(perform);
        clearTimeout(timer);
        if (step.wake_at !== null) {
          const wait = Math.min(Math.max(step.wake_at - performance.now(), 0), 2 ** 31 - 1);
          timer = setTimeout(handle, Math.ceil(wait), { type: 'timer_fired' });
        }
      }
    } catch (error) {
      machine = undefined;
      fail('internal', String(error));
    }
    handling = false;
  }

  function snapshot(): State {
    return { ...state, identity: { ...state.identity } };
  }

  function change(to: Partial<State>): void {
    Object.assign(state, to);
    listeners.emit('state', snapshot());
  }

  function noteUnread(count: number): void {
    change({ unread: count });
    listeners.emit('unread', { count });
  }

  function note({ type }: Event): void {
    if (type !== 'panel_opened' && type !== 'panel_closed') return;
    change({ open: type === 'panel_opened' });
    listeners.emit(state.open ? 'open' : 'close', {});
  }

  function perform(effect: Effect): void {
    if (life.signal.aborted) return; // A listener called destroy().
    switch (effect.type) {
      case 'send_request':
        return requests.send(effect);
      case 'cancel_request':
        return requests.cancel(effect.request);
      case 'settle':
        if (effect.call === initCall && !state.ready) {
          change({ ready: effect.ok });
          if (!effect.ok) show(false);
        }
        return calls.settle(effect);
      case 'emit':
        return listeners.emit(effect.name, effect.detail);
      case 'ask_for_token':
        return void provide((asking = effect.ask));
      case 'broadcast':
        return tabs?.tell(effect.kind, effect.fingerprint);
      case 'save':
        return storage?.write(effect.key, effect.value);
      case 'report':
        return report(effect.code, effect.hint);
      default:
        return draw(effect);
    }
  }

  function draw(effect: ViewEffect): void {
    if (effect.type === 'show_connection') change({ connection: effect.state });
    if (effect.type === 'show_identity') {
      if (effect.reason === 'signed_out') asking = 0;
      diagnosis.note(state.identity.state, effect.state, effect.reason);
      const identity: State['identity'] = { state: effect.state, locked: !!effect.locked };
      if (effect.sub) identity.sub = effect.sub;
      if (effect.name) identity.name = effect.name;
      change({ identity });
    }
    // The next page starts with this look.
    if (effect.type === 'show_greeting' && effect.agent) storage?.write('look', `${effect.accent} ${effect.agent}`);
    panel!.perform(effect);
    derived.take(effect);
  }

  /** One call at a time: where another function took this one's place meanwhile, that one is asked. */
  async function provide(ask: number): Promise<void> {
    const asked = getToken!;
    let event: Event = { type: 'token_failed', ask };
    try {
      const given = await asked();
      event = { type: 'token_provided', ask, guest_id: newId() };
      if (given != null) event.token = String(given);
    } catch (error) {
      console.warn('[widgent] getToken:', error);
    }
    if (ask !== asking) return;
    if (asked !== getToken) return provide(ask);
    if (event.type === 'token_provided' && event.token) diagnosis.token = event.token;
    handle(event);
  }

  function boot(core: ReturnType<typeof loadCore>): void {
    failed = false;
    core.then(
      (loaded) => {
        ({ machine, runtime } = loaded);
        listeners.emit('runtime', { ...runtime });
        panel!.release();
        if (!navigator.onLine) connection();
        early.splice(0).forEach(handle);
      },
      (error) =>
        fail(
          'core_unavailable',
          `${error}. Does the page's Content-Security-Policy allow ${base} in connect-src, and in script-src?`,
        ),
    );
  }

  function connection(): void {
    handle({ type: 'connection_changed', online: navigator.onLine });
  }

  function fail(code: string, hint: string): void {
    failed = true;
    report(code, hint);
    calls.rejectAll(code, hint);
    listeners.emit('error', { code, hint });
    panel!.perform({ type: 'show_notice', code: 'unavailable' });
  }

  async function loadLater(): Promise<typeof later> {
    try {
      return await importPart(WIDGENT_LATER, WIDGENT_LATER_INTEGRITY);
    } catch (error) {
      report('part_unavailable', `${error}. Replies are shown as they were written.`);
      throw error;
    }
  }

  function report(code: string, hint: string): void {
    console.error(`[widgent] ${code}: ${hint}`);
  }

  /** The panel is made once, in the language of the page; what is called meanwhile waits. */
  async function prepare(options: Record<string, unknown>, call: Call): Promise<void> {
    waiting = [call];
    look = readLook(options, report);
    if (look.container) observer.observe(look.container, { childList: true });
    locale =
      look.locale ||
      (look.container ?? document.body ?? document.documentElement).closest<HTMLElement>('[lang]')?.lang ||
      navigator.language;
    await speak(locale, base);
    await pause();
    if (life.signal.aborted) return;
    panel = new Panel(root, handle, noteUnread, life.signal, loadLater, look);
    await pause();
    if (life.signal.aborted) return;
    boot(core);
    const calls = waiting;
    waiting = undefined;
    calls.forEach(take);
  }

  function take(call: Call): void {
    const [args, resolve, reject] = call;
    const [command, first, second] = args;
    if (life.signal.aborted) return reject(new WidgentError('destroyed', gone));
    if (waiting && command !== 'destroy') return void waiting.push(call);
    switch (command) {
      case 'init': {
        const options = Object(first) as Record<string, unknown>;
        if (!panel) return void prepare(options, call);
        if (!state.ready) {
          productId = String(options.productId ?? '');
          serviceKey = String(options.serviceKey ?? '');
          storage = openStorage(productId);
          tabs?.close();
          tabs = openTabs(productId, (kind, fingerprint) =>
            handle({ type: 'broadcast_received', kind, fingerprint, guest_id: newId() }),
          );
          if (typeof options.getToken == 'function') getToken = options.getToken as () => unknown;
          if (options.debug)
            diagnosis
              .openOverlay()
              .catch(() => report('inspector_unavailable', 'The identity inspector could not be loaded.'));
          show(true);
          const [accent = '', ...agent] = storage.read('look').split(' ');
          if (accent)
            panel.perform({ type: 'show_greeting', text: '', agent: agent.join(' '), accent, suggestions: [] });
        }
        initCall = calls.open(resolve, reject);
        handle({
          type: 'init_called',
          call: initCall,
          product_id: String(options.productId ?? ''),
          service_key: String(options.serviceKey ?? ''),
          guest_id: storage!.read('guest_id') || newId(),
          seed: newId(),
          thread_id: storage!.read('thread_id'),
          thread_of: storage!.read('thread_of'),
          salt: sharedSalt(storage!),
          // Without the query: it may hold what is nobody's business.
          page: location.origin + location.pathname,
          locale,
          get_token: !!getToken,
        });
        if (look.container) panel.open();
        return;
      }
      case 'identify':
      case 'logout': {
        const name = { call: calls.open(resolve, reject), guest_id: newId() };
        diagnosis.token = undefined;
        if (typeof first != 'function') asking = 0;
        // identify(null) is a logout.
        if (command === 'logout' || first == null) return handle({ type: 'logout_called', ...name });
        if (typeof first == 'function') {
          getToken = first as () => unknown;
          return handle({ type: 'identify_called', ...name, token: '', get_token: true });
        }
        return handle({ type: 'identify_called', ...name, token: (diagnosis.token = String(first)) });
      }
      case 'open':
        if (!storage) return reject(new WidgentError('not_initialised', 'Call init() first.'));
        panel!.open();
        break;
      case 'close':
        panel?.close();
        break;
      case 'on':
        listeners.on(String(first), second as Listener);
        break;
      case 'off':
        listeners.off(String(first), second as Listener | undefined);
        break;
      case 'destroy':
        destroy();
        break;
      case 'diagnose':
        diagnosis.inspect().then(resolve, () => reject(new WidgentError('unreachable', `No answer from ${base}.`)));
        return;
      default:
        return reject(new WidgentError('unknown_command', `There is no command "${command}".`));
    }
    resolve();
  }

  function show(wanted: boolean): void {
    shown = wanted;
    const home = look.container ?? document.documentElement;
    if (!wanted) root.host.remove();
    else if (root.host.parentNode !== home) home.append(root.host);
  }

  function destroy(): void {
    handle({ type: 'destroy_called' });
    life.abort();
    asking = 0;
    clearTimeout(timer);
    requests.cancelAll();
    tabs?.close();
    diagnosis.close();
    calls.rejectAll('destroyed', gone);
    change({ ready: false, open: false, identity: { state: 'guest' }, unread: 0 });
    show(false);
    waiting?.forEach(([, , reject]) => reject(new WidgentError('destroyed', gone)));
    delete (window as Partial<Window>).widgent;
  }

  const { signal } = life;
  const resumed = () => document.visibilityState === 'visible' && handle({ type: 'page_resumed' });
  addEventListener('online', connection, { signal });
  addEventListener('offline', connection, { signal });
  addEventListener('pageshow', (event) => event.persisted && resumed(), { signal });
  document.addEventListener('visibilitychange', resumed, { signal });
  // Below <html>, as a page may swap or transform its body; whoever rebuilds <html> itself keeps the widget too.
  const observer = new MutationObserver(() => {
    if (shown) show(true);
    panel?.place();
  });
  observer.observe(document.documentElement, { childList: true, attributeFilter: ['class', 'dir', 'data-theme'] });
  signal.addEventListener('abort', () => observer.disconnect());

  return {
    take,
    state: snapshot,
  };
}
