// The arithmetic of `npm run bench:widget`, and its report of made-up figures.
import assert from 'node:assert/strict';
import test from 'node:test';
import * as figures from '../../bench/widget/figures.mjs';
import { plot } from '../../bench/widget/plot.mjs';
import { report } from '../../bench/widget/report.mjs';

test('The median and the quartiles lie between the neighbours', () => {
  assert.equal(figures.median([3, 1, 2]), 2);
  assert.equal(figures.median([4, 1, 3, 2]), 2.5);
  assert.deepEqual(figures.summary([5, 1, 4, 2, 3]), { median: 3, low: 2, high: 4 });
  assert.equal(figures.quantile([10, 20], 0.25), 12.5);
  assert.equal(figures.median([]), undefined);
  assert.equal(figures.median([undefined, 7, null]), 7);
});

test('Figures are paired by round, and a round that one lacks counts for neither', () => {
  const series = [];
  series[0] = 30;
  series[2] = 50;
  assert.deepEqual(figures.pairedDifferences(series, [10, 10, 20]), [20, 30]);
  assert.deepEqual(figures.pairedRatios([30, undefined, 50], [10, 10, 20]), [3, 2.5]);
  assert.deepEqual(figures.pairedRatios([30], [null]), []);
});

test('Of each task only what goes over 50 ms blocks', () => {
  assert.equal(figures.blockingTime([50, 51, 120, 3]), 71);
  assert.equal(figures.blockingTime([]), 0);
  assert.equal(figures.longest([51, 120, 3]), 120);
  assert.equal(figures.longest([]), 0);
});

test('A goal that is missed says by how much, and what was not measured is not met', () => {
  assert.equal(figures.verdict(1000, 1000), 'met');
  assert.equal(figures.verdict(1.32, 1.1), 'over by 0.22 (20 %)');
  assert.equal(figures.verdict(3, 0), 'over by 3.00');
  assert.equal(figures.verdict(undefined, 5), 'not measured');
});

test('The report takes differences to the page without a widget and ratios to the limit, round by round', () => {
  const loaded = (bytes) => ({ bytes, requests: 1 });
  const candidate = (title, bytes, rounds) => ({
    title,
    version: '',
    bytes: { launcher: loaded(bytes), usable: loaded(2 * bytes), wasm: 0, elsewhere: [], answered: true },
    rounds,
  });
  const data = {
    ...{ commit: 'abc', chromium: '1', rounds: 3, minutes: 1, core: 17_000 },
    candidates: {
      host: candidate('page', 0, { cpuOpen4: [100, 200, 300], cpuIdle4: [100, 200, 300] }),
      limit: candidate('limit', 700, { cpuOpen4: [110, 210, 310], launcherMob: [100, 200, 300] }),
      widgent: candidate('Widgent', 990, { cpuOpen4: [150, 290, 370], launcherMob: [120, 210, 360] }),
    },
  };
  const text = report(data);
  const row = (name) => text.split('\n').find((line) => line.startsWith(`| ${name} |`));
  assert.match(row('bytes before the launcher shows'), /\| ≤ 1,000 \| met \| 700 \| 990 \|/);
  assert.match(row('CPU added, loaded and opened, 4x, ms'), /\| met \| 10 .*\| 70 /);
  assert.match(row('launcher visible, ratio to the limit, mob'), /over by 0.10 \(9 %\) \| 1.00 .*\| 1.20 /);
  assert.match(row('click to input, mob, at once, ms'), /not measured/);
  assert.match(row('session core alone, bytes'), /\| met \| – \| 17,000 \|/);
  assert.match(plot(data), /^<svg [^]*Widgent[^]*<\/svg>\n$/);
});
