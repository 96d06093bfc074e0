import assert from 'node:assert/strict';
import { describe, it } from 'node:test';

import { isProviderError, type JsonObject, type ProviderErrorCode } from '@sx/llm';
import { createSeededRandom } from '@sx/testkit';

import { added, call, codex, completed, context, created, decodeEvents, done, message, NOW_MS, open } from './conversation.ts';

const failed = (error: JsonObject | null): JsonObject => ({ type: 'response.failed', response: { id: 'resp_1', error } });

function assertFault(error: unknown, code: ProviderErrorCode, more: object = {}): void {
  assert.ok(isProviderError(error), String(error));
  assert.equal(error.code, code);
  for (const [key, value] of Object.entries(more)) assert.deepEqual(Reflect.get(error, key), value, key);
}

describe('responses: what a stream gives', () => {
  it('takes a limit before the first token for a window that is full', () => {
    const cut = (output_tokens: number, ...more: JsonObject[]): string =>
      decodeEvents([created, ...more, { type: 'response.incomplete', response: { id: 'resp_1', incomplete_details: { reason: 'max_output_tokens' }, usage: { input_tokens: 9, output_tokens } } }]).message.finishReason;
    assert.deepEqual([cut(0), cut(5), cut(0, done(message('Hi.')))], ['context-overflow', 'length', 'length']);
  });
  it('counts nothing below zero', () => {
    const usage = { input_tokens: -1, input_tokens_details: { cached_tokens: -2, cache_write_tokens: -3 }, output_tokens: -4, output_tokens_details: { reasoning_tokens: -5 } };
    const { message: result } = decodeEvents([created, done(message('Hi.')), completed({ usage })]);
    const { raw: _, ...counted } = result.usage ?? {};
    assert.deepEqual(counted, { inputTokens: 0, cacheReadTokens: 0, cacheWriteTokens: 0, outputTokens: 0, reasoningTokens: 0 });
  });
  it('says what the server took out of the request', () => {
    const removed = [{ type: 'reasoning', action: 'removed', reason: 'prefix_mismatch' }];
    const { events } = decodeEvents([created, done(message('Hi.')), completed({ input_transformations: removed })]);
    assert.deepEqual(events.filter(({ type }) => type === 'warning'), [{ type: 'warning', message: 'the server left out an earlier thought (prefix_mismatch)' }]);
  });
  it('keeps two messages apart, phases in the raw form, no usage where none was sent', () => {
    const { message: result, events } = decodeEvents([created, done(message('First.', { phase: 'commentary' })), done(message('Second.')), completed()]);
    assert.deepEqual(result.content, [{ type: 'text', text: 'First.' }, { type: 'text', text: 'Second.' }]);
    assert.equal(result.usage?.inputTokens, undefined);
    const finish = events.at(-1);
    assert.ok(finish?.type === 'finish');
    assert.deepEqual(finish.raw[0], message('First.', { phase: 'commentary' }));
  });
  it('takes items, not completed.output, which may be empty, and details that are null', () => {
    const usage = { input_tokens: 7, input_tokens_details: null, output_tokens: 0, output_tokens_details: null, total_tokens: 7 };
    const { message: result } = decodeEvents([created, done(message('Hi.')), completed({ output: [], usage })]);
    assert.deepEqual(result.content, [{ type: 'text', text: 'Hi.' }]);
    assert.deepEqual({ ...result.usage, raw: undefined }, {
      inputTokens: 7, cacheReadTokens: undefined, cacheWriteTokens: undefined, outputTokens: 0, reasoningTokens: undefined, raw: undefined,
    });
  });
  it('counts cached and written tokens apart from the rest of the input', () => {
    const usage = {
      input_tokens: 100, input_tokens_details: { cached_tokens: 40, cache_write_tokens: 50 }, output_tokens: 10,
      output_tokens_details: { reasoning_tokens: 5 }, total_tokens: 110,
    };
    const { message: result } = decodeEvents([created, completed({ usage })]);
    assert.deepEqual({ ...result.usage, raw: undefined }, {
      inputTokens: 10, cacheReadTokens: 40, cacheWriteTokens: 50, outputTokens: 10, reasoningTokens: 5, raw: undefined,
    });
  });
  it('stops at completed: what follows is not read', () => {
    const { error, events } = decodeEvents([created, completed(), failed({ code: 'server_error' }), 'junk', completed()]);
    assert.equal(error, undefined);
    assert.equal(events.filter((event) => event.type === 'finish').length, 1);
  });
  it('accepts response.done for response.completed', () => {
    assert.equal(decodeEvents([created, { type: 'response.done', response: { id: 'r' } }]).message.finishReason, 'end');
  });
  it('sets a summary part from its done event where the item comes without', () => {
    const place = { item_id: 'rs_1', output_index: 0, summary_index: 0 };
    const { message: result } = decodeEvents([
      created, added({ type: 'reasoning', id: 'rs_1', summary: [] }, 0),
      { type: 'response.reasoning_summary_text.delta', ...place, delta: 'Thin' },
      { type: 'response.reasoning_summary_text.done', ...place, text: 'Thinking.' },
      done({ type: 'reasoning', id: 'rs_1', summary: [], encrypted_content: 'e' }, 0), completed(),
    ]);
    assert.deepEqual(result.content, [{ type: 'reasoning', text: 'Thinking.' }]);
  });
  it('shows raw reasoning of open models', () => {
    const place = { item_id: 'rs_1', output_index: 0, content_index: 0 };
    const { message: result } = decodeEvents([
      created, { type: 'response.reasoning_text.delta', ...place, delta: 'Hm' },
      done({ type: 'reasoning', id: 'rs_1', summary: [], content: [{ type: 'reasoning_text', text: 'Hmm.' }] }, 0), completed(),
    ], open);
    assert.deepEqual(result.content, [{ type: 'reasoning', text: 'Hmm.' }]);
  });
  it('keeps a tool search call with object arguments for replay', () => {
    const item = { type: 'tool_search_call', call_id: 's', execution: 'server', arguments: { query: 'x' } };
    const finish = decodeEvents([created, done(item), completed()]).events.at(-1);
    assert.deepEqual(finish?.type === 'finish' && finish.raw, [item]);
  });
  it('believes response.headers about the model and ignores response.model on codex', () => {
    const start = (response: JsonObject) => decodeEvents([{ type: 'response.created', response: { id: 'r', model: 'other', ...response } }, completed()]).events[0];
    assert.deepEqual(start({}), { type: 'response-start', responseId: 'r' });
    assert.deepEqual(start({ headers: { 'OpenAI-Model': ['gpt-5.5-x'] } }), { type: 'response-start', responseId: 'r', model: 'gpt-5.5-x' });
  });
  it('asks for a follow-up where end_turn is false and no tool was called', () => {
    const finish = (list: JsonObject[]) => {
      const event = decodeEvents([created, ...list, completed({ end_turn: false })]).events.at(-1);
      return event?.type === 'finish' && event.continueTurn;
    };
    assert.equal(finish([done(message('Wait.'))]), true);
    assert.equal(finish([done(call('c'))]), undefined);
  });
  it('finishes with length at incomplete, and blocked where a filter cut', () => {
    const cut = (reason?: string) => decodeEvents([created, done(message('Once')), {
      type: 'response.incomplete', response: { id: 'r', ...(reason === undefined ? {} : { incomplete_details: { reason } }) },
    }]).message.finishReason;
    assert.deepEqual([cut('max_output_tokens'), cut('content_filter'), cut()], ['length', 'blocked', 'length']);
  });
  it('reads arguments that are no object as a call without input', () => {
    const input = (args: string) => {
      const [part] = decodeEvents([created, done(call('c', 'read', args)), completed()]).message.content;
      return part?.type === 'tool-call' ? part.input : 'no call';
    };
    assert.deepEqual([input('{"a":1}'), input(''), input('[1]'), input('{"a":')], [{ a: 1 }, {}, undefined, undefined]);
  });
  it('passes deltas on where the finished message does not repeat them', () => {
    const { message: result } = decodeEvents([
      created, { type: 'response.output_text.delta', output_index: 0, delta: 'big' }, done(message(''), 0), completed(),
    ]);
    assert.deepEqual(result.content, [{ type: 'text', text: 'big' }]);
  });
  it('reports windows and credits of a rate limit event, without zero windows', () => {
    const { events } = decodeEvents([created, {
      type: 'codex.rate_limits', plan_type: 'pro', metered_limit_name: 'codex-other',
      rate_limits: { primary: { used_percent: 12.5, window_minutes: 60, reset_at: 1_700_000_060 }, secondary: { used_percent: 0 } },
      credits: { has_credits: true, unlimited: false, balance: ' ' },
    }, completed()]);
    assert.deepEqual(events[1], {
      type: 'rate-limits', plan: 'pro', credits: { hasCredits: true, unlimited: false },
      limits: [{ limitId: 'codex_other', window: 'primary', usedPercent: 12.5, windowMinutes: 60, resetsAtMs: 1_700_000_060_000 }],
    });
  });
});

describe('responses: what breaks a stream', () => {
  const rows: [string, (JsonObject | string)[], ProviderErrorCode, object][] = [
    ['ends after an item', [created, done(message('Whole?'))], 'PROVIDER_TRUNCATED_STREAM', { retryable: true }],
    ['is empty', [], 'PROVIDER_TRUNCATED_STREAM', { retryable: true }],
    ['completes without an id', [created, { type: 'response.completed', response: {} }], 'PROVIDER_MALFORMED_RESPONSE', { retryable: true }],
    ['fails with a delay in seconds', [failed({ code: 'rate_limit_exceeded', message: 'Please try again in 11.054s.' })], 'PROVIDER_RATE_LIMIT', { retryable: true, retryAfterMs: 11_054 }],
    ['fails with a delay in ms', [failed({ code: 'rate_limit_exceeded', message: 'try again in 28ms' })], 'PROVIDER_RATE_LIMIT', { retryAfterMs: 28 }],
    ['fails with a delay in words', [failed({ code: 'rate_limit_exceeded', message: 'TRY AGAIN IN 1.5 SECONDS' })], 'PROVIDER_RATE_LIMIT', { retryAfterMs: 1_500 }],
    ['fails on a rate limit without delay', [failed({ code: 'rate_limit_exceeded', message: 'slow' })], 'PROVIDER_RATE_LIMIT', { retryable: true, retryAfterMs: undefined }],
    ['overflows', [failed({ code: 'context_length_exceeded', message: 'Your input exceeds the context window of this model.\n' })], 'PROVIDER_CONTEXT_OVERFLOW', { retryable: false }],
    ['has no quota', [failed({ code: 'insufficient_quota', message: 'billing' })], 'PROVIDER_QUOTA', { retryable: false }],
    ['is not in the plan', [failed({ code: 'usage_not_included' })], 'PROVIDER_QUOTA', { retryable: false }],
    ['is against policy', [failed({ code: 'cyber_policy', message: 'Flagged.' })], 'PROVIDER_CONTENT_POLICY', { retryable: false, message: 'Flagged.' }],
    ['is against policy, in blanks', [failed({ code: 'cyber_policy', message: '  ' })], 'PROVIDER_CONTENT_POLICY', { message: 'the request was flagged by a safety rule of the server' }],
    ['has an invalid prompt', [failed({ code: 'invalid_prompt', message: 'No.' })], 'PROVIDER_CONTENT_POLICY', { retryable: false, message: 'No.' }],
    ['meets the bio policy', [failed({ code: 'bio_policy', message: 'No.' })], 'PROVIDER_CONTENT_POLICY', { retryable: false }],
    ['is overloaded', [failed({ code: 'server_is_overloaded', message: 'busy' })], 'PROVIDER_OVERLOADED', { retryable: true }],
    ['is to slow down', [failed({ code: 'slow_down', message: 'busy' })], 'PROVIDER_OVERLOADED', { retryable: true }],
    ['fails without an error', [failed(null)], 'PROVIDER_SERVER', { retryable: true }],
    ['fails with a new code', [failed({ code: 'gremlins', message: 'Oops' })], 'PROVIDER_SERVER', { retryable: true, vendorCode: 'gremlins' }],
    ['has a flat error event', [created, { type: 'error', code: 'insufficient_quota', message: 'No money', param: null }], 'PROVIDER_QUOTA', { message: 'No money' }],
    ['has a nested error event', [created, { type: 'error', error: { type: 'insufficient_quota', code: 'insufficient_quota', message: 'No money' } }], 'PROVIDER_QUOTA', {}],
    ['has an error event with a status', [{ type: 'error', status: 400, error: { type: 'invalid_request_error', message: 'Bad' } }], 'PROVIDER_INVALID_REQUEST', { retryable: false }],
    ['reaches a usage limit', [{ type: 'error', error: { type: 'usage_limit_reached', message: 'Full', resets_in_seconds: 60 } }], 'PROVIDER_USAGE_LIMIT', { retryable: false, resetsAtMs: NOW_MS + 60_000 }],
    ['completes over an open call', [created, added(call('c'), 0), completed()], 'PROVIDER_MALFORMED_RESPONSE', { retryable: true }],
    ['completes over an open message', [created, { type: 'response.output_text.delta', output_index: 0, delta: 'Ha' }, completed()], 'PROVIDER_MALFORMED_RESPONSE', {}],
  ];
  for (const [name, list, code, more] of rows) it(`${name}: ${code}`, () => assertFault(decodeEvents(list).error, code, more));

  it('throws the same error again for whatever comes', () => {
    const decoder = codex.createDecoder(context);
    const push = (value: JsonObject) => () => decoder.push({ event: '', data: JSON.stringify(value), id: '' }, () => undefined);
    let first: unknown;
    try { push(failed(null))(); } catch (error) { first = error; }
    assert.throws(push(completed()), (error) => error === first);
    assert.throws(() => decoder.end(() => undefined), (error) => error === first);
  });
});

describe('responses: bad input', () => {
  const golden: JsonObject[] = [
    created, added({ type: 'reasoning', id: 'rs_1', summary: [] }, 0),
    { type: 'response.reasoning_summary_text.delta', item_id: 'rs_1', output_index: 0, summary_index: 0, delta: 'Hm.' },
    done({ type: 'reasoning', id: 'rs_1', summary: [{ type: 'summary_text', text: 'Hm.' }], encrypted_content: 'e' }, 0),
    added(message('', { id: 'msg_1' }), 1),
    { type: 'response.output_text.delta', item_id: 'msg_1', output_index: 1, delta: 'Read' },
    { type: 'response.output_text.delta', item_id: 'msg_1', output_index: 1, delta: 'ing.' },
    done(message('Reading.', { id: 'msg_1' }), 1),
    added(call('a'), 2), { type: 'response.function_call_arguments.delta', item_id: 'fc_a', output_index: 2, delta: '{}' }, done(call('a'), 2),
    added(call('b'), 3), done(call('b'), 3), completed(),
  ];
  const { message: whole } = decodeEvents(golden);

  it('gives a beginning and an error for every prefix', () => {
    for (let length = 0; length < golden.length; length++) assertFault(decodeEvents(golden.slice(0, length)).error, 'PROVIDER_TRUNCATED_STREAM');
  });
  it('gives the same message where any event comes twice', () => {
    golden.forEach((event, index) => {
      const { error, message: result } = decodeEvents([...golden.slice(0, index), event, ...golden.slice(index)]);
      assert.equal(error, undefined, `event ${index} twice`);
      assert.deepEqual(result, whole, `event ${index} twice`);
    });
  });
  it('gives the whole set of calls or a typed error, however the events are shuffled', () => {
    const random = createSeededRandom(7);
    for (let round = 0; round < 2_000; round++) {
      const list = [...golden];
      for (let index = list.length - 1; index > 0; index--) {
        const other = random.below(index + 1);
        const [a, b] = [list[index], list[other]];
        if (a !== undefined && b !== undefined) list.splice(index, 1, b), list.splice(other, 1, a);
      }
      const { error, message: result, events } = decodeEvents(list);
      if (error !== undefined) assertFault(error, 'PROVIDER_MALFORMED_RESPONSE');
      // Items whose every event comes after completed were never there; what is there is whole.
      else for (const part of result.content) assert.ok(part.type !== 'text' || part.text === 'Reading.', JSON.stringify([part, events]));
    }
  });
  it('survives every value of the wrong type in every place', () => {
    const wrong = [null, 17, 'x', true, [], {}, [[]], -1];
    for (const [index, event] of golden.entries()) {
      for (const key of Object.keys(event)) {
        for (const value of wrong) {
          const list = golden.with(index, { ...event, [key]: value });
          const { error } = decodeEvents(list);
          if (error !== undefined) assert.ok(isProviderError(error), `event ${index}, ${key} = ${JSON.stringify(value)}: ${String(error)}`);
        }
      }
    }
  });
});
