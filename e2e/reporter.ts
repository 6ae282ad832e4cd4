// Prints the plain closing line "N passed, N failed, N skipped", which scripts/test.mjs adds up.
import type { Reporter, Suite } from '@playwright/test/reporter';

export default class ClosingLine implements Reporter {
  private suite: Suite | undefined;

  onBegin(_: unknown, suite: Suite): void {
    this.suite = suite;
  }

  printsToStdio(): boolean {
    return false;
  }

  onEnd(): void {
    const count = { expected: 0, flaky: 0, unexpected: 0, skipped: 0 };
    for (const test of this.suite?.allTests() ?? []) count[test.outcome()]++;
    console.log(`\n${count.expected + count.flaky} passed, ${count.unexpected} failed, ${count.skipped} skipped`);
  }
}
