// What the panel says, in the language that it speaks: English, until another one is loaded.
import type { MessageStatus, ToolStatus } from '../seam.ts';
import { en, type Plural, type Texts } from './locales/en.ts';

const texts: Texts = { ...en };

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
function tool(name: string, status: ToolStatus | 'waiting'): string {
  const [first = '', ...rest] = name
    .replace(/([a-z])([A-Z])/g, '$1 $2')
    .toLowerCase()
    .split(/[^\p{L}\p{N}]+/u);
  const known = rest.length ? texts.verbs[verbs[first] ?? first] : undefined;
  const [doing, done] = (known ?? texts.verbs['']!).map((text) =>
    fill(text, (known ? rest : [first, ...rest]).join(' ')),
  );
  return status === 'done' ? done! : fill(texts.steps[status], doing!);
}

const phrases = {
  title: (agent: string) => fill(texts.title, agent),
  unread: (count: number) => plural(texts.unread, count),
  /** What stands before the name, and after it. */
  signedIn: () => texts.signedIn.split(/{\w+}/) as [string, string],
  says: (agent: string) => fill(texts.says, agent),
  source: (title: string) => fill(texts.source, title),
  asks: (agent: string) => fill(texts.asks, agent),
  openUntil: (time: string) => fill(texts.openUntil, time),
  news: (count: number) => plural(texts.news, count),
  stepCount: (count: number) => plural(texts.stepCount, count),
  retryIn: (seconds: number) => plural(texts.retryIn, seconds),
  left: (count: number) => plural(texts.left, count),
  tooLong: (count: number) => plural(texts.tooLong, count),
  tool,
  /** Below a message; empty where there is nothing to say. */
  state: (status: MessageStatus, code = ''): string =>
    texts.errors[code] ?? (texts as unknown as Partial<Record<string, string>>)[status] ?? '',
  notice: (code: string) => texts.notices[code] ?? texts.notices['']!,
};

/** The plain texts as they stand, and those that are filled in as functions. */
export const strings: Omit<Texts, keyof typeof phrases> & typeof phrases = Object.assign(Object.create(texts), phrases);

/**
 * Loads the language of a tag such as `de-AT`; where there is none, or it does not arrive, English stays. To be asked
 * before the panel is made: what stands there is not written again.
 *
 * @param base the server's address, ending in a slash
 */
export async function speak(tag: string, base: string): Promise<void> {
  const load = async (path: string, integrity: string) => (await fetch(base + path, { integrity })).json();
  try {
    const wanted = new Intl.Locale(tag).language;
    if (wanted !== 'en') {
      const [path, integrity] = (await load(WIDGENT_LANGUAGES, WIDGENT_LANGUAGES_INTEGRITY))[wanted];
      Object.assign(texts, await load(path, integrity));
    }
    language = tag;
  } catch {
    // English.
  }
}
