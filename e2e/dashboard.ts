// The dashboard of a running server, in the words of whoever sits in front of it.
import { createHash, randomBytes } from 'node:crypto';
import { expect, type Locator, type Page } from '@playwright/test';
import type { Product } from '../scripts/stack.mjs';
import { test as base } from './fixtures.ts';
import type { Change, Stack } from './stack.ts';
import { people, type Claims } from './token.ts';

export const sections = [
  'Overview',
  'Approvals',
  'Tools',
  'Keys & origins',
  'Audit log',
  'Questions',
  'Users',
] as const;

export class Dashboard {
  readonly main: Locator;
  readonly dialog: Locator;

  constructor(
    readonly page: Page,
    readonly stack: Stack,
    readonly key: string,
  ) {
    this.main = page.getByRole('main');
    this.dialog = page.locator('dialog');
  }

  async visit(hash = ''): Promise<void> {
    await this.page.goto(`${this.stack.url('widgent')}/dashboard/${hash}`);
  }

  async enter(key = this.key): Promise<void> {
    await this.page.getByLabel('Product').fill('acme');
    await this.page.getByLabel('Admin key').fill(key);
    await this.page.getByLabel('Your name').fill('Maria');
    await this.page.getByRole('button', { name: 'Sign in' }).click();
  }

  async signIn(hash = ''): Promise<void> {
    await this.visit(hash);
    await this.enter();
    await expect(this.page.getByRole('button', { name: 'Sign out' })).toBeVisible();
  }

  /** Until what the section asks the server for is there. */
  async go(name: (typeof sections)[number]): Promise<void> {
    await this.page.getByRole('navigation').getByRole('link', { name }).click();
    await expect(this.main.getByRole('heading', { level: 1, name })).toBeFocused();
    await this.settle();
  }

  async settle(): Promise<void> {
    await expect(this.main.locator('[aria-busy], .loading')).toHaveCount(0);
  }

  /** The card with this heading. */
  card(name: string | RegExp): Locator {
    return this.main.locator('section.card').filter({ has: this.page.getByRole('heading', { level: 2, name }) });
  }

  readonly button = (name: string | RegExp): Locator => this.main.getByRole('button', { name });
}

/** What the server answers to a page of `origin` that shows this token, and this key as its service key. */
export async function openSession(
  stack: Stack,
  token: string,
  origin = stack.url('express'),
  key = 'pk_acme_demo',
): Promise<Response> {
  return fetch(`${stack.url('widgent')}/v1/products/acme/session`, {
    method: 'POST',
    headers: {
      Origin: origin,
      'Widgent-Service-Key': key,
      'Content-Type': 'application/json',
      Authorization: `Bearer ${token}`,
    },
    body: '{"event":"identify"}',
  });
}

/** Writes as many records to the audit log. */
export async function identifyTimes(stack: Stack, n: number, claims: Claims = people.ada): Promise<void> {
  const some = 20;
  for (let done = 0; done < n; done += some) {
    const sessions = Array.from({ length: Math.min(some, n - done) }, () => openSession(stack, stack.sign(claims)));
    for (const { status } of await Promise.all(sessions)) expect(status).toBe(200);
  }
}

export const test = base.extend<{ dashboard: (change?: Change) => Promise<Dashboard> }>({
  dashboard: async ({ page, startStack }, use) => {
    await use(async (change) => {
      const key = `wsk_${randomBytes(32).toString('base64url')}`;
      const stack = await startStack((product: Product) => {
        product.admin_keys = [{ sha256: createHash('sha256').update(key).digest('hex') }];
        change?.(product);
      });
      return new Dashboard(page, stack, key);
    });
  },
});
export { expect } from '@playwright/test';
