// import() knows no integrity: a script element checks it first, and import() then finds the module checked and loaded.

/** Where Trusted Types forbid to set `src`, import() alone remains. */
export function importChecked<Module>(root: ShadowRoot, url: string, integrity: string): Promise<Module> {
  return new Promise((resolve, reject) => {
    const finish = () => (import(url) as Promise<Module>).then(resolve, reject);
    const element = document.createElement('script');
    element.type = 'module';
    element.integrity = integrity;
    element.onload = () => {
      element.remove();
      void finish();
    };
    element.onerror = () => {
      element.remove();
      reject(new Error(`${url} could not be loaded`));
    };
    try {
      element.src = url;
      root.append(element);
    } catch {
      void finish();
    }
  });
}
