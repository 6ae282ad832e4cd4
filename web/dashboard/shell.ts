// What stands around the sections: navigation, the section's heading, what is said, and whether the server is there.
import type { Api } from './api.ts';
import { fill, h, icon } from './dom.ts';
import { approvals } from './sections/approvals.ts';
import { audit } from './sections/audit.ts';
import { keys } from './sections/keys.ts';
import { overview } from './sections/overview.ts';
import { questions } from './sections/questions.ts';
import { tools } from './sections/tools.ts';
import { users } from './sections/users.ts';
import type { Product } from './types.ts';
import type { Section } from './view.ts';
import { ApprovalWatch } from './watch.ts';

const sections: readonly Section[] = [overview, approvals, tools, keys, audit, questions, users];
const saidMs = 8000;

/** The section that the address names, and what stands behind its name. */
function readHash(): { section: Section | undefined; argument: string } {
  const [id, ...rest] = location.hash.slice(1).split('/');
  let argument = '';
  try {
    argument = decodeURIComponent(rest.join('/'));
  } catch {
    // Not an address that this page has made.
  }
  return { section: sections.find((one) => one.id === id), argument };
}

/** Shows the dashboard of one product until somebody signs out; then nothing of it is left. */
export function openShell(api: Api, product: Product, onEnd: (why: string) => void): void {
  const life = new AbortController();
  const watch = new ApprovalWatch(api, life.signal);
  let visit = new AbortController();
  let title = '';

  const waiting = h('span', { class: 'count', hidden: true });
  const links = sections.map((section) =>
    h(
      'a',
      { href: `#${section.id}`, onclick: again },
      icon(section.id),
      section.title,
      section === approvals && waiting,
    ),
  );
  const said = h('p', { class: 'said', role: 'status' });
  const banner = h('div', { class: 'banner', role: 'alert' });
  const main = h('main', { id: 'main' });
  const nav = h('nav', { 'aria-label': 'Sections' }, h('ul', {}, ...links.map((link) => h('li', {}, link))));
  const skip = h('a', { class: 'skip', href: '#main', onclick: toMain }, 'Skip to the content');
  const swatch = h('span', { class: 'initial', 'aria-hidden': 'true' }, [...product.name][0]);
  const name = h(
    'div',
    { class: 'product' },
    swatch,
    h('div', {}, h('strong', {}, product.name), h('code', {}, product.id)),
  );
  const signOut = h('button', { type: 'button', onclick: () => end('') }, icon('out'), 'Sign out');
  const person = h('div', { class: 'person' }, h('span', { title: api.who }, api.who), signOut);
  const side = h('header', { class: 'side' }, name, nav, person);
  const shell = h('div', { class: 'shell' }, skip, side, h('div', { class: 'content' }, banner, main), said);

  /** The link of the section that is shown asks for everything anew. */
  function again(event: Event): void {
    if ((event.currentTarget as HTMLAnchorElement).hash === location.hash) route();
  }

  function toMain(event: Event): void {
    event.preventDefault();
    main.querySelector('h1')?.focus();
  }

  function say(text: string): void {
    said.textContent = text;
    setTimeout(() => said.textContent === text && fill(said), saidMs);
  }

  function end(why: string): void {
    life.abort();
    visit.abort();
    api.forget();
    for (const dialog of document.querySelectorAll('dialog')) dialog.remove();
    shell.remove();
    history.replaceState(null, '', location.pathname);
    onEnd(why);
  }

  function route(): void {
    const { section = overview, argument } = readHash();
    if (!readHash().section) history.replaceState(null, '', `#${overview.id}`);
    visit.abort();
    visit = new AbortController();
    for (const dialog of document.querySelectorAll('dialog:not(.once)')) dialog.remove();
    sections.forEach((one, i) => {
      if (one === section) links[i]!.setAttribute('aria-current', 'page');
      else links[i]!.removeAttribute('aria-current');
    });
    const current = links[sections.indexOf(section)]!;
    nav.scrollTo({ left: current.offsetLeft - (nav.clientWidth - current.offsetWidth) / 2 });
    title = section.title;
    showTitle();
    const heading = h('h1', { tabindex: -1 }, section.title);
    const view = { api, watch, say, argument, signal: visit.signal };
    fill(main, h('header', { class: 'head' }, heading, h('p', {}, section.about)), ...section.open(view));
    scrollTo(0, 0);
    heading.focus({ preventScroll: true });
  }

  function showTitle(): void {
    const n = watch.approvals?.length ?? 0;
    document.title = `${n ? `(${n}) ` : ''}${title} · ${product.name} · Widgent`;
  }

  function hear(): void {
    const { error, approvals: found } = watch;
    if (error?.code === 'admin_key_invalid') return end(error.message);
    if (found) {
      waiting.hidden = !found.length;
      fill(waiting, String(found.length), h('span', { class: 'hidden' }, ' waiting'));
      showTitle();
    }
    const text = error ? `${error.message} Trying again…` : '';
    if (banner.textContent !== text) fill(banner, error && icon('warn'), text);
  }

  document.body.append(shell);
  addEventListener('hashchange', route, { signal: life.signal });
  route();
  watch.listen(life.signal, hear);
  void watch.start();
}
