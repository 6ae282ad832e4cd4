// The panel without a machine, for a browser test: effects are handed to it, and what it tells is noted.
import { root } from '../../web/launcher.ts';
import { Panel } from '../../web/panel/panel.ts';
import type { Event } from '../../web/seam.ts';
import { states } from './states.ts';

const told: Event[] = [];
const panel = new Panel(
  root,
  (event) => told.push(event),
  () => {},
  new AbortController().signal,
);
document.documentElement.append(root.host);

const page = { panel, told, show: (state: string) => states[state]!.forEach((effect) => panel.perform(effect)) };
export type PanelPage = typeof page;
Object.assign(window, { page });
