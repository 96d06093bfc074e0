import assert from 'node:assert/strict';
import { test } from 'node:test';

import { accountUrl, parseAccount } from '../src/account.ts';

test('the address is beside the base URL', () => {
  assert.equal(accountUrl('https://chatgpt.com/backend-api/codex'), 'https://chatgpt.com/backend-api/wham/usage');
});

test('plan, windows and credits are read, those of single models too', () => {
  const window = { used_percent: 12.5, limit_window_seconds: 18_000, reset_at: 100 };
  const account = parseAccount({
    plan_type: 'pro',
    rate_limit: { allowed: true, limit_reached: false, primary_window: window, secondary_window: null },
    additional_rate_limits: [{ limit_name: 'Spark', metered_feature: 'codex_spark', rate_limit: { primary_window: { used_percent: 0 } } }],
    credits: { has_credits: true, unlimited: false, balance: '7.25' },
  });
  assert.deepEqual(account, {
    plan: 'pro',
    limitReached: false,
    limits: [
      { limitId: 'codex', window: 'primary', usedPercent: 12.5, windowMinutes: 300, resetsAtMs: 100_000 },
      { limitId: 'codex_spark', limitName: 'Spark', window: 'primary', usedPercent: 0 },
    ],
    credits: { hasCredits: true, unlimited: false, balance: '7.25' },
  });
});

for (const [rule, body] of [
  ['nothing', undefined],
  ['null', null],
  ['a list', []],
  ['members of other types', { plan_type: 1, rate_limit: 'x', credits: [], additional_rate_limits: { a: 1 } }],
  ['a window without a percentage', { rate_limit: { primary_window: { reset_at: 1 } } }],
] as const) {
  test(`${rule} means that nothing is known`, () => assert.deepEqual(parseAccount(body as never), { limitReached: false, limits: [] }));
}

test('a limit that is reached is said', () => {
  assert.equal(parseAccount({ rate_limit: { limit_reached: true } }).limitReached, true);
  assert.equal(parseAccount({ rate_limit: { allowed: false } }).limitReached, true);
});
