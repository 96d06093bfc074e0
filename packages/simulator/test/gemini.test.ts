import assert from 'node:assert/strict';
import { after, before, suite, test } from 'node:test';
import { createSimulator, type Simulator } from '../src/index.ts';
import { ask, eventsOf, type Answer } from './client.ts';

const PNG = 'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==';

let simulator: Simulator;
before(async () => {
  simulator = await createSimulator();
});
after(() => simulator.close());

type Fields = Record<string, unknown>;
interface Options {
  readonly model?: string;
  readonly scenario?: string;
  readonly method?: string;
  readonly headers?: Record<string, string | undefined>;
}
const user = { role: 'user', parts: [{ text: 'hi' }] };
const readTool = { functionDeclarations: [{ name: 'read', description: 'Reads.', parametersJsonSchema: { type: 'object', properties: { path: { type: 'string' } } } }] };

function post(body: Fields = {}, { model = 'gemini-3.8-flash', scenario, method = 'streamGenerateContent?alt=sse', headers = {} }: Options = {}): Promise<Answer> {
  const { gemini } = scenario === undefined ? simulator.urls : simulator.urlsFor(scenario);
  return ask(simulator, `${gemini}/v1beta/models/${model}:${method}`, {
    method: 'POST', headers: { 'x-goog-api-key': simulator.apiKey, 'content-type': 'application/json', ...headers }, body: { contents: [user], ...body },
  });
}

const partsOf = (answer: Answer): any[] => eventsOf(answer).flatMap(({ candidates }) => candidates?.[0]?.content?.parts ?? []);
const finishOf = (answer: Answer): string | undefined => eventsOf(answer).at(-1).candidates?.[0]?.finishReason;
const thinking = { generationConfig: { thinkingConfig: { includeThoughts: true, thinkingLevel: 'LOW' } } };

suite('a good request', () => {
  test('is answered by chunks, the last with the reason and a signed empty part', async () => {
    const answer = await post(thinking, { scenario: 'reasoning' });
    assert.equal(answer.status, 200, answer.text);
    const parts = partsOf(answer);
    assert.equal(parts[0].thought, true);
    assert.equal(finishOf(answer), 'STOP');
    assert.ok(parts.at(-1).thoughtSignature && parts.at(-1).text === '');
    assert.ok(eventsOf(answer).at(-1).usageMetadata.thoughtsTokenCount > 0);
    assert.equal(partsOf(await post({}, { scenario: 'reasoning' })).some(({ thought }) => thought), false);
  });

  test('signs only the first of parallel calls', async () => {
    const parts = partsOf(await post({}, { scenario: 'tools' })).filter(({ functionCall }) => functionCall);
    assert.deepEqual(parts.map(({ thoughtSignature }) => thoughtSignature !== undefined), [true, false, false]);
    assert.equal(parts[1].functionCall.args, undefined, 'no arguments, no member');
  });

  test('comes as an array without alt=sse, and whole from generateContent', async () => {
    const list = await post({}, { scenario: 'text', method: 'streamGenerateContent' });
    assert.ok(Array.isArray(list.json) && list.json.length > 3);
    const whole = await post({}, { scenario: 'tools', method: 'generateContent' });
    assert.equal(whole.json.candidates[0].content.parts.length, 4);
    assert.ok((await post({}, { method: 'countTokens' })).json.totalTokens > 0);
  });

  test('counts contents or a whole request, and refuses what it would refuse', async () => {
    const count = (body: Fields): Promise<Answer> => post({ contents: undefined, ...body }, { method: 'countTokens' });
    const whole = { model: 'models/gemini-3.8-flash', contents: [user] };
    assert.ok((await count({ generateContentRequest: whole })).json.totalTokens > 0);
    assert.match((await count({ generateContentRequest: whole, contents: [user] })).text, /mutually exclusive/);
    assert.match((await count({ generateContentRequest: { ...whole, model: 'x' } })).text, /must be the model of the path/);
    assert.match((await count({ generateContentRequest: { ...whole, tool: 1 } })).text, /Unknown name/);
    assert.match((await count({ contents: [user], systemInstruction: {} })).text, /Unknown name/);
    assert.match((await count({})).text, /contents is not specified/);
  });

  test('lists models in pages', async () => {
    const headers = { 'x-goog-api-key': simulator.apiKey };
    const first = await ask(simulator, `${simulator.urls.gemini}/v1beta/models?pageSize=5`, { headers });
    const second = await ask(simulator, `${simulator.urls.gemini}/v1beta/models?pageSize=5&pageToken=${first.json.nextPageToken}`, { headers });
    assert.equal(first.json.models.length, 5);
    assert.equal(second.json.nextPageToken, undefined);
    assert.ok(first.json.models[0].inputTokenLimit);
  });

  test('ends for its reasons', async () => {
    for (const [scenario, reason] of [['incomplete', 'MAX_TOKENS'], ['content-filter', 'SAFETY'], ['tool-invalid-json', 'MALFORMED_FUNCTION_CALL'], ['cut-mid-tool', undefined], ['tools', 'STOP']] as const) {
      const answer = await post({}, { scenario });
      assert.equal(answer.text === '' ? undefined : finishOf(answer), reason, scenario);
    }
    assert.equal(eventsOf(await post({}, { scenario: 'refusal' }))[0].promptFeedback.blockReason, 'PROHIBITED_CONTENT');
    assert.equal(eventsOf(await post({}, { scenario: 'failed' })).at(-1).error.status, 'UNAVAILABLE');
  });

  test('goes on with a continuation token, once', async () => {
    const model = 'gemini-4-neon';
    const first = eventsOf(await post({}, { model, scenario: 'continue' })).at(-1).candidates[0];
    assert.equal(first.finishReason, 'CONTINUATION');
    const body = { continuationToken: first.continuationToken };
    assert.equal(finishOf(await post(body, { model, scenario: 'continue' })), 'STOP');
    assert.match((await post(body, { model })).text, /continuation_token is not valid/);
  });

  test('fails with its statuses', async () => {
    for (const [scenario, status, name] of [['rate-limit', 429, 'RESOURCE_EXHAUSTED'], ['overloaded', 503, 'UNAVAILABLE'], ['server-error', 500, 'INTERNAL'], ['context-overflow', 400, 'INVALID_ARGUMENT']] as const) {
      const answer = await post({}, { scenario });
      assert.deepEqual([answer.status, answer.json.error.status], [status, name]);
    }
    assert.match((await post({}, { scenario: 'rate-limit,times=9,retryAfter=2' })).text, /"retryDelay":"2s"/);
    assert.match((await post({}, { scenario: 'usage-limit' })).text, /PerDay/);
  });
});

const call = (more: Fields = {}): Fields => ({ role: 'model', parts: [{ functionCall: { name: 'read', args: {} }, thoughtSignature: 'skip_thought_signature_validator', ...more }] });
const answered = { role: 'user', parts: [{ functionResponse: { name: 'read', response: { output: 'ok' } } }] };

suite('is refused', () => {
  test('without a key, with another, and with one in the URL', async () => {
    assert.equal((await post({}, { headers: { 'x-goog-api-key': undefined } })).status, 403);
    assert.equal((await post({}, { headers: { 'x-goog-api-key': 'x' } })).json.error.details[0].reason, 'API_KEY_INVALID');
    assert.match((await post({}, { method: 'streamGenerateContent?alt=sse&key=x' })).text, /ends up in logs/);
  });

  const declare = (more: Fields): Fields => ({ tools: [{ functionDeclarations: [{ name: 'read', ...more }] }] });
  const config = (generationConfig: Fields): Fields => ({ generationConfig });
  const think = (thinkingConfig: Fields): Fields => config({ thinkingConfig });
  const inline = (mimeType: string, data: string): Fields => ({ contents: [{ role: 'user', parts: [{ inlineData: { mimeType, data } }] }] });
  const rows: [rule: string, body: Fields, text: RegExp, model?: string][] = [
    ['an unknown model', {}, /models\/gemini-1 is not found/, 'gemini-1'],
    ['an unknown member', { system_prompt: 'x' }, /Unknown name "system_prompt": Cannot find field/],
    ['no contents', { contents: [] }, /contents is not specified/],
    ['another role', { contents: [{ role: 'assistant', parts: [{ text: 'x' }] }] }, /valid role: user, model/],
    ['no parts', { contents: [{ role: 'user', parts: [] }] }, /parts must not be empty/],
    ['an unknown part', { contents: [{ role: 'user', parts: [{ image: 'x' }] }] }, /Unknown name "image"/],
    ['an empty part', { contents: [{ role: 'user', parts: [{}] }] }, /required oneof field 'data'/],
    ['two kinds in one part', { contents: [{ role: 'user', parts: [{ text: 'x', inlineData: {} }] }] }, /already set/],
    ['the model at the start', { contents: [{ role: 'model', parts: [{ text: 'x' }] }, user] }, /begins with a user turn/],
    ['the model at the end', { contents: [user, { role: 'model', parts: [{ text: 'x' }] }] }, /must not end with a model turn/],
    ['a call without response', { contents: [user, call(), user] }, /number of function response parts/],
    ['two responses for one call', { contents: [user, call(), { role: 'user', parts: [...answered.parts, ...answered.parts] }] }, /number of function response parts/],
    ['a response without call', { contents: [answered] }, /immediately after a function call turn/],
    ['a response of another name', { contents: [user, call(), { role: 'user', parts: [{ functionResponse: { name: 'list', response: {} } }] }] }, /order of their calls/],
    ['a response that is text', { contents: [user, call(), { role: 'user', parts: [{ functionResponse: { name: 'read', response: 'ok' } }] }] }, /function_response.response/],
    ['a response without the id of its call', { contents: [user, call({ functionCall: { id: 'a', name: 'read' } }), answered] }, /does not match function call id a/],
    ['a call from the user', { contents: [{ role: 'user', parts: [{ functionCall: { name: 'read' } }] }] }, /comes from the model/],
    ['a call without signature in the current turn', { contents: [user, { role: 'model', parts: [{ functionCall: { name: 'read' } }] }, answered] }, /missing a thought_signature/],
    ['a signature of somebody else', { contents: [user, call({ thoughtSignature: 'AAAA' }), answered] }, /Corrupted thought signature/],
    ['media in a response of an old model', { contents: [user, call(), { role: 'user', parts: [{ functionResponse: { name: 'read', response: {}, parts: [{ inlineData: {} }] } }] }] }, /not supported by gemini-2.5-flash/, 'gemini-2.5-flash'],
    ['an image of another kind than it says', inline('image/jpeg', PNG), /Unable to process input image/],
    ['an image of an unknown kind', inline('image/tiff', PNG), /Unsupported MIME type/],
    ['more than 20 MB', { contents: [{ role: 'user', parts: [{ text: 'x'.repeat(20 * 1024 * 1024) }] }] }, /payload size exceeds the limit/],
    ['a GIF', inline('image/gif', 'R0lGODlh'), /Unsupported MIME type: image\/gif/],
    ['broken base64', inline('image/png', '%%%'), /Base64 decoding failed/],
    ['an empty system instruction', { systemInstruction: { parts: [] } }, /system_instruction.parts: must not be empty/],
    ['a content that is text', { contents: ['x'] }, /Invalid value at 'contents\[0\]'/],
    ['a text that is a number', { contents: [{ role: 'user', parts: [{ text: 5 }] }] }, /TYPE_STRING/],
    ['a call without a name', { contents: [user, call({ functionCall: { name: '' } }), answered] }, /function_call.name: Name cannot be empty/],
    ['arguments that are text', { contents: [user, call({ functionCall: { name: 'read', args: '{}' } }), answered] }, /function_call.args/],
    ['a response without a name', { contents: [user, call(), { role: 'user', parts: [{ functionResponse: { name: '', response: {} } }] }] }, /function_response.name/],
    ['media in a response that are none', { contents: [user, call(), { role: 'user', parts: [{ functionResponse: { name: 'read', response: {}, parts: [{ inlineData: { mimeType: 'image/tiff', data: '' } }] } }] }] }, /Unsupported MIME type/],
    ['the sentinel on a second call', { contents: [user, { role: 'model', parts: [...call()['parts'] as [], ...call()['parts'] as []] }, { role: 'user', parts: [...answered.parts, ...answered.parts] }] }, /sentinel belongs on the first call/],
    ['parameters that are no object', declare({ parametersJsonSchema: { type: 'string' } }), /must be of type object/],
    ['JSON Schema inside of parameters', declare({ parameters: { type: 'object', properties: { a: { type: 'array', items: { const: 1 } } } } }), /Unknown name "const"/],
    ['a choice of names without ANY', { tools: [readTool], toolConfig: { functionCallingConfig: { mode: 'AUTO', allowedFunctionNames: ['read'] } } }, /only be set with mode ANY/],
    ['no output tokens', config({ maxOutputTokens: 0 }), /must be between 1 and/],
    ['two schemas', config({ responseMimeType: 'application/json', responseSchema: {}, responseJsonSchema: {} }), /mutually exclusive/],
    ['six stop sequences', config({ stopSequences: ['a', 'b', 'c', 'd', 'e', 'f'] }), /at most 5 members/],
    ['a stop sequence that is a number', config({ stopSequences: [1] }), /stop_sequences/],
    ['a function name with a space', declare({ name: 'a b' }), /Invalid function name/],
    ['a function declared twice', { tools: [readTool, readTool] }, /Duplicate function declaration/],
    ['an unknown member of a function', declare({ input_schema: {} }), /Unknown name "input_schema"/],
    ['both kinds of parameters', declare({ parameters: {}, parametersJsonSchema: { type: 'object' } }), /mutually exclusive/],
    ['JSON Schema in parameters', declare({ parameters: { type: 'object', additionalProperties: false } }), /Unknown name "additionalProperties"/],
    ['a type list in parameters', declare({ parameters: { type: 'object', properties: { a: { type: ['string', 'null'] } } } }), /not repeating/],
    ['an unknown mode', { toolConfig: { functionCallingConfig: { mode: 'auto' } } }, /function_calling_config.mode/],
    ['an allowed name that is not declared', { tools: [readTool], toolConfig: { functionCallingConfig: { mode: 'ANY', allowedFunctionNames: ['x'] } } }, /is not declared/],
    ['level and budget at once', think({ thinkingLevel: 'LOW', thinkingBudget: 5 }), /only one of thinking budget and thinking level/],
    ['a budget on a model with levels', think({ thinkingBudget: 100 }), /Thinking budget is not supported/],
    ['a level on a model with a budget', think({ thinkingLevel: 'LOW' }), /Thinking level is not supported/, 'gemini-2.5-pro'],
    ['a level that the model has not', think({ thinkingLevel: 'MINIMAL' }), /MINIMAL is not supported/, 'gemini-4-neon'],
    ['thinking switched off where it cannot be', think({ thinkingBudget: 0 }), /thinking budget 0 is invalid/, 'gemini-2.5-pro'],
    ['a schema without its MIME type', config({ responseJsonSchema: { type: 'object' } }), /response_mime_type/],
    ['a penalty on the newest', config({ presencePenalty: 1 }), /Penalties/, 'gemini-4-argon'],
    ['a cache that is not there', { cachedContent: 'cachedContents/none' }, /not found \(or permission denied\)/],
    ['tools beside a cache', { cachedContent: 'cachedContents/none', tools: [readTool] }, /can not be used with GenerateContent request/],
  ];
  for (const [rule, body, text, model] of rows) {
    test(rule, async () => {
      const answer = await post(body, model === undefined ? {} : { model });
      assert.ok(answer.status >= 400 && answer.status < 500, answer.text);
      assert.match(answer.json.error.message, text);
    });
  }
});

suite('thought signatures', () => {
  test('go back on their part, of their model, in the current turn', async () => {
    const model = 'gemini-3.8-flash';
    const parts = partsOf(await post({}, { model, scenario: 'tools' })).filter(({ functionCall }) => functionCall);
    const responses = { role: 'user', parts: parts.map(({ functionCall: { name } }) => ({ functionResponse: { name, response: { output: 'ok' } } })) };
    const send = (changed: unknown[], options: Options = {}, ...after: unknown[]): Promise<Answer> => post({ contents: [user, { role: 'model', parts: changed }, responses, ...after] }, { model, ...options });
    assert.equal((await send(parts)).status, 200);
    const [first, second, third] = parts;
    const { thoughtSignature, ...bare } = first;
    assert.match((await send([bare, second, third])).text, /missing a thought_signature/);
    assert.match((await send([bare, { ...second, thoughtSignature }, third])).text, /missing a thought_signature/);
    assert.match((await send([{ ...first, functionCall: { ...first.functionCall, args: { path: 'other' } } }, second, third])).text, /was moved or its part was changed/);
    assert.match((await send(parts, { model: 'gemini-3.5-flash' })).text, /it is of gemini-3.8-flash/);
    assert.equal((await send([bare, second, third], {}, user)).status, 200, 'an earlier turn only loses quality');
    assert.match(simulator.requests.at(-1)?.remarks[0] ?? '', /missing a thought_signature/);
    assert.equal((await send([bare, second, third], { model: 'gemini-2.5-flash' })).status, 200, 'the second generation does not ask');
  });
});

suite('explicit caches', () => {
  const headers = () => ({ 'x-goog-api-key': simulator.apiKey, 'content-type': 'application/json' });
  const at = (path: string, method: string, body?: unknown): Promise<Answer> => ask(simulator, `${simulator.urls.gemini}/v1beta/${path}`, { method, headers: headers(), ...(body === undefined ? {} : { body }) });
  const long = { parts: [{ text: 'Know this. '.repeat(600) }] };

  test('are made, used, extended and deleted; what is left is seen', async () => {
    const made = await at('cachedContents', 'POST', { model: 'models/gemini-3.8-flash', systemInstruction: long, tools: [readTool], ttl: '300s' });
    assert.equal(made.status, 200, made.text);
    const { name } = made.json;
    assert.deepEqual(simulator.liveCachedContents(), [name]);
    const used = eventsOf(await post({ cachedContent: name })).at(-1).usageMetadata;
    assert.equal(used.cachedContentTokenCount, made.json.usageMetadata.totalTokenCount);
    assert.ok(used.promptTokenCount > used.cachedContentTokenCount);
    assert.match((await post({ cachedContent: name }, { model: 'gemini-3.5-flash' })).text, /has to be the same/);
    const extended = await at(`${name}?updateMask=ttl`, 'PATCH', { ttl: '900s' });
    assert.ok(Date.parse(extended.json.expireTime) > Date.parse(made.json.expireTime));
    assert.equal((await at('cachedContents', 'GET')).json.cachedContents.length, 1);
    assert.equal((await at(name, 'GET')).status, 200);
    assert.equal((await at(name, 'DELETE')).status, 200);
    assert.equal((await at(name, 'GET')).status, 403);
    assert.deepEqual(simulator.liveCachedContents(), []);
  });

  test('expire', async () => {
    const made = await at('cachedContents', 'POST', { model: 'models/gemini-3.8-flash', systemInstruction: long, ttl: '0s' });
    assert.equal((await at(made.json.name, 'GET')).status, 403);
    assert.deepEqual(simulator.liveCachedContents(), []);
  });

  test('are refused when too small, on the newest models, and in odd shapes', async () => {
    const model = 'models/gemini-3.8-flash';
    for (const [body, text] of [
      [{ model, systemInstruction: { parts: [{ text: 'short' }] } }, /too small/],
      [{ model: 'models/gemini-4-neon', systemInstruction: long }, /not supported/],
      [{ model: 'gemini-3.8-flash', systemInstruction: long }, /must be of the form/],
      [{ model, systemInstruction: long, ttl: '5m' }, /Duration/],
      [{ model, systemInstruction: long, ttl: '5s', expireTime: '2030-01-01T00:00:00Z' }, /mutually exclusive/],
      [{ model, system: long }, /Unknown name "system"/],
    ] as const) assert.match((await at('cachedContents', 'POST', body)).text.replaceAll('\\"', '"'), text);
  });

  test('implicit ones are hit by a growing prefix', async () => {
    const contents = [{ role: 'user', parts: [{ text: 'Remember. '.repeat(1000) }] }];
    await post({ contents });
    const { usageMetadata } = eventsOf(await post({ contents: [...contents, user] })).at(-1);
    assert.ok(usageMetadata.cachedContentTokenCount >= 1024);
  });
});
