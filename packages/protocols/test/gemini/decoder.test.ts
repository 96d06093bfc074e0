import assert from 'node:assert/strict';
import { describe, it } from 'node:test';

import { isProviderError, type JsonObject, type JsonValue, type ProviderErrorCode } from '@sx/llm';
import { createSeededRandom } from '@sx/testkit';

import { call, chunk, context, decodeChunks, protocol, STOP, text, thought } from './conversation.ts';

function assertFault(error: unknown, code: ProviderErrorCode, more: object = {}): void {
  assert.ok(isProviderError(error), String(error));
  assert.equal(error.code, code, error.message);
  for (const [key, value] of Object.entries(more)) assert.deepEqual(Reflect.get(error, key), value, key);
}

const finishOf = (list: readonly JsonValue[]) => {
  const event = decodeChunks(list).events.at(-1);
  assert.ok(event?.type === 'finish', JSON.stringify(event));
  return event;
};

describe('gemini: what a stream gives', () => {
  it('keeps every signed part as it came, and joins only unsigned neighbours', () => {
    const signed = [{ text: ' b', thoughtSignature: 'A' }, call('read', {}, { thoughtSignature: 'B' }), { text: '', thoughtSignature: 'C' }];
    const { raw } = finishOf([chunk([text('a'), text('a')]), chunk([signed[0] ?? {}, text('c')]), chunk(signed.slice(1), STOP)]);
    assert.deepEqual(raw, [{ text: 'aa' }, signed[0], { text: 'c' }, signed[1], signed[2]]);
  });
  it('takes null for absent, everywhere', () => {
    const { message, error } = decodeChunks([
      { candidates: [{ content: { parts: [{ text: 'Hi', functionCall: null, thoughtSignature: null }], role: null }, finishReason: null, index: null }], promptFeedback: null, usageMetadata: null, responseId: null, modelVersion: null },
      { candidates: [{ content: null, finishReason: 'STOP' }] }, { candidates: null, usageMetadata: { promptTokenCount: 3 } },
    ]);
    assert.equal(error, undefined);
    assert.deepEqual(message.content, [{ type: 'text', text: 'Hi' }]);
    assert.deepEqual({ ...message.usage, raw: undefined }, { inputTokens: 3, cacheReadTokens: 0, cacheWriteTokens: 0, outputTokens: 0, reasoningTokens: 0, raw: undefined });
  });
  it('counts cached tokens and thoughts apart, and nothing that was not said', () => {
    const usage = (usageMetadata?: JsonObject) => ({ ...finishOf([chunk([text('x')], STOP, usageMetadata === undefined ? {} : { usageMetadata })]).usage, raw: undefined });
    const none = { inputTokens: undefined, cacheReadTokens: undefined, cacheWriteTokens: undefined, outputTokens: undefined, reasoningTokens: undefined, raw: undefined };
    assert.deepEqual(usage(), none);
    assert.deepEqual(usage({ trafficType: 'PROVISIONED_THROUGHPUT' }), none);
    assert.deepEqual(
      usage({ promptTokenCount: 100, cachedContentTokenCount: 40, candidatesTokenCount: 7, thoughtsTokenCount: 5, toolUsePromptTokenCount: 3 }),
      { inputTokens: 63, cacheReadTokens: 40, cacheWriteTokens: 0, outputTokens: 12, reasoningTokens: 5, raw: undefined },
    );
  });
  it('says which model answered', () => {
    assert.equal(decodeChunks([chunk([text('x')], STOP, { modelVersion: 'gemini-3.8-flash-001' })]).message.responseModel, 'gemini-3.8-flash-001');
  });
  it('finishes by its reasons', () => {
    const rows: [string, string][] = [
      ['STOP', 'end'], ['MAX_TOKENS', 'length'], ['SAFETY', 'blocked'], ['RECITATION', 'blocked'], ['BLOCKLIST', 'blocked'], ['PROHIBITED_CONTENT', 'blocked'],
      ['SPII', 'blocked'], ['LANGUAGE', 'blocked'], ['IMAGE_SAFETY', 'blocked'], ['IMAGE_OTHER', 'blocked'],
    ];
    for (const [finishReason, reason] of rows) {
      const finish = finishOf([chunk([text('x')], { finishReason })]);
      assert.deepEqual([finish.reason, finish.rawReason], [reason, finishReason]);
    }
    assert.equal(finishOf([chunk([call('read')], STOP)]).reason, 'tool-use');
    assert.equal(finishOf([chunk([{ inlineData: { mimeType: 'image/png', data: '' } }], STOP)]).reason, 'end');
  });
  it('makes ids that no two calls of a message share', () => {
    const ids = (list: JsonObject[]) => decodeChunks([chunk(list, STOP)]).events.flatMap((event) => (event.type === 'tool-call' ? [event.call.id] : []));
    const made = ids([call('a', { id: 'call-R-1' }), call('a'), call('a', { id: '' }), call('a', { id: 'call-R-1' })]);
    assert.equal(new Set(made).size, 4);
    assert.equal(made[0], 'call-R-1');
  });
});

describe('gemini: arguments in pieces', () => {
  const pieces = (...list: JsonObject[]) => decodeChunks([chunk([call('order', { willContinue: true })]), ...list.map((piece) => chunk([{ functionCall: { partialArgs: [piece], willContinue: true } }])), chunk([{ functionCall: {} }], STOP)]);
  it('go where their path says', () => {
    const { message } = pieces({ jsonPath: '$.a.b[0]', numberValue: 1 }, { jsonPath: '$.a.b[1].c', stringValue: 'x' }, { jsonPath: '$["a"][\'d\']', boolValue: false }, { jsonPath: '$.e', nullValue: 'NULL_VALUE' });
    const [part] = message.content;
    assert.deepEqual(part?.type === 'tool-call' && part.input, { a: { b: [1, { c: 'x' }], d: false }, e: null });
  });
  for (const jsonPath of ['$.a[1]', '$.a[999999999]', '$..a', '$[*]', '$.__proto__.x', '$.a[', 'x y', `$${'.a'.repeat(65)}`]) {
    it(`are refused at ${jsonPath.slice(0, 20)}`, () => assertFault(pieces({ jsonPath, stringValue: 'x' }).error, 'PROVIDER_MALFORMED_RESPONSE'));
  }
  it('are refused where a value is already', () => {
    assertFault(pieces({ jsonPath: '$.a', numberValue: 1 }, { jsonPath: '$.a.b', numberValue: 1 }).error, 'PROVIDER_MALFORMED_RESPONSE');
    assert.equal(Object.hasOwn(Object.prototype, 'x'), false);
  });
  it('are refused without a call, but for the sign that one is over', () => {
    assertFault(decodeChunks([chunk([{ functionCall: { args: { a: 1 } } }], STOP)]).error, 'PROVIDER_MALFORMED_RESPONSE');
    assert.equal(decodeChunks([chunk([text('x'), { functionCall: {} }], STOP)]).error, undefined);
  });
});

describe('gemini: what breaks a stream', () => {
  const open = chunk([text('Once')]);
  const rows: [string, (JsonValue | undefined)[], ProviderErrorCode, object][] = [
    ['is empty', [], 'PROVIDER_TRUNCATED_STREAM', { retryable: true }],
    ['ends without a reason', [open], 'PROVIDER_TRUNCATED_STREAM', { retryable: true }],
    ['has a prompt that was blocked', [{ promptFeedback: { blockReason: 'SAFETY' } }], 'PROVIDER_CONTENT_POLICY', { retryable: false, vendorCode: 'SAFETY' }],
    ['stops without an answer', [chunk([], STOP)], 'PROVIDER_MODEL_OUTPUT', { retryable: true }],
    ['stops with thoughts alone', [chunk([thought('Hm'), { text: '', thoughtSignature: 'A' }], STOP)], 'PROVIDER_MODEL_OUTPUT', { retryable: true }],
    ['has a call that cannot be read', [open, chunk([], { finishReason: 'MALFORMED_FUNCTION_CALL' })], 'PROVIDER_MODEL_OUTPUT', { retryable: true }],
    ['has a call of no tool', [chunk([], { finishReason: 'UNEXPECTED_TOOL_CALL' })], 'PROVIDER_MODEL_OUTPUT', { retryable: true }],
    ['has too many calls', [chunk([], { finishReason: 'TOO_MANY_TOOL_CALLS' })], 'PROVIDER_MODEL_OUTPUT', { retryable: true }],
    ['has a response that cannot be read', [chunk([], { finishReason: 'MALFORMED_RESPONSE' })], 'PROVIDER_MODEL_OUTPUT', { retryable: true }],
    ['ends for another reason', [open, chunk([], { finishReason: 'OTHER' })], 'PROVIDER_MODEL_OUTPUT', { retryable: false, vendorCode: 'OTHER' }],
    ['shall go on without a token', [open, chunk([], { finishReason: 'CONTINUATION' })], 'PROVIDER_MODEL_OUTPUT', { retryable: true }],
    ['fails', [open, { error: { code: 500, message: 'Oops', status: 'INTERNAL' } }], 'PROVIDER_SERVER', { retryable: true, status: 500 }],
    ['fails without saying why', [{ error: {} }], 'PROVIDER_SERVER', { retryable: true }],
    ['overflows', [{ error: { code: 400, message: 'The input token count (9) exceeds the maximum number of tokens allowed (8).', status: 'INVALID_ARGUMENT' } }], 'PROVIDER_CONTEXT_OVERFLOW', { retryable: false }],
    ['has data that are no JSON', [open, '{"candi', chunk([text('x')], STOP)], 'PROVIDER_MALFORMED_RESPONSE', { retryable: true }],
    ['has data that are a page', ['<html>'], 'PROVIDER_MALFORMED_RESPONSE', {}],
    ['has data that are a number', ['17'], 'PROVIDER_MALFORMED_RESPONSE', {}],
    ['has an array of numbers', [[17]], 'PROVIDER_MALFORMED_RESPONSE', {}],
  ];
  for (const [name, list, code, more] of rows) it(`${name}: ${code}`, () => assertFault(decodeChunks(list).error, code, more));

  it('throws the same error again for whatever comes', () => {
    const decoder = protocol.createDecoder(context);
    const push = (value: JsonValue) => () => decoder.push({ event: '', data: JSON.stringify(value), id: '' }, () => undefined);
    let first: unknown;
    try { push([17])(); } catch (error) { first = error; }
    assert.throws(push(chunk([text('x')], STOP)), (error) => error === first);
    assert.throws(() => decoder.end(() => undefined), (error) => error === first);
  });
  it('does not take the rest of a cut event for a fault of its own', () => {
    const decoder = protocol.createDecoder(context);
    decoder.push({ event: '', data: '{"candi', id: '', unterminated: true }, () => undefined);
    assert.throws(() => decoder.end(() => undefined), (error) => isProviderError(error) && error.code === 'PROVIDER_TRUNCATED_STREAM');
  });
});

describe('gemini: bad input', () => {
  const golden: JsonObject[] = [
    chunk([thought('Hm, ')]), chunk([thought('well.')], {}, { usageMetadata: { promptTokenCount: 9 } }), chunk([text('Read')]), chunk([text('ing.')]),
    chunk([call('read', { id: 'a', args: { path: 'x' } }, { thoughtSignature: 'A' }), call('read', { id: 'b', args: {} })]),
    chunk([call('list', { willContinue: true })]), chunk([{ functionCall: { partialArgs: [{ jsonPath: '$.p', stringValue: 'y' }] } }]),
    chunk([{ executableCode: { code: '1' } }]), chunk([text('')], { finishReason: 'STOP', finishMessage: 'm' }, { promptFeedback: {} }),
  ];
  const whole = decodeChunks(golden);

  it('is read whole where it is whole', () => {
    assert.equal(whole.error, undefined);
    assert.deepEqual(whole.message.content.map(({ type }) => type), ['reasoning', 'text', 'tool-call', 'tool-call', 'tool-call']);
  });
  it('gives a beginning and an error for every prefix', () => {
    for (let length = 0; length < golden.length; length++) {
      const { error, events, message } = decodeChunks(golden.slice(0, length));
      assertFault(error, 'PROVIDER_TRUNCATED_STREAM');
      assert.deepEqual(events, whole.events.slice(0, events.length));
      assert.equal(message.providerMetadata, undefined);
    }
  });
  it('gives whole calls or a typed error, however the chunks are shuffled or doubled', () => {
    const random = createSeededRandom(7);
    for (let round = 0; round < 2_000; round++) {
      const list = round % 2 === 0 ? [...golden] : golden.flatMap((item) => (random.below(4) === 0 ? [item, item] : [item]));
      for (let index = list.length - 1; round % 4 < 3 && index > 0; index--) {
        const other = random.below(index + 1);
        const [a, b] = [list[index], list[other]];
        if (a !== undefined && b !== undefined) list.splice(index, 1, b), list.splice(other, 1, a);
      }
      const { error, message } = decodeChunks(list);
      if (error !== undefined) assertFault(error, 'PROVIDER_MALFORMED_RESPONSE');
      for (const part of message.content) if (part.type === 'tool-call') assert.ok(part.input !== undefined && part.name !== '');
      assert.equal(new Set(message.content.flatMap((part) => (part.type === 'tool-call' ? [part.id] : []))).size, message.content.filter((part) => part.type === 'tool-call').length);
    }
  });
  it('is a typed error, or the whole, for every value of the wrong type and every member missing, in every place', () => {
    const wrong: (JsonValue | undefined)[] = [undefined, null, 17, 'x', true, [], {}, [[]], [17], -1];
    let faults = 0;
    const places = golden.flatMap((item, index) => pathsOf(item).map((path) => [index, path] as const));
    for (const [index, path] of places) {
      for (const value of wrong) {
        const { error, message } = decodeChunks(golden.with(index, Object(replaceAt(golden[index] ?? null, path, value))));
        const where = `chunk ${index}, ${path.join('.')} = ${JSON.stringify(value)}`;
        if (error !== undefined) assert.ok(isProviderError(error), `${where}: ${String(error)}`), faults++;
        else for (const part of message.content) assert.ok(part.type !== 'tool-call' || part.input !== undefined, where);
      }
    }
    assert.ok(faults > 200, `${faults} faults`);
  });
  it('never loses text in silence: a part whose text is none is a fault', () => {
    for (const value of [17, true, [], {}]) assertFault(decodeChunks(golden.with(2, chunk([{ text: value }]))).error, 'PROVIDER_MALFORMED_RESPONSE', { retryable: true });
    for (const value of [17, true, 'x', {}]) assertFault(decodeChunks(golden.with(2, { candidates: [{ content: { parts: value } }] })).error, 'PROVIDER_MALFORMED_RESPONSE');
  });
});

function pathsOf(value: JsonValue | undefined, path: readonly string[] = []): string[][] {
  const own = path.length === 0 ? [] : [[...path]];
  if (typeof value !== 'object' || value === null) return own;
  return [...own, ...Object.entries(value).flatMap(([key, inner]) => pathsOf(inner, [...path, key]))];
}

function replaceAt(value: JsonValue, [key, ...rest]: readonly string[], replacement: JsonValue | undefined): JsonValue {
  const copy = structuredClone(value);
  if (key === undefined) return copy;
  const before: unknown = Reflect.get(Object(copy), key);
  Reflect.set(Object(copy), key, rest.length === 0 ? replacement : replaceAt(Object(before), rest, replacement));
  return copy;
}
