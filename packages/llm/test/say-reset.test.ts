import assert from 'node:assert/strict';
import { describe, it } from 'node:test';

import { amendError, type Auth, defineProvider, isProviderError, ProviderError, type ProviderErrorCode, type ProviderErrorDetails } from '@sx/llm';

import { JSON_FIELDS, scriptedTransport } from './scripted-transport.ts';
import { toyProtocol } from './toy-protocol.ts';

const NOW_MS = 1_700_000_000_000;
const noAuth: Auth = { apply: (plain) => Promise.resolve(plain) };

/** The error that a whole provider throws where its protocol makes this one. */
async function thrown(code: ProviderErrorCode, message: string, details: ProviderErrorDetails = {}, hint?: string): Promise<ProviderError> {
  const transport = scriptedTransport([{ status: 429, fields: JSON_FIELDS, body: ['{}'] }]);
  const toy = defineProvider({
    id: 'toy', protocol: { ...toyProtocol, toError: () => new ProviderError(code, message, details) },
    endpoint: { baseUrl: 'https://api.example.test', path: '/toy' }, auth: noAuth, capabilities: () => ({}),
    quirks: { toError: (error) => (hint === undefined ? error : amendError(error, { hint })) },
  })({ transport, userAgent: 'sx/0', now: () => NOW_MS });
  try {
    for await (const _ of toy.stream({ model: 'm', system: 's', messages: [], tools: [], sessionId: 'a', turnId: 'b' }));
  } catch (error) {
    if (isProviderError(error)) return error;
    throw error;
  }
  throw new Error('nothing was thrown');
}

describe('a limit that is used up', () => {
  const UNKNOWN = 'the server does not say when it resets';
  for (const code of ['PROVIDER_QUOTA', 'PROVIDER_USAGE_LIMIT'] as const) {
    it(`${code}: a delay becomes a time, and nobody waits`, async () => {
      const error = await thrown(code, 'Full', { retryAfterMs: 5_000 });
      assert.deepEqual([error.resetsAtMs, error.hint, error.retryable], [NOW_MS + 5_000, undefined, false]);
    });
    it(`${code}: a time stays`, async () => {
      const { resetsAtMs, hint } = await thrown(code, 'Full', { resetsAtMs: 1, retryAfterMs: 5_000 });
      assert.deepEqual([resetsAtMs, hint], [1, undefined]);
    });
    it(`${code}: says that no time was said`, async () => assert.equal((await thrown(code, 'Full')).hint, UNKNOWN));
    it(`${code}: says so behind what would help`, async () => {
      assert.equal((await thrown(code, 'Full', {}, 'pay at example.com')).hint, `pay at example.com; ${UNKNOWN}`);
    });
    it(`${code}: contradicts no words that people can read`, async () => {
      assert.equal((await thrown(code, 'Your limit will reset at 2026-12-01 08:00:00')).hint, undefined);
    });
  }
  for (const vendorCode of ['usage_not_included', 'billing_error', 'billing_not_active']) {
    it(`is not meant where money or a plan lacks: ${vendorCode} resets never`, async () => {
      assert.equal((await thrown('PROVIDER_QUOTA', 'You may not', { vendorCode })).hint, undefined);
    });
  }
  it('is not meant where the words say that money or a plan lacks', async () => {
    for (const message of ['Codex is not included in your plan.', 'Your credit balance is too low.', 'Please enable billing on your project.', 'Insufficient Balance']) {
      assert.equal((await thrown('PROVIDER_QUOTA', message)).hint, undefined, message);
    }
  });
  it('is not meant by any other error', async () => {
    const { hint, resetsAtMs } = await thrown('PROVIDER_PERMISSION', 'No', { retryAfterMs: 5_000 });
    assert.deepEqual([hint, resetsAtMs], [undefined, undefined]);
  });
});
