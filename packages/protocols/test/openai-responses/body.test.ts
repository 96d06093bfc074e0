import assert from 'node:assert/strict';
import { describe, it } from 'node:test';

import { type AssistantMessage, isProviderError, type JsonObject, type JsonValue, type Message, type ModelRequest, type ProtocolContext, type ToolMessage } from '@sx/llm';
import { createSeededRandom, type SeededRandom } from '@sx/testkit';

import { call, codex, context, inputOf, message, open, origin, request, user } from './conversation.ts';

const tool = { name: 'read', description: 'Reads.', inputSchema: { $schema: 'x', type: 'object' } };
const assistant = (raw: readonly JsonValue[], more: Partial<AssistantMessage> = {}): AssistantMessage => ({
  role: 'assistant', origin, finishReason: 'end', content: [{ type: 'text', text: 'x' }], providerMetadata: { origin, raw }, ...more,
});
const bodyOf = (more: Partial<ModelRequest>, capabilities: ProtocolContext['capabilities'] = {}, protocol = codex): JsonObject =>
  protocol.toBody(request([user('Hi')], more), { origin, capabilities });

describe('responses: the body', () => {
  it('has its members in one order and sends nothing that the backend refuses', () => {
    const body = bodyOf({ tools: [tool], effort: 'low', verbosity: 'low', maxOutputTokens: 5, thinkingBudgetTokens: 9, parallelToolCalls: false });
    assert.deepEqual(Object.keys(body), [
      'model', 'instructions', 'input', 'tools', 'tool_choice', 'parallel_tool_calls', 'reasoning', 'store', 'stream', 'include',
      'prompt_cache_key', 'text',
    ]);
    assert.deepEqual([body['store'], body['stream'], body['parallel_tool_calls']], [false, true, false]);
  });
  it('says what it left out', () => {
    const warnings = codex.warnings?.(request([user('Hi')], { maxOutputTokens: 5, thinkingBudgetTokens: 9 }), context);
    assert.equal(warnings?.length, 2);
  });
  it('sends the output limit on the public API, at least 16', () => {
    assert.equal(bodyOf({ maxOutputTokens: 5 }, {}, open)['max_output_tokens'], 16);
    assert.equal(bodyOf({ maxOutputTokens: 500 }, {}, open)['max_output_tokens'], 500);
  });
  it('writes strict: false and properties, and drops $schema', () => {
    assert.deepEqual(bodyOf({ tools: [tool] })['tools'], [
      { type: 'function', name: 'read', description: 'Reads.', strict: false, parameters: { type: 'object', properties: {} } },
    ]);
  });
  it('says nothing of tools on the public API where there are none', () => {
    const body = bodyOf({}, {}, open);
    assert.deepEqual(['tools', 'tool_choice', 'parallel_tool_calls'].filter((key) => key in body), []);
  });
  it('asks for no reasoning of a model that has none', () => {
    const body = bodyOf({ effort: 'high' }, { efforts: [] }, open);
    assert.deepEqual([body['reasoning'], body['include']], [undefined, undefined]);
  });
  it('turns off into none, without a summary', () => assert.deepEqual(bodyOf({ effort: 'off' })['reasoning'], { effort: 'none' }));
  it('is strict about a schema only where the schema is', () => {
    const strict = (schema: JsonObject): JsonValue | undefined => {
      const text = bodyOf({ responseFormat: { name: 'a', schema } })['text'];
      return JSON.stringify(text).includes('"strict":true');
    };
    const closed = { type: 'object', properties: { a: { type: 'string' } }, required: ['a'], additionalProperties: false };
    assert.equal(strict(closed), true);
    assert.equal(strict({ ...closed, required: [] }), false);
    assert.equal(strict({ ...closed, additionalProperties: true }), false);
    assert.equal(strict({ ...closed, properties: { a: { type: 'array', items: { type: 'object', properties: {} } } } }), false);
  });
  it('refuses an empty conversation', () => {
    assert.throws(() => codex.toBody(request([]), context), (error) => isProviderError(error) && error.code === 'PROVIDER_INVALID_REQUEST');
  });
  it('sends PDFs as files on the public API', () => {
    const body = open.toBody(request([{ role: 'user', content: [{ type: 'media', mediaType: 'application/pdf', data: 'JVBERi0=', filename: 'a.pdf' }] }]), context);
    assert.deepEqual(inputOf(body)[0]?.['content'], [{ type: 'input_file', filename: 'a.pdf', file_data: 'data:application/pdf;base64,JVBERi0=' }]);
  });
});

describe('responses: replay', () => {
  const replay = (raw: readonly JsonValue[], protocol = codex, more: Partial<AssistantMessage> = {}) =>
    inputOf(protocol.toBody(request([user('Hi'), assistant(raw, more), user('On')]), context)).slice(1, -1);

  it('strips ids and states, keeps phase, order and encrypted content byte for byte', () => {
    const raw = [
      { type: 'reasoning', id: 'rs', status: 'completed', summary: [], content: [], encrypted_content: 'gAAA+/=\n' },
      { ...message('Hi'), id: 'msg', status: 'completed', phase: 'commentary' },
    ];
    assert.deepEqual(replay(raw), [
      { type: 'reasoning', summary: [], encrypted_content: 'gAAA+/=\n' },
      { type: 'message', role: 'assistant', content: [{ type: 'output_text', text: 'Hi' }], phase: 'commentary' },
    ]);
  });
  it('drops thoughts without encrypted content, and those that led to nothing', () => {
    const thought = { type: 'reasoning', summary: [], encrypted_content: 'e' };
    assert.equal(replay([{ type: 'reasoning', summary: [] }, message('Hi')]).length, 1);
    assert.equal(replay([message('Hi'), thought, thought]).length, 1);
  });
  it('sends open thoughts back to imitators', () => {
    const thought = { type: 'reasoning', id: 'r', summary: [], content: [{ type: 'reasoning_text', text: 'Hm' }] };
    assert.deepEqual(replay([thought, message('Hi')], open)[0], { type: 'reasoning', summary: [], content: thought.content });
  });
  it('sends unknown items back on the public API only, and never a call that nobody can answer', () => {
    const raw = [{ type: 'hologram', id: 'h', payload: 1 }, { type: 'apply_patch_call', call_id: 'c', id: 'a' }, message('Hi')];
    assert.deepEqual(replay(raw, open).map((item) => item['type']), ['hologram', 'message']);
    assert.deepEqual(replay(raw).map((item) => item['type']), ['message']);
  });
  it('answers a free-form call with its own kind of output', () => {
    const raw = [{ type: 'custom_tool_call', call_id: 'c', name: 'patch', input: 'x', status: 'completed', id: 'ctc' }];
    const content = [{ type: 'tool-call', id: 'c', name: 'patch', input: undefined, inputText: 'x', freeform: true }] as const;
    assert.deepEqual(replay(raw, codex, { content, finishReason: 'tool-use' }), [
      { type: 'custom_tool_call', call_id: 'c', name: 'patch', input: 'x' },
      { type: 'custom_tool_call_output', call_id: 'c', output: 'no result: interrupted' },
    ]);
  });
});

const others = [
  origin,
  { ...origin, model: 'gpt-5.4' },
  { provider: 'anthropic', protocol: 'anthropic-messages', model: 'claude' },
  { provider: 'gemini', protocol: 'gemini', model: 'gemini-3' },
];

/** A turn as some vendor gave it, broken in the ways that vendors and users break turns. */
function randomTurn(random: SeededRandom, number: number): Message[] {
  const from = random.pick(others);
  const ids = Array.from({ length: random.below(4) }, (_, index) =>
    random.pick([`call_${number}_${index}`, `call_${index}`, '', ...(from.provider === 'codex' ? [] : [`toolu.${number}/${index}`, `${'x'.repeat(90)}${number}${index}`])]));
  const calls = ids.map((id) => ({ type: 'tool-call', id, name: 'read', input: { a: 1 }, inputText: random.pick(['{"a":1}', '{"a": 1}']) } as const));
  const raw: JsonValue[] = [
    { type: 'reasoning', id: 'r', summary: [], encrypted_content: `e${number}` },
    { ...message(`Turn ${number}`), phase: 'commentary', id: 'm' },
    ...ids.map((id) => ({ ...call(id), call_id: id })),
  ];
  const results = calls.filter(() => random.below(5) > 0).map((part) => ({
    type: 'tool-result', callId: part.id, name: part.name, isError: false, content: [{ type: 'text', text: `result \ud83d ${number}` }],
  } as const));
  const stray = { type: 'tool-result', callId: 'nobody', name: 'read', isError: false, content: [] } as const;
  const assistantMessage: AssistantMessage = {
    role: 'assistant', origin: from, content: [{ type: 'reasoning', text: 'secret' }, { type: 'text', text: `Turn ${number}` }, ...calls],
    finishReason: random.pick(['end', 'tool-use', 'length', 'aborted', 'error'] as const), providerMetadata: { origin: from, raw },
  };
  const toolMessage: ToolMessage = { role: 'tool', content: random.below(6) === 0 ? [...results, stray] : results };
  // A user who speaks before the results are there comes after them.
  const tail = random.below(4) === 0 ? [user('steer'), toolMessage] : [toolMessage];
  return [user(`Question ${number}\u0000`), assistantMessage, ...(calls.length > 0 ? tail : [])];
}

function assertPairs(input: readonly JsonObject[]): void {
  const open = new Set<JsonValue | undefined>();
  const seen = new Set<JsonValue | undefined>();
  for (const item of input) {
    assert.ok(!('id' in item), 'no item has an id');
    const id = item['call_id'];
    if (item['type'] === 'function_call') {
      assert.match(String(id), /^[A-Za-z0-9_-]{1,64}$/);
      assert.ok(!seen.has(id), `call ${String(id)} comes twice`);
      open.add(id);
      seen.add(id);
    } else if (item['type'] === 'function_call_output') {
      assert.ok(open.delete(id), `output ${String(id)} without a call before it`);
    }
  }
  assert.equal(open.size, 0, 'every call has its output');
}

describe('responses: any conversation through any vendors', () => {
  it('gives a body in which every call has one output and nothing leaks', () => {
    const random = createSeededRandom(41);
    for (let round = 0; round < 300; round++) {
      const messages = Array.from({ length: 1 + random.below(8) }, (_, turn) => randomTurn(random, turn)).flat();
      for (const target of others.filter(({ provider }) => provider === 'codex')) {
        const body = codex.toBody(request([...messages, user('end')], { model: target.model }), { origin: target, capabilities: {} });
        assertPairs(inputOf(body));
        const text = JSON.stringify(body);
        assert.ok(!text.includes('secret') && !text.includes('\\u0000') && !text.includes('\\ud83d'), 'no thought, NUL or lone surrogate');
      }
    }
  });
  it('begins each request with the one before, over twenty turns with tools and detours', () => {
    const random = createSeededRandom(42);
    for (let round = 0; round < 20; round++) {
      const messages: Message[] = [];
      let before = '';
      for (let turn = 0; turn < 20; turn++) {
        messages.push(...randomTurn(random, turn));
        const input = JSON.stringify(inputOf(codex.toBody(request(messages), context)));
        assert.ok(input.startsWith(before), `turn ${turn} changes what was sent`);
        before = input.slice(0, -1);
      }
    }
  });
  it('gives the same model its own items back, before and after a detour', () => {
    const raw = [{ type: 'reasoning', summary: [], encrypted_content: 'mine' }, message('Hi')];
    const [claude] = others.slice(2);
    const detour = { ...assistant([{ type: 'thinking' }]), origin: claude ?? origin, providerMetadata: { origin: claude ?? origin, raw: [] } };
    const input = inputOf(codex.toBody(request([user('1'), assistant(raw), user('2'), detour, user('3'), assistant(raw), user('4')]), context));
    assert.equal(input.filter((item) => item['encrypted_content'] === 'mine').length, 2);
  });
});
