// Takes the pictures of docs/screenshots: each state on a phone and on a desk, in light and in dark.
import { execFileSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { root } from '../../scripts/steps.mjs';
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

for (const state of shown)
  for (const colorScheme of ['light', 'dark'] as const)
    for (const viewport of sizes)
      test(`${state}, ${viewport.width}, ${colorScheme}`, async ({ page, stage }) => {
        await page.setViewportSize(viewport);
        await page.emulateMedia({ colorScheme });
        await stage(state);
        const path = `${folder}/${state.replaceAll(' ', '-')}-${viewport.width}-${colorScheme}.png`;
        await page.screenshot({ path });
        execFileSync('pngquant', ['--force', '--speed', '1', '--strip', '--output', path, '64', path]);
      });
