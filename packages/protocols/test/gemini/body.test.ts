import assert from 'node:assert/strict';
import { describe, it } from 'node:test';

import { type AssistantMessage, isProviderError, type JsonObject, type JsonValue, type Message, type ToolMessage } from '@sx/llm';

import { call, contentsOf, context, origin, protocol, request, user } from './conversation.ts';

const body = (messages: readonly Message[], more: Parameters<typeof request>[1] = {}, extra: JsonObject = {}): JsonObject =>
  protocol.toBody(request(messages, more), { origin, capabilities: { extra } });
const toolCall = (id: string, name = 'read', input: JsonObject | undefined = {}) => ({ type: 'tool-call' as const, id, name, input, inputText: JSON.stringify(input ?? '') });
const own = (content: AssistantMessage['content'], raw: readonly JsonValue[], more: Partial<AssistantMessage> = {}): AssistantMessage =>
  ({ role: 'assistant', content, origin, finishReason: 'tool-use', providerMetadata: { origin, raw }, ...more });
const foreign = (content: AssistantMessage['content']): AssistantMessage =>
  ({ role: 'assistant', content, origin: { provider: 'codex', protocol: 'openai-responses', model: 'gpt-5.5' }, finishReason: 'end' });
const results = (...ids: string[]): ToolMessage =>
  ({ role: 'tool', content: ids.map((callId) => ({ type: 'tool-result', callId, name: 'read', isError: false, content: [{ type: 'text', text: `of ${callId}` }] })) });
const said = (text: string) => ({ type: 'text' as const, text });
const goOn = { role: 'user', parts: [{ text: 'Continue.' }] };

describe('gemini: contents', () => {
  it('repeat own parts to the letter, and name their responses by the ids that the server gave', () => {
    const parts = [{ text: 'Hm', thought: true }, call('read', { id: 'x1', args: { a: 1 } }, { thoughtSignature: 'S', odd: [1] }), call('read', { id: 'x1' }), { hologram: 1 }];
    const [, model, tool] = contentsOf(body([user('Go'), own([toolCall('x1'), toolCall('call-1')], parts), results('call-1', 'x1')]));
    assert.deepEqual(model, { role: 'model', parts });
    const response = (output: string) => ({ functionResponse: { id: 'x1', name: 'read', response: { output } } });
    assert.deepEqual(tool, { role: 'user', parts: [response('of x1'), response('of call-1')] });
  });
  it('of another model hold no signature of ours, and the one that the vendor documents on the first call', () => {
    const message = own([toolCall('a'), toolCall('b')], [call('read', {}, { thoughtSignature: 'S' }), call('read')], { providerMetadata: { origin: { ...origin, model: 'gemini-3.5-flash' }, raw: [] }, origin: { ...origin, model: 'gemini-3.5-flash' } });
    const parts = (extra: JsonObject) => Object(contentsOf(body([user('Go'), message, results('a', 'b')], {}, extra))[1]).parts;
    const bare = call('read', { args: {} });
    assert.deepEqual(parts({}), [{ ...bare, thoughtSignature: 'skip_thought_signature_validator' }, bare]);
    assert.deepEqual(parts({ signedCalls: false }), [bare, bare]);
  });
  it('have one response for every call, also where the raw form has lost one', () => {
    const [, model, tool] = contentsOf(body([user('Go'), own([toolCall('a'), toolCall('b')], [call('read', {}, { thoughtSignature: 'S' })]), results('a')]));
    assert.equal(Object(model).parts.length, 2);
    assert.deepEqual(Object(tool).parts.map((part: JsonObject) => Object(part['functionResponse']).response), [{ output: 'of a' }, { error: 'no result: interrupted' }]);
  });
  it('begin and end with the user, and model turns never touch', () => {
    assert.deepEqual(contentsOf(body([foreign([said('a')]), foreign([said('b')])])), [
      goOn, { role: 'model', parts: [{ text: 'a' }] }, goOn, { role: 'model', parts: [{ text: 'b' }] }, goOn,
    ]);
  });
  it('leave out what did not finish, and whatever is empty', () => {
    const contents = contentsOf(body([user('Go'), own([said('x')], [{ text: 'x' }], { finishReason: 'aborted' }), own([], []), foreign([said('')]), user('')]));
    assert.deepEqual(contents, [{ role: 'user', parts: [{ text: 'Go' }] }]);
  });
  it('hold no lone surrogate', () => {
    assert.ok(!JSON.stringify(body([user('a\ud800b'), foreign([toolCall('a', 'read', { x: '\udc00' })])])).includes('\\ud'));
  });
  it('of a longer history begin with those of the shorter one', () => {
    const history: Message[] = [user('1'), own([toolCall('a')], [call('read', {}, { thoughtSignature: 'S' })]), results('a'), foreign([said('x'), toolCall('a')]), results('a'), user('2'), own([said('y')], [{ text: 'y' }], { finishReason: 'end' }), user('3')];
    const all = contentsOf(body(history)).map((content) => JSON.stringify(content));
    for (const length of [1, 3, 5, 6, 8]) {
      const some = contentsOf(body(history.slice(0, length))).map((content) => JSON.stringify(content));
      assert.deepEqual(all.slice(0, some.length), some, `${length} messages`);
    }
  });
  it('are not empty: that is refused before it is sent', () => {
    assert.throws(() => body([]), (error) => isProviderError(error) && error.code === 'PROVIDER_INVALID_REQUEST');
  });
});

describe('gemini: the rest of the body', () => {
  const tool = { name: 'read', description: 'Reads.', inputSchema: { type: 'object', properties: {} } };
  it('names the tools that may be called', () => {
    const config = (toolChoice: Parameters<typeof request>[1]) => body([user('Go')], { tools: [tool], ...toolChoice })['toolConfig'];
    assert.deepEqual([config({}), config({ toolChoice: 'auto' })], [undefined, undefined]);
    assert.deepEqual(config({ toolChoice: 'none' }), { functionCallingConfig: { mode: 'NONE' } });
    assert.deepEqual(config({ toolChoice: { name: 'read' } }), { functionCallingConfig: { mode: 'ANY', allowedFunctionNames: ['read'] } });
    assert.equal(body([user('Go')], { toolChoice: 'required' })['toolConfig'], undefined, 'without tools there is nothing to choose');
  });
  it('refuses a tool whose name the vendor does not take', () => {
    assert.throws(() => body([user('Go')], { tools: [{ ...tool, name: '2nd' }] }), (error) => isProviderError(error) && error.code === 'PROVIDER_UNSUPPORTED');
  });
  it('leaves `const` alone where it is no keyword', () => {
    const inputSchema = { type: 'object', properties: { const: { type: 'string', default: { const: 1 } } }, required: ['const'] };
    const [{ functionDeclarations }] = Object(body([user('Go')], { tools: [{ ...tool, inputSchema }] })).tools;
    assert.deepEqual(functionDeclarations[0].parametersJsonSchema, inputSchema);
  });
  it('says what it leaves out', () => {
    const warnings = protocol.warnings?.(request([], { tools: [tool], parallelToolCalls: false, verbosity: 'low', thinkingBudgetTokens: 5 }), context) ?? [];
    assert.equal(warnings.length, 2);
  });
});
