import assert from 'node:assert/strict';
import test from 'node:test';
import { transform } from 'esbuild';
import { toClosures } from '../../scripts/closures.mjs';

const source = `
export class Counter {
  readonly log: string[] = [];
  last = 0;
  private readonly step: number;

  constructor(
    readonly name: string,
    private from = 1,
    ...words: string[]
  ) {
    const { log } = this;
    this.step = from * 10;
    log.push(name, ...words);
    this.note('made');
  }

  get next(): number {
    return this.last + this.step;
  }

  async count(times: number): Promise<number> {
    const { step: size, name, next } = this;
    for (let i = 0; i < times; ++i) this.last += size;
    const note = () => this.note(\`\${name} \${next}\`);
    note();
    ++this.from;
    return this.last * this.from;
  }

  private note(text: string): void {
    this.log.push(text);
  }
}
export const make = (...args: [string, number?, ...string[]]) => new Counter(...args);
export class Other {
  own = 1;
  read = () => this.own;
}`;

const run = async (typescript) => {
  const { code } = await transform(typescript, { loader: 'ts', format: 'esm' });
  const { make, Other } = await import(`data:text/javascript,${encodeURIComponent(code)}`);
  const one = make('one', undefined, 'a', 'b');
  const two = make('two', 2);
  const answers = [await one.count(2), await one.count(1), await two.count(1), one.next, two.next, new Other().read()];
  one.last = 100;
  return [...answers, one.last, one.next, one.name, one.log, two.log];
};

test('A class that became a closure does as the class does', async () => {
  const closed = toClosures(source, ['Counter']);
  assert.ok(!/\bthis\b/.test(closed.slice(0, closed.indexOf('class Other'))), closed);
  const expected = await run(source);
  assert.deepEqual(expected.slice(0, 6), [40, 90, 60, 40, 40, 1]);
  assert.deepEqual(await run(closed), expected);
});

test('What hands itself out is refused', () => {
  assert.throws(
    () => toClosures('class Leak { constructor(take: (it: Leak) => void) { take(this); } }', ['Leak']),
    /Leak hands out `this`/,
  );
});
