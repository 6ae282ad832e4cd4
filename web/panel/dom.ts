// Elements without innerHTML: text is only ever a text node.

/** Of a class, or with the attributes given. */
export function el<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  given: string | Record<string, string> = {},
  ...children: (Node | string)[]
): HTMLElementTagNameMap[K] {
  const element = document.createElement(tag);
  set(element, typeof given == 'string' ? { class: given } : given);
  element.append(...children);
  return element;
}

export function set(element: Element, attributes: Record<string, string>): void {
  for (const name of Object.keys(attributes)) element.setAttribute(name, attributes[name]!);
}

/** What an element without words is called. */
export function name(element: Element, label: string): void {
  set(element, { 'aria-label': label, title: label });
}

/** A button is never the page's submit button, and says what it does. */
export function button(className: string, label: string, act: () => void, ...children: Node[]): HTMLButtonElement {
  const element = el('button', { class: className, type: 'button' }, ...children);
  if (children.length) name(element, label);
  else element.textContent = label;
  element.onclick = act;
  return element;
}

/** Only these may be followed: undefined for everything else. */
export function safeUrl(text: string | undefined): string | undefined {
  try {
    const url = new URL(text!);
    return /^(https?|mailto|tel):$/.test(url.protocol) ? url.href : undefined;
  } catch {
    return undefined;
  }
}

/** Into a new tab, which learns nothing of this one. */
export function linkTo(element: Element, href: string): void {
  set(element, { href, target: '_blank', rel: 'noopener noreferrer nofollow' });
}

/** A link; where the address may not be followed, the same words without one. */
export function link(className: string, url: string | undefined, ...children: (Node | string)[]): HTMLElement {
  const href = safeUrl(url);
  const element = el(href ? 'a' : 'span', { class: className }, ...children);
  if (href) linkTo(element, href);
  return element;
}
