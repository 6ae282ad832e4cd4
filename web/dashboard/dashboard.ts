// The page of the owner's people. It speaks the admin API of its own server; the admin key is in this page's memory
// alone, and gone with it.
import { Api } from './api.ts';
import { once } from './dom.ts';
import { openShell } from './shell.ts';

const find = <Kind extends Element>(selector: string) => document.querySelector<Kind>(selector)!;
const gate = find<HTMLElement>('#gate');
const form = find<HTMLFormElement>('#enter');
const state = find<HTMLElement>('#state');
const button = find<HTMLButtonElement>('#enter button');

function showGate(said: string): void {
  gate.hidden = false;
  document.title = 'Sign in · Widgent';
  refuse(said);
  find<HTMLElement>('[name=product]').focus();
}

function refuse(said: string): void {
  state.textContent = said;
  state.className = said ? 'wrong' : '';
}

form.onsubmit = async (event) => {
  event.preventDefault();
  const given = new FormData(form);
  const text = (name: string) => String(given.get(name)).trim();
  const api = new Api(text('product'), text('key'), text('who'));
  refuse('');
  await once(button, async () => {
    try {
      const product = await api.product();
      form.reset();
      gate.hidden = true;
      openShell(api, product, showGate);
    } catch (error) {
      refuse((error as Error).message);
    }
  });
};
