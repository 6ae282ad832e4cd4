// The promise, from the first question to the end of a sign-in, in every engine.
import { strings } from '../../web/panel/strings.ts';
import { slow } from '../slow.ts';
import { expect, test } from './fixtures.ts';

test('A guest asks, signs in, is greeted, gets an order, a switch, a sign-out and an expired sign-in', async ({
  tab,
  visitor,
  startStack,
}) => {
  test.setTimeout(180_000);
  const stack = await startStack(slow.change);
  await tab.goto(`${stack.url('express')}/?ttl=4`);
  await visitor.open();
  await visitor.expectGuest();
  expect(await visitor.ask('how long does shipping take')).toContain('two to four working days');

  await visitor.press('Sign in as Ada');
  await visitor.expectUser('Ada Lovelace');
  await visitor.expect(({ text }) => text.includes('Hi Ada Lovelace'));
  await visitor.watchReply();
  expect(await visitor.ask('where is my order A-1001')).toContain(slow.end);
  const lengths = await visitor.lengths();
  expect(lengths.length, `it grew in steps: ${lengths.join()}`).toBeGreaterThan(2);
  expect(stack.toolCalls('express').at(-1)).toContain('get_order A-1001 for {"sub":"ada"');

  await visitor.press('Sign in as Bob');
  const { text, questions, replies } = await visitor.expectUser('Bob Hayes');
  expect(text).not.toMatch(/A-1001|milestone|Lovelace/);
  expect([questions, replies]).toEqual([[], []]);
  expect(await visitor.ask('who am I')).toContain('Bob Hayes');

  await visitor.press('Sign out');
  expect((await visitor.expectGuest()).text).not.toContain('Hayes');

  await visitor.press('Sign in as Ada');
  await visitor.expectUser('Ada Lovelace');
  await visitor.press('60-second token');
  const expired = await visitor.expect(({ notice }) => notice.includes(strings.notices.identity_expired!), 20_000);
  expect(expired.identity).toContain(strings.guest);
  expect(expired.replies).toEqual([]);
  expect(await visitor.ask('where is my order A-1001')).toMatch(/sign in/i);
});
