import assert from 'node:assert/strict';
import { describe, it } from 'node:test';

import {
  accumulate, amendError, clampEffort, createAccumulator, createStreamGrammar, createWireDecoder, isContextOverflow, noUsage, ProviderError,
  readString, retryAfterMs, sanitizeJson, sanitizeText, type StreamEvent,
} from '@sx/llm';

const origin = { provider: 'toy', protocol: 'toy', model: 'm' };
const finish: StreamEvent = { type: 'finish', reason: 'tool-use', usage: noUsage, raw: ['r'] };

describe('accumulate', () => {
  const events: StreamEvent[] = [
    { type: 'response-start', responseId: 'r', model: 'm2', requestId: 'q' },
    { type: 'reasoning-start', id: '0' }, { type: 'text-start', id: '1' }, { type: 'tool-input-start', id: 'c', name: 'read' },
    { type: 'text-delta', id: '1', text: 'He' }, { type: 'tool-input-delta', id: 'c', text: '{' }, { type: 'text-delta', id: '1', text: 'llo' },
    { type: 'reasoning-delta', id: '0', text: 'wrong' }, { type: 'reasoning-end', id: '0', text: 'right' }, { type: 'text-end', id: '1' },
    { type: 'tool-input-end', id: 'c' }, { type: 'tool-call', call: { type: 'tool-call', id: 'c', name: 'read', input: {}, inputText: '{}' } },
    { type: 'tool-call', call: { type: 'tool-call', id: 'd', name: 'list', input: {}, inputText: '{}' } }, finish,
  ];
  const fill = (list: readonly StreamEvent[], charsMax?: number) => {
    const accumulator = createAccumulator(origin, charsMax);
    for (const event of list) accumulator.push(event);
    return accumulator;
  };
  it('puts interleaved blocks in the order they opened, whole texts before deltas', () => {
    const message = fill(events).message();
    assert.deepEqual(message.content.map((part) => ('text' in part ? part.text : part.id)), ['right', 'Hello', 'c', 'd']);
    assert.deepEqual([message.finishReason, message.responseId, message.responseModel, message.requestId], ['tool-use', 'r', 'm2', 'q']);
    assert.deepEqual(message.providerMetadata, { origin, raw: ['r'] });
  });
  it("keeps the vendor's own word for the end", () => {
    assert.equal(fill([...events.slice(0, -1), { ...finish, rawReason: 'tool_calls' }]).message().rawFinishReason, 'tool_calls');
    assert.equal('rawFinishReason' in fill(events).message(), false);
  });
  it('leaves an unfinished call out of a message and shows it in what an error keeps', () => {
    const cut = fill(events.slice(0, 7));
    assert.deepEqual(cut.message('error').content, [{ type: 'reasoning', text: '' }, { type: 'text', text: 'Hello' }]);
    assert.equal(cut.message().providerMetadata, undefined);
    assert.deepEqual(cut.partial().at(-1), { type: 'tool-call', id: 'c', name: 'read', input: undefined, inputText: '{' });
  });
  it('drops text beyond its limit', () => assert.deepEqual(fill(events, 3).parts()[1], { type: 'text', text: 'He' }));
  it('throws where the stream has no finish', async () => {
    await assert.rejects(accumulate((async function* () { yield* events.slice(0, 5); })(), origin), { code: 'PROVIDER_TRUNCATED_STREAM' });
  });
  it('takes linear time', () => {
    const accumulator = fill([{ type: 'text-start', id: '1' }]);
    for (let count = 0; count < 300_000; count++) accumulator.push({ type: 'text-delta', id: '1', text: 'abc' });
    const [part] = accumulator.parts();
    assert.equal(part?.type === 'text' && part.text.length, 900_000);
  });
});

describe('the grammar of a stream', () => {
  const check = (list: readonly StreamEvent[]) => () => {
    const grammar = createStreamGrammar();
    for (const event of list) grammar.check(event);
    grammar.end();
  };
  const start: StreamEvent = { type: 'response-start' };
  const end: StreamEvent = { type: 'finish', reason: 'end', usage: noUsage, raw: [] };
  const rows: [string, StreamEvent[]][] = [
    ['no finish', [start]], ['finish twice', [start, end, end]], ['text before the start', [{ type: 'text-start', id: '1' }]],
    ['a delta of nothing', [start, { type: 'text-delta', id: '1', text: '' }]], ['an open block', [start, { type: 'text-start', id: '1' }, end]],
    ['a block twice', [start, { type: 'text-start', id: '1' }, { type: 'text-start', id: '1' }]],
    ['an input without a call', [start, { type: 'tool-input-start', id: '1', name: 'x' }, { type: 'tool-input-end', id: '1' }, end]],
    ['a retry after the start', [start, { type: 'retry', attempt: 2, attemptsMax: 5, delayMs: 0, error: new ProviderError('PROVIDER_SERVER', '') }]],
    ['start twice', [start, start]],
  ];
  for (const [name, list] of rows) it(`refuses ${name}`, () => assert.throws(check(list), /event grammar/));
  it('accepts warnings and limits before the start', () => check([{ type: 'warning', message: '' }, { type: 'rate-limits', limits: [] }, start, end])());
});

describe('createWireDecoder', () => {
  const decode = (list: readonly string[]) => {
    const texts: string[] = [];
    const decoder = createWireDecoder({
      push: (event, emit) => {
        emit({ type: 'warning', message: readString(event['t'], '$.t') });
        return event['t'] === 'end';
      },
      end: (emit) => emit({ type: 'warning', message: 'eof' }),
    }, (data) => data === '[DONE]');
    const emit = (event: StreamEvent): void => void (event.type === 'warning' && texts.push(event.message));
    for (const data of list) decoder.push({ event: '', data, id: '' }, emit);
    decoder.end(emit);
    return texts;
  };
  it('skips what is no JSON object and events whose keys have the wrong type', () => {
    assert.deepEqual(decode(['', '{', '1', '[]', 'null', '{"t":1}', '{"t":"a"}']), ['a', 'eof']);
  });
  it('takes data that is the end sign for the end', () => assert.deepEqual(decode(['{"t":"a"}', '[DONE]', '{"t":"b"}']), ['a', 'eof']));
  it('ignores everything after the end sign, the end of input included', () => assert.deepEqual(decode(['{"t":"end"}', '{"t":"b"}']), ['end']));
});

describe('context overflow', () => {
  const texts = [
    'prompt is too long: 210000 tokens > 200000 maximum', 'Prompt too long', 'request_too_large', 'Your input exceeds the context window of this model',
    'context_length_exceeded', 'The input token count (1200000) exceeds the maximum number of tokens allowed', "This model's maximum context length is 8192 tokens",
    'litellm: context window exceeded', 'the request exceeds the available context size', 'tokens to keep is greater than the context length',
    'prompt too long; exceeded max context length', 'maximum prompt length is 131072', 'Please reduce the length of the messages', 'exceeded model token limit: 8192',
    'context window exceeds limit (2013)', 'Range of input length should be [1, 30720]', 'too large for model with 32768 maximum context length', 'Token limit exceeded',
    'input length and `max_tokens` exceed context limit: 188240 + 21333 > 200000, decrease input length or `max_tokens` and try again',
  ];
  for (const text of texts) it(`sees it in: ${text}`, () => assert.equal(isContextOverflow(text), true));
  for (const text of ['rate limit: token limit exceeded', 'Too many requests: token limit exceeded', 'Throttling error: token limit exceeded', 'bad request', 'image too large']) {
    it(`does not see it in: ${text}`, () => assert.equal(isContextOverflow(text), false));
  }
});

describe('retry-after', () => {
  const now = Date.parse('2026-11-23T12:00:00Z');
  const rows: [string, string, number | undefined][] = [
    ['retry-after', '3', 3_000], ['retry-after', '1.5', 1_500], ['retry-after-ms', '250', 250], ['Retry-After', 'Mon, 23 Nov 2026 12:00:30 GMT', 30_000],
    ['retry-after', 'Mon, 23 Nov 2020 12:00:30 GMT', 0], ['retry-after', '-3', undefined], ['retry-after', 'soon', undefined], ['retry-after', '', undefined],
    ['retry-after', '99999999999', undefined], ['retry-after', 'March 5x', undefined],
  ];
  for (const [name, value, expected] of rows) it(`reads ${name}: ${value}`, () => assert.equal(retryAfterMs([[name, value]], now), expected));
  it('prefers milliseconds', () => assert.equal(retryAfterMs([['retry-after', '9'], ['retry-after-ms', '5']], now), 5));
});

describe('efforts', () => {
  it('go to the nearest lower one, and only off means none', () => {
    const efforts = ['none', 'low', 'medium', 'high'];
    assert.deepEqual((['off', 'minimal', 'low', 'xhigh', 'max'] as const).map((effort) => clampEffort(effort, efforts)), ['off', 'low', 'low', 'high', 'high']);
    assert.equal(clampEffort('off', ['low', 'high']), 'low');
    assert.equal(clampEffort('high', []), undefined);
    assert.equal(clampEffort('max', undefined), 'max');
  });
});

describe('sanitize', () => {
  it('replaces lone surrogates and NUL, and leaves pairs alone', () => {
    assert.equal(sanitizeText('a\ud83d\ude00b\ud83d c\ude00\u0000'), 'a\ud83d\ude00b\ufffd c\ufffd\ufffd');
  });
  it('returns what needs no change as it is', () => {
    const value = { a: [{ b: 'c' }], d: 1 };
    assert.equal(sanitizeJson(value), value);
    assert.deepEqual(sanitizeJson({ a: [{ b: '\ud800' }], d: 1 }), { a: [{ b: '\ufffd' }], d: 1 });
  });
});

describe('ProviderError', () => {
  it('keeps its details when it is amended', () => {
    const error = new ProviderError('PROVIDER_SERVER', 'a', { status: 500, retryable: true, vendorCode: 'v' });
    const { code, message, status, retryable, vendorCode, hint } = amendError(error, { hint: 'h', retryable: false }, 'b');
    assert.deepEqual({ code, message, status, retryable, vendorCode, hint }, { code: 'PROVIDER_SERVER', message: 'b', status: 500, retryable: false, vendorCode: 'v', hint: 'h' });
  });
});
