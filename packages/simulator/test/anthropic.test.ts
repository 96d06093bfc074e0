import assert from 'node:assert/strict';
import { after, before, suite, test } from 'node:test';
import { pngFile } from '@sx/testkit';
import { createSimulator, type Simulator } from '../src/index.ts';
import { ask, eventsOf, type Answer } from './client.ts';

const PNG = 'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==';

let simulator: Simulator;
before(async () => {
  simulator = await createSimulator();
});
after(() => simulator.close());

type Fields = Record<string, unknown>;
const readTool = { name: 'read', description: 'Reads.', input_schema: { type: 'object', properties: { path: { type: 'string' } } } };

function post(body: Fields = {}, { headers = {}, scenario, path = '/v1/messages' }: { headers?: Record<string, string | undefined>; scenario?: string; path?: string } = {}): Promise<Answer> {
  const { anthropic } = scenario === undefined ? simulator.urls : simulator.urlsFor(scenario);
  return ask(simulator, `${anthropic}${path}`, {
    method: 'POST',
    headers: { 'x-api-key': simulator.apiKey, 'anthropic-version': '2023-06-01', 'content-type': 'application/json', ...headers },
    body: { model: 'claude-sonnet-5', max_tokens: 4096, stream: true, messages: [{ role: 'user', content: 'hi' }], ...body },
  });
}

/** Puts a stream together as the vendor's own client would. */
function messageOf(answer: Answer): { content: any[]; stop: string; usage: any } {
  const content: any[] = [];
  let stop = '';
  let usage: any = {};
  for (const event of eventsOf(answer)) {
    if (event.type === 'message_start') usage = event.message.usage;
    if (event.type === 'content_block_start') content[event.index] = { ...event.content_block, json: '' };
    const block = content[event.index];
    const delta = event.delta ?? {};
    if (delta.type === 'text_delta') block.text += delta.text;
    if (delta.type === 'thinking_delta') block.thinking += delta.thinking;
    if (delta.type === 'signature_delta') block.signature = delta.signature;
    if (delta.type === 'input_json_delta') block.json += delta.partial_json;
    if (event.type === 'content_block_stop' && block.type === 'tool_use' && block.json !== '') block.input = JSON.parse(block.json);
    if (event.type === 'message_delta') [stop, usage] = [event.delta.stop_reason, { ...usage, ...event.usage }];
  }
  return { content: content.map(({ json: _json, ...block }) => block), stop, usage };
}

const call = { type: 'tool_use', id: 'toolu_1', name: 'read', input: {} };
const result = { type: 'tool_result', tool_use_id: 'toolu_1', content: 'ok' };
const user = (...content: unknown[]): Fields => ({ role: 'user', content });
const assistant = (...content: unknown[]): Fields => ({ role: 'assistant', content });

suite('a good request', () => {
  test('is answered by events in their order', async () => {
    const answer = await post({ thinking: { type: 'adaptive', display: 'summarized' } }, { scenario: 'reasoning' });
    assert.equal(answer.status, 200, answer.text);
    assert.deepEqual([...new Set(eventsOf(answer).map(({ type }) => type))], ['message_start', 'ping', 'content_block_start', 'content_block_delta', 'content_block_stop', 'message_delta', 'message_stop']);
    const { content, stop } = messageOf(answer);
    assert.deepEqual(content.map(({ type }) => type), ['thinking', 'text']);
    assert.match(content[0].thinking, /Thinking about it/);
    assert.equal(stop, 'end_turn');
  });

  test('shows thoughts only where they are summarized, and thinks only where it may', async () => {
    const omitted = messageOf(await post({ thinking: { type: 'adaptive' } }, { scenario: 'reasoning' }));
    assert.equal(omitted.content[0].thinking, '');
    assert.ok(omitted.content[0].signature.length > 100);
    assert.deepEqual(messageOf(await post({}, { scenario: 'reasoning' })).content.map(({ type }) => type), ['text']);
    assert.equal(messageOf(await post({ thinking: { type: 'adaptive' } }, { scenario: 'redacted-reasoning' })).content[0].type, 'redacted_thinking');
  });

  test('without stream gets one message', async () => {
    const answer = await post({ stream: false }, { scenario: 'tools' });
    assert.equal(answer.json.stop_reason, 'tool_use');
    assert.deepEqual(answer.json.content.map(({ type }: Fields) => type), ['tool_use', 'tool_use', 'tool_use']);
  });

  test('with an OAuth token and its beta', async () => {
    const { tokens } = simulator.credentials();
    const headers = { 'x-api-key': undefined, authorization: `Bearer ${tokens.accessToken}`, 'anthropic-beta': 'other, oauth-2025-04-20' };
    assert.equal((await post({}, { headers })).status, 200);
    assert.match((await post({}, { headers: { ...headers, 'anthropic-beta': undefined } })).text, /OAuth authentication is currently not supported/);
    const old = simulator.credentials({ expiresInSeconds: -1 });
    assert.match((await post({}, { headers: { ...headers, authorization: `Bearer ${old.tokens.accessToken}` } })).text, /OAuth token has expired/);
  });

  test('lists models and counts tokens', async () => {
    const headers = { 'x-api-key': simulator.apiKey, 'anthropic-version': '2023-06-01' };
    const list = await ask(simulator, `${simulator.urls.anthropic}/v1/models`, { headers });
    assert.ok(list.json.data.length > 10 && list.json.has_more === false);
    const one = await ask(simulator, `${simulator.urls.anthropic}/v1/models/claude-opus-5-5`, { headers });
    assert.equal(one.json.capabilities.thinking.types.enabled.supported, false);
    assert.equal((await ask(simulator, `${simulator.urls.anthropic}/v1/models/none`, { headers })).json.error.type, 'not_found_error');
    assert.ok((await post({ stream: undefined, max_tokens: undefined }, { path: '/v1/messages/count_tokens' })).json.input_tokens > 0);
  });

  test('counts no request that it would refuse, nor what is about the answer', async () => {
    const count = (body: Fields): Promise<Answer> => post({ stream: undefined, max_tokens: undefined, ...body }, { path: '/v1/messages/count_tokens' });
    assert.equal((await count({})).status, 200);
    assert.match((await count({ max_tokens: 5 })).text, /max_tokens: Extra inputs/);
    assert.match((await count({ stream: true })).text, /stream: Extra inputs/);
    assert.match((await count({ messages: [user(result)] })).text, /unexpected `tool_use_id`/);
  });

  test('stops for its reasons', async () => {
    for (const [scenario, stop] of [['incomplete', 'max_tokens'], ['refusal', 'refusal'], ['continue', 'pause_turn'], ['tools', 'tool_use']] as const) {
      assert.equal(messageOf(await post({}, { scenario })).stop, stop, scenario);
    }
    assert.equal(eventsOf(await post({}, { scenario: 'error-event-mid-tool' })).at(-1).error.type, 'api_error');
    assert.equal(eventsOf(await post({}, { scenario: 'failed,code=overloaded_error' })).at(-1).error.type, 'overloaded_error');
    assert.notEqual(eventsOf(await post({}, { scenario: 'cut-mid-tool' })).at(-1).type, 'message_stop');
  });

  test('fails with its statuses', async () => {
    for (const [scenario, status, type] of [['overloaded', 529, 'overloaded_error'], ['rate-limit', 429, 'rate_limit_error'], ['server-error', 500, 'api_error'], ['billing', 402, 'billing_error'], ['too-large', 413, 'request_too_large'], ['context-overflow', 400, 'invalid_request_error']] as const) {
      const answer = await post({}, { scenario });
      assert.deepEqual([answer.status, answer.json.error.type], [status, type]);
    }
  });
});

suite('is refused', () => {
  const heads: [rule: string, headers: Record<string, string | undefined>, text: RegExp][] = [
    ['no key', { 'x-api-key': undefined }, /x-api-key header is required/],
    ['another key', { 'x-api-key': 'other' }, /invalid x-api-key/],
    ['key and bearer at once', { authorization: 'Bearer x' }, /at once/],
    ['no version', { 'anthropic-version': undefined }, /anthropic-version: header is required/],
    ['another version', { 'anthropic-version': '2020-01-01' }, /not a valid version/],
    ['another content type', { 'content-type': 'text/plain' }, /application\/json/],
  ];
  for (const [rule, headers, text] of heads) test(rule, async () => assert.match((await post({}, { headers })).text.replaceAll('\\"', '"'), text));

  const image = (data: string, type = 'image/png'): Fields => user({ type: 'image', source: { type: 'base64', media_type: type, data } });
  const mark = { cache_control: { type: 'ephemeral' } };
  const rows: [rule: string, body: Fields, text: RegExp][] = [
    ['an unknown member', { foo: 1 }, /foo: Extra inputs are not permitted/],
    ['a beta member without its beta', { context_management: {} }, /context_management: Extra inputs/],
    ['an unknown model', { model: 'claude-1' }, /model: claude-1/],
    ['no max_tokens', { max_tokens: undefined }, /max_tokens: Field required/],
    ['max_tokens beyond the model', { max_tokens: 128_001 }, /maximum allowed number of output tokens/],
    ['a max_tokens that is no number', { max_tokens: '5' }, /max_tokens: Input should be a valid integer/],
    ['a way of thinking that nobody knows', { thinking: { type: 'deep' } }, /does not match any of the expected tags/],
    ['temperature with manual thinking', { model: 'claude-haiku-4-5', temperature: 0.5, thinking: { type: 'enabled', budget_tokens: 1024 } }, /may only be set to 1 when thinking/],
    ['another kind of format', { output_config: { format: { type: 'grammar' } } }, /output_config.format.type/],
    ['temperature on a new model', { temperature: 0.5 }, /`temperature` is not supported/],
    ['top_k on a new model', { top_k: 5 }, /`top_k` is not supported/],
    ['manual thinking on a new model', { thinking: { type: 'enabled', budget_tokens: 2000 } }, /"enabled" is not supported by claude-sonnet-5/],
    ['thinking switched off where it cannot be', { model: 'claude-opus-5-5', thinking: { type: 'disabled' } }, /"disabled" is not supported/],
    ['thinking switched off with great effort', { model: 'claude-opus-5', thinking: { type: 'disabled' }, output_config: { effort: 'max' } }, /effort above high/],
    ['adaptive thinking on an old model', { model: 'claude-haiku-4-5', thinking: { type: 'adaptive' } }, /"adaptive" is not supported/],
    ['a budget of 1000', { model: 'claude-haiku-4-5', thinking: { type: 'enabled', budget_tokens: 1000 } }, /greater than or equal to 1024/],
    ['a budget as large as max_tokens', { model: 'claude-haiku-4-5', thinking: { type: 'enabled', budget_tokens: 4096 } }, /must be greater than `thinking.budget_tokens`/],
    ['an unknown display', { thinking: { type: 'adaptive', display: 'all' } }, /display/],
    ['an effort on an old model', { model: 'claude-haiku-4-5', output_config: { effort: 'low' } }, /output_config.effort/],
    ['an unknown effort', { output_config: { effort: 'minimal' } }, /output_config.effort/],
    ['a format with an open object inside', { output_config: { format: { type: 'json_schema', schema: { type: 'object', additionalProperties: false, properties: { a: { type: 'object' } } } } } }, /schema.properties.a: For 'object' type/],
    ['a format with a bound', { output_config: { format: { type: 'json_schema', schema: { type: 'object', additionalProperties: false, properties: { a: { type: 'array', items: { type: 'integer', minimum: 1 } } } } } } }, /'minimum' is not supported/],
    ['a strict tool with a bound', { tools: [{ ...readTool, strict: true, input_schema: { type: 'object', additionalProperties: false, properties: { a: { type: 'string', maxLength: 5 } } } }] }, /'maxLength' is not supported/],
    ['a call id of 65 characters', { messages: [user({ type: 'text', text: 'x' }), assistant({ ...call, id: 'a'.repeat(65) }), user({ ...result, tool_use_id: 'a'.repeat(65) })] }, /should match pattern/],
    ['a format that admits other members', { output_config: { format: { type: 'json_schema', schema: { type: 'object' } } } }, /additionalProperties/],
    ['stop sequences that are text', { stop_sequences: 'x' }, /stop_sequences: Input should be a valid list/],
    ['a stop sequence that is a number', { stop_sequences: ['x', 1] }, /stop_sequences.1: Input should be a valid string/],
    ['a blank stop sequence', { stop_sequences: ['\n'] }, /must contain non-whitespace/],
    ['an empty system block', { system: [{ type: 'text', text: '' }] }, /system: text content blocks must be non-empty/],
    ['five cache marks', { system: Array.from({ length: 5 }, () => ({ type: 'text', text: 'x', ...mark })) }, /maximum of 4 blocks with cache_control/],
    ['an hour after five minutes', { system: [{ type: 'text', text: 'x', ...mark }, { type: 'text', text: 'y', cache_control: { type: 'ephemeral', ttl: '1h' } }] }, /must not come after/],
    ['another ttl', { cache_control: { type: 'ephemeral', ttl: '1d' } }, /ttl/],

    ['a tool name with a dot', { tools: [{ ...readTool, name: 'a.b' }] }, /should match pattern/],
    ['two tools of one name', { tools: [readTool, readTool] }, /Tool names must be unique/],
    ['a schema that is no object', { tools: [{ ...readTool, input_schema: { type: 'string' } }] }, /should be 'object'/],
    ['a schema with anyOf on top', { tools: [{ ...readTool, input_schema: { type: 'object', anyOf: [] } }] }, /does not support oneOf, allOf, or anyOf/],
    ['a strict tool that admits other members', { tools: [{ ...readTool, strict: true }] }, /additionalProperties/],
    ['a tool in the shape of another vendor', { tools: [{ type: 'custom', name: 'read', parameters: {} }] }, /parameters: Extra inputs/],
    ['a choice that nobody knows', { tools: [readTool], tool_choice: { type: 'some' } }, /Input should be 'auto'/],
    ['no choice with a switch for parallel calls', { tools: [readTool], tool_choice: { type: 'none', disable_parallel_tool_use: true } }, /Extra inputs are not permitted/],
    ['a choice without tools', { tool_choice: { type: 'auto' } }, /while providing tools/],
    ['a forced tool on a model that cannot', { model: 'claude-opus-5-5', tools: [readTool], tool_choice: { type: 'any' } }, /does not support forced tool use/],
    ['a forced tool with manual thinking', { model: 'claude-haiku-4-5', thinking: { type: 'enabled', budget_tokens: 1024 }, tools: [readTool], tool_choice: { type: 'any' } }, /forces tool use/],
    ['a forced tool that is not there', { tools: [readTool], tool_choice: { type: 'tool', name: 'write' } }, /not found in provided tools/],

    ['no messages', { messages: [] }, /at least one message/],
    ['an assistant at the start', { messages: [assistant({ type: 'text', text: 'x' }), user({ type: 'text', text: 'x' })] }, /first message must use the "user" role/],
    ['an assistant at the end', { messages: [user({ type: 'text', text: 'x' }), assistant({ type: 'text', text: 'x' })] }, /does not support assistant message prefill/],
    ['white space at the end of a prefill', { model: 'claude-haiku-4-5', messages: [user({ type: 'text', text: 'x' }), assistant({ type: 'text', text: 'x ' })] }, /trailing whitespace/],
    ['an unknown role', { messages: [{ role: 'tool', content: 'x' }] }, /role/],
    ['an empty text', { messages: [user({ type: 'text', text: '' })] }, /must be non-empty/],
    ['a blank text', { messages: [user({ type: 'text', text: ' \n' })] }, /non-whitespace/],
    ['an empty content', { messages: [{ role: 'user', content: [] }] }, /non-empty content/],
    ['a call from the user', { messages: [user(call)] }, /does not match any of the expected tags/],
    ['an unknown block', { messages: [user({ type: 'input_text', text: 'x' })] }, /does not match any of the expected tags/],
    ['an unknown member of a block', { messages: [user({ type: 'text', text: 'x', id: '1' })] }, /text.id: Extra inputs/],
    ['a call without result', { messages: [user({ type: 'text', text: 'x' }), assistant(call), user({ type: 'text', text: 'y' })] }, /`tool_use` ids were found without `tool_result` blocks immediately after: toolu_1/],
    ['a result without call', { messages: [user(result)] }, /unexpected `tool_use_id` found/],
    ['two results for one call', { messages: [user({ type: 'text', text: 'x' }), assistant(call), user(result, result)] }, /Found multiple `tool_result` blocks/],
    ['text before a result', { messages: [user({ type: 'text', text: 'x' }), assistant(call), user({ type: 'text', text: 'y' }, result)] }, /must come first/],
    ['calls and results, and no tool defined', { messages: [user({ type: 'text', text: 'x' }), assistant(call), user(result)] }, /must define tools/],
    ['a call id used twice', { messages: [user({ type: 'text', text: 'x' }), assistant(call), user(result), assistant(call), user(result)] }, /`tool_use` ids must be unique/],
    ['a call id with a dot', { messages: [user({ type: 'text', text: 'x' }), assistant({ ...call, id: 'a.b' }), user({ ...result, tool_use_id: 'a.b' })] }, /should match pattern/],
    ['an input that is text', { messages: [user({ type: 'text', text: 'x' }), assistant({ ...call, input: '{}' }), user(result)] }, /valid dictionary/],
    ['an image in an error', { messages: [user({ type: 'text', text: 'x' }), assistant(call), user({ ...result, is_error: true, content: [{ type: 'image', source: { type: 'base64', media_type: 'image/png', data: PNG } }] })] }, /must be type `text` if `is_error`/],
    ['a system message between call and result', { messages: [user({ type: 'text', text: 'x' }), assistant(call), { role: 'system', content: 'x' }, user(result)] }, /may not stand between/],
    ['an image of another kind than it says', { messages: [image(PNG, 'image/jpeg')] }, /appears to be of another kind/],
    ['a source of an unknown kind', { messages: [user({ type: 'image', source: { type: 'path', path: '/a.png' } })] }, /expected tags: 'base64', 'url'/],
    ['a thought without a signature', { messages: [user({ type: 'text', text: 'x' }), assistant({ type: 'thinking', thinking: 'x' }, { type: 'text', text: 'y' }), user({ type: 'text', text: 'z' })] }, /signature: Field required/],
    ['a result whose call id has a dot', { messages: [user({ type: 'text', text: 'x' }), assistant(call), user({ ...result, tool_use_id: 'a.b' })] }, /tool_use_id: String should match pattern/],
    ['an image that is none', { messages: [image('%%%%')] }, /valid base64/],
    ['an image of an unknown kind', { messages: [image(PNG, 'image/tiff')] }, /media_type/],
    ['an image URL', { messages: [user({ type: 'image', source: { type: 'url', url: 'http://example.test/a.png' } })] }, /HTTPS/],
    ['an image of more than 8,000 pixels', { messages: [image(pngFile(8_001, 1).toString('base64'))] }, /for one image: 8000 pixels/],
    ['21 images, one of more than 2,000 pixels', { messages: [user(...Array.from({ length: 21 }, (_, at) => ({ type: 'image', source: { type: 'base64', media_type: 'image/png', data: pngFile(1, at === 20 ? 2_001 : 1).toString('base64') } })))] }, /for many-image requests: 2000 pixels/],
    ['a large image in a result', { messages: [user({ type: 'text', text: 'x' }), assistant(call), user({ ...result, content: [{ type: 'image', source: { type: 'base64', media_type: 'image/png', data: pngFile(1, 9_000).toString('base64') } }] })] }, /for one image/],
    ['101 images', { messages: [user(...Array.from({ length: 101 }, () => ({ type: 'image', source: { type: 'base64', media_type: 'image/png', data: PNG } })))] }, /too many images: 101 > 100/],
    ['an image of more than 5 MB', { messages: [image(pngFile(1, 1, 5 * 1024 * 1024 + 3).toString('base64'))] }, /image exceeds 5 MB maximum/],
    ['a document that is none', { messages: [user({ type: 'document', source: { type: 'base64', media_type: 'application/pdf', data: PNG } })] }, /appears to be of another kind/],
    ['a signature of somebody else', { messages: [user({ type: 'text', text: 'x' }), assistant({ type: 'thinking', thinking: '', signature: 'abcd' }, { type: 'text', text: 'y' }), user({ type: 'text', text: 'z' })] }, /Invalid `signature` in `thinking` block/],
    ['a cache mark on a thought', { messages: [user({ type: 'text', text: 'x' }), assistant({ type: 'thinking', thinking: '', signature: 'abcd', ...mark }), user({ type: 'text', text: 'z' })] }, /thinking.cache_control/],
    ['manual thinking without a thought before the call', { model: 'claude-haiku-4-5', thinking: { type: 'enabled', budget_tokens: 1024 }, messages: [user({ type: 'text', text: 'x' }), assistant(call), user(result)] }, /must start with a thinking block/],
  ];
  for (const [rule, body, text] of rows) {
    test(rule, async () => {
      const answer = await post(body);
      assert.ok(answer.status === 400 || answer.status === 404, answer.text);
      assert.equal(answer.json.type, 'error');
      assert.match(answer.json.error.message, text);
    });
  }

  test('not a text that is called schema', async () => {
    const properties = { schema: { type: 'string' }, list: { type: 'array', items: { type: 'string' } } };
    const schema = { type: 'object', additionalProperties: false, properties };
    const answer = await post({ output_config: { format: { type: 'json_schema', schema } } });
    assert.equal(answer.status, 200, answer.text);
  });
  test('sampling under the newer version', async () => {
    assert.match((await post({ model: 'claude-haiku-4-5', temperature: 1 }, { headers: { 'anthropic-version': '2026-10-21' } })).text, /temperature: Extra inputs/);
  });
});

suite('replay', () => {
  const model = 'claude-opus-5-5';
  const more = { model, tools: [readTool], system: 'Be brief.', thinking: { type: 'adaptive', display: 'summarized' } };

  test('takes back what it sent, at its place, on its model', async () => {
    const first = messageOf(await post(more, { scenario: 'tools' }));
    const results = first.content.filter(({ type }) => type === 'tool_use').map(({ id }) => ({ type: 'tool_result', tool_use_id: id, content: 'ok' }));
    const history = [{ role: 'user', content: 'hi' }, { role: 'assistant', content: first.content }, user(...results)];
    const send = (body: Fields): Promise<Answer> => post({ ...more, messages: history, ...body });
    assert.equal((await send({})).status, 200);
    const marked = { ...results[0], cache_control: { type: 'ephemeral' } };
    assert.equal((await send({ messages: [history[0], history[1], user(marked, ...results.slice(1))] })).status, 200, 'cache marks may move');
    for (const change of [{ system: 'Be verbose.' }, { tools: [readTool, { ...readTool, name: 'write' }] }, { messages: [{ role: 'user', content: 'hello' }, ...history.slice(1)] }]) {
      assert.match((await send(change)).text, /Invalid signature in thinking block/);
    }
    const [thought, ...calls] = first.content;
    assert.match((await send({ messages: [history[0], assistant({ ...thought, thinking: 'other' }, ...calls), history[2]] })).text, /cannot be modified/);
    assert.equal((await send({ model: 'claude-sonnet-5' })).status, 200, 'another model drops it');
    assert.match(simulator.requests.at(-1)?.remarks[0] ?? '', /thinking of claude-opus-5-5 was dropped/);
  });
});

suite('the cache', () => {
  const system = [{ type: 'text', text: 'Know this. '.repeat(1000), cache_control: { type: 'ephemeral' } }];

  test('is written once and read after', async () => {
    const first = messageOf(await post({ system })).usage;
    const second = messageOf(await post({ system, messages: [{ role: 'user', content: 'another' }] })).usage;
    assert.ok(first.cache_creation_input_tokens > 2000 && first.cache_read_input_tokens === 0);
    assert.equal(second.cache_read_input_tokens, first.cache_creation_input_tokens);
    assert.equal(second.cache_creation_input_tokens, 0);
    assert.ok(second.input_tokens < 50);
  });

  test('grows with a conversation whose last block is marked', async () => {
    const turn = (text: string, marked: boolean): Fields => user({ type: 'text', text: text.repeat(600), ...(marked ? { cache_control: { type: 'ephemeral', ttl: '1h' } } : {}) });
    const reply = assistant({ type: 'text', text: 'ok' });
    await post({ messages: [turn('one ', true)] });
    const { usage } = messageOf(await post({ messages: [turn('one ', false), reply, turn('two ', true)] }));
    assert.ok(usage.cache_read_input_tokens === 0 && usage.cache_creation.ephemeral_1h_input_tokens > 1000, 'too short at first, so nothing was there');
    const next = messageOf(await post({ messages: [turn('one ', false), reply, turn('two ', false), reply, turn('three ', true)] })).usage;
    assert.ok(next.cache_read_input_tokens >= usage.cache_creation.ephemeral_1h_input_tokens);
  });

  test('holds nothing too short', async () => {
    const { usage } = messageOf(await post({ system: [{ type: 'text', text: 'short', cache_control: { type: 'ephemeral' } }] }));
    assert.equal(usage.cache_creation_input_tokens, 0);
  });
});
