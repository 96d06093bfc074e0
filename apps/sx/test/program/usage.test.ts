import assert from 'node:assert/strict';
import { test } from 'node:test';

import { isObject, parseJson } from '@sx/llm';

import { usageText } from '../../src/commands/usage.ts';
import { simulate } from './simulated.ts';

test('plan, windows, resets and credits of codex', async () => {
  using simulated = await simulate();
  const { code, stdout, stderr } = await simulated.sx(['usage', 'codex']);
  assert.deepEqual([code, stderr], [0, '']);
  assert.match(stdout, /^codex: plan pro\n {2}5 h {3}12\.5 % used {3}resets \d{4}-\d\d-\d\d \d\d:\d\d UTC, in (1 h|59 min|1 h 1 min)\n {2}7 d {3}40 % used {5}resets .* UTC, in (1 d|23 h 59 min)\n {2}credits: 7\.25\n$/);
});

test('the same for machines', async () => {
  using simulated = await simulate();
  const usage = parseJson((await simulated.sx(['usage', '--json'])).stdout);
  assert.ok(isObject(usage));
  assert.deepEqual([usage['provider'], usage['told'], usage['plan'], usage['limit_reached']], ['codex', true, 'pro', false]);
  assert.ok(Array.isArray(usage['limits']) && usage['limits'].length === 2);
});

test('a limit that is reached is said', async () => {
  using simulated = await simulate();
  const { stdout } = await simulated.sx(['usage'], { env: { CODEX_API_URL: simulated.simulator.urlsFor('usage-limit').codex } });
  assert.match(stdout, /^codex: plan pro, limit reached\n {2}5 h {3}100 % used/);
});

test('a token that the server refuses is renewed once', async () => {
  using simulated = await simulate();
  simulated.simulator.expireTokens();
  const { code, stdout } = await simulated.sx(['usage', 'codex']);
  assert.equal(code, 0);
  assert.match(stdout, /^codex: plan pro/);
});

test('without a login it is one line, with exit code 41', async () => {
  using simulated = await simulate();
  simulated.remove('home/.codex');
  const { code, stderr } = await simulated.sx(['usage', 'codex']);
  assert.equal(code, 41);
  assert.match(stderr, /^sx: no codex login found: .* \[NET_TOKEN_MISSING\]\n/);
});

test('where the vendor tells nothing, that is said', async () => {
  using simulated = await simulate();
  const env = { GEMINI_API_KEY: 'k'.repeat(20) };
  assert.equal((await simulated.sx(['usage', 'gemini'], { env })).stdout, 'gemini tells clients neither plan nor limits: https://aistudio.google.com shows it\n');
  assert.match((await simulated.sx(['usage', 'gemini', '--json'], { env })).stdout, /^\{"provider":"gemini","told":false,"plan":null,"limit_reached":null,"limits":\[\],"credits":null\}\n$/);
});

test('what is not told is not made up, and odd times break nothing', () => {
  assert.equal(usageText('codex', { limitReached: false, limits: [] }, 0), 'codex: plan not told\n  no limits were told\n');
  const limit = { limitId: 'codex_spark', window: 'primary', usedPercent: 100 / 3 };
  assert.equal(usageText('codex', { plan: 'x', limitReached: false, limits: [{ ...limit, resetsAtMs: 1e300 }, { ...limit, limitName: 'Spark', resetsAtMs: 0, windowMinutes: 90 }] }, 1), [
    'codex: plan x',
    '  codex_spark, primary   33.3 % used',
    '  Spark, 1 h 30 min      33.3 % used   was reset 1970-01-01 00:00 UTC',
    '',
  ].join('\n'));
});
