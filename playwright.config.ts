import { defineConfig } from '@playwright/test';

// Debian's Chromium: nothing is downloaded. Without the resolver rules it looks up hosts of its own.
const chromium = {
  executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
  args: [
    '--disable-gpu',
    '--disable-quic',
    '--disable-dev-shm-usage',
    '--host-resolver-rules=MAP * ~NOTFOUND , EXCLUDE 127.0.0.1 , EXCLUDE localhost',
  ],
};

// A stock Firefox, which Playwright speaks WebDriver BiDi to. Without these preferences it looks up hosts of its own.
const firefox = {
  executablePath: process.env.FIREFOX ?? '/usr/bin/firefox-esr',
  firefoxUserPrefs: {
    'network.dns.disabled': true,
    'network.captive-portal-service.enabled': false,
    'services.settings.server': 'data:,#remote-settings-dummy/v1',
  },
};

const everyEngine = 'engines/*.spec.ts';

export default defineConfig({
  testDir: 'e2e',
  timeout: 45_000,
  expect: { timeout: 10_000 },
  fullyParallel: true,
  workers: 2,
  retries: process.env.CI ? 1 : 0,
  forbidOnly: !!process.env.CI,
  reporter: [['list'], ['./e2e/reporter.ts']],
  outputDir: 'test-results',
  use: {
    viewport: { width: 1100, height: 800 },
    trace: process.env.CI ? 'on-first-retry' : 'retain-on-failure',
    screenshot: 'only-on-failure',
  },
  // WebKit is WebKitGTK, which e2e/engines/webkit.ts starts.
  projects: [
    { name: 'chromium', use: { browserName: 'chromium', launchOptions: chromium } },
    {
      name: 'firefox',
      testMatch: everyEngine,
      use: { browserName: 'firefox', channel: 'moz-firefox', launchOptions: firefox },
    },
    { name: 'webkit', testMatch: everyEngine },
  ],
});
