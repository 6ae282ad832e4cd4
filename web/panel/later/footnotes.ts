// Where a reply has it from.
import type { Citation } from '../../seam.ts';
import { button, el, fill, icon, link, safeUrl, set, strings } from './tools.ts';

/** Turns each [n] of the text into a mark that leads to its source, and lists the sources below. */
export function footnotes(body: HTMLElement, citations: readonly Citation[]): void {
  body.querySelector('.sources')?.remove();
  const list = el('ol', { class: 'sources', 'aria-label': strings.sources });
  const sources = new Map<string, HTMLElement>();
  for (const { n, title, url } of citations) {
    const source = link('source', url, el('b', {}, String(n)), title || url, safeUrl(url) ? icon('out') : '');
    sources.set(String(n), source);
    list.append(el('li', {}, source));
  }
  body.normalize();
  const texts = document.createTreeWalker(body, 4);
  const nodes: Text[] = [];
  while (texts.nextNode()) nodes.push(texts.currentNode as Text);
  for (const node of nodes) {
    const parts = node.data.split(/\s*\[(\d+)\]/);
    if (parts.length < 2 || node.parentElement!.closest('a,code,pre,button')) continue;
    node.replaceWith(
      ...parts.map((part, i) => {
        const source = i % 2 && sources.get(part);
        if (!source) return i % 2 ? `[${part}]` : part;
        const mark = button('ref', part, () => source.focus());
        set(mark, { 'aria-label': fill(strings.source, source.textContent!.slice(part.length)) });
        return mark;
      }),
    );
  }
  body.append(list);
}
