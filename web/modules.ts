// What is needed on few pages, or by few visitors, is loaded there: a language, the inspector, the core's twin. One
// list says where each is, so that the widget carries one hash for all.

export type Place = readonly [url: string, integrity: string];

let failures = 0; // A failed address is never asked again, so that the next try needs another one.

export const loadJson = async (url: string, integrity: string) => (await fetch(url, { integrity })).json();

/** Throws where there is none of that name. */
export async function findPart(base: string, name: string): Promise<Place> {
  const [path, integrity] = (await loadJson(base + WIDGENT_PARTS, WIDGENT_PARTS_INTEGRITY))[name];
  return [base + path, integrity];
}

/**
 * import() knows no integrity: a script element checks it first, and import() then finds the module checked and loaded.
 * Where Trusted Types forbid to set `src`, import() alone remains.
 */
export async function importPart<Module>(root: ShadowRoot, place: Place | Promise<Place>): Promise<Module> {
  const [path, integrity] = await place;
  const url = path + (failures ? `?${failures}` : '');
  const element = document.createElement('script');
  await new Promise<unknown>((resolve, reject) => {
    element.type = 'module';
    element.integrity = integrity;
    element.onload = resolve;
    element.onerror = () => {
      ++failures;
      reject(new Error(`${url} could not be loaded`));
    };
    try {
      element.src = url;
      root.append(element);
    } catch {
      resolve(0);
    }
  }).finally(() => element.remove());
  return import(url);
}
