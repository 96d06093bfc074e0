import assert from 'node:assert/strict';
import { describe, it } from 'node:test';

import {
  type AssistantMessage, isProviderError, type JsonObject, type JsonValue, type Message, type ModelCapabilities, type ModelRequest,
  type ToolMessage,
} from '@sx/llm';
import { claudeModels, createClaudeCatalogue, createThinkingRepairs, messagesFields } from '@sx/protocols/anthropic-messages';
import { parseClaudeModels } from '../../src/anthropic-messages/parse-models.ts';
import { createSeededRandom, type SeededRandom } from '@sx/testkit';

import { context, historyOf, imitated, official, origin, request, user } from './conversation.ts';

const capabilitiesOf = (model: string): ModelCapabilities => createClaudeCatalogue([]).capabilities(model);
const bodyOf = (more: Partial<ModelRequest>, capabilities: ModelCapabilities = {}, protocol = official): JsonObject =>
  protocol.toBody(request([user('Hi')], more), { origin, capabilities });
const assistant = (raw: readonly JsonValue[], more: Partial<AssistantMessage> = {}): AssistantMessage => ({
  role: 'assistant', origin, finishReason: 'end', content: [{ type: 'text', text: 'x' }], providerMetadata: { origin, raw }, ...more,
});
const tool = { name: 'read', description: 'Reads.', inputSchema: { type: 'object', properties: {} } };

describe('messages: the body', () => {
  it('has its members in one order and sends nothing that newer models refuse', () => {
    const body = bodyOf({ tools: [tool], effort: 'low', verbosity: 'low' }, capabilitiesOf('claude-opus-5-5'));
    assert.deepEqual(Object.keys(body), ['model', 'max_tokens', 'system', 'tools', 'tool_choice', 'messages', 'thinking', 'output_config', 'stream']);
  });
  it('tells each family of models to think in its own words', () => {
    const thinking = (model: string, more: Partial<ModelRequest> = {}): string => {
      const { thinking: told, output_config: config } = bodyOf({ model, tools: [tool], ...more }, capabilitiesOf(model));
      return JSON.stringify([told ?? null, config ?? null]);
    };
    const summarized = '{"type":"adaptive","display":"summarized"}';
    assert.equal(thinking('claude-opus-5-5'), `[${summarized},null]`);
    assert.equal(thinking('claude-opus-5-5', { effort: 'minimal' }), `[${summarized},{"effort":"low"}]`);
    assert.equal(thinking('claude-opus-5-5', { effort: 'max', thinkingBudgetTokens: 5_000 }), `[${summarized},{"effort":"max"}]`);
    assert.equal(thinking('claude-opus-5', { effort: 'off' }), '[{"type":"disabled"},null]');
    assert.equal(thinking('claude-sonnet-4-6', { effort: 'high' }), `[${summarized},{"effort":"high"}]`);
    assert.equal(thinking('claude-haiku-4-5'), '[{"type":"enabled","budget_tokens":10000},null]');
    assert.equal(thinking('claude-haiku-4-5-20251001', { effort: 'high' }), '[{"type":"enabled","budget_tokens":24000},null]');
    assert.equal(thinking('claude-haiku-4-5', { thinkingBudgetTokens: 10 }), '[{"type":"enabled","budget_tokens":1024},null]');
    assert.equal(thinking('claude-haiku-4-5', { maxOutputTokens: 2_000 }), '[null,null]');
    assert.equal(thinking('claude-haiku-4-5', { effort: 'off' }), '[{"type":"disabled"},null]');
    assert.equal(thinking('claude-haiku-4-5', { toolChoice: 'required' }), '[null,null]');
    assert.equal(thinking('claude-99'), `[${summarized},null]`);
  });
  it('asks for a tool in the words of the API, and only where there are tools', () => {
    const choice = (more: Partial<ModelRequest>, capabilities: ModelCapabilities = {}): JsonValue | undefined => bodyOf({ tools: [tool], ...more }, capabilities)['tool_choice'];
    assert.deepEqual(choice({}), { type: 'auto' });
    assert.deepEqual(choice({ parallelToolCalls: false }), { type: 'auto', disable_parallel_tool_use: true });
    assert.deepEqual(choice({ toolChoice: 'none', parallelToolCalls: false }), { type: 'none' });
    assert.deepEqual(choice({ toolChoice: 'required', parallelToolCalls: false }), { type: 'any', disable_parallel_tool_use: true });
    assert.deepEqual(choice({ toolChoice: { name: 'read' } }), { type: 'tool', name: 'read' });
    assert.deepEqual(choice({ toolChoice: { name: 'read' } }, capabilitiesOf('claude-opus-5-5')), { type: 'auto' });
    assert.equal(choice({ tools: [] }), undefined);
  });
  it('defines the tools of earlier calls where none is offered any more, and lets none be chosen', () => {
    const call = (id: string, name: string): JsonObject => ({ type: 'tool_use', id, name, input: {} });
    const part = (id: string, name: string) => ({ type: 'tool-call', id, name, inputText: '{}', input: {} }) as const;
    const result = (callId: string) => ({ type: 'tool-result', callId, name: 'read', isError: false, content: [{ type: 'text', text: 'x' }] }) as const;
    const history: Message[] = [
      user('Look'),
      assistant([call('a', 'read'), call('b', 'list'), call('c', 'read')], { content: [part('a', 'read'), part('b', 'list'), part('c', 'read')] }),
      { role: 'tool', content: [result('a'), result('b'), result('c')] },
      user('And now?'),
    ];
    const defined = (name: string): JsonObject => ({ name, description: 'No longer available.', input_schema: { type: 'object' } });
    const { tools, tool_choice: choice } = official.toBody(request(history), context);
    assert.deepEqual([tools, choice], [[defined('read'), { ...defined('list'), cache_control: { type: 'ephemeral' } }], { type: 'none' }]);
    assert.equal('tools' in official.toBody(request([user('Look')]), context), false);
  });
  it('never asks for more output than the model gives', () => {
    const most = (maxOutputTokens: number | undefined, capabilities: ModelCapabilities): JsonValue | undefined =>
      bodyOf(maxOutputTokens === undefined ? {} : { maxOutputTokens }, capabilities)['max_tokens'];
    assert.deepEqual([most(undefined, {}), most(undefined, { maxOutputTokens: 128_000 }), most(undefined, { maxOutputTokens: 8_192 })], [32_000, 64_000, 8_192]);
    assert.deepEqual([most(100_000, {}), most(100_000, { maxOutputTokens: 64_000 }), most(5, { maxOutputTokens: 64_000 })], [100_000, 64_000, 5]);
  });
  it('says what it left out', () => {
    const warned = official.warnings?.(request([user('Hi')], { verbosity: 'low', toolChoice: 'required', maxOutputTokens: 1_000_000 }), { origin, capabilities: capabilitiesOf('claude-opus-5-5') });
    assert.equal(warned?.length, 3);
    assert.deepEqual(official.warnings?.(request([user('Hi')], { toolChoice: 'required' }), { origin, capabilities: {} }), []);
  });
  it('writes an object schema whatever it is given, and refuses structured output where there is none', () => {
    const odd = { ...tool, inputSchema: { $schema: 'x', oneOf: [{ required: ['a'] }], properties: { a: { oneOf: [{ type: 'string' }] } } } };
    const { tools } = bodyOf({ tools: [odd] });
    assert.deepEqual(tools, [{ name: 'read', description: 'Reads.', input_schema: { properties: { a: { oneOf: [{ type: 'string' }] } }, type: 'object' }, cache_control: { type: 'ephemeral' } }]);
    assert.throws(() => bodyOf({ responseFormat: { name: 'a', schema: {} } }, { structuredOutput: 'tool' }), (error) => isProviderError(error) && error.code === 'PROVIDER_UNSUPPORTED');
  });
  it('refuses an empty conversation, and one that holds nothing to say', () => {
    for (const history of [[], [user('  ')], [assistant([])]]) {
      assert.throws(() => official.toBody(request(history), context), (error) => isProviderError(error) && error.code === 'PROVIDER_INVALID_REQUEST');
    }
  });
  it('sends no empty system prompt', () => assert.equal('system' in bodyOf({ system: ' ' }), false));
  it('marks the last tool, the prompt and the last two messages of the user, and no more than four blocks', () => {
    const history = Array.from({ length: 6 }, (_, turn) => [user(`Question ${turn}`), assistant([{ type: 'text', text: 'Hi' }])]).flat();
    const body = official.toBody(request([...history, user('end')], { tools: [tool, { ...tool, name: 'write' }] }), context);
    assert.equal(JSON.stringify(body).match(/cache_control/g)?.length, 4);
    const marked = historyOf(body).map(({ content }) => content.some((block) => 'cache_control' in block));
    assert.deepEqual(marked.map((is, index) => (is ? index : -1)).filter((index) => index >= 0), [10, 12]);
  });
});

describe('messages: replay', () => {
  const replay = (raw: readonly JsonValue[], more: Partial<AssistantMessage> = {}, protocol = official): readonly JsonObject[] =>
    historyOf(protocol.toBody(request([user('Hi'), assistant(raw, more), user('On')]), context))[1]?.content ?? [];
  const said = { type: 'text', text: 'Hi' };

  it('sends content back as it came, unknown members and blocks included', () => {
    const raw = [
      { type: 'thinking', thinking: '', signature: 's=', extra: 1 }, { type: 'redacted_thinking', data: 'd=' }, { type: 'hologram', depth: [1, { a: null }] },
      { type: 'text', text: ' Hi \n', citations: [{ cited_text: 'x' }] }, { type: 'fallback', from: {}, to: {} },
    ];
    assert.deepEqual(replay([...raw, said]), [...raw, said]);
  });
  it('leaves out what would be refused: blank texts, a thought at the end, one that nobody signed', () => {
    const thought = { type: 'thinking', thinking: 'Hm', signature: 's' };
    assert.deepEqual(replay([{ type: 'text', text: '\n\n' }, said, thought, { type: 'redacted_thinking', data: 'd' }]), [said]);
    assert.deepEqual(replay([{ type: 'thinking', thinking: 'Hm' }, said]), [said]);
    assert.deepEqual(replay([{ type: 'thinking', thinking: 'Hm' }, said], {}, imitated), [{ type: 'thinking', thinking: 'Hm' }, said]);
  });
  it('sends nothing that the model declined to finish, and no results of it', () => {
    const declined = assistant([{ type: 'tool_use', id: 'a', name: 'read', input: {} }], { finishReason: 'refusal', content: [{ type: 'tool-call', id: 'a', name: 'read', input: {}, inputText: '{}' }] });
    const history = historyOf(official.toBody(request([user('Hi'), declined, user('Please')]), context));
    assert.deepEqual(history.map(({ role, content }) => [role, content.length]), [['user', 2]]);
  });
  it('ends with the user, unless the vendor paused a tool of its own', () => {
    const roles = (...history: Message[]): string => historyOf(official.toBody(request(history), context)).map(({ role, content }) => `${role} ${content.length}`).join(', ');
    const paused = assistant([said, { type: 'server_tool_use', id: 's', name: 'web_search', input: {} }], { finishReason: 'pause' });
    assert.equal(roles(user('Hi'), assistant([said])), 'user 1, assistant 1, user 1');
    assert.equal(roles(user('Hi'), paused), 'user 1, assistant 2');
    assert.equal(roles(user('Hi'), paused, assistant([said]), user('On')), 'user 1, assistant 3, user 1');
    assert.equal(roles(user('Hi'), assistant([said]), assistant([said]), user('On')), 'user 1, assistant 1, user 1, assistant 1, user 1');
    assert.equal(roles(assistant([said]), user('On')), 'user 1, assistant 1, user 1');
  });
});

const others = [
  origin,
  { ...origin, model: 'claude-opus-5-5' },
  { provider: 'codex', protocol: 'openai-responses', model: 'gpt-5.5' },
  { provider: 'gemini', protocol: 'gemini', model: 'gemini-3' },
];

/** A turn as some vendor gave it, broken in the ways that vendors and users break turns. */
function randomTurn(random: SeededRandom, number: number): Message[] {
  const from = random.pick(others);
  const own = from.provider === 'anthropic';
  const ids = Array.from({ length: random.below(4) }, (_, index) =>
    random.pick([`toolu_${number}_${index}`, `toolu_${index}`, ...(own ? [] : ['', `call|${number}/${index}`, `${'x'.repeat(90)}${number}${index}`])]));
  const calls = ids.map((id) => ({ type: 'tool-call', id, name: own ? 'read' : random.pick(['read', 'a.b', '']), input: random.below(5) === 0 ? undefined : { a: 1 }, inputText: '{"a":1}' } as const));
  const raw: JsonValue[] = [
    { type: 'thinking', thinking: 'secret', signature: `s${number}` },
    { type: 'text', text: random.pick([`Turn ${number}`, '', '\n']) },
    ...calls.map(({ id, name, input }) => ({ type: 'tool_use', id, name, input: input ?? { INVALID_JSON: 'x' } })),
    ...(random.below(5) === 0 ? [{ type: 'redacted_thinking', data: 'd' }] : []),
  ];
  const results = calls.filter(() => random.below(5) > 0).map((part) => ({
    type: 'tool-result', callId: part.id, name: part.name, isError: random.below(3) === 0,
    content: random.pick([[], [{ type: 'text', text: ` result \ud83d ${number}` }], [{ type: 'media', mediaType: 'image/png', data: 'iVBORw0KGgo=' }, { type: 'text', text: ' ' }]] as const),
  } as const));
  const stray = { type: 'tool-result', callId: 'nobody', name: 'read', isError: false, content: [] } as const;
  const answer: AssistantMessage = {
    role: 'assistant', origin: from, content: [{ type: 'reasoning', text: 'secret' }, { type: 'text', text: random.pick([`Turn ${number}`, ' ']) }, ...calls],
    finishReason: random.pick(['end', 'tool-use', 'length', 'aborted', 'error', 'refusal', 'pause'] as const), providerMetadata: { origin: from, raw },
  };
  const toolMessage: ToolMessage = { role: 'tool', content: random.below(6) === 0 ? [...results, stray] : results };
  // A user who speaks before the results are there comes after them; one who says nothing, or twice, is left.
  const tail = random.below(4) === 0 ? [user('steer'), toolMessage] : [toolMessage];
  return [...random.pick([[user(`Question ${number}\u0000`)], [user(' ')], [], [user('a'), user('b')]]), answer, ...(calls.length > 0 ? tail : [])];
}

/** The rules of the API that a body has to keep. */
function assertLegal(body: JsonObject): void {
  const history = historyOf(body);
  const seen = new Set<JsonValue | undefined>();
  for (const [index, { role, content }] of history.entries()) {
    assert.equal(role, index % 2 === 0 ? 'user' : 'assistant', 'roles alternate');
    assert.ok(content.length > 0, 'no message is empty');
    const results = content.filter(({ type }) => type === 'tool_result').map((block) => block['tool_use_id']);
    assert.deepEqual(content.slice(0, results.length).map(({ type }) => type), results.map(() => 'tool_result'), 'results come first');
    const calls = index === 0 ? [] : (history[index - 1]?.content ?? []).filter(({ type }) => type === 'tool_use').map((block) => block['id']);
    if (role === 'user') assert.deepEqual(results, calls, 'every call has its result');
    for (const block of content) {
      if (block['type'] === 'text') assert.notEqual(String(block['text']).trim(), '');
      if (block['type'] !== 'tool_use') continue;
      assert.match(String(block['id']), /^[A-Za-z0-9_-]{1,64}$/);
      assert.match(String(block['name']), /^[A-Za-z0-9_-]{1,128}$/);
      assert.ok(!seen.has(block['id']), 'no id comes twice');
      seen.add(block['id']);
    }
    if (role === 'assistant') assert.doesNotMatch(String(content.at(-1)?.['type']), /thinking/);
  }
  assert.equal(history.at(-1)?.role, 'user');
  assert.ok((JSON.stringify(body).match(/cache_control/g)?.length ?? 0) <= 4);
}

describe('messages: any conversation through any vendors', () => {
  it('gives a body that the API takes, and in which nothing leaks', () => {
    const random = createSeededRandom(41);
    for (let round = 0; round < 500; round++) {
      const history = Array.from({ length: 1 + random.below(8) }, (_, turn) => randomTurn(random, turn)).flat();
      const body = official.toBody(request([...history, user('end')]), context);
      assertLegal(body);
      const words = JSON.stringify(body);
      assert.ok(!words.includes('\\u0000') && !words.includes('\\ud83d'), 'no NUL, no lone surrogate');
      const mine = history.flatMap((message) => (message.role === 'assistant' && message.origin === origin ? [message] : []));
      assert.ok((words.match(/secret/g)?.length ?? 0) <= mine.length, 'no thought of another model');
    }
  });
  it('begins each request with the one before, over twenty turns with tools and detours', () => {
    const random = createSeededRandom(42);
    for (let round = 0; round < 20; round++) {
      const history: Message[] = [];
      let before = '';
      for (let turn = 0; turn < 20; turn++) {
        history.push(...randomTurn(random, turn), user(`and ${turn}`));
        const sent = JSON.stringify(official.toBody(request(history), context)['messages'], (key, value: unknown) => (key === 'cache_control' ? undefined : value));
        // A question that ended one request may be joined by another in the next.
        assert.ok(sent.startsWith(before), `turn ${turn} changes what was sent`);
        before = sent.slice(0, sent.lastIndexOf(']}'));
      }
    }
  });
});

describe('messages: another form of a refused request', () => {
  const refusal = (message: string) => official.toError({ status: 400, fields: [], text: JSON.stringify({ type: 'error', error: { type: 'invalid_request_error', message } }), nowMs: 0 }, context);
  const asked = request([user('Hi'), assistant([{ type: 'thinking', thinking: 'Hm', signature: 's' }, { type: 'text', text: 'Hi' }]), user('On')], { effort: 'high' });
  const body = official.toBody(asked, { origin, capabilities: capabilitiesOf('claude-haiku-4-5') });
  const attempt = { request: asked, capabilities: {}, body };

  it('drops the thoughts of a conversation whose signatures no longer fit, and goes on doing so in that conversation', () => {
    const rejections = ['messages.1.content.0: Invalid `signature` in `thinking` block', 'messages.1.content.0: Invalid signature in thinking block: the conversation before it has changed', 'messages.1.content.0: `thinking` or `redacted_thinking` blocks in the latest assistant message cannot be modified.', 'messages.3.content.0: Invalid `data` in `redacted_thinking` block'];
    for (const message of rejections) {
      const repairs = createThinkingRepairs();
      const repaired = repairs.repair(refusal(message), attempt)?.body?.(body);
      assert.ok(repaired !== undefined && !JSON.stringify(repaired).includes('thinking'), message);
      assert.deepEqual(repairs.body(body, asked, context), repaired);
      assert.equal(repairs.body(body, { ...asked, sessionId: 'other' }, context), body);
      assert.equal(repairs.repair(refusal(message), attempt)?.body?.(body) === undefined || message.includes('thinking'), true);
    }
  });
  it('tells a model nothing that it does not know, and keeps the format of the answer', () => {
    const repairs = createThinkingRepairs();
    const repaired = repairs.repair(refusal('thinking.type: "enabled" is not supported by claude-x.'), attempt)?.body?.({ ...body, output_config: { effort: 'high', format: { type: 'json_schema' } } });
    assert.deepEqual([repaired?.['thinking'], repaired?.['output_config']], [undefined, { format: { type: 'json_schema' } }]);
    assert.equal('thinking' in repairs.body(body, asked, context), false);
    assert.equal(repairs.repair(refusal('thinking.type: "enabled" is not supported by claude-x.'), attempt), undefined);
  });
  it('has no other form for other refusals', () => {
    assert.equal(createThinkingRepairs().repair(refusal('messages: Input should be a valid list'), attempt), undefined);
    assert.equal(createThinkingRepairs().repair(refusal('prompt is too long: thinking tokens'), attempt), undefined);
  });
});

describe('messages: models', () => {
  it('reads what the endpoint says, whatever is missing', () => {
    const [known, bare, ...rest] = parseClaudeModels({ data: [
      { id: 'claude-next', display_name: 'Next', max_input_tokens: 5, max_tokens: 3, capabilities: { thinking: { types: { adaptive: { supported: true }, disabled: { supported: true }, enabled: { supported: false } } }, effort: { low: { supported: true }, max: { supported: true }, high: { supported: false } }, image_input: { supported: false }, pdf_input: { supported: false }, structured_outputs: { supported: false } } },
      { id: 'claude-bare' }, { id: 'claude-gone', lifecycle: 'retired' }, { display_name: 'nameless' }, null, 7,
    ] });
    assert.deepEqual(known, { id: 'claude-next', displayName: 'Next', source: 'endpoint', capabilities: {
      contextWindowTokens: 5, maxOutputTokens: 3, efforts: ['none', 'low', 'max'], imageInput: false, documentInput: false, structuredOutput: 'tool', extra: { thinkingTypes: ['adaptive', 'disabled'] },
    } });
    assert.deepEqual([bare?.id, bare?.capabilities.efforts, rest], ['claude-bare', undefined, []]);
    for (const body of [null, [], {}, { data: 'x' }]) assert.deepEqual(parseClaudeModels(body), []);
  });
  it('lets the endpoint overrule the table, and knows dated names', () => {
    const catalogue = createClaudeCatalogue([]);
    assert.equal(catalogue.capabilities('claude-haiku-4-5-20251001').contextWindowTokens, 200_000);
    catalogue.models.endpoint?.onList?.([{ id: 'claude-haiku-4-5', source: 'endpoint', capabilities: { contextWindowTokens: 9 } }]);
    assert.equal(catalogue.capabilities('claude-haiku-4-5').contextWindowTokens, 9);
    assert.equal(claudeModels.length, 16);
  });
  it('follows pages by their last id', () => {
    const next = createClaudeCatalogue([]).models.endpoint?.nextPath;
    assert.equal(next?.({ has_more: true, last_id: 'a/b' }), '/v1/models?limit=1000&after_id=a%2Fb');
    for (const page of [{ has_more: false, last_id: 'a' }, { has_more: true }, null]) assert.equal(next?.(page), undefined);
  });
  it('puts all betas into one field', () => {
    const asked = { request: request([user('Hi')], { tools: [tool] }), capabilities: capabilitiesOf('claude-haiku-4-5') };
    assert.deepEqual(messagesFields(['a', 'b'], asked), [['anthropic-version', '2023-06-01'], ['anthropic-beta', 'a,b,interleaved-thinking-2025-05-14']]);
    assert.deepEqual(messagesFields(), [['anthropic-version', '2023-06-01']]);
  });
});
