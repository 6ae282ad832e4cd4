// The package `widgent`: the loader for pages that are bundled, with the types of window.widgent.
import type { Widgent } from '../api/public.ts';
import { load, refusal, type LoadOptions } from './load.ts';

export type * from '../api/public.ts';
export type { LoadOptions };

/** What a server gets: every command does nothing and resolves, so that a page can be rendered there. */
function nowhere(): Widgent {
  const nothing = () => Promise.resolve({});
  const diagnose = () => Promise.reject(refusal('no_window', 'There is nothing to diagnose outside of a browser.'));
  const commands = ['init', 'identify', 'logout', 'open', 'close', 'on', 'off', 'destroy'];
  const run = (command: string) => (command === 'diagnose' ? diagnose() : nothing());
  const methods = Object.fromEntries(commands.map((name) => [name, nothing]));
  return Object.assign(run, methods, { diagnose, state: undefined, version: '' }) as unknown as Widgent;
}

/**
 * Shows the widget: puts the script of your Widgent server into the page and calls init() with the options. Resolves
 * with window.widgent once the script has run. Calling it again gives the same; another product on the page is refused
 * with `already_initialised`. A script that cannot be loaded is `script_unavailable`: call again to try again.
 *
 * On a server (no window) nothing is loaded: it resolves with a Widgent whose commands do nothing.
 */
export async function loadWidgent(options: LoadOptions): Promise<Widgent> {
  return typeof window == 'undefined' ? nowhere() : load(options).loaded;
}
