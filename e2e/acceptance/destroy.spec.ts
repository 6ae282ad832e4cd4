// What is left of the widget after destroy(): nothing.
import { slow } from '../slow.ts';
import { people } from '../token.ts';
import { expect, test } from './host.ts';
import { countListeners, watchWork, work } from './work.ts';

test('case 38: after destroy() no listener, no global, no timer, no request and no node is left', async ({
  page,
  startHost,
}) => {
  const host = await startHost(slow.change);
  await page.addInitScript(watchWork);
  await host.visit('<p>A page</p>');
  const cdp = await page.context().newCDPSession(page);
  const look = async () => ({
    globals: await page.evaluate(() => Object.getOwnPropertyNames(window).filter((name) => name !== 'before')),
    html: await page.evaluate(() => document.documentElement.outerHTML),
    listeners: await countListeners(cdp),
  });
  const before = await look();
  // Before its load event, so that it waits for that too.
  await host.visit(
    `<p>A page</p><script src="${host.server}/widgent.js"></script>` +
      "<script>widgent.init({ productId: 'acme', serviceKey: 'pk_acme_demo' })</script>",
  );
  await page.evaluate(() => document.querySelectorAll('script').forEach((script) => script.remove()));
  expect(await host.identify(host.stack.sign(people.ada))).toBeUndefined();
  await host.widget.open();
  expect((await countListeners(cdp)).window).toBeGreaterThan(before.listeners.window!);

  // In the middle of a reply, with its token running: there is work to stop.
  await host.widget.send('where is my order A-1001');
  const during = await page.evaluate(async (beginning) => {
    const widget = document.querySelector('widgent-root')!;
    const hasBegun = () => widget.shadowRoot!.querySelector('.log')!.textContent!.includes(beginning);
    while (!hasBegun()) await new Promise((resolve) => requestAnimationFrame(resolve));
    const work = (Object(window) as { work(): Record<string, number> }).work();
    Object.assign(document, { widget: new WeakRef(widget) });
    window.widgent.destroy();
    return work;
  }, slow.beginning);
  expect(during).toMatchObject({ fetch: 1, BroadcastChannel: 1, MutationObserver: 1 });
  expect(during.setTimeout).toBeGreaterThan(0);
  expect(during.listener).toBeGreaterThan(4);
  expect(await look()).toEqual(before);
  await expect.poll(async () => Object.entries(await work(page)).filter(([, count]) => count > 0)).toEqual([]);

  // Nothing wakes it, and nothing leaves the page any more but the words that end the run and the sign-in.
  const asked = host.loads.length;
  await page.evaluate(() => {
    for (const name of ['offline', 'online', 'pageshow', 'load', 'resize']) dispatchEvent(new Event(name));
    document.dispatchEvent(new Event('visibilitychange'));
    document.documentElement.append(document.createElement('i'));
  });
  await page.waitForTimeout(1500);
  expect(host.loads.slice(asked)).toEqual([]);
  expect(await page.evaluate(() => document.querySelector('widgent-root'))).toBeNull();
  await expect
    .poll(async () => {
      await cdp.send('HeapProfiler.collectGarbage');
      return page.evaluate(() => (Object(document) as { widget: WeakRef<Element> }).widget.deref() === undefined);
    })
    .toBe(true);
  expect(host.lines).toEqual([]);
});

test('case 38: a listener may call destroy() in the middle of what it is told', async ({ page, startHost }) => {
  const host = await startHost();
  await host.visit(
    host.scripts + "<script>widgent.on('identity:change', () => { widgent.destroy(); window.gone = true; })</script>",
  );
  await host.identify(host.stack.sign(people.ada));
  await expect.poll(() => page.evaluate('window.gone')).toBe(true);
  const asked = host.loads.length;
  await page.waitForTimeout(500);
  expect(host.loads.slice(asked)).toEqual([]);
  expect(host.lines).toEqual([]);
});
