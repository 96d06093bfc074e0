import assert from 'node:assert/strict';
import { describe, it } from 'node:test';

import { type AssistantMessage, isProviderError, type JsonObject, type Message, type ModelCapabilities, type ModelRequest, type ToolMessage } from '@sx/llm';
import { type ChatDialect, chatCompletions } from '@sx/protocols/openai-chat';
import { createSeededRandom, type SeededRandom } from '@sx/testkit';

import { assistant, context, lenient, messagesOf, origin, request, strict, user } from './conversation.ts';

const tool = { name: 'read', description: 'Reads.', inputSchema: { $schema: 'x', type: 'object' } };
const bodyOf = (changes: Partial<ModelRequest>, dialect: Partial<ChatDialect> = {}, capabilities: ModelCapabilities = {}): JsonObject =>
  chatCompletions(dialect).toBody(request([user('hi')], changes), { origin, capabilities });
const part = (id: string, inputText = '{}') => ({ type: 'tool-call', id, name: 'read', input: {}, inputText }) as const;
const rawCall = (id: string, args = '{}', extra: JsonObject = {}): JsonObject => ({ id, type: 'function', function: { name: 'read', arguments: args }, ...extra });
const result = (id: string, text: string): ToolMessage => ({ role: 'tool', content: [{ type: 'tool-result', callId: id, name: 'read', isError: false, content: text === '' ? [] : [{ type: 'text', text }] }] });

describe('chat: the body', () => {
  it('says nothing of tools where there are none, and writes properties', () => {
    assert.deepEqual(['tools', 'tool_choice', 'parallel_tool_calls'].filter((key) => key in bodyOf({}, { parallelSwitch: true })), []);
    assert.deepEqual(bodyOf({ tools: [tool] })['tools'], [{ type: 'function', function: { name: 'read', description: 'Reads.', parameters: { type: 'object', properties: {} } } }]);
  });
  const rows: readonly (readonly [rule: string, changes: Partial<ModelRequest>, dialect: Partial<ChatDialect>, members: JsonObject])[] = [
    ['an unknown server gets max_tokens', { maxOutputTokens: 9 }, {}, { max_tokens: 9, max_completion_tokens: undefined }],
    ['OpenAI gets max_completion_tokens', { maxOutputTokens: 9 }, { maxTokensMember: 'max_completion_tokens' }, { max_completion_tokens: 9, max_tokens: undefined }],
    ['an unknown server gets no effort', { effort: 'high' }, {}, { reasoning_effort: undefined, reasoning: undefined }],
    ['an effort by its member', { effort: 'high' }, { effortMember: 'reasoning_effort' }, { reasoning_effort: 'high' }],
    ['off is none', { effort: 'off' }, { effortMember: 'reasoning_effort' }, { reasoning_effort: 'none' }],
    ['an effort in an object', { effort: 'low' }, { effortMember: 'reasoning' }, { reasoning: { effort: 'low' } }],
    ['a budget in an object', { thinkingBudgetTokens: 2_000 }, { effortMember: 'reasoning' }, { reasoning: { max_tokens: 2_000 } }],
    ['a switch and an effort', { effort: 'low' }, { effortMember: 'reasoning_effort', thinkingSwitch: 'thinking' }, { reasoning_effort: 'low', thinking: { type: 'enabled' } }],
    ['a switch that is off needs no effort', { effort: 'off' }, { effortMember: 'reasoning_effort', thinkingSwitch: 'thinking' }, { reasoning_effort: undefined, thinking: { type: 'disabled' } }],
    ['a switch of a template', { effort: 'off' }, { thinkingSwitch: 'chat_template_kwargs' }, { chat_template_kwargs: { enable_thinking: false } }],
    ['a bare switch', { effort: 'high' }, { thinkingSwitch: 'enable_thinking' }, { enable_thinking: true }],
    ['nothing asked, nothing said', {}, { effortMember: 'reasoning_effort', thinkingSwitch: 'thinking' }, { reasoning_effort: undefined, thinking: undefined }],
    ['no usage from servers that refuse the question', {}, { usageOnRequest: false }, { stream_options: undefined }],
    ['constants', {}, { constants: { tool_stream: true } }, { tool_stream: true }],
    ['parallel calls: nothing said unless asked', { tools: [tool] }, { parallelSwitch: true }, { parallel_tool_calls: undefined }],
    ['parallel calls: as asked', { tools: [tool], parallelToolCalls: false }, { parallelSwitch: true }, { parallel_tool_calls: false }],
    ['a forced tool', { tools: [tool], toolChoice: { name: 'read' } }, {}, { tool_choice: { type: 'function', function: { name: 'read' } } }],
  ];
  for (const [rule, changes, dialect, members] of rows) {
    it(rule, () => {
      const body = bodyOf(changes, dialect);
      for (const [name, value] of Object.entries(members)) assert.deepEqual(body[name], value, name);
    });
  }
  it('says nothing of thinking to a model that does not think', () => {
    assert.equal(bodyOf({ effort: 'high' }, { effortMember: 'reasoning_effort' }, { efforts: [] })['reasoning_effort'], undefined);
  });
  it('names what it leaves out', () => {
    const warnings = (changes: Partial<ModelRequest>, dialect: Partial<ChatDialect> = {}) => chatCompletions(dialect).warnings?.(request([user('hi')], changes), context);
    assert.equal(warnings({ effort: 'high', verbosity: 'low', parallelToolCalls: false, thinkingBudgetTokens: 2_000 })?.length, 4);
    assert.deepEqual(warnings({ effort: 'off' }, { thinkingSwitch: 'thinking' }), []);
    assert.deepEqual(warnings({}), []);
  });
  it('refuses an empty conversation', () => {
    assert.throws(() => lenient.toBody(request([]), context), (error) => isProviderError(error) && error.code === 'PROVIDER_INVALID_REQUEST');
  });
  it('offers the tools of the history where the server wants some', () => {
    const history = [user('1'), assistant({ role: 'assistant', content: '', tool_calls: [rawCall('a')] }, [part('a')], { finishReason: 'tool-use' }), result('a', 'x'), user('2')];
    const body = chatCompletions({ toolsWithHistory: true }).toBody(request(history), context);
    assert.match(JSON.stringify(body['tools']), /"name":"read"/);
    assert.equal(body['tool_choice'], 'none');
  });
  it('marks the prefix for caches where the capabilities say so', () => {
    const body = chatCompletions().toBody(request([user('1'), assistant({ role: 'assistant', content: '2' }), user('3')]), { origin, capabilities: { extra: { cacheControl: true } } });
    assert.deepEqual(messagesOf(body).map((message) => JSON.stringify(message).includes('cache_control')), [true, false, false, true]);
  });
});

describe('chat: replay', () => {
  const replay = (raw: JsonObject, content: AssistantMessage['content'] = [], dialect: Partial<ChatDialect> = {}) =>
    messagesOf(chatCompletions(dialect).toBody(request([user('1'), assistant(raw, content), user('2')]), context)).slice(2, -1);
  const thought = { role: 'assistant', content: 'Hi', reasoning_content: 'Hm', reasoning_details: [{ type: 'reasoning.text', text: 'Hm' }], mood: 'fine' };

  it('gives an unknown server everything back', () => assert.deepEqual(replay(thought), [thought]));
  it('gives a strict one what it knows', () => assert.deepEqual(replay(thought, [], { keepsUnknown: false, replayedReasoning: [] }), [{ role: 'assistant', content: 'Hi' }]));
  it('gives thoughts back by the names that the dialect lists', () => {
    assert.deepEqual(replay(thought, [], { keepsUnknown: false, replayedReasoning: ['reasoning_content'] }), [{ role: 'assistant', content: 'Hi', reasoning_content: 'Hm' }]);
  });
  it('has an empty thought beside calls where one is required, of other vendors too', () => {
    const own = { role: 'assistant', content: '', tool_calls: [rawCall('a')] };
    const dialect = { requiredReasoning: 'reasoning_content', emptyContent: null } as const;
    assert.deepEqual(replay(own, [part('a')], dialect)[0], { role: 'assistant', content: null, reasoning_content: '', tool_calls: [rawCall('a')] });
    const foreign: AssistantMessage = { ...assistant({}, [part('a')]), providerMetadata: { origin: { ...origin, model: 'other' }, raw: [] } };
    const [, , said] = messagesOf(chatCompletions(dialect).toBody(request([user('1'), foreign]), context));
    assert.deepEqual(said, { role: 'assistant', content: null, reasoning_content: '', tool_calls: [rawCall('a')] });
  });
  it('keeps what stands beside a call, and sends arguments as an object in any case', () => {
    const raw = { role: 'assistant', content: '', tool_calls: [rawCall('a', '{"k": 1}', { extra_content: { s: 1 } }), rawCall('b', '{"k'), rawCall('c', '[1]')] };
    const [message] = replay(raw, [part('a', '{"k": 1}'), part('b', '{"k'), part('c', '[1]')]);
    const { tool_calls: calls } = Object(message);
    assert.deepEqual(calls, [rawCall('a', '{"k": 1}', { extra_content: { s: 1 } }), rawCall('b', '{"input":"{\\"k"}'), rawCall('c', '{"input":"[1]"}')]);
  });
  it('leaves out a message that holds nothing but a thought, and calls that are not in its parts', () => {
    assert.deepEqual(replay({ role: 'assistant', content: '', reasoning_content: 'Hm' }), []);
    assert.deepEqual(replay({ role: 'assistant', content: 'Hi', tool_calls: [rawCall('a')] }), [{ role: 'assistant', content: 'Hi' }]);
  });
  it('sends a refusal as what was said', () => assert.deepEqual(replay({ role: 'assistant', content: '', refusal: 'No.' }), [{ role: 'assistant', content: 'No.' }]));
  it('answers every call with a text that is not empty', () => {
    const history = [user('1'), assistant({ role: 'assistant', content: '', tool_calls: [rawCall('a')] }, [part('a')]), result('a', '')];
    assert.deepEqual(messagesOf(lenient.toBody(request(history), context)).at(-1), { role: 'tool', tool_call_id: 'a', content: '(no output)' });
  });
  it('has an answer between two messages of the user where the template wants one, and joins none', () => {
    const broken: AssistantMessage = { ...assistant({}, []), finishReason: 'aborted' };
    const said = (dialect: Partial<ChatDialect>, ...history: readonly Message[]) => messagesOf(chatCompletions(dialect).toBody(request(history), context)).slice(1);
    const once = said({ alternates: true }, user('1'));
    const more = said({ alternates: true }, user('1'), broken, user('2'));
    assert.deepEqual(more.map(({ role }) => role), ['user', 'assistant', 'user']);
    assert.deepEqual(more.slice(0, 1), once);
    assert.deepEqual(said({}, user('1'), broken, user('2')).map(({ role }) => role), ['user', 'user']);
  });
  it('has an answer between results and the next words of the user where the template wants one', () => {
    const history = [user('1'), assistant({ role: 'assistant', content: '', tool_calls: [rawCall('a')] }, [part('a')]), result('a', 'x'), user('2')];
    const roles = messagesOf(chatCompletions({ assistantAfterResults: true }).toBody(request(history), context)).map(({ role }) => role);
    assert.deepEqual(roles, ['system', 'user', 'assistant', 'tool', 'assistant', 'user']);
  });
  it('makes ids of nine letters and digits of those of others, the same in call and result', () => {
    const foreign: AssistantMessage = { ...assistant({}, [part('toolu_01'), part('toolu_02')]), providerMetadata: { origin: { ...origin, model: 'other' }, raw: [] } };
    const results: ToolMessage = { role: 'tool', content: [...result('toolu_01', 'x').content, ...result('toolu_02', 'y').content] };
    const [, , said, first, second] = messagesOf(chatCompletions({ nineCharIds: true }).toBody(request([user('1'), foreign, results]), context));
    const ids = Array.from(Object(said)['tool_calls'], (call) => Object(call)['id']);
    assert.deepEqual([Object(first)['tool_call_id'], Object(second)['tool_call_id']], ids);
    for (const id of ids) assert.match(String(id), /^[A-Za-z0-9]{9}$/);
    assert.equal(new Set(ids).size, 2);
  });
});

const others = [origin, { ...origin, model: 'model-2' }, { ...origin, baseUrl: 'http://other' }, { provider: 'anthropic', protocol: 'anthropic-messages', model: 'claude' }];

/** A turn as some vendor gave it, broken in the ways that vendors and users break turns. */
function randomTurn(random: SeededRandom, number: number): Message[] {
  const from = random.pick(others);
  const ids = Array.from({ length: random.below(4) }, (_, index) => random.pick([`call_${number}_${index}`, `call_${index}`, '', `toolu.${number}/${index}`, `${'x'.repeat(50)}${number}${index}`]));
  const calls = ids.map((id) => part(id, random.pick(['{"a":1}', '{"a": 1}', '', '{"a"'])));
  const raw = { role: 'assistant', content: `Turn ${number}`, reasoning_content: `secret ${number}`, tool_calls: calls.map(({ id, inputText }) => rawCall(id, inputText)) };
  const results = calls.filter(() => random.below(5) > 0).flatMap(({ id }) => result(id, `result \ud83d ${number}`).content);
  const said: AssistantMessage = {
    role: 'assistant', origin: from, content: [{ type: 'reasoning', text: `secret ${number}` }, { type: 'text', text: `Turn ${number}` }, ...calls],
    finishReason: random.pick(['end', 'tool-use', 'length', 'aborted', 'error'] as const), providerMetadata: { origin: from, raw: [raw] },
  };
  return [user(`Question ${number}\u0000`), said, ...(calls.length === 0 ? [] : [{ role: 'tool', content: results } as const])];
}

function assertPairs(messages: readonly JsonObject[]): void {
  let open: unknown[] = [];
  for (const message of messages) {
    if (message['role'] === 'tool') {
      assert.ok(open.includes(message['tool_call_id']), 'a result without a call before it');
      open = open.filter((id) => id !== message['tool_call_id']);
      continue;
    }
    assert.deepEqual(open, [], 'a call without its result');
    const calls = Array.isArray(message['tool_calls']) ? message['tool_calls'] : [];
    open = calls.map((call) => Object(call)['id']);
    assert.equal(new Set(open).size, open.length);
    for (const call of calls) assert.doesNotThrow(() => JSON.parse(String(Object(Object(call)['function'])['arguments'])));
  }
  assert.deepEqual(open, []);
}

describe('chat: any conversation through any vendors', () => {
  it('gives messages in which every call has one result, and nothing leaks', () => {
    const random = createSeededRandom(41);
    for (let round = 0; round < 300; round++) {
      const messages = Array.from({ length: 1 + random.below(8) }, (_, turn) => randomTurn(random, turn)).flat();
      const body = random.pick([lenient, strict]).toBody(request([...messages, user('end')]), context);
      assertPairs(messagesOf(body));
      const text = JSON.stringify(body);
      assert.ok(!text.includes('\\u0000') && !text.includes('\\ud83d'), 'no NUL or lone surrogate');
      const shown = JSON.stringify(messagesOf(body).map(({ reasoning_content: _, ...rest }) => rest));
      assert.ok(!shown.includes('secret'), 'no thought becomes text');
    }
  });
  it('begins each request with the one before, over twenty turns with tools and detours', () => {
    const random = createSeededRandom(42);
    for (const dialect of [{}, { alternates: true }, { assistantAfterResults: true, nineCharIds: true }, { requiredReasoning: 'reasoning_content' }] as const) {
      for (let round = 0; round < 10; round++) {
        const history: Message[] = [];
        let before = '';
        for (let turn = 0; turn < 20; turn++) {
          history.push(...randomTurn(random, turn));
          const text = JSON.stringify(messagesOf(chatCompletions(dialect).toBody(request(history), context)));
          assert.ok(text.startsWith(before), `turn ${turn} changes what was sent`);
          before = text.slice(0, -1);
        }
      }
    }
  });
});
