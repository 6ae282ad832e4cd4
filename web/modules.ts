// What is needed on few pages, or by few visitors, is loaded there: a language, the inspector, the core's twin. One
// list says where each is, so that the widget carries one hash for all.

type Place = [path: string, integrity: string];

/**
 * Imports a module under its integrity; the loader's, which has loaded the widget so.
 *
 * @param path below the server's address
 */
export type ImportPart = <Module>(...place: Place) => Promise<Module>;

export const loadJson = async (url: string, integrity: string) => (await fetch(url, { integrity })).json();

/** Throws where there is none of that name. */
export const findPart = async (base: string, name: string): Promise<Place> =>
  (await loadJson(base + WIDGENT_PARTS, WIDGENT_PARTS_INTEGRITY))[name];
