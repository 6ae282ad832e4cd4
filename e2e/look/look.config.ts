// `npm run screenshots`: takes docs/screenshots anew.
import { defineConfig } from '@playwright/test';
import base from '../../playwright.config.ts';

export default defineConfig({
  ...base,
  testDir: '.',
  reporter: 'list',
  testMatch: 'screenshots.ts',
  outputDir: '../../test-results',
  projects: base.projects!.slice(0, 1),
});
