import assert from 'node:assert/strict';
import { describe, it } from 'node:test';

import { ProviderError, type ProviderErrorCode } from '@sx/llm';
import type { Fields } from '@sx/net';
import { createMemberRepairs } from '@sx/protocols/openai-chat/repair';

import { context, lenient, request, user } from './conversation.ts';

const NOW_MS = 1_700_000_000_000;
const json = (value: unknown): string => JSON.stringify(value);
const error = (status: number, text: string, fields: Fields = []): ProviderError => lenient.toError({ status, fields, text, nowMs: NOW_MS }, context);

describe('chat: refusals', () => {
  const rows: readonly (readonly [form: string, status: number, text: string, code: ProviderErrorCode, retryable: boolean])[] = [
    ['OpenAI, a wrong parameter', 400, json({ error: { message: 'Unrecognized request argument supplied: foo', type: 'invalid_request_error', param: null, code: null } }), 'PROVIDER_INVALID_REQUEST', false],
    ['OpenAI, overflow by code', 400, json({ error: { message: 'Too long', type: 'invalid_request_error', code: 'context_length_exceeded' } }), 'PROVIDER_CONTEXT_OVERFLOW', false],
    ['vLLM, overflow by text', 400, json({ object: 'error', message: "This model's maximum context length is 8192 tokens.", type: 'BadRequestError', code: 400 }), 'PROVIDER_CONTEXT_OVERFLOW', false],
    ['llama.cpp, overflow', 400, json({ error: { code: 400, message: 'the request exceeds the available context size', type: 'exceed_context_size_error' } }), 'PROVIDER_CONTEXT_OVERFLOW', false],
    ['Ollama, a text', 400, json({ error: 'prompt too long; exceeded max context length by 4 tokens' }), 'PROVIDER_CONTEXT_OVERFLOW', false],
    ['LM Studio, overflow', 400, json({ error: 'The number of tokens is greater than the context length' }), 'PROVIDER_CONTEXT_OVERFLOW', false],
    ['Groq, overflow', 400, json({ error: { message: 'Please reduce the length of the messages or completion.' } }), 'PROVIDER_CONTEXT_OVERFLOW', false],
    ['llama.cpp, loading', 503, json({ error: { code: 503, message: 'Loading model', type: 'unavailable_error' } }), 'PROVIDER_SERVER', true],
    ['a key that is wrong', 401, json({ error: { message: 'Incorrect API key', code: 'invalid_api_key' } }), 'PROVIDER_AUTHENTICATION', false],
    ['a key that is wrong, with 400', 400, json({ error: { message: 'Incorrect API key', code: 'invalid_api_key' } }), 'PROVIDER_AUTHENTICATION', false],
    ['no credits', 402, json({ error: { code: 402, message: 'Insufficient credits' } }), 'PROVIDER_QUOTA', false],
    ['DeepSeek, no balance', 402, json({ error: { message: 'Insufficient Balance', type: 'unknown_error' } }), 'PROVIDER_QUOTA', false],
    ['OpenAI, no quota', 429, json({ error: { message: 'You exceeded your current quota', type: 'insufficient_quota', code: 'insufficient_quota' } }), 'PROVIDER_QUOTA', false],
    ['Moonshot, no quota', 429, json({ error: { message: 'suspended', type: 'exceeded_current_quota_error' } }), 'PROVIDER_QUOTA', false],
    ['a rate limit', 429, json({ error: { message: 'Rate limit reached', code: 'rate_limit_exceeded' } }), 'PROVIDER_RATE_LIMIT', true],
    ['a rate limit with a type of its own', 429, json({ error: { message: 'engine busy', type: 'engine_overloaded_error' } }), 'PROVIDER_OVERLOADED', true],
    ['a rate limit that names tokens is no overflow', 429, json({ error: { message: 'Rate limit: token limit exceeded per minute' } }), 'PROVIDER_RATE_LIMIT', true],
    ['forbidden', 403, json({ error: { message: 'No access' } }), 'PROVIDER_PERMISSION', false],
    ['no such model', 404, json({ error: { message: 'model "x" not found, try pulling it first', type: 'not_found_error' } }), 'PROVIDER_NOT_FOUND', false],
    ['no such path', 404, json({ detail: 'Not Found' }), 'PROVIDER_NOT_FOUND', false],
    ['a policy', 400, json({ error: { code: 'content_policy_violation', message: 'No' } }), 'PROVIDER_CONTENT_POLICY', false],
    ['Azure, a filter', 400, json({ error: { code: 'content_filter', message: 'No', status: 400 } }), 'PROVIDER_CONTENT_POLICY', false],
    ['FastAPI', 422, json({ detail: [{ type: 'extra_forbidden', loc: ['body', 'store'], msg: 'Extra inputs are not permitted' }] }), 'PROVIDER_INVALID_REQUEST', false],
    ['Mistral', 422, json({ object: 'error', message: { detail: [{ loc: ['body', 'store'], msg: 'Extra inputs are not permitted' }] } }), 'PROVIDER_INVALID_REQUEST', false],
    ['a gateway that wraps it in a list', 400, json([{ error: { code: 400, message: 'Bad' } }]), 'PROVIDER_INVALID_REQUEST', false],
    ['only a message', 500, json({ message: 'Oops' }), 'PROVIDER_SERVER', true],
    ['no body', 502, '', 'PROVIDER_SERVER', true],
    ['no JSON', 504, 'upstream request timeout', 'PROVIDER_SERVER', true],
    ['too large', 413, '', 'PROVIDER_CONTEXT_OVERFLOW', false],
    ['Groq, more than a minute allows', 413, json({ error: { message: 'Request too large for model `x` on tokens per minute (TPM): Limit 6000, Requested 9000', type: 'tokens', code: 'rate_limit_exceeded' } }), 'PROVIDER_CONTEXT_OVERFLOW', false],
    ['OpenAI, more than a minute allows', 429, json({ error: { message: 'Request too large for gpt-x on tokens per min (TPM): Limit 30000, Requested 40000.', type: 'tokens', code: 'rate_limit_exceeded' } }), 'PROVIDER_CONTEXT_OVERFLOW', false],
    ['Groq, a garbled call', 400, json({ error: { message: 'Failed to call a function.', type: 'invalid_request_error', code: 'tool_use_failed', failed_generation: '<f' } }), 'PROVIDER_MALFORMED_RESPONSE', true],
    ['a conflict', 409, json({ error: { message: 'again' } }), 'PROVIDER_INVALID_REQUEST', true],
    ['a timeout', 408, '', 'PROVIDER_INVALID_REQUEST', true],
    ['overloaded', 529, json({ error: { message: 'busy' } }), 'PROVIDER_OVERLOADED', true],
    ['an error in a 200', 200, json({ error: { code: 'insufficient_quota', message: 'pay' } }), 'PROVIDER_QUOTA', false],
    ['a whole answer in a 200', 200, json({ id: 'x', choices: [] }), 'PROVIDER_MALFORMED_RESPONSE', false],
  ];
  for (const [form, status, text, code, retryable] of rows) {
    it(`${form}: ${code}`, () => {
      const got = error(status, text);
      assert.deepEqual([got.code, got.retryable, got.status], [code, retryable, status]);
      assert.ok(got.message !== '');
    });
  }
  it('says what the upstream of a router said', () => {
    const body = { error: { code: 502, message: 'Provider returned error', metadata: { raw: 'no capacity', provider_name: 'Example' } } };
    assert.equal(error(502, json(body)).message, 'Provider returned error (Example: no capacity)');
  });
  it('waits longer for a server that is loading its model', () => {
    const loading = error(503, json({ error: { code: 503, message: 'Loading model', type: 'unavailable_error' } }));
    assert.deepEqual([loading.retryable, loading.retryAfterMs], [true, 10_000]);
    assert.equal(error(503, json({ error: { code: 503, message: 'Loading model' } }), [['retry-after', '2']]).retryAfterMs, 2_000);
    assert.equal(error(503, json({ error: { message: 'busy' } })).retryAfterMs, undefined);
  });
  it('reads the delay from the fields, else from the text', () => {
    const body = json({ error: { message: 'Please try again in 1.5s.', code: 'rate_limit_exceeded' } });
    assert.equal(error(429, body).retryAfterMs, 1_500);
    assert.equal(error(429, body, [['retry-after', '3']]).retryAfterMs, 3_000);
  });
});

describe('chat: members that a server refuses', () => {
  const ask = request([user('hi')]);
  const repaired = (message: string, body: Record<string, string | number | { effort: string; summary: string }>, status = 400): unknown => {
    const repairs = createMemberRepairs();
    const repair = repairs.repair(new ProviderError('PROVIDER_INVALID_REQUEST', message, { status }), { request: ask, capabilities: {}, body });
    return repair === undefined ? undefined : repairs.body(body, ask, context);
  };
  const rows: readonly (readonly [message: string, body: Record<string, string | number>, after: object | undefined])[] = [
    ["Unsupported parameter: 'max_tokens' is not supported with this model. Use 'max_completion_tokens' instead.", { max_tokens: 5, model: 'm' }, { max_completion_tokens: 5, model: 'm' }],
    ['Unrecognized request argument supplied: prompt_cache_key', { prompt_cache_key: 'k', model: 'm' }, { model: 'm' }],
    ['body.verbosity: Extra inputs are not permitted', { verbosity: 'low', model: 'm' }, { model: 'm' }],
    ["property 'verbosity' is unsupported", { verbosity: 'low', model: 'm' }, { model: 'm' }],
    ["litellm.UnsupportedParamsError: x does not support parameters: ['verbosity']", { verbosity: 'low', model: 'm' }, { model: 'm' }],
    ['Unknown field: `stream_options`', { stream_options: 'x', model: 'm' }, { model: 'm' }],
    ["Unsupported parameter: 'tools' is not supported", { tools: 'x', model: 'm' }, undefined],
    ["Unsupported parameter: 'other'", { model: 'm' }, undefined],
    ['Something else', { model: 'm' }, undefined],
  ];
  for (const [message, body, after] of rows) it(message, () => assert.deepEqual(repaired(message, body), after));
  it('may be one of two levels', () => {
    const body = { model: 'm', reasoning: { effort: 'low', summary: 'auto' } };
    const after = { model: 'm', reasoning: { effort: 'low' } };
    assert.deepEqual(repaired("Unsupported parameter: 'reasoning.summary' is not supported", body), after);
    assert.deepEqual(repaired('Your organization must be verified to generate reasoning summaries.', body), after);
  });
  it('are not guessed from other statuses', () => assert.equal(repaired('Unrecognized request argument supplied: verbosity', { verbosity: 'low' }, 500), undefined));
});
