import assert from 'node:assert/strict';
import { describe, it } from 'node:test';

import { isProviderError, type JsonObject, type JsonValue, type ProviderErrorCode } from '@sx/llm';
import { createSeededRandom } from '@sx/testkit';

import { begin, call, decodeEvents, delta, end, settled, start, stop, text, thought } from './conversation.ts';

function assertFault(error: unknown, code: ProviderErrorCode, pattern?: RegExp): void {
  assert.ok(isProviderError(error), String(error));
  assert.equal(error.code, code, error.message);
  if (pattern !== undefined) assert.match(error.message, pattern);
}

describe('messages: what is no message', () => {
  const open = begin(0, { type: 'text', text: '' });
  const piece = delta(0, { type: 'text_delta', text: 'a' });
  const rows: readonly (readonly [name: string, events: readonly (JsonObject | string)[], pattern: RegExp])[] = [
    ['a block before the message', [open, start(), stop], /content_block_start came before message_start/],
    ['a delta before the message', [piece, start()], /content_block_delta came before/],
    ['an end before the message', [end(0)], /content_block_stop came before/],
    ['its end before its start', [stop], /message_stop came before message_start/],
    ['its last figures before its start', [settled()], /message_delta came before message_start/],
    ['a start without a message', [{ type: 'message_start' }], /no message/],
    ['a start whose message is text', [{ type: 'message_start', message: 'msg_1' }], /no message/],
    ['a delta without its block', [start(), piece], /block 0, which never began/],
    ['an end without its block', [start(), end(3)], /block 3, which never began/],
    ['a delta without an index before any block', [start(), { type: 'content_block_delta', delta: { type: 'text_delta', text: 'a' } }], /no index/],
    ['a delta without an index while two blocks are open', [start(), open, begin(1, { type: 'text', text: '' }), { type: 'content_block_delta', delta: { type: 'text_delta', text: 'a' } }], /no index/],
    ['an index that is text', [start(), begin('0', { type: 'text', text: '' })], /index that is no number/],
    ['a block that is null', [start(), begin(0, null)], /no block/],
    ['a block that is a list', [start(), begin(0, [])], /no block/],
    ['a delta that is null', [start(), open, delta(0, null)], /no object/],
    ['text that is a number', [start(), open, delta(0, { type: 'text_delta', text: 42 })], /no text for its text/],
    ['text that is missing', [start(), open, delta(0, { type: 'text_delta' })], /no text for its text/],
    ['thinking that is null', [start(), begin(0, { type: 'thinking', thinking: '' }), delta(0, { type: 'thinking_delta', thinking: null })], /no text for its thinking/],
    ['input that is an object', [start(), begin(0, { type: 'tool_use', id: 'a', name: 'read' }), delta(0, { type: 'input_json_delta', partial_json: {} })], /no text for its input/],
    ['a signature that is an object', [start(), begin(0, { type: 'thinking', thinking: '' }), delta(0, { type: 'signature_delta', signature: {} })], /signature of block 0/],
    ['text in a call', [start(), begin(0, { type: 'tool_use', id: 'a', name: 'read' }), delta(0, { type: 'text_delta', text: 'a' })], /has input, its delta text/],
    ['input in a text', [start(), open, delta(0, { type: 'input_json_delta', partial_json: '{}' })], /has text, its delta input/],
    ['thinking in a text', [start(), open, delta(0, { type: 'thinking_delta', thinking: 'a' })], /has text, its delta thinking/],
    ['a delta after the end of its block', [start(), open, piece, end(0), piece], /after block 0 had ended/],
    ['a block that begins twice', [start(), open, piece, open], /block 0 begins twice/],
    ['an end while a block is open', [start(), open, piece, settled(), stop], /before block 0 \(text\) had ended/],
    ['a call that names no tool', [start(), begin(0, { type: 'tool_use', id: 'a', input: {} })], /names no tool/],
    ['an end while a call is open', [start(), ...call(0, 'a').slice(0, 2), settled('tool_use'), stop], /before block 0 \(tool_use\) had ended/],
    ['an end without a reason', [start(), ...text(0, 'a'), stop], /before any message_delta/],
    ['a wait for a tool that nobody called', [start(), ...text(0, 'a'), settled('tool_use'), stop], /no call came/],
    ['another message inside', [start(), ...text(0, 'a'), start({ id: 'msg_2' })], /message msg_2 began inside the stream of msg_1/],
    ['an event that is no JSON', [start(), open, '{"type":"content_block_delta","index":0,"del'], /no JSON object/],
    ['an event that is a list', [start(), '[]'], /no JSON object/],
    ['an event that is null', [start(), 'null'], /no JSON object/],
  ];
  for (const [name, events, pattern] of rows) {
    it(`refuses ${name}`, () => {
      const { error, message } = decodeEvents(events);
      assertFault(error, 'PROVIDER_MALFORMED_RESPONSE', pattern);
      assert.equal(message.providerMetadata, undefined);
    });
  }
  it('keeps saying so, whatever comes', () => {
    const { error } = decodeEvents([start(), piece, ...text(0, 'a'), settled(), stop]);
    assertFault(error, 'PROVIDER_MALFORMED_RESPONSE');
  });
  it('refuses more blocks than anybody sends', () => {
    const { error } = decodeEvents([start(), ...Array.from({ length: 5_000 }, (_, index) => begin(index, { type: 'hologram' }))]);
    assertFault(error, 'PROVIDER_MALFORMED_RESPONSE', /more than 4096 blocks/);
    assert.ok(isProviderError(error) && !error.retryable);
  });
});

describe('messages: what is odd and still a message', () => {
  const rows: readonly (readonly [name: string, events: readonly (JsonObject | string)[], words: string])[] = [
    ['odd indexes', [start(), ...text(7, 'a'), ...text(-1, 'b'), ...text(1e9, 'c'), settled(), stop], 'abc'],
    ['an end that comes twice', [start(), ...text(0, 'a'), end(0), settled(), stop], 'a'],
    ['a start of a block that comes twice', [start(), begin(0, { type: 'text', text: '' }), ...text(0, 'a'), settled(), stop], 'a'],
    ['an index that comes again for another block', [start(), ...text(0, 'a'), ...text(0, 'b'), settled(), stop], 'ab'],
    ['a message that comes twice', [start(), ...text(0, 'a'), ...text(1, 'b'), start(), ...text(0, 'a'), ...text(1, 'b'), ...text(2, 'c'), settled(), stop], 'abc'],
    ['a hidden thought that is only counted', [start(), begin(0, { type: 'thinking', thinking: '' }), delta(0, { type: 'thinking_delta', estimated_tokens: 50 }), delta(0, { type: 'signature_delta', signature: 's' }), end(0), ...text(1, 'a'), settled(), stop], 'a'],
    ['a message that starts twice', [start(), start(), ...text(0, 'a'), settled(), stop], 'a'],
    ['text at its start', [start(), begin(0, { type: 'text', text: 'a' }), delta(0, { type: 'text_delta', text: 'b' }), end(0), settled(), stop], 'ab'],
    ['content in the start', [start({ content: [{ type: 'text', text: 'a' }, 'x', null] }), settled(), stop], 'a'],
    ['what comes after the end', [start(), ...text(0, 'a'), settled(), stop, start({ id: 'msg_2' }), { type: 'error', error: {} }, '[DONE]'], 'a'],
    ['a message without an id', [{ type: 'message_start', message: {} }, ...text(0, 'a'), settled(), stop], 'a'],
    ['no reason at the end', [start(), ...text(0, 'a'), settled(null), stop], 'a'],
    ['a last delta without a delta', [start({ stop_reason: 'end_turn' }), ...text(0, 'a'), { type: 'message_delta' }, stop], 'a'],
    ['events without a type, and of unknown ones', [{}, { type: 7 }, start(), { type: 'weather' }, ...text(0, 'a'), settled(), stop], 'a'],
    ['empty data', ['', start(), '', ...text(0, 'a'), settled(), stop], 'a'],
    ['usage that is none', [start({ usage: 'much' }), ...text(0, 'a'), { ...settled(), usage: [1] }, stop], 'a'],
  ];
  for (const [name, events, words] of rows) {
    it(`takes ${name}`, () => {
      const { error, message } = decodeEvents(events);
      assert.equal(error, undefined);
      assert.equal(message.content.map((part) => (part.type === 'text' ? part.text : '')).join(''), words);
      assert.equal(message.finishReason, 'end');
    });
  }
  it('lets nobody change what a name of ours means', () => {
    const { error, message } = decodeEvents([start(), ...call(0, 'a', '{"__proto__":{"x":1},"constructor":2}'), settled('tool_use'), stop]);
    assert.equal(error, undefined);
    assert.equal(Reflect.get(Object.prototype, 'x'), undefined);
    assert.equal(message.content.length, 1);
    assert.equal(decodeEvents([start(), ...text(0, 'a'), settled('constructor'), stop]).message.finishReason, 'end');
  });
  it('takes one call that comes twice for one, and two calls of one index for two', () => {
    const calls = (...events: readonly JsonObject[][]) => decodeEvents([start(), ...events.flat(), settled('tool_use'), stop]).message.content.map((part) => (part.type === 'tool-call' ? part.id : ''));
    assert.deepEqual(calls(call(0, 'a'), call(0, 'a'), call(1, 'b')), ['a', 'b']);
    assert.deepEqual(calls(call(0, 'a'), call(0, 'b')), ['a', 'b']);
    assert.deepEqual(calls(call(0, ''), call(0, '')), ['call_msg_1_0', 'call_msg_1_1']);
  });
  it('keeps each thought with its signature, in order, as it came', () => {
    const { message } = decodeEvents([start(), ...thought(0, 'First.', 's1'), ...call(1, 'a'), ...thought(2, '', 's2'), ...call(3, 'b'), settled('tool_use'), stop]);
    assert.deepEqual(message.providerMetadata?.raw, [
      { type: 'thinking', thinking: 'First.', signature: 's1' }, { type: 'tool_use', id: 'a', name: 'read', input: {} },
      { type: 'thinking', thinking: '', signature: 's2' }, { type: 'tool_use', id: 'b', name: 'read', input: {} },
    ]);
  });
});

describe('messages: a window that the prompt alone has filled', () => {
  const reasonOf = (outputTokens: number, ...more: JsonObject[]): string =>
    decodeEvents([start(), ...more, { ...settled('max_tokens'), usage: { output_tokens: outputTokens } }, stop]).message.finishReason;
  it('is one where the limit came before the first token', () => assert.equal(reasonOf(0), 'context-overflow'));
  it('is none where something was written', () => assert.deepEqual([reasonOf(3), reasonOf(0, ...text(0, 'Hi'))], ['length', 'length']));
});

describe('messages: what the server took out of the request', () => {
  const warningsFor = (value: JsonValue): string[] =>
    decodeEvents([start({ input_transformations: value }), ...text(0, 'Hi'), settled(), stop]).events.flatMap((event) => (event.type === 'warning' ? [event.message] : []));
  it('is said', () => {
    const dropped = (reason: string): JsonObject => ({ type: 'thinking_dropped', path: 'messages.1.content.0', reason });
    assert.deepEqual(warningsFor([dropped('prefix_binding_mismatch')]), ['the server left out an earlier thought (prefix_binding_mismatch)']);
    assert.deepEqual(warningsFor([dropped('a'), dropped('b'), dropped('a')]), ['the server left out 3 earlier thoughts (a, b)']);
  });
  it('is nothing where it was allowed, is none, or cannot be read', () => {
    for (const value of [[], [{ type: 'thinking_mismatch_allowed', reason: 'x' }], 'x', [7], null]) assert.deepEqual(warningsFor(value), []);
  });
});

describe('messages: whatever happens to the events', () => {
  const golden = [
    start({ usage: { input_tokens: 5, output_tokens: 1 } }), { type: 'ping' }, ...thought(0, 'Hm.'), ...text(1, 'One ', 'two ', 'three.'),
    ...call(2, 'toolu_1', '{"path":"a"}'), ...call(3, 'toolu_2', '{"path":"b"}'), settled('tool_use'), stop,
  ];
  const whole = decodeEvents(golden).message;

  it('takes no prefix for the whole', () => {
    for (let length = 0; length < golden.length; length++) {
      const { error, message } = decodeEvents(golden.slice(0, length));
      assertFault(error, 'PROVIDER_TRUNCATED_STREAM');
      assert.equal(message.providerMetadata, undefined);
    }
  });
  it('notices a block that is lost: its start, its end, or the last figures', () => {
    for (const [index, event] of golden.entries()) {
      if (event['type'] === 'ping' || (event['type'] === 'content_block_delta')) continue;
      const { error } = decodeEvents([...golden.slice(0, index), ...golden.slice(index + 1)]);
      assert.ok(isProviderError(error), `without event ${index}, ${JSON.stringify(event)}`);
    }
  });
  it('gives a typed fault or, where nothing is missing, the whole, in whatever order events come', () => {
    const random = createSeededRandom(7);
    let faults = 0;
    for (let round = 0; round < 2_000; round++) {
      const shuffled = random.below(2) === 0 ? swapped(golden, random.below(golden.length - 1)) : shuffle(golden, random.below);
      const { error, message } = decodeEvents(shuffled);
      if (error === undefined) {
        assert.deepEqual(kinds(message.content), kinds(whole.content));
        assert.equal(letters(JSON.stringify(message.content)), letters(JSON.stringify(whole.content)));
      } else {
        faults += 1;
        assert.ok(isProviderError(error), String(error));
        assert.equal(message.providerMetadata, undefined);
      }
    }
    assert.ok(faults > 500, `${faults} faults`);
  });
  it('gives a typed fault or a message where events come twice', () => {
    for (let index = 0; index < golden.length; index++) {
      const { error, message } = decodeEvents([...golden.slice(0, index + 1), ...golden.slice(index)]);
      // A delta that comes twice is nowhere marked as such, and cannot be told from a repeated word.
      if (golden[index]?.['type'] === 'content_block_delta') continue;
      assert.equal(error, undefined, `event ${index}`);
      assert.deepEqual(message, whole);
    }
  });
  it('survives every member of every event being of the wrong type', () => {
    for (const [index, event] of golden.entries()) {
      for (const value of [null, 7, 'x', [], {}, true]) {
        for (const changed of mutations(event, value)) {
          const { error, message } = decodeEvents([...golden.slice(0, index), changed, ...golden.slice(index + 1)]);
          assert.ok(error === undefined || isProviderError(error), `${JSON.stringify(changed)}: ${String(error)}`);
          if (error !== undefined) assert.equal(message.providerMetadata, undefined);
        }
      }
    }
  });
});

const kinds = (parts: readonly { readonly type: string }[]): string[] => parts.map(({ type }) => type).sort();
const letters = (value: string): string => [...value].sort().join('');

function swapped(list: readonly JsonObject[], at: number): JsonObject[] {
  const [a, b] = [list[at], list[at + 1]];
  return a === undefined || b === undefined ? [...list] : [...list.slice(0, at), b, a, ...list.slice(at + 2)];
}

function shuffle(list: readonly JsonObject[], below: (limit: number) => number): JsonObject[] {
  const rest = [...list];
  return list.flatMap(() => rest.splice(below(rest.length), 1));
}

/** The object with one of its members, at any depth, replaced. */
function* mutations(object: JsonObject, value: null | number | string | boolean | readonly never[] | JsonObject): Generator<JsonObject> {
  for (const [key, member] of Object.entries(object)) {
    yield { ...object, [key]: value };
    if (typeof member !== 'object' || member === null || Array.isArray(member)) continue;
    for (const inner of mutations(Object.fromEntries(Object.entries(member)), value)) yield { ...object, [key]: inner };
  }
}
