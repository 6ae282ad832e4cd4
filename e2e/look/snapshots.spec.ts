// The main states, compared with how they looked when somebody looked at them. After a change that is meant:
// npx playwright test e2e/look --update-snapshots
import { expect, test } from './scene.ts';

const shown = [
  ['greeting a guest', 'light'],
  ['greeting a user', 'dark'],
  ['with citations', 'light'],
  ['with markdown', 'dark'],
  ['asking for approval', 'light'],
  ['with errors', 'light'],
  ['offline', 'dark'],
  ['some conversations', 'light'],
] as const;

for (const [state, colorScheme] of shown)
  test(`It looks as it did: ${state}, ${colorScheme}`, async ({ page, stage }) => {
    await page.emulateMedia({ colorScheme });
    const { panel } = await stage(state);
    await expect(panel).toHaveScreenshot(`${state.replaceAll(' ', '-')}.png`, {
      animations: 'disabled',
      threshold: 0.3,
      maxDiffPixelRatio: 0.01,
    });
  });
