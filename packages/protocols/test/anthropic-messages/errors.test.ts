import assert from 'node:assert/strict';
import { describe, it } from 'node:test';

import { isProviderError, type JsonValue, type ProviderError, type ProviderErrorCode, type StreamEvent } from '@sx/llm';
import type { Fields } from '@sx/net';

import { context, decodeEvents, official, start } from './conversation.ts';

const NOW_MS = 1_700_000_000_000;
const toError = (status: number, body: JsonValue, fields: Fields = []): ProviderError =>
  official.toError({ status, fields, text: typeof body === 'string' ? body : JSON.stringify(body), nowMs: NOW_MS }, context);
const failure = (type: string, message = 'Said by the server.'): JsonValue => ({ type: 'error', error: { type, message }, request_id: 'req_body' });

describe('messages: refusals by status and type', () => {
  const rows: readonly (readonly [status: number, body: JsonValue, code: ProviderErrorCode, retryable: boolean])[] = [
    [400, failure('invalid_request_error'), 'PROVIDER_INVALID_REQUEST', false],
    [401, failure('authentication_error'), 'PROVIDER_AUTHENTICATION', false],
    [402, failure('billing_error'), 'PROVIDER_QUOTA', false],
    [403, failure('permission_error'), 'PROVIDER_PERMISSION', false],
    [404, failure('not_found_error'), 'PROVIDER_NOT_FOUND', false],
    [409, failure('conflict_error'), 'PROVIDER_SERVER', true],
    [413, failure('request_too_large'), 'PROVIDER_CONTEXT_OVERFLOW', false],
    [429, failure('rate_limit_error'), 'PROVIDER_RATE_LIMIT', true],
    [500, failure('api_error'), 'PROVIDER_SERVER', true],
    [504, failure('timeout_error'), 'PROVIDER_SERVER', true],
    [529, failure('overloaded_error'), 'PROVIDER_OVERLOADED', true],
    // The type decides where the two differ; the status where there is none that is known.
    [400, failure('overloaded_error'), 'PROVIDER_OVERLOADED', true],
    [429, failure('brand_new_error'), 'PROVIDER_RATE_LIMIT', true],
    [418, failure('brand_new_error'), 'PROVIDER_INVALID_REQUEST', false],
    [503, { error: 'busy' }, 'PROVIDER_OVERLOADED', true],
    [529, '', 'PROVIDER_OVERLOADED', true],
    [502, 'bad gateway', 'PROVIDER_SERVER', true],
    [401, { detail: 'no' }, 'PROVIDER_AUTHENTICATION', false],
    [400, { error: { message: 'openai-like', type: 'invalid_request_error', code: 'x' } }, 'PROVIDER_INVALID_REQUEST', false],
    [400, [1], 'PROVIDER_INVALID_REQUEST', false],
    [200, failure('overloaded_error'), 'PROVIDER_OVERLOADED', true],
    [200, { type: 'message', content: [] }, 'PROVIDER_MALFORMED_RESPONSE', false],
    [200, { type: 'message', error: null }, 'PROVIDER_MALFORMED_RESPONSE', false],
    // Words that decide, whatever the type.
    [400, failure('invalid_request_error', 'prompt is too long: 3 tokens > 2 maximum'), 'PROVIDER_CONTEXT_OVERFLOW', false],
    [400, failure('invalid_request_error', 'input length and `max_tokens` exceed: context window exceeded'), 'PROVIDER_CONTEXT_OVERFLOW', false],
    [500, failure('api_error', 'litellm: context_length_exceeded'), 'PROVIDER_CONTEXT_OVERFLOW', false],
    [429, failure('rate_limit_error', 'the prompt is too long for your rate limit: too many requests'), 'PROVIDER_RATE_LIMIT', true],
    [400, failure('invalid_request_error', 'Your credit balance is too low to access the Anthropic API.'), 'PROVIDER_QUOTA', false],
    [403, failure('permission_error', 'Billing is not active'), 'PROVIDER_QUOTA', false],
    [429, failure('rate_limit_error', 'You have hit your weekly limit'), 'PROVIDER_USAGE_LIMIT', false],
    [400, failure('invalid_request_error', 'Output blocked by content filtering policy'), 'PROVIDER_CONTENT_POLICY', false],
  ];
  for (const [status, body, code, retryable] of rows) {
    it(`${status} ${JSON.stringify(body).slice(0, 90)} is ${code}`, () => {
      const error = toError(status, body);
      assert.deepEqual([error.code, error.retryable, error.status, error.provider], [code, retryable, status, code === 'PROVIDER_MALFORMED_RESPONSE' ? undefined : 'anthropic']);
      assert.ok(error.message.trim().length > 0);
    });
  }
  it('names the request: by its field, else by the body', () => {
    assert.equal(toError(500, failure('api_error'), [['request-id', 'req_head']]).requestId, 'req_head');
    assert.equal(toError(500, failure('api_error')).requestId, 'req_body');
    assert.equal(toError(500, 'x').requestId, undefined);
  });
  it('shows the text of the server, without what a terminal would obey, and not all of it', () => {
    const { message } = toError(500, failure('api_error', `\u001b[31mred\u0007 ${'x'.repeat(10_000)}`));
    assert.ok(!message.includes('\u001b') && message.length < 4_200, message.slice(0, 80));
  });
  it('waits as told, at most until the exhausted windows open', () => {
    const limited = (fields: Fields): number | undefined => toError(429, failure('rate_limit_error'), fields).retryAfterMs;
    const window = (name: string, remaining: string, reset: string): Fields =>
      [[`anthropic-ratelimit-${name}-limit`, '50'], [`anthropic-ratelimit-${name}-remaining`, remaining], [`anthropic-ratelimit-${name}-reset`, reset]];
    const inSeconds = (seconds: number): string => new Date(NOW_MS + seconds * 1000).toISOString();
    assert.equal(limited([['retry-after', '7']]), 7_000);
    assert.equal(limited([['retry-after-ms', '7']]), 7);
    assert.equal(limited([]), undefined);
    assert.equal(limited([...window('requests', '0', inSeconds(20)), ...window('tokens', '0', inSeconds(40)), ...window('input-tokens', '5', inSeconds(90))]), 40_000);
    assert.equal(limited([...window('requests', '0', inSeconds(20)), ['retry-after', '3']]), 3_000);
    assert.equal(limited(window('requests', '0', inSeconds(-5))), 0);
    assert.equal(limited(window('requests', '0', 'tomorrow')), undefined);
  });
  it('takes a used-up plan for what it is, whatever else the head says', () => {
    const error = toError(429, failure('rate_limit_error', 'Error'), [['anthropic-ratelimit-unified-status', 'rejected'], ['anthropic-ratelimit-unified-reset', '1700003600'], ['retry-after', '1']]);
    assert.deepEqual([error.code, error.retryable, error.resetsAtMs, error.retryAfterMs], ['PROVIDER_USAGE_LIMIT', false, 1_700_003_600_000, undefined]);
    assert.equal(toError(429, failure('rate_limit_error', 'Error'), [['anthropic-ratelimit-unified-status', 'allowed']]).code, 'PROVIDER_RATE_LIMIT');
    assert.equal(toError(429, failure('rate_limit_error', 'Error'), [['anthropic-ratelimit-unified-status', 'rejected']]).resetsAtMs, undefined);
  });
});

describe('messages: failures in the stream', () => {
  const fault = (event: JsonValue): ProviderError => {
    const { error } = decodeEvents([start(), JSON.stringify(event)]);
    assert.ok(isProviderError(error), String(error));
    return error;
  };
  it('is classed as a refusal is; the unknown is a failure of the server', () => {
    assert.deepEqual([fault(failure('overloaded_error')).code, fault(failure('rate_limit_error')).code, fault(failure('brand_new_error')).code], ['PROVIDER_OVERLOADED', 'PROVIDER_RATE_LIMIT', 'PROVIDER_SERVER']);
    assert.deepEqual([fault(failure('api_error')).requestId, fault(failure('brand_new_error')).vendorCode], ['req_body', 'brand_new_error']);
  });
  it('is a fault in any shape', () => {
    for (const event of [{ type: 'error' }, { type: 'error', error: null }, { type: 'error', error: 'no' }, { error: { message: 'no' } }, { error: 'no' }, { type: 'error', message: 'no' }]) {
      assert.deepEqual([fault(event).code, fault(event).retryable], ['PROVIDER_SERVER', true], JSON.stringify(event));
    }
  });
});

describe('messages: windows of use in the head', () => {
  const events = (fields: Fields): readonly StreamEvent[] => official.headEvents?.(fields, context) ?? [];
  it('reads those of a key and those of a plan', () => {
    assert.deepEqual(events([
      ['Anthropic-RateLimit-Requests-Limit', '50'], ['anthropic-ratelimit-requests-remaining', '49'], ['anthropic-ratelimit-requests-reset', '2023-11-14T22:13:20Z'],
      ['anthropic-ratelimit-unified-5h-utilization', '0.125'], ['anthropic-ratelimit-unified-5h-reset', '1700000060'], ['anthropic-ratelimit-unified-7d-utilization', '1.7'],
    ]), [{ type: 'rate-limits', limits: [
      { limitId: 'requests', window: 'primary', usedPercent: 2, resetsAtMs: NOW_MS },
      { limitId: 'unified', window: '5h', usedPercent: 12.5, resetsAtMs: 1_700_000_060_000, windowMinutes: 300 },
      { limitId: 'unified', window: '7d', usedPercent: 100, windowMinutes: 10_080 },
    ] }]);
  });
  it('sees no window in zeros, blanks and words', () => {
    for (const value of ['0', '', 'NaN', 'much', '-1']) {
      assert.deepEqual(events([['anthropic-ratelimit-requests-limit', value], ['anthropic-ratelimit-requests-remaining', '0']]), []);
    }
    assert.deepEqual(events([['anthropic-ratelimit-requests-limit', '50']]), []);
  });
});
