import assert from 'node:assert/strict';
import { after, before, suite, test } from 'node:test';
import { createSimulator, type Simulator } from '../src/index.ts';
import { vendors } from '../src/openai-chat/vendors.ts';
import { ask, eventsOf, type Answer } from './client.ts';

const PNG = 'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==';

let simulator: Simulator;
before(async () => {
  simulator = await createSimulator();
});
after(() => simulator.close());

type Fields = Record<string, unknown>;
interface Options {
  readonly base?: string;
  readonly scenario?: string;
  readonly headers?: Record<string, string | undefined>;
}
const parameters = { type: 'object', properties: { path: { type: 'string' } } };
const readTool = { type: 'function', function: { name: 'read', description: 'Reads.', parameters } };
const user = { role: 'user', content: 'hi' };

function send(path: string, body: Fields, { base, scenario, headers = {} }: Options = {}): Promise<Answer> {
  const urls = scenario === undefined ? simulator.urls : simulator.urlsFor(scenario);
  const root = base === undefined ? urls.openai : base === 'router' ? urls.router : urls.compat.replace('VENDOR', base);
  const key = base === 'router' ? {} : { authorization: `Bearer ${simulator.apiKey}` };
  return ask(simulator, `${root}${path}`, { method: 'POST', headers: { 'content-type': 'application/json', ...key, ...headers }, body });
}

const chat = (body: Fields = {}, options: Options = {}): Promise<Answer> =>
  send('/chat/completions', { model: 'gpt-5.5', stream: true, ...(options.base === 'mistral' ? {} : { stream_options: { include_usage: true } }), messages: [user], ...body }, options);
const respond = (body: Fields = {}, options: Options = {}): Promise<Answer> =>
  send('/responses', { model: 'gpt-5.5', store: false, stream: true, include: ['reasoning.encrypted_content'], input: [user], ...body }, options);

const call = (id = 'call_1', text = '{}'): Fields => ({ role: 'assistant', content: '', tool_calls: [{ id, type: 'function', function: { name: 'read', arguments: text } }] });
const result = (id = 'call_1'): Fields => ({ role: 'tool', tool_call_id: id, content: 'ok' });

suite('chat completions', () => {
  test('end with finish reason, usage and the done mark', async () => {
    const answer = await chat({}, { scenario: 'text' });
    assert.equal(answer.status, 200, answer.text);
    assert.match(answer.text, /data: \[DONE\]\n\n$/);
    const events = eventsOf(answer);
    assert.equal(events.at(-2).choices[0].finish_reason, 'stop');
    assert.deepEqual(events.at(-1).choices, []);
    assert.ok(events.at(-1).usage.prompt_tokens > 0);
    assert.match(answer.headers['x-ratelimit-reset-tokens'] ?? '', /6m0s/);
  });

  test('have no usage unless it is asked for, and come whole without stream', async () => {
    assert.equal(eventsOf(await chat({ stream_options: undefined }, { scenario: 'text' })).some(({ usage }) => usage !== undefined), false);
    const { json } = await chat({ stream: false, stream_options: undefined }, { scenario: 'tools' });
    assert.equal(json.choices[0].finish_reason, 'tool_calls');
    assert.equal(json.choices[0].message.tool_calls.length, 3);
  });

  test('send parallel calls in pieces, by index', async () => {
    const calls: any[] = [];
    for (const { choices } of eventsOf(await chat({ tools: [readTool] }, { scenario: 'tools' }))) {
      for (const { index, id, function: { name, arguments: text } } of choices[0]?.delta.tool_calls ?? []) {
        calls[index] ??= { id, name, text: '' };
        calls[index].text += text;
      }
    }
    assert.deepEqual(calls.map(({ name, text }) => [name, JSON.parse(text)]), [['read', { path: 'greeting.txt' }], ['list', {}], ['glob', { pattern: '**/*' }]]);
  });

  const rows: [rule: string, body: Fields, text: RegExp][] = [
    ['an unknown member', { foo: 1 }, /Unrecognized request argument supplied: foo/],
    ['an unknown model', { model: 'gpt-none' }, /does not exist/],
    ['max_tokens on a model that reasons', { max_tokens: 5 }, /Use 'max_completion_tokens' instead/],
    ['temperature on a model that reasons', { temperature: 0.5 }, /Only the default \(1\) value is supported/],
    ['an effort that the model has not', { reasoning_effort: 'max' }, /does not support 'max'/],
    ['an effort on a model that does not reason', { model: 'gpt-4.1', reasoning_effort: 'low' }, /Unrecognized request argument/],
    ['five stop sequences', { stop: ['a', 'b', 'c', 'd', 'e'] }, /'stop': array too long/],
    ['a stop sequence that is a number', { stop: [1] }, /'stop': expected a string or an array of strings/],
    ['stream options without stream', { stream: false }, /only allowed when 'stream' is enabled/],
    ['parallel calls without tools', { parallel_tool_calls: true }, /only allowed when 'tools' are specified/],
    ['a choice without tools', { tool_choice: 'auto' }, /only allowed when 'tools' are specified/],
    ['no tools at all in the list', { tools: [] }, /empty array/],
    ['a flat tool', { tools: [{ type: 'function', name: 'read', parameters }] }, /tools\[0\].function/],
    ['a tool without properties', { tools: [{ type: 'function', function: { name: 'read', parameters: { type: 'object' } } }] }, /missing properties/],
    ['a strict tool with optional arguments', { tools: [{ type: 'function', function: { name: 'read', strict: true, parameters } }] }, /additionalProperties/],
    ['a choice of a tool that is not there', { tools: [readTool], tool_choice: { type: 'function', function: { name: 'x' } } }, /not found/],
    ['a format without a name', { response_format: { type: 'json_schema', json_schema: { schema: {} } } }, /json_schema.name/],
    ['a format that nobody knows', { response_format: { type: 'xml' } }, /Invalid value: 'xml'/],
    ['a format without a schema', { response_format: { type: 'json_schema', json_schema: { name: 'x' } } }, /json_schema.schema/],
    ['a strict format that admits other members', { response_format: { type: 'json_schema', json_schema: { name: 'x', strict: true, schema: { type: 'object' } } } }, /additionalProperties/],
    ['an empty list of calls', { messages: [user, { role: 'assistant', content: 'x', tool_calls: [] }] }, /tool_calls': empty array/],
    ['two calls of one id', { messages: [user, { role: 'assistant', content: '', tool_calls: [...call()['tool_calls'] as [], ...call()['tool_calls'] as []] }, result()] }, /Duplicate tool_call ids/],
    ['no messages', { messages: [] }, /empty array/],
    ['an unknown role', { messages: [{ role: 'function', content: 'x' }] }, /Invalid value: 'function'/],
    ['null from the user', { messages: [{ role: 'user', content: null }] }, /Invalid type/],
    ['null from an assistant without calls', { messages: [user, { role: 'assistant', content: null }] }, /Invalid type/],
    ['reasoning of another server', { messages: [user, { role: 'assistant', content: 'x', reasoning_content: 'y' }, user] }, /Unknown parameter: 'messages\[1\].reasoning_content'/],
    ['a call without result', { messages: [user, call(), user] }, /did not have response messages: call_1/],
    ['a call without result at the end', { messages: [user, call()] }, /did not have response messages: call_1/],
    ['a result without call', { messages: [user, result()] }, /must be a response to a preceeding message/],
    ['two results for one call', { messages: [user, call(), result(), result()] }, /must be a response to a preceeding message/],
    ['arguments that are no text', { messages: [user, { ...call(), tool_calls: [{ id: 'a', type: 'function', function: { name: 'read', arguments: {} } }] }, result('a')] }, /expected a string/],
    ['arguments that are no JSON', { messages: [user, call('a', ''), result('a')] }, /not a JSON object/],
    ['a call id of 41 characters', { messages: [user, call('a'.repeat(41)), result('a'.repeat(41))] }, /maximum length 40/],
    ['an image in a tool message', { messages: [user, call(), { ...result(), content: [{ type: 'image_url', image_url: { url: `data:image/png;base64,${PNG}` } }] }] }, /Supported values are: 'text'/],
    ['an image URL that is text', { messages: [{ role: 'user', content: [{ type: 'image_url', image_url: `data:image/png;base64,${PNG}` }] }] }, /expected an object/],
    ['an image that is none', { messages: [{ role: 'user', content: [{ type: 'image_url', image_url: { url: 'data:image/png;base64,aGVsbG8=' } }] }] }, /does not represent a valid image/],
    ['a document that is text', { messages: [{ role: 'user', content: [{ type: 'file', file: 'x' }] }] }, /file', expected an object|expected an object/],
    ['a document without a name', { messages: [{ role: 'user', content: [{ type: 'file', file: { file_data: 'data:application/pdf;base64,JVBERi0x' } }] }] }, /filename/],
    ['a document without data', { messages: [{ role: 'user', content: [{ type: 'file', file: { filename: 'a.pdf' } }] }] }, /file_data/],
    ['a document that is none', { messages: [{ role: 'user', content: [{ type: 'file', file: { filename: 'a.pdf', file_data: `data:application/pdf;base64,${PNG}` } }] }] }, /Invalid file data/],
    ['content of the other format', { messages: [{ role: 'user', content: [{ type: 'input_text', text: 'x' }] }] }, /Invalid value: 'input_text'/],
  ];
  for (const [rule, body, text] of rows) {
    test(`refuse ${rule}`, async () => {
      const answer = await chat(body);
      assert.ok(answer.status === 400 || answer.status === 404, answer.text);
      assert.match(answer.json.error.message, text);
    });
  }

  test('refuse a missing and a wrong key', async () => {
    assert.match((await chat({}, { headers: { authorization: undefined } })).text, /didn't provide an API key/);
    assert.equal((await chat({}, { headers: { authorization: 'Bearer x' } })).json.error.code, 'invalid_api_key');
  });

  test('take an image, a document in pieces, and a conversation with calls', async () => {
    const content = [{ type: 'text', text: 'see' }, { type: 'image_url', image_url: { url: `data:image/png;base64,${PNG}` } }];
    assert.equal((await chat({ tools: [readTool], messages: [{ role: 'developer', content: 'x' }, { role: 'user', content }, { ...call(), content: null }, result()] })).status, 200);
  });

  test('make up what a schema asks for', async () => {
    const schema = { type: 'object', properties: { name: { type: 'string' }, kind: { enum: ['a', 'b'] }, list: { type: 'array', items: { type: 'integer' } } } };
    const { json } = await chat({ stream: false, stream_options: undefined, response_format: { type: 'json_schema', json_schema: { name: 'x', schema } } });
    assert.deepEqual(JSON.parse(json.choices[0].message.content), { name: 'sample', kind: 'a', list: [1] });
    const forced = await chat({ stream: false, stream_options: undefined, tools: [readTool], tool_choice: 'required' });
    assert.deepEqual(JSON.parse(forced.json.choices[0].message.tool_calls[0].function.arguments), { path: 'sample' });
  });
});

suite('compatible servers', () => {
  for (const [name, vendor] of Object.entries(vendors)) {
    if (name === 'openai') continue;
    test(`${name} answers in its own way`, async () => {
      const answer = await chat({ model: 'any', ...(vendor.rejects.includes('stream_options') ? { stream_options: undefined } : {}) }, { base: name, scenario: 'reasoning' });
      assert.equal(answer.status, 200, answer.text);
      assert.equal(answer.text.includes('[DONE]'), vendor.done);
      assert.equal(vendor.reasoningField === undefined || answer.text.includes(`"${vendor.reasoningField}":`), true);
      assert.equal(answer.text.includes('"usage":{'), vendor.usage !== 'none');
      assert.equal(answer.text.startsWith(': '), vendor.comment !== undefined);
    });
  }

  test('take any key where they ignore it, and the right one elsewhere', async () => {
    assert.equal((await chat({ model: 'any' }, { base: 'ollama', headers: { authorization: undefined } })).status, 200);
    assert.equal((await chat({ model: 'any' }, { base: 'deepseek', headers: { authorization: undefined } })).status, 401);
  });

  test('refuse what they do not know', async () => {
    assert.match((await chat({ model: 'any', max_completion_tokens: 5 }, { base: 'ollama' })).text, /max_completion_tokens/);
    assert.match((await chat({ model: 'any', stream_options: {} }, { base: 'mistral' })).text, /stream_options/);
    assert.match((await chat({ model: 'any', messages: [{ role: 'developer', content: 'x' }, user] }, { base: 'vllm' })).text, /Invalid value: 'developer'/);
    assert.match((await chat({ model: 'any', messages: [user, { ...call(), content: null }, result()] }, { base: 'llama-cpp' })).text, /Invalid type for 'messages\[1\].content'/);
  });

  test('templates of local servers take no two messages of the user in a row', async () => {
    for (const base of ['ollama', 'vllm', 'llama-cpp', 'lm-studio']) {
      assert.match((await chat({ model: 'any', messages: [user, user] }, { base })).text, /roles must alternate/);
      assert.equal((await chat({ model: 'any', messages: [{ role: 'system', content: 'x' }, user, { role: 'assistant', content: 'y' }, user] }, { base })).status, 200);
    }
    assert.equal((await chat({ messages: [user, user] })).status, 200, 'OpenAI does');
  });

  test('Mistral wants short ids and an answer after results', async () => {
    const at = (messages: Fields[]): Promise<Answer> => chat({ model: 'any', messages }, { base: 'mistral' });
    const [short, answer] = [call('abcdefgh1'), result('abcdefgh1')];
    assert.equal((await at([user, short, answer])).status, 200);
    assert.match((await at([user, call(), result()])).text, /length of 9/);
    assert.match((await at([user, short, answer, user])).text, /Unexpected role 'user' after role 'tool'/);
  });

  test('DeepSeek wants its reasoning back with calls, unchanged', async () => {
    const first = await chat({ model: 'any' }, { base: 'deepseek', scenario: 'tools' });
    const reasoning = eventsOf(first).map(({ choices }) => choices[0]?.delta.reasoning_content ?? '').join('');
    const replay = (more: Fields): Promise<Answer> => chat({ model: 'any', messages: [user, { ...call(), ...more }, result()] }, { base: 'deepseek' });
    assert.match((await replay({})).text, /Missing `reasoning_content` field/);
    assert.equal((await replay({ reasoning_content: reasoning })).status, 200);
    assert.equal((await replay({ reasoning_content: '' })).status, 200);
    assert.match((await replay({ reasoning_content: `${reasoning}!` })).text, /was changed/);
  });

  test('OpenRouter wants its reasoning details back verbatim', async () => {
    const details: any[] = [];
    for (const { choices } of eventsOf(await chat({ model: 'any' }, { base: 'openrouter', scenario: 'reasoning' }))) {
      for (const detail of choices[0]?.delta.reasoning_details ?? []) {
        details[detail.index] = { ...details[detail.index], ...detail, ...(detail.text === undefined ? {} : { text: `${details[detail.index]?.text ?? ''}${detail.text}` }) };
      }
    }
    const replay = (reasoning_details: unknown): Promise<Answer> => chat({ model: 'any', messages: [user, { role: 'assistant', content: 'x', reasoning_details }, user] }, { base: 'openrouter' });
    assert.equal((await replay(details)).status, 200);
    assert.match((await replay(details.slice(1))).text, /was changed/);
  });

  test('broken ones send calls without index, with one index, and with objects', async () => {
    const firstCall = async (base: string): Promise<any> => eventsOf(await chat({ model: 'any' }, { base, scenario: 'tools' })).flatMap(({ choices }) => choices[0]?.delta.tool_calls ?? []);
    assert.deepEqual((await firstCall('broken')).map(({ index }: Fields) => index), [undefined, undefined, undefined]);
    assert.deepEqual((await firstCall('broken-index')).map(({ index }: Fields) => index), [0, 0, 0]);
    assert.equal(typeof (await firstCall('broken-arguments'))[0].function.arguments, 'object');
  });
});

suite('public responses', () => {
  test('repeat their output, and come whole without stream', async () => {
    const { response } = eventsOf(await respond({ reasoning: { summary: 'auto' } }, { scenario: 'reasoning' })).at(-1);
    assert.deepEqual(response.output.map(({ type }: Fields) => type), ['reasoning', 'message']);
    assert.equal((await respond({ stream: false, input: 'hi' }, { scenario: 'text' })).json.output[0].type, 'message');
  });

  test('take their items back as they are, with ids and states', async () => {
    const { response } = eventsOf(await respond({ reasoning: { summary: 'auto' } }, { scenario: 'tools' })).at(-1);
    const outputs = response.output.filter(({ type }: Fields) => type === 'function_call').map(({ call_id }: Fields) => ({ type: 'function_call_output', call_id, output: 'ok' }));
    assert.equal((await respond({ input: [user, ...response.output, ...outputs] })).status, 200);
    const without = await respond({ input: [user, ...response.output.slice(1), ...outputs] });
    assert.match(without.text, /was provided without its required 'reasoning' item/);
  });

  const rows: [rule: string, body: Fields, text: RegExp][] = [
    ['an unknown member', { foo: 1 }, /Unknown parameter: 'foo'/],
    ['a response before', { previous_response_id: 'resp_1' }, /not found/],
    ['storing', { store: true }, /store/],
    ['a format that is text', { text: { format: 'json' } }, /'text.format': expected an object/],
    ['a format that nobody knows', { text: { format: { type: 'xml' } } }, /Invalid value: 'xml'/],
    ['a format without a name', { text: { format: { type: 'json_schema', schema: {} } } }, /text.format.name/],
    ['a format without a schema', { text: { format: { type: 'json_schema', name: 'x' } } }, /text.format.schema/],
    ['a strict format with optional members', { text: { format: { type: 'json_schema', name: 'x', strict: true, schema: { type: 'object', additionalProperties: false } } } }, /Invalid schema for response_format/],
    ['a summary of another kind', { input: [user, { type: 'reasoning', summary: [{ type: 'text', text: 'x' }], encrypted_content: 'x' }] }, /summary_text/],
    ['a text without text', { input: [{ role: 'user', content: [{ type: 'input_text' }] }] }, /content\[0\].text/],
    ['a free-form call without input', { input: [user, { type: 'custom_tool_call', name: 'x', call_id: 'c' }] }, /input\[1\].input/],
    ['a free-form tool of another grammar', { tools: [{ type: 'custom', name: 'x', description: 'x', format: { type: 'regex' } }] }, /Invalid value: 'regex'/],
    ['a search for tools at the server', { tools: [{ type: 'tool_search', execution: 'server' }] }, /Invalid value: 'server'/],
    ['a tool that is nested', { tools: [{ ...readTool.function, type: 'function', strict: false, function: {} }] }, /Unknown parameter: 'tools\[0\].function'/],
    ['a document without a name', { input: [{ role: 'user', content: [{ type: 'input_file', file_data: 'data:application/pdf;base64,JVBERi0x' }] }] }, /filename/],
    ['a document that is none', { input: [{ role: 'user', content: [{ type: 'input_file', filename: 'a.pdf', file_data: 'JVBERi0x' }] }] }, /Invalid file data/],
    ['too few output tokens', { max_output_tokens: 15 }, /Expected a value >= 16/],
    ['temperature on a model that reasons', { temperature: 0.2 }, /'temperature' is not supported/],
    ['reasoning on a model that has none', { model: 'gpt-4.1', reasoning: { effort: 'low' } }, /reasoning.effort/],
    ['an unknown effort', { reasoning: { effort: 'max' } }, /'max' is not supported/],
    ['a forced choice without tools', { tool_choice: 'required' }, /must be specified with 'tools'/],
    ['a nested tool', { tools: [readTool] }, /tools\[0\].name/],
    ['a call without output', { input: [user, { type: 'function_call', name: 'a', arguments: '{}', call_id: 'c' }] }, /No tool output found/],
    ['an id that is unknown', { input: [{ type: 'message', role: 'assistant', id: 'msg_x', content: [{ type: 'output_text', text: 'x' }] }, user] }, /Items are not persisted/],
    ['an unknown model', { model: 'gpt-none' }, /does not exist/],
  ];
  for (const [rule, body, text] of rows) test(`refuse ${rule}`, async () => assert.match((await respond(body)).json.error.message, text));

  test('count tokens, and know no member that is about the answer', async () => {
    assert.ok((await send('/responses/input_tokens', { model: 'gpt-5.5', input: [user] })).json.input_tokens > 0);
    assert.match((await send('/responses/input_tokens', { model: 'gpt-5.5', input: [user], store: false })).text, /Unknown parameter: 'store'/);
    assert.match((await send('/responses/input_tokens', { input: [user] })).text, /Missing required parameter: 'model'/);
  });

  test('take a system message', async () => assert.equal((await respond({ input: [{ role: 'system', content: 'x' }, user] })).status, 200));
});

suite('the router', () => {
  test('speaks three dialects without a key, with comments and another model name', async () => {
    const first = await chat({ model: 'vendor/large' }, { base: 'router' });
    assert.match(first.text, /^: OPENROUTER PROCESSING\n\n/);
    assert.equal(eventsOf(first)[0].model, 'upstream/vendor/large');
    assert.equal((await respond({ model: 'vendor/large' }, { base: 'router' })).status, 200);
    const message = await send('/messages', { model: 'anthropic/claude-opus-5-5', max_tokens: 10, stream: true, messages: [user] }, { base: 'router', headers: { 'anthropic-version': '2023-06-01' } });
    assert.equal(message.status, 200, message.text);
    assert.ok((await ask(simulator, `${simulator.urls.router}/models`)).json.data[0].context_length);
  });

  test('refuses any auth header without a key, and any other key with one', async () => {
    for (const headers of [{ authorization: 'Bearer ' }, { authorization: 'Bearer x' }, { 'x-api-key': 'x' }]) assert.equal((await chat({}, { base: 'router', headers })).status, 401);
    const own = await createSimulator({ routerKey: 'k' });
    const at = (headers: Record<string, string>): Promise<Answer> => ask(own, `${own.urls.router}/models`, { headers });
    assert.equal((await at({ authorization: 'Bearer k' })).status, 200);
    assert.equal((await at({})).status, 401);
    await own.close();
  });

  test('wants tools where the history has calls', async () => {
    const messages = [user, call(), result()];
    assert.match((await chat({ model: 'any', messages }, { base: 'router' })).text, /expects the `tools=` param/);
    assert.equal((await chat({ model: 'any', messages, tools: [readTool] }, { base: 'router' })).status, 200);
  });

  test('reports errors inside a 200 stream', async () => {
    const answer = await chat({}, { base: 'router', scenario: 'failed,message=upstream is gone' });
    assert.equal(answer.status, 200);
    const last = eventsOf(answer).at(-1);
    assert.deepEqual([last.error.message, last.choices[0].finish_reason], ['upstream is gone', 'error']);
    assert.match((await chat({ model: 'any' }, { base: 'lm-studio', scenario: 'failed' })).text, /"error":"Something went wrong\."/);
  });
});

test('refusals of the API have their statuses', async () => {
  for (const [scenario, status, code] of [['rate-limit', 429, 'rate_limit_exceeded'], ['billing', 429, 'insufficient_quota'], ['server-error', 500, null], ['context-overflow', 400, 'context_length_exceeded']] as const) {
    const answer = await chat({}, { scenario });
    assert.deepEqual([answer.status, answer.json.error.code], [status, code]);
  }
});
