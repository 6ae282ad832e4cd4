// What the README's page has inline: keeps the calls until the loader takes them over. A test keeps the two equal.
export function putStub() {
  if (typeof window.widgent != 'function') {
    const calls = [];
    let take = (call) => calls.push(call);
    const widgent = (...args) => {
      const result = new Promise((resolve, reject) => take([args, resolve, reject]));
      result.catch(() => {});
      return result;
    };
    for (const name of ['init', 'identify', 'logout', 'open', 'close', 'on', 'off', 'destroy', 'diagnose'])
      widgent[name] = widgent.bind(null, name);
    widgent.q = (next) => {
      take = next;
      calls.splice(0).forEach((call) => next(call));
    };
    window.widgent = widgent;
  }
}
