// What init may say about how the widget looks and where it stands. A wrong option is told to the page's developers,
// and what it would be without it holds.
export interface Look {
  locale?: string | undefined;
  label?: string | undefined;
  position?: string | undefined;
  offset?: { x?: number; y?: number } | undefined;
  launcher?: HTMLElement | false | undefined;
  container?: HTMLElement | undefined;
  scheme?: string | undefined;
  accent?: string | undefined;
}

export function readLook(options: Record<string, unknown>, report: (code: string, hint: string) => void): Look {
  /** The value, or what becomes of it; undefined is refused. */
  const take = <T>(name: string, allowed: string, check: (value: never) => T | undefined): T | undefined => {
    const given = options[name];
    if (given == null) return undefined;
    let value: T | undefined;
    try {
      value = check(given as never);
    } catch {
      // A selector that is none, a tag that is none.
    }
    if (value === undefined) report('invalid_option', `${name}: ${allowed}.`);
    return value;
  };
  const oneOf = (name: string, ...allowed: string[]) =>
    take(name, allowed.join(' or '), (value: string) => allowed.find((text) => text === value));
  const element = (name: string, also: string, allowed?: false) =>
    take(name, `an element or a selector that finds one${also}`, (value: string | HTMLElement | false) =>
      value === allowed
        ? (value as never)
        : value instanceof HTMLElement
          ? value
          : (document.querySelector<HTMLElement>(value as string) ?? undefined),
    );
  const isOffset = (value: unknown) => value === undefined || (Number(value) === value && value >= 0 && value < 1000);
  return {
    locale: take('locale', 'a language tag such as de or pt-BR', (tag: string) => new Intl.Locale(tag) && tag),
    label: take('label', 'a text', (text: string) => (typeof text == 'string' && text) || undefined),
    position: oneOf('position', 'bottom-end', 'bottom-start'),
    offset: take('offset', '{ x, y } in pixels from 0 to 999', (offset: { x?: number; y?: number }) =>
      typeof offset == 'object' && isOffset(offset.x) && isOffset(offset.y) ? offset : undefined,
    ),
    launcher: element('launcher', ', or false', false),
    container: element('container', ''),
    scheme: oneOf('scheme', 'light', 'dark', 'auto'),
    accent: take('accent', 'a colour of CSS', (colour: string) => (CSS.supports('color', colour) ? colour : undefined)),
  };
}
