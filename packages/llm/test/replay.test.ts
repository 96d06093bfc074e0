import assert from 'node:assert/strict';
import { describe, it } from 'node:test';

import { type AssistantMessage, type AssistantPart, type Message, NO_RESULT, toReplay, type ToolMessage } from '@sx/llm';

const here = { provider: 'a', protocol: 'p', model: 'm' };
const there = { provider: 'b', protocol: 'p', model: 'm' };
const user = (text: string): Message => ({ role: 'user', content: [{ type: 'text', text }] });
const call = (id: string): AssistantPart => ({ type: 'tool-call', id, name: 'read', input: {}, inputText: '{}' });
const assistant = (origin: typeof here, content: AssistantPart[], more: Partial<AssistantMessage> = {}): AssistantMessage => ({
  role: 'assistant', origin, content, finishReason: 'tool-use', providerMetadata: { origin, raw: ['raw'] }, ...more,
});
const results = (...ids: string[]): ToolMessage => ({
  role: 'tool', content: ids.map((callId) => ({ type: 'tool-result', callId, name: 'read', isError: false, content: [{ type: 'text', text: callId }] })),
});
const replay = (messages: readonly Message[], options: { charsMax?: number; unique?: boolean; images?: boolean } = {}) =>
  toReplay(messages, here, { imageInput: options.images ?? true }, { callIdCharsMax: options.charsMax ?? 64, callIdsUnique: options.unique ?? true });
/** Roles with what identifies their content, for short comparisons. */
const shape = (messages: ReturnType<typeof replay>): string[] =>
  messages.map((message) =>
    message.role === 'tool'
      ? `tool ${message.content.map((part) => `${part.callId}=${part.content.map((inner) => (inner.type === 'text' ? inner.text : 'media')).join()}`).join(' ')}`
      : message.role === 'assistant'
        ? `assistant ${message.raw === undefined ? message.content.map((part) => (part.type === 'text' ? part.text : part.id)).join(' ') : 'raw'}`
        : `user ${message.content.map((part) => (part.type === 'text' ? part.text : 'media')).join()}`);

describe('toReplay', () => {
  it('gives the same origin its own content, another one text and calls only', () => {
    assert.deepEqual(shape(replay([user('q'), assistant(here, [{ type: 'text', text: 'x' }], { finishReason: 'end' })])), ['user q', 'assistant raw']);
    const foreign = assistant(there, [{ type: 'reasoning', text: 'secret' }, { type: 'text', text: 'x' }, { type: 'text', text: '' }, call('c')]);
    assert.deepEqual(shape(replay([user('q'), foreign, results('c')])), ['user q', 'assistant x c', 'tool c=c']);
  });
  it('leaves out a foreign turn that was only a thought', () => {
    assert.deepEqual(shape(replay([user('q'), assistant(there, [{ type: 'reasoning', text: 'x' }]), user('r')])), ['user q', 'user r']);
  });
  it('answers every call once, in the order of the calls', () => {
    assert.deepEqual(shape(replay([assistant(here, [call('a'), call('b'), call('c')]), results('c', 'a', 'a', 'stray')])), [
      'assistant raw', `tool a=a b=${NO_RESULT} c=c`,
    ]);
  });
  it('marks made-up results as errors', () => {
    const tool = replay([assistant(here, [call('a')])])[1];
    assert.equal(tool?.role === 'tool' && tool.content[0]?.isError, true);
  });
  it('moves what stands between calls and results behind the results', () => {
    assert.deepEqual(shape(replay([assistant(here, [call('a')]), user('steer'), results('a')])), ['assistant raw', 'tool a=a', 'user steer']);
  });
  it('drops turns that failed or were aborted, with their results, and results without a call', () => {
    for (const finishReason of ['error', 'aborted'] as const) {
      assert.deepEqual(shape(replay([user('q'), assistant(here, [call('a')], { finishReason }), results('a'), user('r'), results('z')])), ['user q', 'user r']);
    }
  });
  it('makes foreign ids legal, short and unique, and their results follow', () => {
    const long = 'x'.repeat(100);
    const messages = [assistant(there, [call('a/b'), call('a.b'), call(long), call('')]), results('a/b', 'a.b', long, '')];
    const [first, tool] = replay(messages, { charsMax: 40 });
    assert.ok(first?.role === 'assistant' && tool?.role === 'tool');
    const ids = first.content.flatMap((part) => (part.type === 'tool-call' ? [part.id] : []));
    assert.equal(new Set(ids).size, 4);
    for (const id of ids) assert.match(id, /^[A-Za-z0-9_-]{1,40}$/);
    assert.deepEqual(tool.content.map(({ callId }) => callId), ids);
    assert.deepEqual(ids[0], 'a_b');
  });
  it('sends its own turn from its parts where a foreign one took its id before', () => {
    const messages = [assistant(there, [call('c')]), results('c'), assistant(here, [call('c')]), results('c')];
    const [, , own, tool] = replay(messages);
    assert.ok(own?.role === 'assistant' && own.raw === undefined && tool?.role === 'tool');
    const [part] = own.content;
    assert.notEqual(part?.type === 'tool-call' && part.id, 'c');
    assert.equal(tool.content[0]?.callId, part?.type === 'tool-call' && part.id);
    assert.equal(shape(replay(messages, { unique: false }))[2], 'assistant raw');
  });
  it('writes a line for media that the model cannot read', () => {
    const png = { type: 'media', mediaType: 'image/png', data: '' } as const;
    const [message] = replay([{ role: 'user', content: [png, { type: 'text', text: '' }] }], { images: false });
    assert.deepEqual(message?.content, [{ type: 'text', text: '[image (image/png) left out: this model cannot read it]' }]);
  });
  it('cleans strings, also in what goes out verbatim', () => {
    const [message] = replay([assistant(here, [], { providerMetadata: { origin: here, raw: [{ a: '\ud800' }] } })]);
    assert.deepEqual(message?.role === 'assistant' && message.raw, [{ a: '\ufffd' }]);
  });
});
