import assert from 'node:assert/strict';
import { describe, it } from 'node:test';

import { isProviderError, type JsonObject, type ProviderErrorCode } from '@sx/llm';
import { createSeededRandom } from '@sx/testkit';

import { call, chunk, decodeChunks, lenient, more, strict } from './conversation.ts';

const DONE = '[DONE]';
const stop = chunk({}, 'stop');
const toolStop = chunk({}, 'tool_calls');
const text = (value: string): JsonObject => chunk({ content: value });
const fragment = (...list: JsonObject[]): JsonObject => chunk({ tool_calls: list });
const named = (name: string, args: string, members: JsonObject = {}): JsonObject => ({ ...members, function: { name, arguments: args } });

function assertFault(error: unknown, code: ProviderErrorCode, details: object = {}): void {
  assert.ok(isProviderError(error), String(error));
  assert.equal(error.code, code);
  for (const [key, value] of Object.entries(details)) assert.deepEqual(Reflect.get(error, key), value, key);
}

function callsOf(list: readonly (JsonObject | string)[]): unknown[] {
  const { message, error } = decodeChunks(list);
  assert.equal(error, undefined);
  return message.content.flatMap((part) => (part.type === 'tool-call' ? [[part.id, part.name, part.inputText]] : []));
}

describe('chat: which fragment belongs to which call', () => {
  const rows: readonly (readonly [rule: string, chunks: readonly JsonObject[], calls: readonly (readonly [string, string, string])[]])[] = [
    ['by index', [call(0, 'a', 'x', ''), call(1, 'b', 'y', ''), more(1, '{}'), more(0, '{"k":1}')], [['a', 'x', '{"k":1}'], ['b', 'y', '{}']]],
    ['indexes that begin at 1, with gaps', [call(1, 'a', 'x', '{}'), call(7, 'b', 'y', '{}')], [['a', 'x', '{}'], ['b', 'y', '{}']]],
    ['another id at the index of a call that is complete begins one', [call(0, 'a', 'x', '{}'), call(0, 'b', 'x', '{'), more(0, '}')], [['a', 'x', '{}'], ['b', 'x', '{}']]],
    ['another id at the index of a call that is not complete continues it', [call(0, 'a', 'x', '{"k"'), call(0, 'b', '', ':1}')], [['a', 'x', '{"k":1}']]],
    ['without index, by id', [fragment(named('x', '{"k"', { id: 'a' })), fragment(named('y', '{}', { id: 'b' })), fragment({ id: 'a', function: { arguments: ':1}' } })], [['a', 'x', '{"k":1}'], ['b', 'y', '{}']]],
    ['without both, the last one', [fragment(named('x', '{"k"')), fragment({ function: { arguments: ':1}' } })], [['call_chatcmpl1_0', 'x', '{"k":1}']]],
    ['without both, a name after a call that is complete begins one', [fragment(named('x', '{}')), fragment(named('x', '{}'))], [['call_chatcmpl1_0', 'x', '{}'], ['call_chatcmpl1_1', 'x', '{}']]],
    ['without both, a repeated name with more arguments does not', [fragment(named('x', '{"k"')), fragment(named('x', ':1}'))], [['call_chatcmpl1_0', 'x', '{"k":1}']]],
    ['several in one list', [fragment(named('x', ''), named('x', ''))], [['call_chatcmpl1_0', 'x', ''], ['call_chatcmpl1_1', 'x', '']]],
    ['arguments before the name', [fragment({ index: 0, function: { arguments: '{"k"' } }), fragment({ index: 0, id: 'a', function: { name: 'x', arguments: ':1}' } })], [['a', 'x', '{"k":1}']]],
    ['a name that grows', [fragment(named('get', '', { index: 0, id: 'a' })), fragment(named('get_x', '', { index: 0 })), more(0, '{}')], [['a', 'get_x', '{}']]],
    ['members without `function`', [fragment({ index: 0, id: 'a', name: 'x', arguments: { k: 1 } })], [['a', 'x', '{"k":1}']]],
    ['an id that is taken is replaced', [call(0, 'a', 'x', '{}'), call(1, 'a', 'y', '{}')], [['a', 'x', '{}'], ['call_chatcmpl1_1', 'y', '{}']]],
    ['an id that is made up is made up so that it is free', [call(0, 'call_chatcmpl1_1', 'x', '{}'), fragment(named('y', '{}', { index: 1 }))], [['call_chatcmpl1_1', 'x', '{}'], ['call_chatcmpl1_2', 'y', '{}']]],
    ['an id that is empty or null is none', [fragment(named('x', '{}', { index: 0, id: '' })), fragment(named('y', '{}', { index: 1, id: null }))], [['call_chatcmpl1_0', 'x', '{}'], ['call_chatcmpl1_1', 'y', '{}']]],
  ];
  for (const [rule, chunks, calls] of rows) it(rule, () => assert.deepEqual(callsOf([...chunks, toolStop, DONE]), calls));
});

describe('chat: what a stream gives', () => {
  it('opens a block for each change between thought and text', () => {
    const { message } = decodeChunks([chunk({ reasoning: 'a' }), text('b'), chunk({ reasoning: 'c' }), text('d'), stop]);
    assert.deepEqual(message.content, [{ type: 'reasoning', text: 'a' }, { type: 'text', text: 'b' }, { type: 'reasoning', text: 'c' }, { type: 'text', text: 'd' }]);
  });
  it('reads thought, text and call of one delta in this order', () => {
    const { message } = decodeChunks([chunk({ tool_calls: [named('x', '{}', { index: 0, id: 'a' })], content: 'b', reasoning_content: 'a' }, 'tool_calls')]);
    assert.deepEqual(message.content.map(({ type }) => type), ['reasoning', 'text', 'tool-call']);
  });
  it('takes the first of two members that hold the same thought', () => {
    const { message } = decodeChunks([chunk({ reasoning_content: 'Hm', reasoning: 'Hm' }), text('Hi'), stop]);
    assert.deepEqual(message.content[0], { type: 'reasoning', text: 'Hm' });
  });
  const reasons: readonly (readonly [reason: string, finish: string])[] = [
    ['stop', 'end'], ['end', 'end'], ['eos', 'end'], ['', 'end'], ['length', 'length'], ['max_tokens', 'length'], ['content_filter', 'blocked'],
    ['model_context_window_exceeded', 'context-overflow'], ['tool_calls', 'end'], ['satisfied', 'end'],
  ];
  for (const [reason, finish] of reasons) {
    it(`finishes ${finish} at ${JSON.stringify(reason)}`, () => {
      const { message, events } = decodeChunks([text('Hi'), chunk({}, reason), DONE]);
      assert.equal(message.finishReason, finish);
      assert.equal(events.some((event) => event.type === 'warning'), reason === 'satisfied');
    });
  }
  it('believes calls rather than stop', () => assert.equal(decodeChunks([call(0, 'a', 'x', '{}'), stop]).message.finishReason, 'tool-use'));
  it('reads what comes behind the finish reason, and nothing after [DONE]', () => {
    const { message, error } = decodeChunks([text('Hi'), stop, text(' more'), ` ${DONE} `, { error: 'late' }, text('later')]);
    assert.equal(error, undefined);
    assert.deepEqual(message.content, [{ type: 'text', text: 'Hi more' }]);
  });
  it('takes an empty reason for an end where only the last choice has it', () => {
    assert.equal(decodeChunks([text('Hi'), chunk({}, '')]).message.finishReason, 'end');
    assert.deepEqual(decodeChunks([chunk({ content: 'H' }, ''), chunk({ content: 'i' }, ''), stop]).message.content, [{ type: 'text', text: 'Hi' }]);
    assertFault(decodeChunks([chunk({ content: 'H' }, ''), chunk({ content: 'i' }, '')]).error, 'PROVIDER_TRUNCATED_STREAM');
  });
  it('skips what is no chunk at all, and reads chunks in a list', () => {
    const { message, error } = decodeChunks(['ping', ': keep-alive', 'null', '7', '"x"', '', JSON.stringify([text('Hi')]), stop, DONE]);
    assert.equal(error, undefined);
    assert.deepEqual(message.content, [{ type: 'text', text: 'Hi' }]);
  });
  it('keeps the last usage, and clamps what is negative', () => {
    const usage = (prompt: number) => chunk({}, null, { usage: { prompt_tokens: prompt, completion_tokens: -1, prompt_tokens_details: { cached_tokens: 10, cache_write_tokens: 5 } } });
    const { message } = decodeChunks([text('Hi'), usage(5), usage(20), stop, DONE]);
    assert.equal(decodeChunks([text('Hi'), usage(5), stop]).message.usage?.inputTokens, 5, 'counted apart');
    assert.deepEqual({ ...message.usage, raw: undefined }, { inputTokens: 5, cacheReadTokens: 10, cacheWriteTokens: 5, outputTokens: 0, reasoningTokens: undefined, raw: undefined });
  });
  it('says which model answered', () => {
    assert.equal(decodeChunks([chunk({ content: 'Hi' }, 'stop', { model: 'other' })]).message.responseModel, 'other');
  });
  it('splits tags only where the dialect says so', () => {
    const list = [text('<think>a</think>b'), stop];
    assert.deepEqual(decodeChunks(list, strict).message.content, [{ type: 'text', text: '<think>a</think>b' }]);
    assert.deepEqual(decodeChunks(list).message.content, [{ type: 'reasoning', text: 'a' }, { type: 'text', text: 'b' }]);
  });
  it('gives the same, however a text with tags is cut', () => {
    const whole = '\n<think>\nOne </thinks> two\n</think>\n\nThree </think> <think>four';
    const expected = [{ type: 'reasoning', text: 'One </thinks> two\n' }, { type: 'text', text: 'Three </think> <think>four' }];
    for (let first = 0; first < whole.length; first++) {
      for (const second of [first + 1, first + 7, whole.length]) {
        const pieces = [whole.slice(0, first), whole.slice(first, second), whole.slice(second)];
        assert.deepEqual(decodeChunks([...pieces.map(text), stop]).message.content, expected, `cut at ${first} and ${second}`);
      }
    }
  });
});

describe('chat: what breaks a stream', () => {
  const rows: readonly (readonly [rule: string, chunks: readonly (JsonObject | string)[], code: ProviderErrorCode, details: object])[] = [
    ['is empty', [], 'PROVIDER_TRUNCATED_STREAM', { retryable: true }],
    ['is only [DONE]', [DONE], 'PROVIDER_TRUNCATED_STREAM', { retryable: true }],
    ['ends in a text', [text('Half')], 'PROVIDER_TRUNCATED_STREAM', { retryable: true }],
    ['ends in a call', [call(0, 'a', 'x', '{"k"')], 'PROVIDER_TRUNCATED_STREAM', { retryable: true }],
    ['says [DONE] in a call', [call(0, 'a', 'x', '{"k"'), DONE], 'PROVIDER_MALFORMED_RESPONSE', { retryable: true }],
    ['has a call without a name', [more(0, '{}'), toolStop], 'PROVIDER_MALFORMED_RESPONSE', { retryable: true }],
    ['has an error object', [text('Hi'), { error: { message: 'Oops', type: 'server_error' } }], 'PROVIDER_SERVER', { retryable: true, message: 'Oops', vendorCode: 'server_error' }],
    ['has an error text', [text('Hi'), { error: 'Oops' }], 'PROVIDER_SERVER', { message: 'Oops' }],
    ['has an error beside choices', [chunk({ content: '' }, 'error', { error: { code: 429, message: 'Slow down' } })], 'PROVIDER_RATE_LIMIT', { status: 429, retryable: true }],
    ['has an error inside the choice', [{ choices: [{ index: 0, error: { code: 402, message: 'No credits' } }] }], 'PROVIDER_QUOTA', { retryable: false }],
    ['has an error of old vLLM', [{ object: 'error', message: 'bad', code: 400 }], 'PROVIDER_INVALID_REQUEST', { retryable: false }],
    ['has a detail of FastAPI', [{ detail: [{ loc: ['body', 'x'], msg: 'wrong' }] }], 'PROVIDER_SERVER', { message: 'body.x: wrong' }],
    ['has an error behind a finish reason', [text('Hi'), stop, { error: 'Oops' }], 'PROVIDER_SERVER', {}],
    ['finishes with error', [text('Hi'), chunk({}, 'error')], 'PROVIDER_SERVER', { retryable: true }],
    ['finishes for want of resources', [text('Hi'), chunk({}, 'insufficient_system_resource')], 'PROVIDER_OVERLOADED', { retryable: true }],
    ['overflows', [{ error: { message: 'prompt is too long: 5 tokens' } }], 'PROVIDER_CONTEXT_OVERFLOW', { retryable: false }],
    ['has no quota', [{ error: { code: 'insufficient_quota', message: 'pay' } }], 'PROVIDER_QUOTA', { retryable: false }],
    ['says when to come back', [{ error: { code: 'rate_limit_exceeded', message: 'try again in 28ms' } }], 'PROVIDER_RATE_LIMIT', { retryAfterMs: 28 }],
    ['has a chunk that was damaged', [text('Hi '), '{"id":"chatcmpl-1","choices":[{"index":0,"delta":{"content":"the"}', text(' end'), stop], 'PROVIDER_MALFORMED_RESPONSE', { retryable: true }],
    ['has an error in a list', ['[{"error":{"message":"Oops","type":"server_error"}}]'], 'PROVIDER_SERVER', { message: 'Oops' }],
    ['says nothing in its error', [{ error: {} }], 'PROVIDER_SERVER', { message: 'the server failed without saying why' }],
  ];
  for (const [rule, list, code, details] of rows) it(`${rule}: ${code}`, () => assertFault(decodeChunks(list).error, code, details));

  it('throws the same error again for whatever comes', () => {
    const decoder = lenient.createDecoder({ origin: { provider: 'openai', protocol: 'openai-chat', model: 'm' }, capabilities: {} });
    const push = (value: JsonObject) => () => decoder.push({ event: '', data: JSON.stringify(value), id: '' }, () => undefined);
    let first: unknown;
    try { push({ error: 'Oops' })(); } catch (error) { first = error; }
    assert.ok(first !== undefined);
    assert.throws(push(stop), (error) => error === first);
    assert.throws(() => decoder.end(() => undefined), (error) => error === first);
  });
  it('has a limit of calls', () => {
    const many = Array.from({ length: 4_097 }, (_, index) => call(index, `c${index}`, 'x', '{}'));
    assertFault(decodeChunks([...many, toolStop]).error, 'PROVIDER_MALFORMED_RESPONSE', { retryable: false });
  });
});

describe('chat: bad input', () => {
  const golden: JsonObject[] = [
    chunk({ role: 'assistant', content: null, reasoning_content: 'Hm' }), chunk({ reasoning_content: 'm.' }), text('Read'), text('ing.'),
    call(0, 'a', 'read', ''), more(0, '{"path":'), more(0, '"a"}'), call(1, 'b', 'read', '{"path":"b"}'), toolStop,
    { id: 'chatcmpl-1', choices: [], usage: { prompt_tokens: 1, completion_tokens: 1 } },
  ];
  const { message: whole } = decodeChunks([...golden, DONE]);
  const isBeginning = (part: unknown): boolean => JSON.stringify(part) !== undefined;

  it('takes no prefix for the whole', () => {
    const finishAt = golden.indexOf(toolStop);
    for (let length = 0; length <= finishAt; length++) assertFault(decodeChunks(golden.slice(0, length)).error, 'PROVIDER_TRUNCATED_STREAM');
    assert.deepEqual(decodeChunks(golden).message, whole);
  });
  it('survives every chunk coming twice', () => {
    golden.forEach((event, index) => {
      const { error, message } = decodeChunks([...golden.slice(0, index), event, ...golden.slice(index), DONE]);
      if (error !== undefined) assert.ok(isProviderError(error), `chunk ${index} twice`);
      else assert.ok(message.content.every(isBeginning));
    });
  });
  it('gives whole calls or a typed error, however the chunks are shuffled', () => {
    const random = createSeededRandom(7);
    for (let round = 0; round < 2_000; round++) {
      const list: (JsonObject | string)[] = [...golden, DONE];
      for (let index = list.length - 1; index > 0; index--) {
        const other = random.below(index + 1);
        const [a, b] = [list[index], list[other]];
        if (a !== undefined && b !== undefined) list.splice(index, 1, b), list.splice(other, 1, a);
      }
      const { error, message } = decodeChunks(list);
      if (error !== undefined) assert.ok(isProviderError(error), String(error));
      // What the finish reason cut off was never there; arguments that are no JSON never become an input.
      else for (const part of message.content) if (part.type === 'tool-call' && part.input !== undefined) assert.equal(part.name, 'read');
    }
  });
  it('survives every value of the wrong type in every place', () => {
    const wrong = [null, 17, 'x', true, [], {}, [[]], [null], -1];
    const places = (value: unknown, path: readonly (string | number)[] = []): (readonly (string | number)[])[] => {
      if (typeof value !== 'object' || value === null) return [path];
      return [path, ...Object.entries(value).flatMap(([key, inner]) => places(inner, [...path, Array.isArray(value) ? Number(key) : key]))];
    };
    const replace = (value: unknown, [key, ...rest]: readonly (string | number)[], by: unknown): unknown => {
      if (key === undefined) return by;
      if (Array.isArray(value)) return value.with(Number(key), replace(value[Number(key)], rest, by));
      return { ...Object(value), [key]: replace(Reflect.get(Object(value), key), rest, by) };
    };
    for (const [index, event] of golden.entries()) {
      for (const path of places(event)) {
        for (const value of wrong) {
          const list = [...golden.slice(0, index), JSON.stringify(replace(event, path, value)), ...golden.slice(index + 1), DONE];
          const { error } = decodeChunks(list);
          if (error !== undefined) assert.ok(isProviderError(error), `chunk ${index}, ${path.join('.')} = ${JSON.stringify(value)}: ${String(error)}`);
        }
      }
    }
  });
  it('skips what is no JSON object', () => {
    assert.deepEqual(decodeChunks(['', 'x', '[]', 'null', '17', ...golden, DONE]).message, whole);
  });
});
