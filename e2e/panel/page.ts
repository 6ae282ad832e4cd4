// The panel without a machine, for a browser test: effects are handed to it, and what it tells is noted.
import { root } from '../../web/launcher.ts';
import { Panel } from '../../web/panel/panel.ts';
import * as later from '../../web/panel/later/later.ts';
import type { Event, ViewEffect } from '../../web/seam.ts';
import { ada, lists, states } from './states.ts';

const told: Event[] = [];
/** Replaced by tests. */
const loader = { loadLater: async () => later };
const panel = new Panel(
  root,
  (event) => told.push(event),
  () => {},
  new AbortController().signal,
  () => loader.loadLater(),
);
document.documentElement.append(root.host);

async function show(name: string): Promise<void> {
  const perform = (effect: ViewEffect) => panel.perform(effect);
  if (!lists[name]) return states[name]!.forEach(perform);
  ada.forEach(perform);
  await new Promise((done) => setTimeout(done)); // the part with the list arrives
  root.querySelector<HTMLElement>('header button')!.click();
  lists[name].forEach(perform);
}

const page = {
  panel,
  loader,
  told,
  show,
  states: [...Object.keys(states), ...Object.keys(lists)],
};
export type PanelPage = typeof page;
Object.assign(window, { page });
