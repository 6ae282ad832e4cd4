// The panel in front of a page, at a time that stands still: what the snapshots and the screenshots are taken of.
import type { Page } from '@playwright/test';
import { test as base, type PanelTester } from '../panel/panel.ts';

export const test = base.extend<{ stage: (state: string) => Promise<PanelTester> }>({
  stage: async ({ page, visit }, use) => {
    await use(async (state) => {
      await page.clock.setFixedTime('2026-03-04T10:24:00Z');
      await page.emulateMedia({ reducedMotion: 'reduce' });
      const panel = await visit(html);
      await panel.open();
      await panel.show(state);
      await settle(page);
      return panel;
    });
  },
});
test.use({ timezoneId: 'UTC', locale: 'en-GB' });
export { expect } from '@playwright/test';

const html = `<html lang="en"><style>
  :root { --widgent-font: 'DejaVu Sans'; color-scheme: light dark; background: light-dark(#f3f4f6, #0c0e12) }
  body { margin: 0 }
  body > * { display: none }
</style>`;

/** What spins or fades in is as it is at rest, and nothing shows a caret. */
async function settle(page: Page): Promise<void> {
  await page.evaluate(async () => {
    const root = document.querySelector('widgent-root')!.shadowRoot!;
    (root.activeElement as HTMLElement | null)?.blur();
    await document.fonts.ready;
    for (const animation of root.getAnimations()) {
      if (animation.effect!.getComputedTiming().iterations === Infinity) animation.cancel();
      else animation.finish();
    }
  });
}
