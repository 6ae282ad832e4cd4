// The widget of a running server, by keyboard and by ear. What the panel alone does is in e2e/panel.
import AxeBuilder from '@axe-core/playwright';
import type { CDPSession } from '@playwright/test';
import { strings } from '../../web/panel/strings.ts';
import { expect, test } from './host.ts';

interface AxNode {
  nodeId: string;
  childIds?: string[];
  role?: { value: string };
  name?: { value: string };
}

/** Whatever the accessibility tree has in its polite logs, line by line. */
async function findSaid(cdp: CDPSession): Promise<string[]> {
  const { nodes } = (await cdp.send('Accessibility.getFullAXTree')) as { nodes: AxNode[] };
  const byId = new Map(nodes.map((node) => [node.nodeId, node]));
  const text = (node: AxNode): string =>
    node.role?.value === 'StaticText'
      ? (node.name?.value ?? '')
      : (node.childIds ?? []).map((id) => text(byId.get(id)!)).join('');
  return nodes
    .filter(({ role }) => role?.value === 'log')
    .flatMap(({ childIds = [] }) => childIds.map((id) => text(byId.get(id)!)).filter(Boolean));
}

test('case 37: the widget of a running server is announced once, is clean, and lets the focus go', async ({
  page,
  startHost,
}) => {
  const host = await startHost();
  const { widget } = host;
  await page.setViewportSize({ width: 320, height: 640 });
  await page.emulateMedia({ reducedMotion: 'reduce' });
  await host.visit(`<h1>A page</h1><a href="#">Before</a>${host.scripts}`);
  const clean = async () => {
    const { violations: found } = await new AxeBuilder({ page }).include('widgent-root').analyze();
    expect(found.map(({ id, nodes }) => [id, nodes.map(({ html }) => html)])).toEqual([]);
    expect(await page.evaluate(() => document.documentElement.scrollWidth - innerWidth)).toBe(0);
  };
  await page.getByRole('link').focus();
  await page.keyboard.press('Tab');
  const launcher = page.getByRole('button', { name: strings.chat });
  await expect(launcher).toBeFocused();
  await clean();

  await page.keyboard.press('Enter');
  await expect(widget.input).toBeFocused();
  const cdp = await page.context().newCDPSession(page);
  const reply = await widget.ask('how long does shipping take');
  const said = await findSaid(cdp);
  expect(said).toHaveLength(1);
  expect(said[0]!.replace(/\s+/g, ' ')).toContain(reply.split('\n')[0]!.slice(0, 40));
  await clean();

  await page.keyboard.press('Escape');
  await expect(widget.panel).toBeHidden();
  await expect(launcher).toBeFocused();
  // Collapsed, it is one stop on the way through the page, in both directions.
  const inWidget = () => page.evaluate(() => document.activeElement?.localName === 'widgent-root');
  await page.keyboard.press('Shift+Tab');
  expect(await inWidget()).toBe(false);
  await page.keyboard.press('Tab');
  expect(await inWidget()).toBe(true);
  await page.keyboard.press('Tab');
  expect(await inWidget()).toBe(false);
});
