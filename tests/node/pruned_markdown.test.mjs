import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import test from 'node:test';
import * as whole from 'streaming-markdown';
import { pruneMarkdown } from '../../scripts/prune-markdown.mjs';

const source = await readFile(new URL(import.meta.resolve('streaming-markdown')), 'utf8');
const pruned = await import(`data:text/javascript,${encodeURIComponent(pruneMarkdown(source))}`);

/** What a renderer is told; all headings alike. */
function told({ parser, parser_write, parser_end, HEADING_1, HEADING_6 }, text) {
  const log = [];
  const state = parser({
    add_token: (_, token) => log.push(token > HEADING_1 && token <= HEADING_6 ? HEADING_1 : token),
    end_token: () => log.push('end'),
    add_text: (_, part) => log.push(`"${part}`),
    set_attr: (_, attribute, value) => log.push(`${attribute}=${value}`),
  });
  parser_write(state, text);
  parser_end(state);
  return log;
}

const pieces = [
  ...[
    'a',
    'b ',
    'h',
    '5',
    '.',
    '(',
    ')',
    ']',
    '<',
    '!',
    '|',
    ' ',
    '    ',
    '\t',
    '\n',
    '\n\n',
    '\\*',
    '\\\\',
    '*',
    '**',
  ],
  ...[
    '_',
    '__',
    '`',
    '``',
    '```',
    '```js\n',
    '# ',
    '### ',
    '>',
    '- ',
    '+ ',
    '1. ',
    '[',
    '](',
    ')',
    '](http://x.y)',
    '![',
  ],
  ...['https://e.x/y', '|-|-|\n', '| a | b |\n', '<br>', '~~', '[ ] ', '[x] ', '---\n'],
];

test('The pruned Markdown library finds what the whole one finds, where there is no formula', (context) => {
  context.mock.method(console, 'assert', () => {});
  let seed = 1;
  const random = (below) => (seed = (seed * 48271) % 2147483647) % below;
  for (let i = 0; i < 2000; ++i) {
    const text = Array.from({ length: 1 + random(14) }, () => pieces[random(pieces.length)]).join('');
    if (!/\\[([]/.test(text)) assert.deepEqual(told(pruned, text), told(whole, text), JSON.stringify(text));
  }
});

test('What another would take for a formula is text', () => {
  const words = told(pruned, '\\(a\\) costs \\[5\\] $6$ ').filter((one) => /^"/.test(one));
  assert.equal(words.map((one) => one.slice(1)).join(''), '(a) costs [5] $6$ ');
});
