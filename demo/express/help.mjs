// The help pages as HTML. Each heading gets the anchor that Widgent's citations point to.
import { existsSync, readFileSync } from 'node:fs';
import { Marked } from 'marked';

const folder = new URL('../help/', import.meta.url);
const template = readFileSync(new URL('../shop/help.html', import.meta.url), 'utf8');
const anchor = (text) =>
  text
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-|-$/g, '');

const marked = new Marked({
  renderer: {
    heading({ tokens, depth, text }) {
      return `<h${depth} id="${anchor(text)}">${this.parser.parseInline(tokens)}</h${depth}>\n`;
    },
  },
});

// Nothing where there is no such page.
export function helpPage(name) {
  const file = new URL(`${name}.md`, folder);
  if (!/^[a-z-]+$/.test(name) || !existsSync(file)) return undefined;
  const [, frontMatter, body] = /^---\n([^]*?)\n---\n([^]*)$/.exec(readFileSync(file, 'utf8'));
  const title = /^title: (.*)$/m.exec(frontMatter)[1];
  return template.replaceAll('{{title}}', title).replace('{{body}}', () => marked.parse(body));
}
