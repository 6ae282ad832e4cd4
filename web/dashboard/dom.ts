// Elements from names and texts. A text is always a text node, wherever it comes from.

export type Child = Node | string | false | null | undefined;
type Value = string | number | boolean | null | undefined | ((event: Event) => void);

/** An element. A function is a listener (`onclick`); true sets an attribute, false and null leave it out. */
export function h<Name extends keyof HTMLElementTagNameMap>(
  name: Name,
  attributes: Record<string, Value> = {},
  ...children: Child[]
): HTMLElementTagNameMap[Name] {
  const element = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (typeof value === 'function') element.addEventListener(key.slice(2), value);
    else if (value !== false && value != null) element.setAttribute(key, value === true ? '' : String(value));
  }
  fill(element, ...children);
  return element;
}

/** Replaces what is in `parent`. */
export function fill(parent: Element, ...children: Child[]): void {
  parent.replaceChildren(...children.filter((child): child is Node | string => !!child));
}

const icons = {
  overview: 'M3 3h6v8H3zM11 3h6v5h-6zM11 10h6v7h-6zM3 13h6v4H3z',
  approvals: 'M10 2.5l6.5 2.5v4.5c0 4-2.7 6.8-6.5 8-3.8-1.2-6.5-4-6.5-8V5zM7 10l2.2 2.200L13.2 8',
  tools: 'M12.5 3.200a4 4 0 0 0-4.9 5.200L3 13l4 4 4.6-4.600a4 4 0 0 0 5.2-4.900L14 10.3 9.7 6z',
  keys: 'M12.5 11.500a4.5 4.5 0 1 0-4.3-3.200L2.5 14v3.500H6V15.500h2v-2h2l1-2.200M13.5 6.500h.01',
  audit: 'M4 2.500h9l3 3v12H4zM7 8h6M7 11h6M7 14h4',
  questions: 'M3 4h14v10h-6l-4 3.500V14H3zM8.3 7.500a1.7 1.7 0 1 1 2.4 1.600c-.5.3-.7.5-.7 1M10 11.800h.01',
  users: 'M10 10a3.5 3.5 0 1 0 0-7 3.5 3.5 0 0 0 0 7zM3.5 17c.6-3 3.1-4.5 6.5-4.500s5.9 1.5 6.5 4.5',
  out: 'M8 3H4v14h4M9 10h8M14 7l3 3-3 3',
  warn: 'M10 3l8 14H2zM10 8v4M10 14.500h.01',
  more: 'M7 5l5 5-5 5',
} as const;
export type Icon = keyof typeof icons;

/** A drawing beside a text that says the same. */
export function icon(name: Icon): SVGSVGElement {
  const svg = document.createElementNS('http://www.w3.org/2000/svg', 'svg');
  svg.setAttribute('viewBox', '0 0 20 20');
  svg.setAttribute('class', `icon ${name}`);
  svg.setAttribute('aria-hidden', 'true');
  const path = document.createElementNS(svg.namespaceURI, 'path');
  path.setAttribute('d', icons[name]);
  svg.append(path);
  return svg;
}

const clock = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium', timeStyle: 'medium' });

/** A moment in the reader's own time; the whole of it in the title. */
export function moment(at: string | number | null | undefined, none = 'never'): HTMLElement {
  const date = new Date(at ?? NaN);
  if (Number.isNaN(date.getTime())) return h('span', { class: 'quiet' }, none);
  const iso = date.toISOString();
  return h('time', { datetime: iso, title: iso }, clock.format(date));
}

/** Text as it was written, which may be scrolled. */
export const verbatim = (label: string, ...children: Child[]): HTMLElement =>
  h('pre', { tabindex: 0, role: 'group', 'aria-label': label }, ...children);

/** A count with what is counted. */
export const count = (n: number, one: string, many = `${one}s`): string =>
  `${n.toLocaleString('en')} ${n === 1 ? one : many}`;

/** A word on a colour that says what kind it is. */
export const badge = (text: string, kind = ''): HTMLElement => h('span', { class: `badge ${kind}` }, text);

/** A card with a heading, and what stands at its other end. */
export function card(title: Child, children: Child[], aside: Child[] = []): HTMLElement {
  return h('section', { class: 'card' }, h('header', {}, h('h2', {}, title), ...aside), ...children);
}

/** What there is to say where there is nothing to show. */
export const empty = (title: string, ...text: Child[]): HTMLElement =>
  h('div', { class: 'empty' }, h('strong', {}, title), h('p', {}, ...text));

/** Terms and what they mean; those without a meaning are left out. */
export function facts(...pairs: [string, Child][]): HTMLElement {
  const rows = pairs
    .filter(([, value]) => value)
    .map(([name, value]) => h('div', {}, h('dt', {}, name), h('dd', {}, value)));
  return h('dl', { class: 'facts' }, ...rows);
}

/** Keeps a button from being pressed again until `work` has ended; it has the focus again where it had it. */
export async function once(button: HTMLButtonElement, work: () => Promise<void>): Promise<void> {
  const hadFocus = document.activeElement === button;
  button.disabled = true;
  try {
    await work();
  } finally {
    button.disabled = false;
    if (hadFocus && button.isConnected && document.activeElement === document.body) button.focus();
  }
}

/** Focuses the heading of the section: where what had the focus is gone. */
export const focusHeading = (): void => document.querySelector<HTMLElement>('.shell h1')?.focus();

const copiedMs = 2000;

/** Copies `text`; where the browser forbids that, it marks `shown` for the reader's own hand. */
export function copyButton(text: () => string, what: string, shown?: () => Node): HTMLElement {
  const button = h('button', { type: 'button', class: 'copy', onclick: () => void copy() });
  const name = (word: string) => fill(button, word, h('span', { class: 'hidden' }, ` ${what}`));
  name('Copy');
  async function copy(): Promise<void> {
    try {
      await navigator.clipboard.writeText(text());
      name('Copied');
    } catch {
      if (shown) getSelection()?.selectAllChildren(shown());
      name('Press Ctrl+C for');
    }
    setTimeout(() => name('Copy'), copiedMs);
  }
  return button;
}

/** Offers a text as a file. */
export function download(name: string, type: string, parts: string[]): void {
  const url = URL.createObjectURL(new Blob(parts, { type }));
  h('a', { href: url, download: name }).click();
  setTimeout(() => URL.revokeObjectURL(url), 60_000);
}
