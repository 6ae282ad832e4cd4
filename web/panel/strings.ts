// What the panel says, in the language that it speaks: English, until another one is loaded.
import { findPart, loadJson } from '../modules.ts';
import type { ToolStatus } from '../seam.ts';
import { en, type Plural, type Texts } from './locales/en.ts';

/** A text in braces is filled in by `fill`, one for a number by `plural`. */
export const strings: Texts = en;

/** Of the texts; for dates and numbers by Intl. */
export let language = 'en';

/** Other names of the same verb, as tools are named. */
const verbs: Record<string, string> = {
  find: 'get',
  list: 'get',
  fetch: 'get',
  lookup: 'get',
  read: 'get',
  query: 'search',
  add: 'create',
  set: 'update',
  change: 'update',
  edit: 'update',
  remove: 'delete',
};

/** Puts the value in the place of each {word}. */
export const fill = (text: string, value: string): string => text.replace(/{\w+}/g, () => value);

/** The text for so many. */
export const plural = (forms: Plural, count: number): string =>
  fill(
    forms[new Intl.PluralRules(language).select(count)] ?? forms.other,
    new Intl.NumberFormat(language).format(count),
  );

/** get_order: "Looking up your order…", "Looked up your order", "Looking up your order did not work". */
export function tool(name: string, status: ToolStatus | 'waiting'): string {
  const [first = '', ...rest] = name
    .replace(/([a-z])([A-Z])/g, '$1 $2')
    .toLowerCase()
    .split(/[^\p{L}\p{N}]+/u);
  const known = rest.length ? strings.verbs[verbs[first] ?? first] : undefined;
  const [doing, done] = (known ?? strings.verbs['']!).map((text) =>
    fill(text, (known ? rest : [first, ...rest]).join(' ')),
  );
  return status === 'done' ? done! : fill(strings.steps[status], doing!);
}

/**
 * Loads the language of a tag such as `de-AT`; where there is none, or it does not arrive, English stays. To be asked
 * before the panel is made: what stands there is not written again.
 *
 * @param base the server's address, ending in a slash
 */
export async function speak(tag: string, base: string): Promise<void> {
  try {
    const wanted = new Intl.Locale(tag).language;
    if (wanted !== 'en') {
      const [path, integrity] = await findPart(base, wanted);
      Object.assign(strings, await loadJson(base + path, integrity));
    }
    language = tag;
  } catch {
    // English.
  }
}
