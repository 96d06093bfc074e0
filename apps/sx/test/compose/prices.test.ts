import assert from 'node:assert/strict';
import { test } from 'node:test';

import { isAgentError } from '@sx/agent';
import { noUsage } from '@sx/llm';

import { costOf, priceOf } from '../../src/compose/prices.ts';
import { settingsFixture } from './settings-fixture.ts';

const usage = { ...noUsage, inputTokens: 1_000_000, cacheReadTokens: 500_000, outputTokens: 100_000 };
const near = (actual: number | undefined, expected: number): void => assert.ok(actual !== undefined && Math.abs(actual - expected) < 1e-9, `${actual} is not ${expected}`);

test('the list price counts at the vendor\'s own server, cached tokens in full, a long prompt by its factor', () => {
  using fixture = settingsFixture();
  near(costOf(fixture.load(), 'openai', 'gpt-6.1-sol')(usage), 2 + 1 + 1);
  near(costOf(fixture.load(), 'gemini', 'gemini-3.1-pro-preview')(usage), 2 * (2 + 1 + 1.2));
  near(costOf(fixture.load(), 'gemini', 'gemini-3.1-pro-preview')({ ...usage, inputTokens: 100_000, cacheReadTokens: 0 }), 0.2 + 1.2);
  assert.equal(priceOf(fixture.load({ OPENAI_BASE_URL: 'https://elsewhere.example/v1' }), 'openai', 'gpt-6.1-sol'), undefined);
  assert.equal(priceOf(fixture.load(), 'codex', 'gpt-6-astra'), undefined);
  assert.equal(priceOf(fixture.load(), 'openai', 'constructor'), undefined);
});

test('MODEL_PRICE wins, with two to four figures', () => {
  using fixture = settingsFixture();
  near(costOf(fixture.load({ MODEL_PRICE: '1/10' }), 'openai', 'gpt-6.1-sol')(usage), 1 + 0.5 + 1);
  near(costOf(fixture.load({ MODEL_PRICE: '1/10/0.1' }), 'codex', 'any')(usage), 1 + 0.05 + 1);
  near(costOf(fixture.load({ MODEL_PRICE: '1/10/0.1/1.25' }), 'codex', 'any')({ ...usage, cacheWriteTokens: 1_000_000 }), 1 + 0.05 + 1.25 + 1);
});

test('tokens that the vendor did not count cost nobody knows what', () => {
  using fixture = settingsFixture();
  assert.equal(costOf(fixture.load({ MODEL_PRICE: '1/10' }), 'codex', 'any')(noUsage), undefined);
});

test('a budget without a price is an error at the start, unless the server may name its price itself', () => {
  using fixture = settingsFixture();
  const settings = fixture.load({ MAX_BUDGET_USD: '0.5' });
  assert.throws(() => costOf(settings, 'codex', 'gpt-5.5'), (error) => isAgentError(error) && error.code === 'AGENT_PRICE_UNKNOWN' && error.hint?.includes('MODEL_PRICE') === true);
  assert.equal(costOf(settings, 'router', 'any')(usage), undefined);
  assert.equal(costOf(fixture.load(), 'codex', 'gpt-5.5')(usage), undefined);
});
