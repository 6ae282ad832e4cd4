// Runs in the page before anything else, the same for every candidate: looks once a frame until the launcher, and after
// a click the field, can be used, and keeps the long tasks.

/** @param selectors {element, launcher, input}: where the candidate lives, and its parts in there */
export function probe({ element, launcher, input }) {
  const bench = { launcherAt: 0, clickAt: 0, inputAt: 0, tasks: [] };
  Object.defineProperty(window, 'bench', { value: bench });
  new PerformanceObserver((list) => list.getEntries().forEach(({ duration }) => bench.tasks.push(duration))).observe({
    type: 'longtask',
    buffered: true,
  });

  // All shadow roots of these are open.
  const find = (scope, selector) => {
    const seen = (found) =>
      found.getClientRects().length && found.checkVisibility({ opacityProperty: true, visibilityProperty: true });
    const own = [...scope.querySelectorAll(selector)].find(seen);
    if (own) return own;
    for (const { shadowRoot } of scope.querySelectorAll('*')) {
      const inner = shadowRoot && find(shadowRoot, selector);
      if (inner) return inner;
    }
    return undefined;
  };
  const part = (selector) => {
    const home = document.querySelector(element);
    return home && (find(home, selector) ?? (home.shadowRoot && find(home.shadowRoot, selector)));
  };

  // A message sent in a frame arrives when that frame has been painted.
  const poll = (ready, done) => {
    const look = () => {
      if (!ready()) return void requestAnimationFrame(look);
      const { port1, port2 } = new MessageChannel();
      port1.onmessage = () => done(performance.now());
      port2.postMessage(0);
    };
    requestAnimationFrame(look);
  };

  bench.place = () => {
    const { left, top, width, height } = part(launcher).getBoundingClientRect();
    return { x: left + width / 2, y: top + height / 2 };
  };
  bench.awaitInput = () => {
    addEventListener('click', ({ timeStamp }) => (bench.clickAt ||= timeStamp), { capture: true, once: true });
    const ready = () => {
      const field = part(input);
      return field && !field.disabled && !field.readOnly;
    };
    poll(ready, (now) => (bench.inputAt = now));
  };
  bench.focusInput = () => part(input).focus();
  bench.clickEarly = () => (bench.isEarly = true);
  bench.paint = () => performance.getEntriesByName('first-contentful-paint')[0]?.startTime ?? 0;
  bench.loadedBefore = (time) =>
    performance
      .getEntriesByType('resource')
      .filter(({ responseEnd }) => responseEnd && responseEnd <= time)
      .map(({ name }) => name);
  bench.says = (text) => {
    const home = document.querySelector(element);
    const words = (node) =>
      node.nodeType === Node.TEXT_NODE
        ? node.data
        : [...(node.shadowRoot ? [node.shadowRoot] : []), ...node.childNodes].map(words).join('');
    return words(home).replace(/\s+/g, ' ').includes(text);
  };

  const memories = new Set();
  const note = (result) => {
    Object.values((result.instance ?? result).exports).forEach(
      (value) => value instanceof WebAssembly.Memory && memories.add(value),
    );
    return result;
  };
  for (const name of ['instantiate', 'instantiateStreaming']) {
    const own = WebAssembly[name];
    WebAssembly[name] = (...given) => own.apply(WebAssembly, given).then(note);
  }
  bench.wasmBytes = () => [...memories].reduce((total, { buffer }) => total + buffer.byteLength, 0);

  poll(
    () => document.body && part(launcher),
    (now) => {
      bench.launcherAt = now;
      if (!bench.isEarly) return;
      bench.awaitInput();
      part(launcher).click();
    },
  );
}
