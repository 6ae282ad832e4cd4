// The promise: who may call a tool is said in words, and a dry run begins with arguments and claims that fit.
import { expect, test } from '@playwright/test';
import { sample, sampleClaims, whoMayCall } from '../web/dashboard/words.ts';

test('Each requirement is said in words', () => {
  expect(whoMayCall(null)).toBe('Everybody, guests too');
  expect(whoMayCall({ identified: false, scopes: [], roles: [], claims: [] })).toBe('Everybody, guests too');
  expect(whoMayCall({ identified: true })).toBe('Signed-in users');
  expect(
    whoMayCall({
      scopes: ['orders:read', 'orders:write'],
      roles: ['staff'],
      claims: [
        { path: '/metadata/plan', in: ['pro', 'team', null] },
        { path: '/metadata/age', gte: 18, lte: 120 },
        { path: '/email', exists: true },
        { path: '/blocked', exists: false },
        { path: '/metadata/vip', equals: false },
      ],
      max_token_age_s: 300,
    }),
  ).toBe(
    'Signed-in users with the scope orders:read and orders:write, with the role staff, whose claim /metadata/plan is ' +
      '"pro", "team" or null, whose claim /metadata/age is at least 18 and is at most 120, whose claim /email is there, ' +
      'whose claim /blocked is not there, whose claim /metadata/vip is false and whose token is at most 300 s old',
  );
});

test('The arguments fit the schema where it is simple, and are left empty where it is not', () => {
  const text = (pattern: string) => sample({ type: 'string', pattern });
  expect(text('^A-[0-9]{1,8}$')).toBe('A-1');
  expect(text('^\\d{4}-\\d{2}$')).toBe('1111-11');
  expect(text('^[a-f]{3}x?$')).toBe('aaa');
  expect(text('^(a|b)$')).toBe('');
  expect(text('[')).toBe('');
  const properties = {
    id: { type: 'string', examples: ['A-7'] },
    n: { type: 'integer', minimum: 3 },
    why: { enum: ['late', 'damaged'] },
    more: { type: 'object', required: ['deep'], properties: { deep: { type: 'boolean' } } },
    optional: { type: 'string' },
  };
  expect(sample({ type: 'object', required: ['id', 'n', 'why', 'more'], properties })).toEqual({
    id: 'A-7',
    n: 3,
    why: 'late',
    more: { deep: false },
  });
});

test('The claims meet the requirement', () => {
  const claims = [
    { path: '/metadata/plan', in: ['pro'] },
    { path: '/metadata/age', gte: 18 },
    { path: '/blocked', exists: false },
  ];
  expect(sampleClaims({ scopes: ['a', 'b'], roles: ['staff'], claims })).toEqual({
    sub: 'u_42',
    scope: 'a b',
    roles: ['staff'],
    metadata: { plan: 'pro', age: 18 },
  });
});
