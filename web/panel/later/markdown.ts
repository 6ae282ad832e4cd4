// Markdown as it streams. The library finds the tokens; each becomes one of the elements below, or nothing but text.
// There is no way from the text to any other element or attribute.
import * as smd from 'streaming-markdown';
import { copyButton, el, linkTo, safeUrl } from './tools.ts';

const tags: Record<number, keyof HTMLElementTagNameMap> = {
  [smd.PARAGRAPH]: 'p',
  [smd.HEADING_1]: 'h3', // of every level (scripts/prune-markdown.mjs)
  [smd.CODE_BLOCK]: 'pre',
  [smd.CODE_FENCE]: 'pre',
  [smd.CODE_INLINE]: 'code',
  [smd.ITALIC_AST]: 'em',
  [smd.ITALIC_UND]: 'em',
  [smd.STRONG_AST]: 'strong',
  [smd.STRONG_UND]: 'strong',
  [smd.STRIKE]: 'del',
  [smd.LINK]: 'a',
  [smd.RAW_URL]: 'a',
  [smd.BLOCKQUOTE]: 'blockquote',
  [smd.RULE]: 'hr',
  [smd.LIST_UNORDERED]: 'ul',
  [smd.LIST_ORDERED]: 'ol',
  [smd.LIST_ITEM]: 'li',
  [smd.TABLE]: 'table',
  [smd.TABLE_ROW]: 'tr',
  [smd.TABLE_CELL]: 'td',
};
const depthMax = 16; // what is nested deeper stands in the last element
const word = /[\p{L}\p{N}]/u;

export class Markdown {
  /** What it says, without marks. */
  text = '';
  private readonly open: HTMLElement[]; // from the root inwards; the same one twice where a token has no element
  private readonly parser: smd.Parser;
  private before = ''; // the last character written
  private held = ''; // What it means depends on the next one.
  private url: string | undefined;
  private linkAt = 0; // where in the text it began

  constructor(root: HTMLElement) {
    this.open = [root];
    this.parser = smd.parser({
      data: undefined,
      add_token: (_, token) => this.start(token),
      end_token: () => this.finish(),
      add_text: (_, text) => this.add(text),
      set_attr: (_, name, value) => this.note(name, value),
    });
  }

  write(text: string): void {
    const { parser } = this;
    const parts = (this.held + text).split(/([$_])/);
    this.held = '';
    parts.forEach((part, i) => {
      if (i % 2) {
        const next = parts[i + 1]![0] ?? '';
        if (!next && i + 2 === parts.length) return void (this.held = part);
        // The library takes a_b_c for emphasis and $5 for mathematics.
        const open = parser.tokens[parser.len];
        const isRaw =
          open === smd.CODE_BLOCK ||
          open === smd.CODE_FENCE ||
          open === smd.CODE_INLINE ||
          open === smd.RAW_URL ||
          /^[`\]]/.test(parser.pending);
        if (!isRaw && (part === '$' || (word.test(this.before) && word.test(next)))) smd.parser_write(parser, '\\');
      }
      smd.parser_write(parser, part);
      this.before = part.slice(-1) || this.before;
    });
  }

  /** No more text comes: whatever is open ends here. */
  end(): void {
    smd.parser_write(this.parser, this.held);
    smd.parser_end(this.parser);
    while (this.open.length > 1) this.finish();
  }

  private get last(): HTMLElement {
    return this.open[this.open.length - 1]!;
  }

  private start(token: number): void {
    const parent = this.last;
    let tag = tags[token];
    if (token === smd.LINE_BREAK) this.add('\n');
    if (token === smd.CHECKBOX) this.add('☐');
    if (!tag || this.open.length > depthMax || (tag === 'a' && parent.closest('a'))) return void this.open.push(parent);
    if (tag === 'td' && !parent.previousSibling) tag = 'th';
    const element = el(tag);
    if (tag === 'a') this.linkAt = this.text.length;
    if (/^[phlt]/.test(tag)) this.text += '\n';
    if (tag === 'pre') {
      element.tabIndex = 0;
      parent.append(
        el(
          'div',
          'code',
          element,
          copyButton(() => element.textContent!),
        ),
      );
    } else if (tag === 'table') {
      parent.append(el('div', { class: 'table', tabindex: '0' }, element));
    } else parent.append(element);
    this.open.push(element);
  }

  private finish(): void {
    const element = this.open.pop()!;
    const { url, last } = this;
    if (element.localName !== 'a' || element === last) return;
    this.url = undefined;
    // The end of a sentence is no part of the address.
    const bare = element.textContent === url ? url.replace(/[.,;:!?'")\]*]+$/, '') : url;
    const href = safeUrl(bare);
    if (href) {
      linkTo(element, href);
      if (bare !== url) {
        element.textContent = bare!;
        element.after(url!.slice(bare!.length));
      }
    } else {
      // Brackets without an address are brackets.
      const { pending } = this.parser;
      const brackets = url === undefined ? ['[', pending[0] === ']' ? pending.trimEnd() : ''] : ['', ''];
      element.replaceWith(brackets[0]!, ...element.childNodes, brackets[1]!);
      this.text = this.text.slice(0, this.linkAt) + brackets.join(this.text.slice(this.linkAt));
    }
  }

  private add(text: string): void {
    this.text += text;
    const node = this.last.lastChild as Text | null;
    if (node?.nodeType === 3) node.appendData(text);
    else this.last.append(text);
  }

  private note(name: number, value: string): void {
    if (name === smd.HREF) this.url = value.trim().split(/\s/)[0]!;
    if (name === smd.START) (this.last as HTMLOListElement).start = parseInt(value);
    if (name === smd.CHECKED) {
      this.text = this.text.slice(0, -1) + '☑';
      (this.last.lastChild as Text).data = '☑';
    }
  }
}
