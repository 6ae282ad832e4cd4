// Takes the pictures of docs/screenshots, on a phone and on a desk, in light and in dark: the states of the panel, and
// the dashboard after a visit to the shop.
import { execFileSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import type { Page } from '@playwright/test';
import { root } from '../../scripts/steps.mjs';
import { test as withDashboard } from '../dashboard.ts';
import { Shop } from '../shop.ts';
import { test } from './scene.ts';

const shown = [
  'greeting a guest',
  'greeting a user',
  'running a tool',
  'streaming a reply',
  'with citations',
  'with markdown',
  'asking for approval',
  'with errors',
  'offline',
  'handing off',
  'sign-in ended',
  'some conversations',
];
const sizes = [
  { width: 390, height: 780 },
  { width: 1280, height: 800 },
];
const folder = `${root}/docs/screenshots`;
mkdirSync(folder, { recursive: true });

async function take(page: Page, name: string, width: number, scheme: string): Promise<void> {
  const path = `${folder}/${name.toLowerCase().replaceAll(/\W+/g, '-')}-${width}-${scheme}.png`;
  await page.screenshot({ path });
  execFileSync('pngquant', ['--force', '--speed', '1', '--strip', '--output', path, '64', path]);
}

for (const state of shown)
  for (const colorScheme of ['light', 'dark'] as const)
    for (const viewport of sizes)
      test(`${state}, ${viewport.width}, ${colorScheme}`, async ({ page, stage }) => {
        await page.setViewportSize(viewport);
        await page.emulateMedia({ colorScheme });
        await stage(state);
        await take(page, state, viewport.width, colorScheme);
      });

withDashboard('The dashboard', async ({ dashboard, page }) => {
  const desk = await dashboard();
  const shop = await Shop.visit(page, desk.stack);
  await shop.widget.open();
  await shop.widget.ask('How long does shipping take?');
  await shop.widget.ask('Do you sell skis?');
  await shop.signIn('Ada');
  await shop.widget.ask('Where is my order A-1001?');
  await shop.signIn('Bob');
  await shop.widget.ask('Where is my order A-1001?');
  await desk.signIn();
  for (const section of ['Overview', 'Audit log', 'Tools'] as const)
    for (const colorScheme of ['light', 'dark'] as const)
      for (const viewport of sizes) {
        await page.setViewportSize(viewport);
        await page.emulateMedia({ colorScheme });
        await desk.go(section);
        await take(page, `dashboard ${section}`, viewport.width, colorScheme);
      }
});
