// What a page must not suffer from the widget, watched from inside the page. Runs in pages that have spoilt their
// prototypes: it keeps what it needs before anything else has run.

export interface Watch {
  /** What the console and unhandled errors said. */
  said: string[];
  /** What a policy has kept from happening. */
  kept: string[];
  /** Which core runs, and what the page itself notes. */
  told: Record<string, string>;
  /** To be called when the page is as it is without the widget. */
  begin(): void;
  /** What is not as it was. */
  compare(): string[];
}

declare global {
  interface Window {
    watch: Watch;
  }
}

/** The first script of a page. */
export function watchPage(): void {
  const { getOwnPropertyNames, getOwnPropertyDescriptor } = Object;
  const { error, warn } = console;
  const said: string[] = [];
  const kept: string[] = [];
  const told: Watch['told'] = {};
  const note = (line: unknown) => (said[said.length] = String(line));
  for (const [name, original] of [
    ['error', error],
    ['warn', warn],
  ] as const)
    console[name] = (...args: unknown[]) => {
      note(args[0]);
      original.apply(console, args);
    };
  window.addEventListener('error', ({ message }) => note(message));
  window.addEventListener('unhandledrejection', ({ reason }) => note(reason));
  document.addEventListener('securitypolicyviolation', ({ effectiveDirective, blockedURI }) => {
    kept[kept.length] = `${effectiveDirective} ${blockedURI}`;
  });

  const natives: [string, object][] = [];
  for (const name of ['Object', 'Array', 'String', 'Function', 'Promise', 'Element', 'Event', 'EventTarget', 'Node']) {
    const native = (window as unknown as Record<string, { prototype: object }>)[name]!;
    natives[natives.length] = [name, native];
    natives[natives.length] = [`${name}.prototype`, native.prototype];
  }
  natives[natives.length] = ['JSON', JSON];
  const propertiesOf = (object: object) => {
    const all = new Map<string, unknown>();
    const names = getOwnPropertyNames(object);
    for (let i = 0; i < names.length; i++) {
      const { value, get } = getOwnPropertyDescriptor(object, names[i]!)!;
      all.set(names[i]!, value ?? get);
    }
    return all;
  };
  const stylesOf = () => {
    const all = new Map<string, string>();
    const probes = document.querySelectorAll('html, body, .probe, .probe *');
    for (let i = 0; i < probes.length; i++) {
      const style = getComputedStyle(probes[i]!);
      for (let k = 0; k < style.length; k++)
        all.set(`${i} ${probes[i]!.localName} ${style[k]}`, style.getPropertyValue(style[k]!));
    }
    return all;
  };
  let globals: string[] = [];
  let styles = new Map<string, string>();
  let properties = new Map<string, Map<string, unknown>>();

  window.watch = {
    said,
    kept,
    told,
    begin() {
      // A visit that swaps the body runs its scripts again.
      if (globals.length) return;
      styles = stylesOf();
      properties = new Map();
      for (let i = 0; i < natives.length; i++) properties.set(natives[i]![0], propertiesOf(natives[i]![1]));
      globals = getOwnPropertyNames(window);
    },
    compare() {
      const harm: string[] = [];
      const differ = (what: string, before: Map<string, unknown>, after: Map<string, unknown>) => {
        before.forEach((value, key) => {
          if (after.get(key) !== value) harm[harm.length] = `${what}: ${key}`;
        });
        after.forEach((_, key) => {
          if (!before.has(key)) harm[harm.length] = `${what}: ${key} is new`;
        });
      };
      const names = getOwnPropertyNames(window);
      for (let i = 0; i < names.length; i++)
        // Those of Playwright's own are no harm of ours.
        if (globals.indexOf(names[i]!) < 0 && names[i]!.indexOf('__pw') !== 0)
          harm[harm.length] = `the global ${names[i]}`;
      for (let i = 0; i < natives.length; i++) {
        const [name, native] = natives[i]!;
        differ(name, properties.get(name)!, propertiesOf(native));
      }
      differ('the style', styles, stylesOf());
      return harm;
    },
  };
}
