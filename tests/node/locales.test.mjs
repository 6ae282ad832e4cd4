// Every language of the panel against English: the same keys, the same gaps to fill, and all plural forms.
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import test from 'node:test';
import { bundle } from '../../scripts/bundle.mjs';

const folder = new URL('../../web/panel/locales/', import.meta.url);
const code = await bundle(new URL('en.ts', folder).pathname, { format: 'esm' });
const { en } = await import(`data:text/javascript;base64,${code.toString('base64')}`);
const languages = readdirSync(folder).flatMap((name) => (name.endsWith('.json') ? [name.slice(0, -5)] : []));

const categories = ['zero', 'one', 'two', 'few', 'many', 'other'];
const isPlural = (value) => 'other' in value && Object.keys(value).every((key) => categories.includes(key));

/** From the path of each text to the text; a plural is one text. */
function flatten(value, path = '') {
  if (typeof value === 'string' || isPlural(value)) return { [path]: value };
  return Object.assign({}, ...Object.entries(value).map(([key, inner]) => flatten(inner, `${path}/${key}`)));
}

const gaps = (text) => (text.match(/{\w*}/g) ?? []).sort().join(' ');

/** What is wrong with a language, line by line. */
function findFaults(language, texts, source = en) {
  const wanted = flatten(source);
  const given = flatten(texts);
  const faults = Object.keys(wanted)
    .filter((path) => !(path in given))
    .map((path) => `${path} is missing`);
  for (const [path, value] of Object.entries(given)) {
    const model = wanted[path];
    if (model === undefined) faults.push(`${path} is not in English`);
    else if (typeof value !== typeof model)
      faults.push(`${path} is no ${typeof model === 'string' ? 'text' : 'plural'}`);
    else if (typeof value === 'string') {
      if (gaps(value) !== gaps(model)) faults.push(`${path} has other gaps than “${model}”`);
      if (!value.trim() !== !model.trim()) faults.push(`${path} is empty`);
    } else {
      const asked = new Intl.PluralRules(language).resolvedOptions().pluralCategories;
      for (const category of asked) if (!value[category]) faults.push(`${path}/${category} is missing`);
      for (const [category, text] of Object.entries(value)) {
        if (!asked.includes(category)) faults.push(`${path}/${category} is never asked for`);
        // A language may say one and two without the digit.
        if (gaps(text) !== gaps(model.other) && !/^(zero|one|two)$/.test(category))
          faults.push(`${path}/${category} has other gaps`);
      }
    }
  }
  return faults;
}

for (const language of languages) {
  test(`${language} says all that English says`, () => {
    const texts = JSON.parse(readFileSync(new URL(`${language}.json`, folder), 'utf8'));
    assert.deepEqual(findFaults(language, texts), []);
    assert.equal(Intl.getCanonicalLocales(language)[0], language);
    assert.deepEqual(Intl.PluralRules.supportedLocalesOf([language]), [language]);
  });
}

test('What is missing, surplus, unfilled or not declined is named', () => {
  const source = { a: 'A {x}', b: { c: 'C' }, d: { one: '{n} day', other: '{n} days' }, e: 'E' };
  const texts = { a: 'A', b: {}, d: { one: '{n} день', two: '2', other: '' }, f: 'F', e: '' };
  assert.deepEqual(findFaults('uk', texts, source), [
    '/b/c is missing',
    '/a has other gaps than “A {x}”',
    '/d/few is missing',
    '/d/many is missing',
    '/d/other is missing',
    '/d/two is never asked for',
    '/d/other has other gaps',
    '/f is not in English',
    '/e is empty',
  ]);
});
