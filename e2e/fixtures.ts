// What every spec starts from: a running stack, a shop's page, and the widget as a visitor sees it.
import { test as base } from '@playwright/test';
import { Shop } from './shop.ts';
import { Stack, type Change } from './stack.ts';

interface ForWorker {
  /** Shared by the tests of a worker: they must not stop it, nor count its records. */
  stack: Stack;
}
interface ForTest {
  /** Starts a stack of this test's own, with the Express shop. */
  startStack: (change?: Change) => Promise<Stack>;
  /** The page on the shop of the shared stack. */
  shop: Shop;
}

export const test = base.extend<ForTest, ForWorker>({
  stack: [
    async ({}, use) => {
      const stack = await Stack.start(undefined, ['express', 'fastapi']);
      await use(stack);
      await stack.stop();
    },
    { scope: 'worker' },
  ],
  startStack: async ({}, use) => {
    const stacks: Stack[] = [];
    await use(async (change) => {
      const stack = await Stack.start(change);
      stacks.push(stack);
      return stack;
    });
    await Promise.all(stacks.map((stack) => stack.stop()));
  },
  shop: async ({ page, stack }, use) => use(await Shop.visit(page, stack)),
});

export { expect } from '@playwright/test';
