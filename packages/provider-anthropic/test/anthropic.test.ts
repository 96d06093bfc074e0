import assert from 'node:assert/strict';
import { describe, it } from 'node:test';

import { type DefinedProvider, isObject, isProviderError, type JsonObject, type Message, type ModelRequest } from '@sx/llm';
import { createRedactor, type Transport } from '@sx/net';
import { type AnthropicOptions, createAnthropicProvider } from '@sx/provider-anthropic';
import { createSimulator, type Simulator } from '@sx/simulator';
import { collect, complete, createTestTransport, requestsTo, userMessage as user, withResults } from '@sx/testkit';

const simulator = await createSimulator({ tls: false, strict: true });
const transport = createTestTransport(simulator);

const ask = requestsTo('claude-sonnet-5-5');
const provider = (scenario = 'auto', more: Partial<AnthropicOptions> = {}): DefinedProvider =>
  createAnthropicProvider({
    transport, apiKey: simulator.apiKey, baseUrl: simulator.urlsFor(scenario).anthropic, userAgent: 'sx/0.1.0',
    retry: { sleep: () => Promise.resolve(), random: () => 0 }, ...more,
  });
const journal = (): Simulator['requests'] => simulator.requests.filter(({ path }) => path.endsWith('/messages'));
const bodies = (): JsonObject[] => journal().map(({ body }) => (isObject(body) ? body : {}));

describe('anthropic: the request', () => {
  it('has the path, the fields and no credential before it is sent', async () => {
    const { http } = await provider('auto', { baseUrl: 'https://api.anthropic.com/v1/' }).prepare(ask([user('Hi')]));
    assert.equal(http.url, 'https://api.anthropic.com/v1/messages');
    assert.deepEqual(http.fields, [
      ['Content-Type', 'application/json'], ['Accept', 'text/event-stream'], ['User-Agent', 'sx/0.1.0'], ['anthropic-version', '2023-06-01'],
    ]);
  });
  it('takes a base with and without its usual end', async () => {
    for (const end of ['', '/', '/v1', '/v1/']) {
      const { http } = await provider('auto', { baseUrl: `https://a.test/x${end}` }).prepare(ask([user('Hi')]));
      assert.equal(http.url, 'https://a.test/x/v1/messages');
    }
  });
  it('asks for interleaved thinking only of the models that do not do so by themselves', async () => {
    const betas = async (model: string, more: Partial<ModelRequest> = {}) =>
      (await provider().prepare(ask([user('Hi')], { model, ...more }))).http.fields?.find(([name]) => name === 'anthropic-beta')?.[1];
    assert.equal(await betas('claude-haiku-4-5'), 'interleaved-thinking-2025-05-14');
    assert.deepEqual(await Promise.all(['claude-sonnet-5-5', 'claude-opus-4-6', 'claude-none'].map((model) => betas(model))), [undefined, undefined, undefined]);
    assert.deepEqual([await betas('claude-haiku-4-5', { effort: 'off' }), await betas('claude-haiku-4-5', { tools: [] })], [undefined, undefined]);
  });
  it('resolves the aliases, and overridden ones', () => {
    const anthropic = provider('auto', { aliases: { haiku: 'tiny' } });
    assert.deepEqual(['opus', 'sonnet', 'haiku', 'claude-x'].map((name) => anthropic.resolveModel(name)), ['claude-opus-5-5', 'claude-sonnet-5-5', 'tiny', 'claude-x']);
  });
  it('refuses an empty key once it is needed, and at once one that no field may carry, without showing it', async () => {
    await assert.rejects(
      complete(provider('auto', { apiKey: ' ' }), ask([user('Hi')])),
      (error) => isProviderError(error) && /ANTHROPIC_API_KEY is empty/.test(error.message) && /^set ANTHROPIC_API_KEY to a key/.test(error.hint ?? ''),
    );
    assert.notEqual((await provider('auto', { apiKey: ' ' }).models()).length, 0);
    assert.throws(() => provider('auto', { apiKey: 'sk-sécret' }), (error) => error instanceof Error && !error.message.includes('cret'));
  });
});

describe('anthropic: a conversation with a strict server', () => {
  const models = ['claude-opus-5-5', 'claude-sonnet-5-5', 'claude-haiku-5-5', 'claude-fable-5-1', 'claude-opus-5', 'claude-sonnet-5', 'claude-opus-4-7', 'claude-sonnet-4-6', 'claude-sonnet-4-5', 'claude-haiku-4-5-20251001'];
  it('thinks, calls in parallel and answers, on every family of models, at every effort', async () => {
    simulator.clearJournal();
    for (const model of models) {
      for (const effort of [undefined, 'off', 'low', 'high', 'max'] as const) {
        const anthropic = provider('tools');
        const request = ask([user('Look around')], { model, ...(effort === undefined ? {} : { effort }) });
        const first = await complete(anthropic, request);
        assert.equal(first.finishReason, 'tool-use');
        assert.deepEqual(first.content.filter(({ type }) => type === 'tool-call').length, 3);
        const thinks = first.content.some((part) => part.type === 'reasoning' && part.text !== '');
        const canBeOff = !['claude-opus-5-5', 'claude-sonnet-5-5', 'claude-haiku-5-5', 'claude-fable-5-1'].includes(model);
        assert.equal(thinks, !(effort === 'off' && canBeOff), `${model} ${effort ?? ''}`);
        const last = await complete(anthropic, { ...request, messages: [...request.messages, ...withResults(first)] });
        assert.equal(last.finishReason, 'end');
      }
    }
    assert.deepEqual(journal().filter(({ status }) => status !== 200).map(({ refusal }) => refusal), []);
  });
  it('thinks between tools one after the other, with a budget too, and sends every thought back', async () => {
    for (const model of ['claude-sonnet-5-5', 'claude-haiku-4-5', 'claude-opus-4-6']) {
      simulator.clearJournal();
      const anthropic = provider('tools-sequential');
      let messages: Message[] = [user('Step by step')];
      for (let round = 0; round < 4; round++) messages = [...messages, ...withResults(await complete(anthropic, ask(messages, { model })))];
      const last = bodies().at(-1);
      const thoughts = JSON.stringify(last).match(/"type":"thinking","thinking"/g);
      assert.equal(thoughts?.length, 2, model);
      assert.deepEqual(journal().map(({ status }) => status), [200, 200, 200, 200]);
    }
  });
  it('sends redacted thoughts back as they came', async () => {
    const anthropic = provider('redacted-reasoning');
    const request = ask([user('Hi')]);
    const first = await complete(anthropic, request);
    simulator.clearJournal();
    await complete(anthropic, { ...request, messages: [...request.messages, first, user('On')] });
    assert.match(JSON.stringify(bodies()[0]), /"type":"redacted_thinking","data":"/);
  });
  it('shows images and documents, in prompts and in results, also in failed ones', async () => {
    const png = 'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg==';
    const image = { type: 'media', mediaType: 'image/png', data: png } as const;
    const pdf = { type: 'media', mediaType: 'application/pdf', data: Buffer.from('%PDF-1.4\n').toString('base64'), filename: 'a.pdf' } as const;
    simulator.clearJournal();
    const anthropic = provider('auto');
    const told = await complete(anthropic, ask([user('What is this?', image, pdf)]));
    assert.match(JSON.stringify(told.content), /I see 2 images/);
    const tooling = provider('tools');
    const first = await complete(tooling, ask([user('Look')]));
    const results = withResults(first).flatMap((message): Message[] => (message.role === 'tool'
      ? [{ role: 'tool', content: message.content.map((result, index) => ({ ...result, isError: index === 1, content: [image, pdf, { type: 'text', text: 'seen' }] })) }]
      : [message]));
    await complete(tooling, ask([user('Look'), ...results]));
    assert.deepEqual(journal().flatMap(({ refusal }) => (refusal === '' ? [] : [refusal])), []);
  });
  it('begins every request with the one before, over twenty turns with tools, while cache reads grow', async () => {
    simulator.clearJournal();
    const anthropic = provider('tools');
    let messages: Message[] = [];
    const sessionId = crypto.randomUUID();
    const reads: number[] = [];
    for (let turn = 0; turn < 20; turn++) {
      messages.push(user(`Question ${turn} ${'about something long '.repeat(150)}`));
      for (;;) {
        const message = await complete(anthropic, ask(messages, { sessionId }));
        reads.push(message.usage?.cacheReadTokens ?? 0);
        messages = [...messages, ...withResults(message, (name) => `${name} ${'output '.repeat(80)}`)];
        if (message.finishReason !== 'tool-use') break;
      }
    }
    const sent = bodies();
    assert.equal(sent.length, 40);
    let before = '';
    for (const { messages: history, ...head } of sent) {
      const text = JSON.stringify([head, history], (key, value: unknown) => (key === 'cache_control' ? undefined : value));
      const prefix = text.slice(0, -2);
      assert.ok(prefix.startsWith(before), 'the beginning has changed');
      before = prefix;
    }
    for (const [index, read] of reads.entries()) if (index > 0) assert.ok(read > (reads[index - 1] ?? 0), `request ${index} reads ${read} after ${reads[index - 1]}`);
    assert.deepEqual(simulator.requests.flatMap(({ remarks }) => remarks), []);
  });
  it('still reads the cache after a step of thirty calls, beyond what the server looks back', async () => {
    const anthropic = provider('auto');
    const calls = Array.from({ length: 30 }, (_, index) => `call read {"path":"${index}"}`);
    const messages: Message[] = [user(`${'long '.repeat(2_000)}\n[script]\n${calls.join('\n')}\nthen\nsay done`)];
    const first = await complete(anthropic, ask(messages));
    const second = await complete(anthropic, ask([...messages, ...withResults(first)]));
    assert.ok((second.usage?.cacheReadTokens ?? 0) >= (first.usage?.cacheWriteTokens ?? Infinity), JSON.stringify(second.usage));
  });
  it('gives structured output, of a schema that the server would not take as it is', async () => {
    const responseFormat = { name: 'answer', schema: { type: 'object', properties: { count: { type: 'integer', minimum: 3 }, minimum: { type: 'string' } }, required: ['count'] } };
    const message = await complete(provider(), ask([user('Count')], { responseFormat, tools: [] }));
    assert.match(JSON.stringify(message.content), /count/);
  });
  it('forces a tool where the model can be forced, and says so where it cannot', async () => {
    for (const model of models) {
      const events = await collect(provider().stream(ask([user('Hi')], { model, toolChoice: { name: 'list' } })));
      const unforced = ['claude-opus-5-5', 'claude-sonnet-5-5', 'claude-fable-5-1'].includes(model);
      assert.equal(events.some((event) => event.type === 'tool-call'), !unforced, model);
      assert.equal(events.some((event) => event.type === 'warning' && event.message.includes('forced tool')), unforced, model);
    }
  });
  it('goes on after a pause', async () => {
    const anthropic = provider('continue');
    const request = ask([user('Hi')]);
    const first = await complete(anthropic, request);
    assert.equal(first.finishReason, 'pause');
    assert.equal((await complete(anthropic, { ...request, messages: [...request.messages, first] })).finishReason, 'end');
  });
  it('lists models from the endpoint, and from the table where there is none', async () => {
    const listed = await provider().models();
    const { source, capabilities } = listed.find(({ id }) => id === 'claude-opus-4-6') ?? {};
    assert.deepEqual([source, capabilities?.contextWindowTokens, capabilities?.efforts], ['endpoint', 1_000_000, ['none', 'low', 'medium', 'high', 'max']]);
    const [first] = await provider('auto', { baseUrl: 'http://127.0.0.1:1' }).models();
    assert.deepEqual([first?.source, first?.id], ['table', 'claude-opus-5-5']);
  });
  it('has a table that says what the endpoint says', async () => {
    const anthropic = provider();
    const table = (await provider('auto', { baseUrl: 'http://127.0.0.1:1' }).models()).map(({ id, capabilities }) => [id, capabilities] as const);
    for (const { id, capabilities } of await anthropic.models()) {
      const known = table.find(([name]) => name === id)?.[1];
      if (known === undefined) continue;
      assert.deepEqual([capabilities.efforts, capabilities.extra?.['thinkingTypes'], capabilities.maxOutputTokens], [known.efforts, known.extra?.['thinkingTypes'], known.maxOutputTokens], id);
    }
  });
});

describe('anthropic: refusals', () => {
  const failure = async (scenario: string, more: Partial<AnthropicOptions> = {}, request: Partial<ModelRequest> = {}) => {
    simulator.clearJournal();
    try {
      await collect(provider(scenario, more).stream(ask([user('Hi')], request)));
    } catch (error) {
      if (isProviderError(error)) return { error, requests: journal().length };
      throw error;
    }
    throw new Error(`${scenario} did not fail`);
  };
  it('repeats nothing that is used up, unpaid, forbidden or wrong, and says when it ends', async () => {
    const rows = [
      ['usage-limit', 'PROVIDER_USAGE_LIMIT'], ['billing', 'PROVIDER_QUOTA'], ['unauthorized', 'PROVIDER_AUTHENTICATION'], ['policy', 'PROVIDER_PERMISSION'],
      ['model-not-found', 'PROVIDER_NOT_FOUND'], ['invalid-request', 'PROVIDER_INVALID_REQUEST'], ['context-overflow', 'PROVIDER_CONTEXT_OVERFLOW'],
      ['too-large', 'PROVIDER_CONTEXT_OVERFLOW'], ['bad-image', 'PROVIDER_INVALID_REQUEST'],
    ] as const;
    for (const [scenario, code] of rows) {
      const { error, requests } = await failure(scenario);
      assert.deepEqual([error.code, error.retryable, requests, error.requestId], [code, false, 1, 'req_simulated'], scenario);
      if (scenario === 'usage-limit') assert.ok((error.resetsAtMs ?? 0) > Date.now() && /resets at 20/.test(error.hint ?? ''));
    }
  });
  it('repeats what passes: overloaded, failed, limited by the minute', async () => {
    for (const scenario of ['overloaded,times=2', 'server-error,times=1', 'rate-limit,times=1,retryAfter=1']) {
      const events = await collect(provider(scenario).stream(ask([user('Hi')])));
      assert.ok(events.some(({ type }) => type === 'retry'), scenario);
      assert.equal(events.at(-1)?.type, 'finish');
    }
    assert.deepEqual([(await failure('overloaded')).requests, (await failure('overloaded')).error.status], [5, 529]);
  });
  it('waits as long as the server says', async () => {
    const events = await collect(provider('rate-limit,times=1,retryAfter=7').stream(ask([user('Hi')])));
    assert.deepEqual(events.flatMap((event) => (event.type === 'retry' ? [event.delayMs] : [])), [7000]);
  });
  it('keeps what had arrived where the stream breaks off or fails, and does not repeat it', async () => {
    for (const [scenario, code] of [['cut-stream', 'PROVIDER_TRUNCATED_STREAM'], ['cut-mid-tool', 'PROVIDER_TRUNCATED_STREAM'], ['error-event-mid-tool', 'PROVIDER_SERVER']] as const) {
      const { error, requests } = await failure(scenario);
      assert.deepEqual([error.code, requests], [code, 1], scenario);
      assert.equal(error.partial?.length, 1, scenario);
    }
  });
  it('types what is no stream of ours', async () => {
    for (const [scenario, code] of [['html-200', 'PROVIDER_NOT_API'], ['json-200', 'PROVIDER_MALFORMED_RESPONSE'], ['html-403', 'PROVIDER_NOT_API'], ['redirect', 'PROVIDER_REDIRECT'], ['garbage', 'PROVIDER_MALFORMED_RESPONSE'], ['garbage-stream', 'PROVIDER_MALFORMED_RESPONSE'], ['empty-200', 'PROVIDER_TRUNCATED_STREAM']] as const) {
      assert.equal((await failure(scenario)).error.code, code, scenario);
    }
  });
  it('repeats what broke off before anything was shown: two requests', async () => {
    simulator.clearJournal();
    const types = (await collect(provider('cut-before-content').stream(ask([user('Hi')])))).map(({ type }) => type);
    assert.deepEqual([types[0], types.at(-1), journal().length], ['retry', 'finish', 2]);
  });
  it('goes on without its thoughts where their signatures no longer fit, once, and remembers', async () => {
    const anthropic = provider('reasoning');
    const sessionId = crypto.randomUUID();
    const request = ask([user('Hi')], { sessionId });
    const first = await complete(anthropic, request);
    simulator.clearJournal();
    const changed = ask([user('Hi'), first, user('On')], { sessionId, system: 'Be long.' });
    const second = await complete(anthropic, changed);
    assert.equal(second.finishReason, 'end');
    await complete(anthropic, { ...changed, messages: [...changed.messages, second, user('And on')] });
    assert.deepEqual(journal().map(({ status }) => status), [400, 200, 200]);
  });
  it('tells a model that it does not know nothing of thinking after its first refusal', async () => {
    // A server whose model is of an older kind than we take unknown ones for.
    const renamed: Transport = {
      close: () => undefined,
      send: (request, options) => transport.send({ ...request, body: Buffer.from(Buffer.from(request.body ?? []).toString().replace('claude-old', 'claude-haiku-4-5')) }, options),
    };
    simulator.clearJournal();
    const anthropic = provider('auto', { transport: renamed });
    for (let turn = 0; turn < 2; turn++) assert.equal((await complete(anthropic, ask([user('Hi')], { model: 'claude-old', effort: 'high' }))).finishReason, 'end');
    assert.deepEqual(journal().map(({ status }) => status), [400, 200, 200]);
  });
  it('keeps secrets out of what an error says', async () => {
    const redactor = createRedactor(['sx-secret-model']);
    const { error } = await failure('auto', { redactor }, { model: 'sx-secret-model' });
    assert.ok(!error.message.includes('sx-secret-model'), error.message);
    const refused = await failure('auto', { apiKey: 'sk-wrong-key', redactor });
    assert.ok(!JSON.stringify([refused.error.message, refused.error.hint]).includes('sk-wrong-key'));
    assert.match(refused.error.hint ?? '', /ANTHROPIC_API_KEY/);
  });
});

describe('anthropic: counting tokens', () => {
  it('asks the vendor, with history, thoughts and tools as they would be sent', async () => {
    const anthropic = provider('tools');
    const first = await complete(anthropic, ask([user('go')]));
    const request = ask([user('go'), ...withResults(first)], { maxOutputTokens: 9, stopSequences: ['END'], effort: 'low' });
    const { inputTokens, source } = await anthropic.countTokens(request);
    const { body, path, headers, status } = simulator.requests.at(-1) ?? {};
    assert.deepEqual([source, status, path?.endsWith('/v1/messages/count_tokens'), headers?.['x-api-key'], headers?.['anthropic-version']], ['endpoint', 200, true, simulator.apiKey, '2023-06-01']);
    assert.ok(inputTokens > 50);
    const members = Object.keys(isObject(body) ? body : {});
    assert.deepEqual(members.filter((name) => ['max_tokens', 'stream', 'stop_sequences'].includes(name)), []);
    assert.deepEqual(members.filter((name) => ['messages', 'system', 'tools', 'thinking'].includes(name)).length, 4);
  });
  it('does not estimate for a model that is not there', async () => {
    const counting = provider().countTokens(ask([user('go')], { model: 'claude-nobody' }));
    await assert.rejects(counting, (error) => isProviderError(error) && error.code === 'PROVIDER_NOT_FOUND');
  });
  it('says what the vendor refuses', async () => {
    await assert.rejects(provider('auto', { apiKey: 'wrong' }).countTokens(ask([user('go')])), (error) => isProviderError(error) && error.code === 'PROVIDER_AUTHENTICATION');
  });
});
