'use client';
// The package's part for React: a component that keeps the widget's identity equal to a prop, and a hook on its state.
// Tokens are kept in this module's closure alone, where no developer tool shows them.
import { useEffect, useMemo, useRef, useSyncExternalStore } from 'react';
import type { Widgent as Api, WidgentState, WidgentToken, WidgentTokenProvider } from '../api/public.ts';
import { load, targetOf, type Loading, type LoadOptions } from './load.ts';

export interface WidgentProblem {
  /** Stable, to test for. */
  code: string;
  /** What to change, for the developer. */
  hint: string;
}

export interface WidgentProps extends Omit<LoadOptions, 'getToken'> {
  /**
   * Who is signed in: a token of your backend, or a function that fetches one, which is then asked again before each
   * end. `null`: nobody, so that whoever was is logged out. `undefined`: not known yet; nothing changes. Another
   * function is no other user: change the component's `key` with the user.
   */
  token?: WidgentToken | WidgentTokenProvider;
  /** Told what loading, init() and identify() are refused with. */
  onError?: ((problem: WidgentProblem) => void) | undefined;
  /** Takes the widget out of the page with the component. Else it stays, with the conversation. */
  destroyOnUnmount?: boolean | undefined;
}

type Commands = Pick<Api, 'identify' | 'logout' | 'open' | 'close' | 'on' | 'off' | 'destroy' | 'diagnose'>;
export interface WidgentHook extends Commands {
  /** The live snapshot. */
  readonly state: WidgentState;
}

type Report = (problem: WidgentProblem) => void;
type Told = WidgentToken | WidgentTokenProvider;

const nobody: WidgentState = {
  ready: false,
  open: false,
  identity: { state: 'guest' },
  connection: 'online',
  unread: 0,
};

let snapshot = nobody;
const watchers = new Set<() => void>();
/** What the component has asked for last, and what the widget has been told. */
let wanted: Told;
let told: Told;
let loading: Loading | undefined;
let target = ''; // what the component was mounted for last
/** Commands given before the component was there. */
let early: ((api: Promise<Api>) => void)[] = [];
let leaving: ReturnType<typeof setTimeout> | undefined;
let gone: Promise<void> | undefined;

function update(state: WidgentState): void {
  snapshot = state;
  watchers.forEach((watcher) => watcher());
}

function watch(watcher: () => void): () => void {
  watchers.add(watcher);
  return () => watchers.delete(watcher);
}

function run<Result>(command: (api: Api) => Promise<Result>): Promise<Result> {
  const api = loading ? loading.loaded : new Promise<Api>((resolve) => early.push(resolve));
  const result = api.then(command);
  result.catch(() => {}); // The widget has said in the console what is wrong.
  return result;
}

const commands: Commands = {
  identify: (token) => run((api) => api.identify(token)),
  logout: () => run((api) => api.logout()),
  open: () => run((api) => api.open()),
  close: () => run((api) => api.close()),
  on: (name, listener) => run((api) => api.on(name, listener)),
  off: (name, listener) => run((api) => api.off(name, listener)),
  destroy: () => run((api) => api.destroy()),
  diagnose: () => run((api) => api.diagnose()),
};

/** A new identity takes the place of the one before, and what goes away says so to those who asked: no mistakes. */
const expected = (code: string) => code === 'superseded' || code === 'destroyed';

function tell(report: Report): void {
  if (wanted === undefined) return;
  void run((api) => {
    if (wanted === told) return Promise.resolve();
    // A guest who is nobody still keeps the conversation of the page before.
    const known = told != null || (api.state ?? nobody).identity.state !== 'guest';
    told = wanted;
    if (told === null && !known) return Promise.resolve();
    return api.identify(told).catch(report);
  });
}

function leave(): void {
  leaving = undefined;
  gone = commands.destroy().catch(() => {});
  loading = wanted = told = undefined;
  update(nobody);
}

/** Strict mode takes each component out and in again at once: that is no leaving. */
function unmount(): void {
  leaving = setTimeout(leave);
}

async function mount(options: LoadOptions): Promise<void> {
  const before = target;
  target = targetOf(options);
  if (leaving) {
    clearTimeout(leaving);
    if (before === target) leaving = undefined;
    else leave();
  }
  await gone;
  const next = load(options);
  if (next === loading) return;
  loading = next;
  told = undefined;
  update(nobody);
  early.splice(0).forEach((resolve) => resolve(next.loaded));
  try {
    const api = await next.loaded;
    await next.started;
    // Not earlier: a listener alone would fetch the widget before the page is idle.
    void api.on('state', update);
    if (api.state) update(api.state);
  } catch (error) {
    if ((error as WidgentProblem).code === 'script_unavailable' && loading === next) loading = undefined;
    throw error;
  }
}

/** Shows the widget. Renders nothing, here as on a server. `src`, the product and the look count once. */
export function Widgent({ token, onError, destroyOnUnmount, ...options }: WidgentProps): null {
  const latest = useRef({ onError, destroyOnUnmount, provider: undefined as WidgentTokenProvider | undefined });
  // One function for all that the page passes in the course of time: a new one is no new identity.
  const provider = useRef<WidgentTokenProvider>(() => {
    const ask = latest.current.provider;
    return ask ? ask() : typeof wanted === 'string' ? wanted : null;
  }).current;
  const isProvider = typeof token === 'function';
  const report = useRef<Report>(({ code, hint }) => {
    if (!expected(code)) latest.current.onError?.({ code, hint });
  }).current;

  useEffect(() => {
    latest.current = { onError, destroyOnUnmount, provider: isProvider ? token : undefined };
  });
  const { src, productId, serviceKey } = options;
  useEffect(() => {
    mount(options).catch(report);
    return () => {
      if (latest.current.destroyOnUnmount) unmount();
    };
  }, [String(src), productId, serviceKey]);
  const identity = isProvider ? provider : token;
  useEffect(() => {
    wanted = identity;
    tell(report);
  }, [identity]);
  return null;
}

/** The widget's commands, and its state as it changes. Commands given before `<Widgent>` is there wait for it. */
export function useWidgent(): WidgentHook {
  const state = useSyncExternalStore(
    watch,
    () => snapshot,
    () => nobody,
  );
  return useMemo(() => ({ ...commands, state }), [state]);
}
