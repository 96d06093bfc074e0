import assert from 'node:assert/strict';
import { describe, it } from 'node:test';

import { isProviderError, type ProviderError, type ProviderErrorCode } from '@sx/llm';
import type { Fields } from '@sx/net';
import { chatCompletions } from '@sx/protocols/openai-chat';
import { responses } from '@sx/protocols/openai-responses';

const NOW_MS = 1_700_000_000_000;
const context = { origin: { provider: 'openai', protocol: 'x', model: 'm' }, capabilities: {} };
const chat = chatCompletions({}, () => NOW_MS);
const open = responses({ dialect: 'public', now: () => NOW_MS });
const refusal = (protocol: typeof chat, message: string, code: string, fields: Fields = [], more: object = {}): ProviderError =>
  protocol.toError({ status: 429, fields, text: JSON.stringify({ error: { message, code, ...more } }), nowMs: NOW_MS }, context);

for (const protocol of [chat, open]) {
  describe(`${protocol.id}: when a limit opens again`, () => {
    const texts: readonly (readonly [message: string, ms: number | undefined])[] = [
      ['Please try again in 1.5s.', 1_500],
      ['Please try again in 28ms. Visit https://platform.openai.com/account/billing to pay for more.', 28],
      ['Rate limit reached on tokens per day (TPD): Limit 100000. Please try again in 16m39.6s. Need more tokens?', 999_600],
      ['Please try again in 6m0s.', 360_000],
      ['Please try again in 1h2m3s', 3_723_000],
      ['Retry after 5 seconds', 5_000],
      ['Please wait 2 minutes', 120_000],
      ['It resets in 1 hour and 5 minutes.', 3_900_000],
      ['Try again in a while', undefined],
      ['try again in 5 monkeys', undefined],
      ['try again in 999999999 days', undefined],
      ['Please try again', undefined],
    ];
    for (const [message, ms] of texts) {
      it(message, () => {
        const { code, retryable, retryAfterMs } = refusal(protocol, message, 'rate_limit_exceeded');
        assert.deepEqual([code, retryable, retryAfterMs], ['PROVIDER_RATE_LIMIT', true, ms]);
      });
    }
    const heads: readonly (readonly [rule: string, fields: Fields, ms: number | undefined])[] = [
      ['the window that is empty', [['x-ratelimit-remaining-requests', '9'], ['x-ratelimit-reset-requests', '9h'], ['x-ratelimit-remaining-tokens', '0'], ['x-ratelimit-reset-tokens', '2m59.56s']], 179_560],
      ['the last of two that are', [['x-ratelimit-remaining-requests', '0'], ['x-ratelimit-reset-requests', '1s'], ['x-ratelimit-remaining-tokens', '0'], ['x-ratelimit-reset-tokens', '6s']], 6_000],
      ['none of those that are not', [['x-ratelimit-remaining-tokens', '1'], ['x-ratelimit-reset-tokens', '1s']], undefined],
      ['seconds', [['x-ratelimit-remaining', '0'], ['x-ratelimit-reset', '30']], 30_000],
      ['a time in seconds', [['x-ratelimit-remaining', '0'], ['x-ratelimit-reset', '1700000060']], 60_000],
      ['a time in milliseconds', [['x-ratelimit-remaining', '0'], ['x-ratelimit-reset', '1700000060000']], 60_000],
      ['a time that is over', [['x-ratelimit-remaining', '0'], ['x-ratelimit-reset', '1600000000']], 0],
      ['nothing of a time in another age', [['x-ratelimit-remaining', '0'], ['x-ratelimit-reset', '999999999999999']], undefined],
      ['retry-after before all', [['retry-after', '7'], ['x-ratelimit-remaining', '0'], ['x-ratelimit-reset', '30']], 7_000],
    ];
    for (const [rule, fields, ms] of heads) {
      it(`reads from the head ${rule}`, () => assert.equal(refusal(protocol, 'Slow down', 'rate_limit_exceeded', fields).retryAfterMs, ms));
    }
    it('believes the words before the windows', () => {
      const fields: Fields = [['x-ratelimit-remaining-tokens', '0'], ['x-ratelimit-reset-tokens', '9s']];
      assert.equal(refusal(protocol, 'try again in 2s', 'rate_limit_exceeded', fields).retryAfterMs, 2_000);
    });
    const spent: readonly (readonly [message: string, code: string, class_: ProviderErrorCode, resetsAt: string | undefined])[] = [
      ['You exceeded your current quota, please check your plan and billing details.', 'insufficient_quota', 'PROVIDER_QUOTA', undefined],
      ['Monthly usage limit reached', 'rate_limit_exceeded', 'PROVIDER_USAGE_LIMIT', undefined],
      ['Usage limit reached, it resets at 2026-12-01T08:00:00Z.', '', 'PROVIDER_USAGE_LIMIT', '2026-12-01T08:00:00.000Z'],
      ['Usage limit reached until 2026-12-01 08:00 UTC', '', 'PROVIDER_USAGE_LIMIT', '2026-12-01T08:00:00.000Z'],
      ['Usage limit reached, resets at 2026-12-01 08:00:00+02:00', '', 'PROVIDER_USAGE_LIMIT', '2026-12-01T06:00:00.000Z'],
      ['Usage limit reached, resets at 2026-12-01 08:00:00', '', 'PROVIDER_USAGE_LIMIT', undefined],
      ['Usage limit reached, resets at 2026-99-01T08:00:00Z', '', 'PROVIDER_USAGE_LIMIT', undefined],
      ['No available balance', 'rate_limit_exceeded', 'PROVIDER_QUOTA', undefined],
    ];
    for (const [message, code, expected, resetsAt] of spent) {
      it(`is not repeated: ${message}`, () => {
        const error = refusal(protocol, message, code);
        assert.deepEqual([error.code, error.retryable], [expected, false]);
        assert.equal(error.resetsAtMs, resetsAt === undefined ? undefined : Date.parse(resetsAt));
      });
    }
    it('reads the delay of a quota too', () => {
      assert.equal(refusal(protocol, 'Quota used up, try again in 3h', 'insufficient_quota').retryAfterMs, 10_800_000);
    });
  });
}

it('openai-chat: reads the head that a router repeats in its body', () => {
  const metadata = { headers: { 'X-RateLimit-Limit': '50', 'X-RateLimit-Remaining': '0', 'X-RateLimit-Reset': '1700007200000', odd: 1 } };
  const error = refusal(chat, 'Rate limit exceeded: free-models-per-day', '429', [], { metadata });
  assert.ok(isProviderError(error));
  assert.equal(error.retryAfterMs, 7_200_000);
});
