import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { after, before, suite, test } from 'node:test';
import { createSimulator, type Simulator } from '../src/index.ts';
import { ask, eventsOf, type Answer } from './client.ts';

const PNG = 'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==';

let simulator: Simulator;
let strict: Simulator;
before(async () => {
  simulator = await createSimulator();
  strict = await createSimulator({ strict: true });
});
after(async () => {
  await simulator.close();
  await strict.close();
});

type Fields = Record<string, unknown>;
interface Turn {
  readonly body?: Fields;
  readonly headers?: Record<string, string | undefined>;
  readonly on?: Simulator;
  readonly scenario?: string;
  readonly hangUpAfterBytes?: number;
}

const user = (text: string): Fields => ({ type: 'message', role: 'user', content: [{ type: 'input_text', text }] });
const readTool = { type: 'function', name: 'read', description: 'Reads.', strict: false, parameters: { type: 'object', properties: { path: { type: 'string' } } } };
const session = randomUUID();

function goodBody(more: Fields = {}): Fields {
  return {
    model: 'gpt-5.5',
    instructions: 'Be brief.',
    input: [user('hi')],
    tools: [readTool],
    tool_choice: 'auto',
    parallel_tool_calls: true,
    reasoning: { effort: 'medium', summary: 'auto' },
    store: false,
    stream: true,
    include: ['reasoning.encrypted_content'],
    prompt_cache_key: session,
    text: { verbosity: 'low' },
    ...more,
  };
}

function goodHeaders(on: Simulator): Record<string, string> {
  const { tokens } = on.credentials();
  return {
    authorization: `Bearer ${tokens.accessToken}`,
    'chatgpt-account-id': tokens.accountId,
    'content-type': 'application/json',
    accept: 'text/event-stream',
    originator: 'sx',
    'user-agent': 'sx/0.1.0',
    'session-id': session,
  };
}

/** One request with everything right, but for what the test changes; undefined leaves a field out. */
function post({ body = {}, headers = {}, on = simulator, scenario, hangUpAfterBytes = Infinity }: Turn = {}): Promise<Answer> {
  const { codex } = scenario === undefined ? on.urls : on.urlsFor(scenario);
  return ask(on, `${codex}/responses`, { method: 'POST', headers: { ...goodHeaders(on), ...headers }, body: goodBody(body), hangUpAfterBytes });
}

const itemsOf = (answer: Answer): Fields[] => eventsOf(answer).filter(({ type }) => type === 'response.output_item.done').map(({ item }) => item);
/** As a good client replays them: without ids and states. */
const replay = (items: readonly Fields[]): Fields[] => items.map(({ id: _id, status: _status, ...rest }) => rest);

suite('a good request', () => {
  test('is answered by events in the order of the real server, with its headers', async () => {
    const answer = await post({ scenario: 'reasoning' });
    assert.equal(answer.status, 200);
    const types = eventsOf(answer).map(({ type }) => type);
    assert.deepEqual([...new Set(types)], [
      'response.created', 'response.in_progress', 'response.output_item.added', 'response.reasoning_summary_part.added', 'response.reasoning_summary_text.delta',
      'response.reasoning_summary_text.done', 'response.reasoning_summary_part.done', 'response.output_item.done', 'response.content_part.added', 'response.output_text.delta',
      'response.output_text.done', 'response.content_part.done', 'response.completed',
    ]);
    const { response } = eventsOf(answer).at(-1);
    assert.deepEqual(response.output, [], 'the backend repeats no output');
    assert.ok(response.usage.input_tokens > 0 && response.usage.output_tokens_details.reasoning_tokens > 0);
    for (const name of ['x-request-id', 'openai-model', 'x-models-etag', 'x-codex-turn-state', 'x-codex-primary-used-percent', 'x-codex-secondary-reset-at']) {
      assert.ok(answer.headers[name], name);
    }
  });

  test('in the lite form is answered too', async () => {
    const lite = {
      model: 'gpt-5.6-terra', instructions: undefined, tools: undefined, parallel_tool_calls: false, reasoning: { effort: 'max', context: 'all_turns' },
      input: [
        { type: 'additional_tools', role: 'developer', tools: [{ type: 'namespace', name: 'functions', description: '', tools: [readTool] }] },
        { type: 'message', role: 'developer', content: [{ type: 'input_text', text: 'Be brief.' }] },
        user('hi'),
      ],
    };
    const answer = await post({ body: lite, headers: { 'x-openai-internal-codex-responses-lite': 'true' } });
    assert.equal(answer.status, 200, answer.text);
  });

  test('with an image, an image in a tool output, and a conversation switched from elsewhere', async () => {
    const url = `data:image/png;base64,${PNG}`;
    const input = [
      { type: 'message', role: 'user', content: [{ type: 'input_text', text: 'see' }, { type: 'input_image', image_url: url, detail: 'high' }] },
      { type: 'message', role: 'assistant', content: [{ type: 'output_text', text: 'I look.' }] },
      { type: 'function_call', name: 'read', arguments: '{}', call_id: 'toolu_01' },
      { type: 'function_call_output', call_id: 'toolu_01', output: [{ type: 'input_image', image_url: url }, { type: 'input_text', text: 'x' }] },
      user('and now?'),
    ];
    const answer = await post({ body: { input } });
    assert.match(itemsOf(answer).map((item) => JSON.stringify(item)).join(''), /I see 2 images/);
  });

  test('counts what the prompt cache has seen', async () => {
    const instructions = 'Be brief. '.repeat(600);
    const key = randomUUID();
    const first = await post({ body: { instructions, prompt_cache_key: key } });
    const second = await post({ body: { instructions, prompt_cache_key: key, input: [user('hi'), user('again')] } });
    assert.equal(eventsOf(first).at(-1).response.usage.input_tokens_details.cached_tokens, 0);
    assert.ok(eventsOf(second).at(-1).response.usage.input_tokens_details.cached_tokens >= 1024);
  });
});

suite('the head is refused', () => {
  const rows: [rule: string, headers: Record<string, string | undefined>, status: number, body: RegExp][] = [
    ['without a user agent', { 'user-agent': undefined }, 403, /Cloudflare[^]*blocked/],
    ['with the user agent of a library', { 'user-agent': 'node' }, 403, /Cloudflare/],
    ['with the user agent of another library', { 'user-agent': 'python-requests/2.31' }, 403, /Cloudflare/],
    ['without an originator', { originator: undefined }, 403, /Cloudflare/],
    ['without a token', { authorization: undefined }, 401, /\{"detail":"Unauthorized"\}/],
    ['with a token of somebody else', { authorization: 'Bearer ey.ey.ey' }, 401, /\{"detail":"Unauthorized"\}/],
    ['with another scheme', { authorization: 'Basic YTpi' }, 401, /Unauthorized/],
    ['without an account', { 'chatgpt-account-id': undefined }, 400, /ChatGPT-Account-ID/],
    ['with another account', { 'chatgpt-account-id': randomUUID() }, 403, /account/],
    ['with another content type', { 'content-type': 'text/plain' }, 415, /content type/],
    ['with a compressed body', { 'content-encoding': 'zstd' }, 415, /encoding/],
    ['without accepting a stream', { accept: '*/*' }, 406, /text\/event-stream/],
    ['with a version too old for the model', { version: '0.100.0' }, 400, /requires a newer version of Codex/],
    ['with an official user agent too old for the model', { originator: 'codex_cli_rs', 'user-agent': 'codex_cli_rs/0.90.0 (Linux)' }, 400, /requires a newer version/],
    ['with the lite header for a plain model', { 'x-openai-internal-codex-responses-lite': 'true' }, 400, /not supported when using X-OpenAI-Internal-Codex-Responses-Lite/],
  ];
  for (const [rule, headers, status, body] of rows) {
    test(rule, async () => {
      const answer = await post({ headers });
      assert.equal(answer.status, status, answer.text);
      assert.match(answer.text, body);
    });
  }

  test('with an expired token, which the headers say', async () => {
    const { tokens } = simulator.credentials({ expiresInSeconds: -1 });
    const answer = await post({ headers: { authorization: `Bearer ${tokens.accessToken}` } });
    assert.equal(answer.status, 401);
    assert.deepEqual(JSON.parse(Buffer.from(answer.headers['x-error-json'] ?? '', 'base64').toString()), { error: { code: 'token_expired' } });
  });

  test('with a model that only the official client gets', async () => {
    const answer = await post({ body: { model: 'gpt-5.6-luna', reasoning: {} } });
    assert.equal(answer.status, 404);
    assert.match(answer.text, /Model not found gpt-5.6-luna/);
  });
});

const call = { type: 'function_call', name: 'read', arguments: '{}', call_id: 'call_1' };
const output = { type: 'function_call_output', call_id: 'call_1', output: 'ok' };
const image = (url: unknown): Fields => ({ type: 'message', role: 'user', content: [{ type: 'input_image', image_url: url }] });

suite('the body is refused', () => {
  const unsupported = [
    'max_output_tokens', 'max_completion_tokens', 'max_tool_calls', 'temperature', 'top_p', 'frequency_penalty', 'presence_penalty', 'truncation', 'metadata', 'safety_identifier',
    'background', 'user', 'prompt_cache_retention', 'prompt_cache_options', 'context_management', 'stream_options', 'previous_response_id', 'conversation',
  ];
  for (const name of unsupported) {
    test(`with ${name}`, async () => {
      const answer = await post({ body: { [name]: 1 } });
      assert.equal(answer.status, 400);
      assert.deepEqual(answer.json, { detail: `Unsupported parameter: ${name}` });
    });
  }

  const rows: [rule: string, body: Fields, text: RegExp][] = [
    ['store true', { store: true }, /Store must be set to false/],
    ['store absent', { store: undefined }, /Store must be set to false/],
    ['stream absent', { stream: undefined }, /Stream must be set to true/],
    ['no model', { model: undefined }, /Missing required parameter: 'model'/],
    ['an unknown model', { model: 'gpt-5' }, /The 'gpt-5' model is not supported when using Codex with a ChatGPT account/],
    ['no instructions', { instructions: undefined }, /Instructions are required/],
    ['empty instructions', { instructions: '' }, /Instructions are required/],
    ['text as input', { input: 'hi' }, /Input must be a list/],
    ['an empty input', { input: [] }, /empty array/],
    ['an effort that the model has not', { reasoning: { effort: 'max' } }, /'max' is not supported with the 'gpt-5.5' model/],
    ['an effort that the model has not', { reasoning: { effort: 'minimal' } }, /'minimal' is not supported/],
    ['the effort ultra', { reasoning: { effort: 'ultra' } }, /Invalid value: 'ultra'/],
    ['an unknown summary', { reasoning: { summary: 'none' } }, /Invalid value: 'none'/],
    ['a reasoning context', { reasoning: { context: 'all_turns' } }, /reasoning.context/],
    ['an unknown reasoning member', { reasoning: { budget: 1 } }, /Unknown parameter: 'reasoning.budget'/],
    ['an unknown verbosity', { text: { verbosity: 'loud' } }, /Invalid value: 'loud'/],
    ['a format without a name', { text: { format: { type: 'json_schema', schema: {} } } }, /text.format.name/],
    ['a strict format that admits other members', { text: { format: { type: 'json_schema', name: 'a', strict: true, schema: { type: 'object' } } } }, /additionalProperties/],
    ['the default service tier', { service_tier: 'default' }, /Unsupported service_tier: default/],
    ['an odd tool choice', { tool_choice: 'always' }, /Invalid value/],
    ['an odd include', { include: ['logprobs'] }, /Invalid value: 'logprobs'/],
    ['parallel calls that are text', { parallel_tool_calls: 'yes' }, /'parallel_tool_calls': expected a boolean/],
    ['a cache key that is a number', { prompt_cache_key: 5 }, /'prompt_cache_key': expected a string/],
    ['too many members of metadata', { client_metadata: Object.fromEntries(Array.from({ length: 33 }, (_, at) => [`k${at}`, 'x'])) }, /Too many entries/],
    ['metadata that is no text', { client_metadata: { a: 1 } }, /client_metadata.a/],

    ['a nested tool', { tools: [{ type: 'function', function: readTool }] }, /tools\[0\].name/],
    ['a tool without strict', { tools: [{ ...readTool, strict: undefined }] }, /Missing required parameter: 'tools\[0\].strict'/],
    ['a tool without properties', { tools: [{ ...readTool, parameters: { type: 'object' } }] }, /object schema missing properties/],
    ['a tool whose schema is no object', { tools: [{ ...readTool, parameters: { type: 'array' } }] }, /schema must have type 'object'/],
    ['a strict tool with optional arguments', { tools: [{ ...readTool, strict: true, parameters: { ...readTool.parameters, additionalProperties: false } }] }, /Missing 'path'/],
    ['two tools of one name', { tools: [readTool, readTool] }, /unique/],
    ['a tool name with a dot', { tools: [{ ...readTool, name: 'a.b' }] }, /does not match pattern/],
    ['a tool name of 65 characters', { tools: [{ ...readTool, name: 'a'.repeat(65) }] }, /string too long/],
    ['an unknown kind of tool', { tools: [{ type: 'web_search_preview' }] }, /Invalid value: 'web_search_preview'/],

    ['a system message', { input: [{ type: 'message', role: 'system', content: [{ type: 'input_text', text: 'x' }] }] }, /System messages are not allowed/],
    ['an unknown role', { input: [{ type: 'message', role: 'tool', content: [] }] }, /Invalid value: 'tool'/],
    ['an unknown item', { input: [{ type: 'thought' }] }, /Invalid value: 'thought'/],
    ['an item reference', { input: [{ type: 'item_reference', id: 'rs_1' }] }, /item_reference/],
    ['output text from the user', { input: [{ type: 'message', role: 'user', content: [{ type: 'output_text', text: 'x' }] }] }, /Invalid value: 'output_text'/],
    ['input text from the assistant', { input: [{ type: 'message', role: 'assistant', content: [{ type: 'input_text', text: 'x' }] }] }, /Invalid value: 'input_text'/],
    ['a state on a message', { input: [{ ...user('x'), status: 'completed' }] }, /Unknown parameter: 'input\[0\].status'/],
    ['a phase on a user message', { input: [{ ...user('x'), phase: 'commentary' }] }, /Unknown parameter: 'input\[0\].phase'/],
    ['reasoning with a state', { input: [{ type: 'reasoning', summary: [], encrypted_content: 'x', status: 'completed' }] }, /Unknown parameter: 'input\[0\].status'/],
    ['reasoning with content', { input: [{ type: 'reasoning', summary: [], content: [{}] }] }, /maximum length 0/],
    ['reasoning without a summary', { input: [{ type: 'reasoning', encrypted_content: 'x' }] }, /Missing required parameter: 'input\[0\].summary'/],
    ['encrypted reasoning of somebody else', { input: [{ type: 'reasoning', summary: [], encrypted_content: 'gAAAAABnobody' }, user('x')] }, /could not be verified/],
    ['a call without output', { input: [user('x'), call] }, /No tool output found for function call call_1/],
    ['an output without call', { input: [user('x'), output] }, /No tool call found for function call output with call_id call_1/],
    ['an output before its call', { input: [user('x'), output, call] }, /No tool call found/],
    ['two outputs for one call', { input: [call, output, output] }, /Duplicate tool output/],
    ['a call id used twice', { input: [call, output, call, output] }, /Duplicate call_id/],
    ['an empty call id', { input: [{ ...call, call_id: '' }, output] }, /empty string/],
    ['a call id of 65 characters', { input: [{ ...call, call_id: 'c'.repeat(65) }] }, /string too long/],
    ['arguments that are no text', { input: [{ ...call, arguments: {} }, output] }, /expected a string, but got an object/],
    ['an output that is an object', { input: [call, { ...output, output: { ok: true } }] }, /expected a string or an array/],
    ['an id of another kind', { input: [{ ...user('x'), id: 'rs_1' }] }, /Expected an ID that begins with 'msg'/],
    ['an id of 65 characters', { input: [{ ...user('x'), id: `msg_${'a'.repeat(61)}` }] }, /string too long/],
    ['an image URL as an object', { input: [image({ url: 'x' })] }, /expected a string, but got an object/],
    ['an image that is no data URL', { input: [image(PNG)] }, /base64-encoded data URL/],
    ['an image that is none', { input: [image('data:image/png;base64,aGVsbG8=')] }, /does not represent a valid image/],
    ['an image of another kind than it says', { input: [image(`data:image/jpeg;base64,${PNG}`)] }, /does not represent a valid image/],
    ['an image with broken base64', { input: [image('data:image/png;base64,%%%')] }, /does not represent a valid image/],
    ['an image with an unknown detail', { input: [{ type: 'message', role: 'user', content: [{ type: 'input_image', image_url: `data:image/png;base64,${PNG}`, detail: 'best' }] }] }, /Invalid value: 'best'/],
    ['a cache breakpoint', { input: [{ type: 'message', role: 'user', content: [{ type: 'input_text', text: 'x', prompt_cache_breakpoint: {} }] }] }, /Unsupported parameter: prompt_cache_breakpoint/],
  ];
  for (const [rule, body, text] of rows) {
    test(`with ${rule}`, async () => {
      const answer = await post({ body });
      assert.equal(answer.status, 400, answer.text);
      assert.match(answer.text.replaceAll('\\"', '"'), text);
      assert.ok(simulator.requests.at(-1)?.refusal, 'the journal says why');
    });
  }

  test('with an id that was never issued: 404', async () => {
    const answer = await post({ body: { input: [{ ...user('x'), id: 'msg_foreign' }] } });
    assert.equal(answer.status, 404);
    assert.match(answer.text, /Items are not persisted when `store` is set to false/);
  });

  test('that is no JSON', async () => {
    const answer = await ask(simulator, `${simulator.urls.codex}/responses`, { method: 'POST', headers: goodHeaders(simulator), body: '{' });
    assert.equal(answer.status, 400);
  });

  test('in the lite form with tools on top, with instructions, with parallel calls', async () => {
    const lite = { model: 'gpt-5.6-terra', instructions: undefined, tools: undefined, parallel_tool_calls: false, reasoning: {} };
    const headers = { 'x-openai-internal-codex-responses-lite': 'true' };
    for (const more of [{ tools: [] }, { instructions: 'x' }, { parallel_tool_calls: true }, { reasoning: { context: 'auto' } }, { input: [image('https://example.test/a.png')] }]) {
      assert.equal((await post({ body: { ...lite, ...more }, headers })).status, 400, JSON.stringify(more));
    }
  });
});

suite('replay', () => {
  test('takes back what it sent, and nothing else', async () => {
    const first = await post({ scenario: 'tools' });
    const items = itemsOf(first);
    assert.deepEqual(items.map(({ type }) => type), ['reasoning', 'function_call', 'function_call', 'function_call']);
    const outputs = items.slice(1).map((item) => ({ type: 'function_call_output', call_id: item['call_id'], output: 'ok' }));
    const send = (middle: readonly Fields[]): Promise<Answer> => post({ body: { input: [user('hi'), ...middle, ...outputs] } });
    assert.equal((await send(replay(items))).status, 200);

    const [reasoning = {}, ...calls] = replay(items);
    assert.match((await send([...calls, reasoning])).text, /without its required following item/);
    assert.match((await send([{ ...reasoning, encrypted_content: `${String(reasoning['encrypted_content'])}A` }, ...calls])).text, /could not be verified/);
    assert.match((await send([{ ...reasoning, summary: [] }, ...calls])).text, /summary did not match/);
    assert.equal((await send(calls)).status, 200, 'reasoning may be dropped');
  });

  test('takes issued ids and refuses them twice', async () => {
    const items = itemsOf(await post({ scenario: 'text' })).map(({ status: _status, ...rest }) => rest);
    assert.equal((await post({ body: { input: [user('hi'), ...items, user('more')] } })).status, 200);
    assert.match((await post({ body: { input: [...items, ...items, user('more')] } })).text, /Duplicate item found/);
  });
});

suite('sessions', () => {
  const inSession = (id: string, body: Fields, headers: Record<string, string> = {}): Promise<Answer> =>
    post({ on: strict, scenario: 'tools-sequential', body: { prompt_cache_key: id, ...body }, headers: { 'session-id': id, ...headers } });

  async function firstRound(id: string): Promise<{ state: string; input: Fields[] }> {
    const first = await inSession(id, {});
    assert.equal(first.status, 200, first.text);
    const items = itemsOf(first);
    const outputs = items.filter(({ type }) => type === 'function_call').map((item) => ({ type: 'function_call_output', call_id: item['call_id'], output: 'ok' }));
    return { state: first.headers['x-codex-turn-state'] ?? '', input: [user('hi'), ...replay(items), ...outputs] };
  }

  test('get the first turn state of the turn back, and none in the next turn', async () => {
    const id = randomUUID();
    const { state, input } = await firstRound(id);
    assert.match((await inSession(id, { input })).text, /turn-state was not sent back/);
    const id2 = randomUUID();
    const round = await firstRound(id2);
    const second = await inSession(id2, { input: round.input }, { 'x-codex-turn-state': round.state });
    assert.equal(second.status, 200, second.text);
    assert.notEqual(second.headers['x-codex-turn-state'], round.state);
    const items = itemsOf(second);
    const outputs = items.filter(({ type }) => type === 'function_call').map((item) => ({ type: 'function_call_output', call_id: item['call_id'], output: 'ok' }));
    const third = await inSession(id2, { input: [...round.input, ...replay(items), ...outputs] }, { 'x-codex-turn-state': round.state });
    assert.equal(third.status, 200, 'the first value of the turn goes on');
    const next = [...round.input, ...replay(items), ...outputs, ...replay(itemsOf(third)), ...itemsOf(third).filter(({ type }) => type === 'function_call').map((item) => ({ type: 'function_call_output', call_id: item['call_id'], output: 'ok' })), user('more')];
    assert.match((await inSession(id2, { input: next }, { 'x-codex-turn-state': state })).text, /carried into a turn/);
  });

  test('refuse a history that was rewritten, tools that changed, and lost output', async () => {
    for (const [change, text] of [
      [(input: Fields[]) => [user('hello'), ...input.slice(1)], /history must only grow/],
      [(input: Fields[]) => input.filter(({ type }) => type !== 'reasoning'), /is not the output of the response before/],
    ] as const) {
      const id = randomUUID();
      const { state, input } = await firstRound(id);
      assert.match((await inSession(id, { input: change(input) }, { 'x-codex-turn-state': state })).text, text);
    }
    const id = randomUUID();
    const { state, input } = await firstRound(id);
    assert.match((await inSession(id, { input, tools: [] }, { 'x-codex-turn-state': state })).text, /tools, instructions, effort or cache key changed/);
  });

  test('are only remarked upon where the simulator is not strict', async () => {
    const answer = await post({ headers: { 'x-codex-turn-state': 'stale', 'session-id': undefined } });
    assert.equal(answer.status, 200);
    assert.deepEqual(simulator.requests.at(-1)?.remarks, ['no session-id: requests of a session may miss the cache', 'x-codex-turn-state was carried into a turn that did not issue it']);
  });
});

suite('other calls', () => {
  test('the catalogue is filtered by client version and has an ETag', async () => {
    const url = `${simulator.urls.codex}/models`;
    const headers = goodHeaders(simulator);
    const all = await ask(simulator, `${url}?client_version=1.0.0`, { headers });
    assert.ok(all.json.models.some(({ slug }: { slug: string }) => slug === 'gpt-6-astra'));
    const old = await ask(simulator, `${url}?client_version=0.124.0`, { headers });
    assert.deepEqual(old.json.models.map(({ slug }: { slug: string }) => slug), ['gpt-5.5', 'gpt-5.4', 'gpt-5.4-mini', 'gpt-5.2']);
    const again = await ask(simulator, `${url}?client_version=1.0.0`, { headers: { ...headers, 'if-none-match': all.headers['etag'] } });
    assert.equal(again.status, 304);
    assert.equal((await ask(simulator, url, { headers })).status, 400);
    assert.equal((await ask(simulator, `${url}?client_version=1.0.0`)).status, 403);
  });

  test('the account has usage windows', async () => {
    const answer = await ask(simulator, `${simulator.url}/backend-api/wham/usage`, { headers: goodHeaders(simulator) });
    assert.equal(answer.json.rate_limit.primary_window.used_percent, 12.5);
  });

  test('wrong addresses are 403 and 404', async () => {
    assert.equal((await ask(simulator, `${simulator.urls.codex}/chat/completions`, { method: 'POST' })).status, 403);
    assert.equal((await ask(simulator, `${simulator.url}/backend-api/responses`, { method: 'POST' })).status, 404);
  });
});
