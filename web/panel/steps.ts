// What the agent does meanwhile: a line for each step; several that follow each other fold into one.
import type { ToolStatus } from '../seam.ts';
import { el, set } from './dom.ts';
import { icon } from './icons.ts';
import { plural, strings, tool } from './strings.ts';

interface Step {
  name: string; // told once, when the call starts
  row: HTMLElement;
  status: ToolStatus | 'waiting';
  words: string;
}

function draw(row: HTMLElement, status: ToolStatus | 'waiting', text: string): void {
  set(row, { class: `step ${status}` });
  row.replaceChildren(
    status === 'running' ? el('i', 'spin') : icon(status === 'done' ? 'check' : 'alert'),
    el('span', { dir: 'auto' }, text),
  );
}

export class Steps {
  readonly element = el('details', { open: '' });
  private readonly fold = el('summary', { hidden: '' });
  private readonly steps = new Map<string, Step>();

  constructor() {
    this.element.append(this.fold);
  }

  get running(): boolean {
    return [...this.steps.values()].some(({ status }) => status === 'running');
  }

  has(id: string): boolean {
    return this.steps.has(id);
  }

  show(id: string, name: string, status: ToolStatus): void {
    let step = this.steps.get(id);
    if (!step) {
      step = { name, row: el('div'), status, words: '' };
      this.steps.set(id, step);
      this.element.append(step.row);
      if (this.steps.size === 2) this.element.open = this.fold.hidden = false;
    }
    this.mark(step, status);
  }

  /** Whatever runs now cannot go on before a question is answered: the visitor's own, or one to the site's people. */
  wait(isTheirs: boolean): void {
    this.steps.forEach(
      (step) => step.status === 'running' && this.mark(step, 'waiting', isTheirs ? 'running' : 'waiting'),
    );
  }

  private mark(step: Step, status: Step['status'], said = status): void {
    step.status = status;
    step.words = tool(step.name, said);
    draw(step.row, status, step.words);
    const all = [...this.steps.values()];
    const open = all.find((one) => one.status === 'running' || one.status === 'waiting');
    const wrong = all.find((one) => one.status === 'failed' || one.status === 'denied');
    if (open) draw(this.fold, open.status, open.words);
    else draw(this.fold, wrong?.status ?? 'done', plural(strings.stepCount, all.length));
    this.fold.append(icon('down'));
  }
}
