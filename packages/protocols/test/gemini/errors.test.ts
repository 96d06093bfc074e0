import assert from 'node:assert/strict';
import { describe, it } from 'node:test';

import type { ProviderErrorCode } from '@sx/llm';
import type { Fields } from '@sx/net';

import { context, NOW_MS, protocol } from './conversation.ts';

const error = (status: number, body: unknown, fields: Fields = []) =>
  protocol.toError({ status, fields, text: typeof body === 'string' ? body : JSON.stringify(body), nowMs: NOW_MS }, context);
const rpc = (code: number, status: string, message = 'Said.', details: object[] = []) => ({ error: { code, message, status, ...(details.length === 0 ? {} : { details }) } });
const quota = (...violations: object[]) => ({ '@type': 'type.googleapis.com/google.rpc.QuotaFailure', violations });
const delay = (retryDelay: unknown) => ({ '@type': 'type.googleapis.com/google.rpc.RetryInfo', retryDelay });

describe('gemini: refusals', () => {
  const rows: [string, number, unknown, ProviderErrorCode, boolean][] = [
    ['an invalid argument', 400, rpc(400, 'INVALID_ARGUMENT'), 'PROVIDER_INVALID_REQUEST', false],
    ['a bad key by its reason', 400, rpc(400, 'INVALID_ARGUMENT', 'No.', [{ '@type': 'x.ErrorInfo', reason: 'API_KEY_INVALID' }]), 'PROVIDER_AUTHENTICATION', false],
    ['a bad key by its text', 400, rpc(400, 'INVALID_ARGUMENT', 'API key expired. Please renew the API key.'), 'PROVIDER_AUTHENTICATION', false],
    ['an overflow', 400, rpc(400, 'INVALID_ARGUMENT', 'The input token count (2) exceeds the maximum number of tokens allowed (1).'), 'PROVIDER_CONTEXT_OVERFLOW', false],
    ['an overflow as a failure', 500, rpc(500, 'INTERNAL', 'Your input context is too long.'), 'PROVIDER_CONTEXT_OVERFLOW', false],
    ['no billing', 400, rpc(400, 'FAILED_PRECONDITION', 'Please enable billing.'), 'PROVIDER_QUOTA', false],
    ['a region', 400, rpc(400, 'FAILED_PRECONDITION', 'User location is not supported for the API use.'), 'PROVIDER_PERMISSION', false],
    ['no credential', 401, rpc(401, 'UNAUTHENTICATED'), 'PROVIDER_AUTHENTICATION', false],
    ['no key', 403, rpc(403, 'PERMISSION_DENIED', "Method doesn't allow unregistered callers"), 'PROVIDER_AUTHENTICATION', false],
    ['a leaked key', 403, rpc(403, 'PERMISSION_DENIED', 'Your API key was reported as leaked.'), 'PROVIDER_AUTHENTICATION', false],
    ['no permission', 403, rpc(403, 'PERMISSION_DENIED', 'The caller does not have permission'), 'PROVIDER_PERMISSION', false],
    ['no such model', 404, rpc(404, 'NOT_FOUND'), 'PROVIDER_NOT_FOUND', false],
    ['too large', 413, '{}', 'PROVIDER_CONTEXT_OVERFLOW', false],
    ['a limit by the minute', 429, rpc(429, 'RESOURCE_EXHAUSTED', 'quota exceeded, billing', [quota({ quotaId: 'RequestsPerMinute' })]), 'PROVIDER_RATE_LIMIT', true],
    ['a limit by the day', 429, rpc(429, 'RESOURCE_EXHAUSTED', '', [quota({ quotaId: 'RequestsPerMinute' }, { quotaId: 'RequestsPerDay' }), delay('3s')]), 'PROVIDER_USAGE_LIMIT', false],
    ['a limit of nothing', 429, rpc(429, 'RESOURCE_EXHAUSTED', '', [quota({ quotaId: 'RequestsPerMinute', quotaValue: '0' }), delay('3s')]), 'PROVIDER_QUOTA', false],
    ['a limit that says how long', 429, rpc(429, 'RESOURCE_EXHAUSTED', 'You exceeded your current quota.', [delay('3s')]), 'PROVIDER_RATE_LIMIT', true],
    ['a quota in words', 429, rpc(429, 'RESOURCE_EXHAUSTED', 'You exceeded your current quota, please check your plan and billing details.'), 'PROVIDER_QUOTA', false],
    ['a limit without details', 429, rpc(429, 'RESOURCE_EXHAUSTED', 'Resource has been exhausted (e.g. check quota).'), 'PROVIDER_RATE_LIMIT', true],
    ['a cancelled call', 499, rpc(499, 'CANCELLED'), 'PROVIDER_SERVER', true],
    ['a failure', 500, rpc(500, 'INTERNAL'), 'PROVIDER_SERVER', true],
    ['what is not implemented', 501, rpc(501, 'UNIMPLEMENTED'), 'PROVIDER_INVALID_REQUEST', false],
    ['overload', 503, rpc(503, 'UNAVAILABLE'), 'PROVIDER_OVERLOADED', true],
    ['a deadline', 504, rpc(504, 'DEADLINE_EXCEEDED'), 'PROVIDER_SERVER', true],
    ['an unknown status', 418, rpc(418, 'TEAPOT'), 'PROVIDER_INVALID_REQUEST', false],
    ['a status without a word', 500, '', 'PROVIDER_SERVER', true],
    ['text', 502, 'upstream connect error', 'PROVIDER_SERVER', true],
    ['an error that is text', 400, { error: 'nope' }, 'PROVIDER_INVALID_REQUEST', false],
    ['an error in an array', 503, [rpc(503, 'UNAVAILABLE')], 'PROVIDER_OVERLOADED', true],
    ['an error with 200', 200, rpc(503, 'UNAVAILABLE'), 'PROVIDER_OVERLOADED', true],
    ['JSON with 200', 200, { candidates: [] }, 'PROVIDER_MALFORMED_RESPONSE', false],
    ['an array with 200', 200, [{ candidates: [] }], 'PROVIDER_MALFORMED_RESPONSE', false],
    ['members of the wrong type', 429, { error: { code: 'x', message: 17, status: [], details: { a: 1 } } }, 'PROVIDER_RATE_LIMIT', true],
    ['details of the wrong type', 429, rpc(429, 'RESOURCE_EXHAUSTED', 'Said.', [{ '@type': 3 }, quota({ quotaId: 5 }), delay(7)]), 'PROVIDER_RATE_LIMIT', true],
  ];
  for (const [name, status, body, code, retryable] of rows) {
    it(`${name}: ${code}`, () => {
      const given = error(status, body);
      assert.deepEqual([given.code, given.retryable, given.status], [code, retryable, status], given.message);
      assert.ok(given.message.length > 0);
    });
  }
  it('takes the delay from the details, the text, the field, in this order', () => {
    const at = (body: unknown, fields: Fields = []) => error(429, body, fields).retryAfterMs;
    assert.equal(at(rpc(429, 'RESOURCE_EXHAUSTED', 'Please retry in 5s.', [delay('34.4s')]), [['retry-after', '9']]), 34_400);
    assert.equal(at(rpc(429, 'RESOURCE_EXHAUSTED', 'Please retry in 712.5ms.'), [['retry-after', '9']]), 713);
    assert.equal(at(rpc(429, 'RESOURCE_EXHAUSTED', 'Wait.'), [['retry-after', '9']]), 9_000);
    for (const odd of ['', '-3s', '1e9s', 's', '99999999999s', 3]) assert.equal(at(rpc(429, 'RESOURCE_EXHAUSTED', 'Wait.', [delay(odd)])), undefined);
  });
  it('says when a day is over: at midnight in California, summer and winter', () => {
    const reset = (now: string) => {
      const body = JSON.stringify(rpc(429, 'RESOURCE_EXHAUSTED', '', [quota({ quotaId: 'PerDay' })]));
      return new Date(protocol.toError({ status: 429, fields: [], text: body, nowMs: Date.parse(now) }, context).resetsAtMs ?? 0).toISOString();
    };
    assert.equal(reset('2026-07-01T06:59:59.500Z'), '2026-07-01T07:00:00.000Z');
    assert.equal(reset('2026-07-01T07:00:00.000Z'), '2026-07-02T07:00:00.000Z');
    assert.equal(reset('2026-12-24T20:00:00.000Z'), '2026-12-25T08:00:00.000Z');
  });
});
