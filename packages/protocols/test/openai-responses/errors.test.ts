import assert from 'node:assert/strict';
import { describe, it } from 'node:test';

import type { ProviderErrorCode } from '@sx/llm';
import type { Fields } from '@sx/net';

import { codex, context, NOW_MS, open } from './conversation.ts';

const json = (value: unknown): string => JSON.stringify(value);
const error = (status: number, text: string, fields: Fields = [], protocol = codex) => protocol.toError({ status, fields, text, nowMs: NOW_MS }, context);

describe('responses: refusals', () => {
  const rows: [string, number, string, ProviderErrorCode, boolean][] = [
    ['detail as text', 400, json({ detail: 'Unsupported parameter: top_p' }), 'PROVIDER_INVALID_REQUEST', false],
    ['detail as object', 400, json({ detail: { code: 'x', message: 'Bad' } }), 'PROVIDER_INVALID_REQUEST', false],
    ['a policy', 400, json({ error: { code: 'cyber_policy', message: 'Flagged' } }), 'PROVIDER_CONTENT_POLICY', false],
    ['an invalid image', 400, json({ error: { message: 'The image data you provided does not represent a valid image' } }), 'PROVIDER_INVALID_REQUEST', false],
    ['an overflow by text', 400, json({ error: { type: 'invalid_request_error', message: "This model's maximum context length is 8192 tokens." } }), 'PROVIDER_CONTEXT_OVERFLOW', false],
    ['401', 401, json({ detail: 'Unauthorized' }), 'PROVIDER_AUTHENTICATION', false],
    ['402', 402, json({ error: { message: 'pay' } }), 'PROVIDER_QUOTA', false],
    ['403', 403, json({ detail: 'Forbidden' }), 'PROVIDER_PERMISSION', false],
    ['404', 404, json({ detail: 'Not Found' }), 'PROVIDER_NOT_FOUND', false],
    ['a usage limit with 404', 404, json({ error: { code: 'usage_limit_reached', message: 'Full' } }), 'PROVIDER_USAGE_LIMIT', false],
    ['413', 413, '', 'PROVIDER_CONTEXT_OVERFLOW', false],
    ['a usage limit', 429, json({ error: { type: 'usage_limit_reached', message: 'Full' } }), 'PROVIDER_USAGE_LIMIT', false],
    ['a plan without codex', 429, json({ error: { type: 'usage_not_included', message: 'No' } }), 'PROVIDER_QUOTA', false],
    ['429 without delay', 429, json({ error: { message: 'Too many' } }), 'PROVIDER_RATE_LIMIT', false],
    ['429 with delay in the text', 429, json({ error: { code: 'rate_limit_exceeded', message: 'try again in 2s' } }), 'PROVIDER_RATE_LIMIT', true],
    ['500', 500, json({ error: { type: 'server_error', message: 'Oops' } }), 'PROVIDER_SERVER', true],
    ['502 without body', 502, '', 'PROVIDER_SERVER', true],
    ['503 overloaded', 503, json({ error: { code: 'server_is_overloaded', message: 'busy' } }), 'PROVIDER_OVERLOADED', true],
    ['503 slow down', 503, json({ error: { code: 'slow_down', message: 'busy' } }), 'PROVIDER_OVERLOADED', true],
    ['text that is no JSON', 500, 'upstream connect error', 'PROVIDER_SERVER', true],
    ['an error in a 200', 200, json({ error: { code: 'insufficient_quota', message: 'No money' } }), 'PROVIDER_QUOTA', false],
    ['a whole response in a 200', 200, json({ id: 'resp_1', output: [], error: null }), 'PROVIDER_MALFORMED_RESPONSE', false],
  ];
  for (const [name, status, text, code, retryable] of rows) {
    it(`${name}: ${code}`, () => {
      const { code: got, retryable: may } = error(status, text);
      assert.deepEqual([got, may], [code, retryable]);
    });
  }
  it('repeats a 429 of the public API also without a delay', () => {
    assert.equal(error(429, json({ error: { message: 'Too many' } }), [], open).retryable, true);
  });
  it('keeps the whole text of an unknown 400', () => {
    assert.equal(error(400, json({ detail: 'Something that nobody knows.' })).message, 'Something that nobody knows.');
    assert.equal(error(400, 'plain words').message, 'plain words');
  });
  it('decodes x-error-json where the body has no code', () => {
    const fields: Fields = [['x-error-json', btoa('{"error":{"code":"token_expired"}}')]];
    assert.equal(error(401, json({ detail: 'Unauthorized' }), fields).vendorCode, 'token_expired');
    assert.equal(error(401, '', [['x-error-json', '%%']]).code, 'PROVIDER_AUTHENTICATION');
  });
  it('names family, plan and reset of a usage limit, and nothing for a reached type that nobody knows', () => {
    const body = json({ error: { type: 'usage_limit_reached', message: 'Full', plan_type: 'pro', resets_at: 1_700_000_060 } });
    const fields = (type: string): Fields => [
      ['x-codex-active-limit', 'codex-other'], ['x-codex-other-primary-used-percent', '100'], ['x-codex-other-limit-name', 'Other'],
      ['x-codex-primary-used-percent', '3'], ['x-codex-rate-limit-reached-type', type],
    ];
    const known = error(429, body, fields('rate_limit_reached'));
    assert.equal(known.resetsAtMs, 1_700_000_060_000);
    assert.equal(known.hint, 'limit Other, plan pro, rate limit reached, resets at 2023-11-14T22:14:20.000Z');
    assert.equal(error(429, body, fields('l\u00fcmit')).hint, 'limit Other, plan pro, resets at 2023-11-14T22:14:20.000Z');
  });
  it('honours retry-after before the text', () => {
    assert.equal(error(429, json({ error: { message: 'try again in 2s' } }), [['retry-after', '7']]).retryAfterMs, 7_000);
  });
});

describe('responses: the head of an answer', () => {
  const events = (fields: Fields) => codex.headEvents?.(fields, context) ?? [];
  it('reads windows of all families, percent and times as numbers', () => {
    assert.deepEqual(events([
      ['x-codex-primary-used-percent', '12.5'], ['x-codex-primary-window-minutes', '60'], ['x-codex-primary-reset-at', '1700000060'],
      ['X-Codex-Secondary-Used-Percent', '40'], ['x-codex-bengalfox-primary-used-percent', '1'], ['x-codex-bengalfox-limit-name', 'Bengal'],
      ['x-codex-credits-has-credits', '1'], ['x-codex-credits-unlimited', 'false'], ['x-codex-credits-balance', '7.25'],
    ]), [{
      type: 'rate-limits',
      limits: [
        { limitId: 'codex', window: 'primary', usedPercent: 12.5, windowMinutes: 60, resetsAtMs: 1_700_000_060_000 },
        { limitId: 'codex', window: 'secondary', usedPercent: 40 },
        { limitId: 'codex_bengalfox', limitName: 'Bengal', window: 'primary', usedPercent: 1 },
      ],
      credits: { hasCredits: true, unlimited: false, balance: '7.25' },
    }]);
  });
  it('sees no window in zeros, blanks and words', () => {
    for (const value of ['0', '', ' ', 'NaN', 'Infinity', 'much']) assert.deepEqual(events([['x-codex-primary-used-percent', value]]), []);
  });
  it('warns where another model answers, not where the same one has a date', () => {
    assert.deepEqual(events([['openai-model', 'gpt-5.4']]), [{ type: 'warning', message: 'gpt-5.5 was asked for, gpt-5.4 answers' }]);
    assert.deepEqual(events([['openai-model', 'gpt-5.5']]), []);
    assert.deepEqual(events([['openai-model', 'gpt-5.5-2026-04-01']]), []);
  });
});
