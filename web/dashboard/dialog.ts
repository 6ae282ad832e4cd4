// Questions before what cannot be taken back, and secrets that are shown once.
import { copyButton, fill, focusHeading, h, type Child } from './dom.ts';

export interface Question {
  title: string;
  /** What will happen, and what it breaks. */
  text: Child[];
  /** The verb on the button that does it. */
  confirm: string;
  isDangerous?: boolean | (() => boolean);
  /** What has to be typed before the button can be pressed. */
  typed?: string;
  /** A refusal is shown in the dialog, which stays. What is answered is done once the dialog has closed. */
  act(): Promise<void | (() => void)>;
}

let made = 0;

/** Focuses what had the focus, or what stands in its place if the act has drawn that anew. */
function focusAgain(opener: HTMLElement | null): void {
  const others = [...document.querySelectorAll<HTMLButtonElement>('main button')];
  const same = others.find((one) => !one.disabled && one.textContent === opener?.textContent);
  const target = opener?.isConnected ? opener : same;
  if (target) target.focus();
  else focusHeading();
}

/** A modal dialog that leaves the page when it closes, and gives the focus back to where it was. */
function open(title: string, children: Child[], isAlert: boolean): HTMLDialogElement {
  const opener = document.activeElement as HTMLElement | null;
  const id = `dialog-${++made}`;
  const role = isAlert ? 'alertdialog' : 'dialog';
  const dialog = h('dialog', { role, 'aria-labelledby': id }, h('h2', { id }, title), ...children);
  dialog.addEventListener('close', () => {
    dialog.remove();
    focusAgain(opener);
  });
  document.body.append(dialog);
  dialog.showModal();
  return dialog;
}

/** Asks; Escape and Cancel do nothing. */
export function askFirst({ title, text, confirm, isDangerous, typed, act }: Question): void {
  const said = h('p', { class: 'wrong', role: 'alert' });
  const field = typed
    ? h('input', { name: 'typed', autocomplete: 'off', autocapitalize: 'none', spellcheck: 'false', required: true })
    : undefined;
  const isBad = () => (typeof isDangerous === 'function' ? isDangerous() : !!isDangerous);
  const button = h('button', {}, confirm);
  const cancel = h('button', { type: 'button', onclick: () => dialog.close() }, 'Cancel');
  const form = h(
    'form',
    { onsubmit: (event) => void submit(event) },
    ...text,
    field && h('label', {}, h('span', {}, 'Type ', h('code', {}, typed), ' to confirm'), field),
    said,
    h('footer', {}, cancel, button),
  );
  const check = () => {
    button.disabled = !!field && field.value !== typed;
    button.className = isBad() ? 'danger' : 'primary';
  };
  form.addEventListener('input', check);
  check();
  const dialog = open(title, [form], isBad());
  (field ?? form.querySelector<HTMLElement>('select, input') ?? cancel).focus();

  async function submit(event: Event): Promise<void> {
    event.preventDefault();
    button.disabled = true;
    fill(said);
    try {
      const next = await act();
      if (next) dialog.addEventListener('close', next);
      dialog.close();
    } catch (error) {
      fill(said, (error as Error).message);
      check();
      button.focus();
    }
  }
}

/** Shows a secret until somebody says that it is kept: Escape, another section and a reload do not simply lose it. */
export function showOnce(title: string, secret: string, text: Child[]): void {
  const shown = h('code', { class: 'secret' }, secret);
  const saved = h('button', { type: 'button', class: 'primary', onclick: () => dialog.close() }, 'I have saved it');
  const row = h(
    'div',
    { class: 'copied' },
    shown,
    copyButton(
      () => secret,
      'the secret',
      () => shown,
    ),
  );
  const dialog = open(title, [...text, row, h('footer', {}, saved)], true);
  dialog.className = 'once';
  dialog.addEventListener('cancel', (event) => event.preventDefault());
  dialog.addEventListener('keydown', (event) => event.key === 'Escape' && event.preventDefault());
  const life = new AbortController();
  dialog.addEventListener('close', () => life.abort());
  const stay = (event: Event) => dialog.isConnected && event.preventDefault();
  addEventListener('beforeunload', stay, { signal: life.signal });
}
