// Prints what failed or passed at the second try only, and the plain closing line "N passed, N failed, N skipped",
// which scripts/suites.mjs reads.
import { stripVTControlCharacters } from 'node:util';
import type { Reporter, Suite, TestCase } from '@playwright/test/reporter';

const errorMost = 1500;

function told(test: TestCase): string {
  const error = test.results.map((result) => result.error?.stack ?? result.error?.message).find(Boolean) ?? '';
  const again = test.outcome() === 'flaky' ? ' (passed when tried again)' : '';
  return `${test.titlePath().filter(Boolean).join(' › ')}${again}\n${stripVTControlCharacters(error).slice(0, errorMost)}\n`;
}

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
    const troubled: string[] = [];
    for (const test of this.suite?.allTests() ?? []) {
      const outcome = test.outcome();
      count[outcome]++;
      if (outcome === 'unexpected' || outcome === 'flaky') troubled.push(told(test));
    }
    if (troubled.length) console.log(`\nwhat failed:\n${troubled.join('\n')}`);
    console.log(`\n${count.expected + count.flaky} passed, ${count.unexpected} failed, ${count.skipped} skipped`);
  }
}
