import assert from 'node:assert/strict';
import { describe, it } from 'node:test';

import { isProviderError, type Message, type ModelRequest, type StreamEvent } from '@sx/llm';
import { createRedactor, fieldValue, type Transport } from '@sx/net';
import { toGeminiBaseUrl } from '@sx/provider-gemini';
import { collect, complete, userMessage as user, withResults } from '@sx/testkit';

import { ask, failure, generated, MODEL, provider, simulator, transport, turn } from './fixture.ts';

const PNG = 'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==';
const PDF = Buffer.from('%PDF-1.4\n1 0 obj <</Type /Page>> endobj\n%%EOF\n').toString('base64');
const GIF = Buffer.from('GIF89a\x01\x00\x01\x00\x00\x00\x00;', 'latin1').toString('base64');
const media = (mediaType: string, data: string, text = 'See'): Message => ({ role: 'user', content: [{ type: 'text', text }, { type: 'media', mediaType, data }] });

describe('gemini: the request', () => {
  it('has the model in its path, the key in a field and never in the URL', async () => {
    simulator.clearJournal();
    const gemini = provider('auto', { baseUrl: 'https://generativelanguage.googleapis.com/' });
    const { http } = await gemini.prepare(ask([user('Hi')]));
    assert.equal(http.url, `https://generativelanguage.googleapis.com/v1beta/models/${MODEL}:streamGenerateContent?alt=sse`);
    assert.deepEqual(http.fields, [['Content-Type', 'application/json'], ['Accept', 'text/event-stream'], ['User-Agent', 'sx/0.1.0']]);
    await complete(provider(), ask([user('Hi')]));
    const [sent] = generated();
    assert.equal(sent?.headers['x-goog-api-key'] !== undefined, true);
    assert.ok(!String(sent?.path).includes(simulator.apiKey));
  });
  it('takes a base with and without its usual end', () => {
    for (const end of ['', '/', '/v1', '/v1beta', '/v1beta/']) assert.equal(toGeminiBaseUrl(`https://a.test/x${end}`), 'https://a.test/x/v1beta');
  });
  it('takes resource names as the vendor writes them, and no way out of the path', async () => {
    const url = async (model: string): Promise<string> => (await provider('auto', { baseUrl: 'https://a.test' }).prepare(ask([user('Hi')], { model }))).http.url;
    assert.match(await url('models/gemini-2.5-pro'), /\/v1beta\/models\/gemini-2\.5-pro:stream/);
    assert.match(await url('tunedModels/mine'), /\/v1beta\/tunedModels\/mine:stream/);
    assert.match(await url('a?b#c'), /\/models\/a%3Fb%23c:stream/);
  });
  it('resolves the aliases, and overridden ones', () => {
    const gemini = provider('auto', { aliases: { haiku: 'tiny' } });
    assert.deepEqual(['opus', 'sonnet', 'haiku', 'gemini-2.5-pro'].map((name) => gemini.resolveModel(name)), ['gemini-4-argon', 'gemini-3.8-flash', 'tiny', 'gemini-2.5-pro']);
  });
  it('says how to think as each model wants it', async () => {
    const thinking = async (model: string, more: Partial<ModelRequest>) => {
      const { generationConfig } = Object((await provider().prepare(ask([user('Hi')], { model, ...more }))).body);
      return generationConfig?.thinkingConfig;
    };
    const on = { includeThoughts: true };
    const rows: [model: string, more: Partial<ModelRequest>, expected: unknown][] = [
      [MODEL, {}, on],
      [MODEL, { thinkingBudgetTokens: 10_000 }, on],
      [MODEL, { effort: 'minimal' }, { ...on, thinkingLevel: 'MINIMAL' }],
      [MODEL, { effort: 'max' }, { ...on, thinkingLevel: 'HIGH' }],
      [MODEL, { effort: 'off' }, { ...on, thinkingLevel: 'MINIMAL' }],
      ['gemini-4-neon', { effort: 'minimal' }, { ...on, thinkingLevel: 'LOW' }],
      ['gemini-2.5-flash', { effort: 'off' }, { includeThoughts: false, thinkingBudget: 0 }],
      ['gemini-2.5-pro', { effort: 'off' }, { ...on, thinkingBudget: 1_024 }],
      ['gemini-2.5-pro', { thinkingBudgetTokens: 10_000 }, { ...on, thinkingBudget: 10_000 }],
      ['gemini-2.5-pro', { thinkingBudgetTokens: 1 }, { ...on, thinkingBudget: 128 }],
      ['gemini-2.5-flash', { effort: 'max' }, { ...on, thinkingBudget: 24_576 }],
      ['gemini-2.0-flash', { effort: 'high' }, undefined],
      ['gemini-9-nova', { effort: 'high' }, { ...on, thinkingLevel: 'HIGH' }],
      ['gemini-2.5-flash-preview-09-2025', { effort: 'low' }, { ...on, thinkingBudget: 1_024 }],
    ];
    for (const [model, more, expected] of rows) assert.deepEqual(await thinking(model, more), expected, `${model} ${JSON.stringify(more)}`);
  });
  it('sends safety settings where it was given some', async () => {
    const setting = { category: 'HARM_CATEGORY_HARASSMENT', threshold: 'BLOCK_ONLY_HIGH' };
    assert.deepEqual((await provider('auto', { safetySettings: [setting] }).prepare(ask([user('Hi')]))).body['safetySettings'], [setting]);
  });
});

describe('gemini: a conversation with a strict server', () => {
  it('streams thoughts and text, and counts them', async () => {
    const events = await collect(provider('reasoning').stream(ask([user('Hi')])));
    assert.deepEqual([...new Set(events.map(({ type }) => type))], ['response-start', 'reasoning-start', 'reasoning-delta', 'reasoning-end', 'text-start', 'text-delta', 'text-end', 'finish']);
    const finish = events.at(-1);
    assert.ok(finish?.type === 'finish' && (finish.usage.reasoningTokens ?? 0) > 0 && (finish.usage.outputTokens ?? 0) > (finish.usage.reasoningTokens ?? 0));
  });
  for (const model of [MODEL, 'gemini-4-argon', 'gemini-4-neon', 'gemini-3.1-pro-preview', 'gemini-2.5-pro', 'gemini-2.5-flash']) {
    it(`answers parallel and sequential calls of ${model} within and after their turn`, async () => {
      simulator.clearJournal();
      const messages: Message[] = [];
      for (const scenario of ['tools', 'tools-sequential', 'auto']) {
        const { content, finishReason } = await turn(provider(scenario), messages, `Question for ${scenario}`, { model });
        assert.equal(finishReason, 'end');
        assert.equal(content.at(-1)?.type, 'text');
      }
      assert.deepEqual(generated().map(({ status }) => status), [200, 200, 200, 200, 200, 200, 200]);
      assert.deepEqual(generated().flatMap(({ remarks }) => remarks), []);
    });
  }
  it('begins every request with the one before, over twenty turns with tools', async () => {
    simulator.clearJournal();
    const gemini = provider('tools');
    const messages: Message[] = [];
    const sessionId = crypto.randomUUID();
    let cached = 0;
    for (let number = 0; number < 20; number++) cached += (await turn(gemini, messages, `Question ${number}`, { sessionId })).usage?.cacheReadTokens ?? 0;
    const bodies = generated().map(({ body }) => JSON.stringify(body));
    assert.equal(bodies.length, 40);
    let before = '';
    for (const body of bodies) {
      assert.ok(body.startsWith(before), 'the beginning has changed');
      before = body.replace(/\]\}$/, '');
    }
    assert.deepEqual(generated().flatMap(({ remarks }) => remarks), []);
    assert.ok(cached > 0, 'usage shows what the vendor cached by itself');
  });
  it('shows images and documents, in prompts and in results, to every generation', async () => {
    for (const model of [MODEL, 'gemini-2.5-pro']) {
      const seen = await complete(provider(), ask([media('image/png', PNG), { role: 'assistant', content: [{ type: 'text', text: 'Yes.' }], origin: provider().originOf(model), finishReason: 'end' }, media('application/pdf', PDF)], { model }));
      assert.match(JSON.stringify(seen.content), /I see 2 images/);
      const first = await complete(provider('tools-sequential'), ask([user('Look')], { model }));
      const results = withResults(first).map((message): Message => (message.role !== 'tool' ? message : {
        ...message, content: message.content.map((result) => ({ ...result, content: [{ type: 'media', mediaType: 'image/png', data: PNG }] })),
      }));
      simulator.clearJournal();
      await complete(provider('text'), ask([user('Look'), ...results], { model }));
      const sent = JSON.stringify(generated()[0]?.body);
      assert.match(sent, model === MODEL ? /"functionResponse":\{[^}]*\{"output":""\},"parts":\[\{"inlineData"/ : /"role":"user","parts":\[\{"text":"From the result of list:"\},\{"inlineData"/);
    }
  });
  it('refuses a picture of a kind that the vendor does not take, before anything is sent', async () => {
    simulator.clearJournal();
    await assert.rejects(collect(provider().stream(ask([media('image/gif', GIF)]))), (error) => isProviderError(error) && error.code === 'PROVIDER_MEDIA_REFUSED');
    assert.equal(generated().length, 0);
  });
  it('takes a whole answer for whole where the server keeps the connection', async () => {
    for (const scenario of ['held-open', 'text,holdOpen,comments']) {
      const startedAt = performance.now();
      const message = await complete(provider(scenario), ask([user('Hi')]));
      assert.deepEqual([message.finishReason, message.content.length], ['end', 1]);
      assert.ok(performance.now() - startedAt < 5_000);
    }
  });
  it('answers in the shape of a schema', async () => {
    const schema = { type: 'object', properties: { city: { type: 'string' }, kind: { const: 'town' } }, required: ['city', 'kind'], additionalProperties: false };
    for (const model of [MODEL, 'gemini-2.5-flash']) {
      const { content } = await complete(provider(), ask([user('Where?')], { model, tools: [], responseFormat: { name: 'place', schema } }));
      const [part] = content;
      assert.ok(part?.type === 'text');
      assert.deepEqual(Object.keys(JSON.parse(part.text)), ['city', 'kind']);
    }
  });
  it('says schemas in the older words where the server knows no others, and remembers', async () => {
    const bodies: string[] = [];
    const older: Transport = {
      ...transport,
      send(request, sendOptions) {
        const body = Buffer.from(request.body ?? []).toString();
        bodies.push(body);
        // As a server of before: this member is unknown to it, wherever it stands.
        return transport.send(body.includes('parametersJsonSchema') ? { ...request, body: Buffer.from(JSON.stringify({ parametersJsonSchema: 1 })) } : request, sendOptions);
      },
    };
    const gemini = provider('auto', { transport: older });
    for (let number = 0; number < 2; number++) assert.equal((await complete(gemini, ask([user('Hi')]))).finishReason, 'end');
    assert.deepEqual(bodies.map((body) => body.includes('"parameters":')), [false, true, true]);
  });
  it('calls the tool that it must', async () => {
    const { content } = await complete(provider(), ask([user('Read')], { toolChoice: { name: 'read' } }));
    assert.deepEqual(content.map((part) => part.type === 'tool-call' && part.name), ['read']);
    const { content: text } = await complete(provider('text'), ask([user('Read')], { toolChoice: 'none' }));
    assert.equal(text.at(-1)?.type, 'text');
  });
  it('goes on with an answer that the server stops in between, as one message', async () => {
    simulator.clearJournal();
    const gemini = provider('continue');
    const request = ask([user('Go on')], { model: 'gemini-4-neon' });
    const events = await collect(gemini.stream(request));
    assert.equal(events.filter(({ type }) => type === 'response-start' || type === 'finish').length, 2);
    const message = await complete(provider('continue'), ask([user('Go on')], { model: 'gemini-4-neon' }));
    assert.equal(message.content.map((part) => (part.type === 'text' ? part.text : '')).join(' '), 'Wait, there is more. That was all.');
    const single = generated().map(({ body }) => Object.keys(Object(body)).includes('continuationToken'));
    assert.deepEqual(single, [false, true, false, true]);
    const next = await complete(provider(), ask([user('Go on'), message, user('And?')], { model: 'gemini-4-neon' }));
    assert.equal(next.finishReason, 'end');
    assert.equal((message.usage?.outputTokens ?? 0) >= 7, true, 'usage in sum');
  });
  it('gives up on an answer that goes on for ever and brings nothing', async () => {
    const gemini = provider('continue,times=9');
    const nothing: StreamEvent[] = [{ type: 'response-start' }, { type: 'finish', reason: 'pause', usage: Object(undefined), raw: [{ continuationToken: 't' }] }];
    const { continueAnswer } = await import('../src/continue-answer.ts');
    let asked = 0;
    const stream = continueAnswer(ask([user('Hi')]), gemini.originOf(MODEL), async function* () {
      asked += 1;
      yield* nothing;
    });
    await assert.rejects(collect(stream), (error) => isProviderError(error) && error.code === 'PROVIDER_MODEL_OUTPUT' && !error.retryable);
    assert.equal(asked, 3);
  });
  it('lists models from the endpoint, page by page, and from the table where there is none', async () => {
    const models = await provider().models();
    const { source, capabilities } = models.find(({ id }) => id === MODEL) ?? {};
    assert.deepEqual([source, capabilities?.contextWindowTokens, capabilities?.efforts], ['endpoint', 1_048_576, ['minimal', 'low', 'medium', 'high']]);
    const table = await provider('auto', { baseUrl: 'http://127.0.0.1:1' }).models();
    assert.deepEqual([table[0]?.source, table.length > 10], ['table', true]);
  });
});

describe('gemini: refusals', () => {
  const rows: [scenario: string, code: string, retryable: boolean, requests: number][] = [
    ['usage-limit', 'PROVIDER_USAGE_LIMIT', false, 1],
    ['unauthorized', 'PROVIDER_AUTHENTICATION', false, 1],
    ['billing', 'PROVIDER_QUOTA', false, 1],
    ['context-overflow', 'PROVIDER_CONTEXT_OVERFLOW', false, 1],
    ['invalid-request', 'PROVIDER_INVALID_REQUEST', false, 1],
    ['policy', 'PROVIDER_PERMISSION', false, 1],
    ['model-not-found', 'PROVIDER_NOT_FOUND', false, 1],
    ['refusal', 'PROVIDER_CONTENT_POLICY', false, 1],
    ['overloaded', 'PROVIDER_OVERLOADED', true, 5],
    ['server-error', 'PROVIDER_SERVER', true, 5],
    ['tool-invalid-json', 'PROVIDER_MODEL_OUTPUT', true, 5],
    ['empty', 'PROVIDER_MODEL_OUTPUT', true, 5],
    ['failed', 'PROVIDER_OVERLOADED', true, 1],
    ['failed-early', 'PROVIDER_OVERLOADED', true, 5],
    ['cut-stream', 'PROVIDER_TRUNCATED_STREAM', true, 1],
    ['html-200', 'PROVIDER_NOT_API', false, 1],
    ['json-200', 'PROVIDER_MALFORMED_RESPONSE', false, 1],
    ['empty-200', 'PROVIDER_TRUNCATED_STREAM', true, 5],
    ['garbage-stream', 'PROVIDER_MALFORMED_RESPONSE', true, 5],
    ['reset', 'PROVIDER_TRANSPORT', true, 5],
  ];
  for (const [scenario, code, retryable, requests] of rows) {
    it(`${scenario}: ${code} after ${requests} requests`, async () => {
      simulator.clearJournal();
      const error = await failure(provider(scenario));
      assert.deepEqual([error.code, error.retryable, generated().length], [code, retryable, requests], error.message);
      assert.equal(error.provider, 'gemini');
    });
  }
  it('waits as long as the server says, by the minute, and tells until when by the day', async () => {
    const events = await collect(provider('rate-limit,retryAfter=7').stream(ask([user('Hi')])));
    const [retry] = events;
    assert.ok(retry?.type === 'retry' && retry.delayMs >= 7_000 && retry.error.code === 'PROVIDER_RATE_LIMIT');
    assert.equal(events.at(-1)?.type, 'finish');
    const { resetsAtMs = 0 } = await failure(provider('usage-limit'));
    assert.ok(resetsAtMs > Date.now() && resetsAtMs <= Date.now() + 25 * 3_600_000);
  });
  it('keeps what had arrived where the stream breaks off', async () => {
    const { partial } = await failure(provider('cut-stream'));
    assert.equal(partial?.[0]?.type, 'text');
  });
  it('says which key to set, and never shows it', async () => {
    const redactor = createRedactor();
    const error = await failure(provider('auto', { apiKey: 'AIza-wrong-key', redactor }));
    assert.match(error.hint ?? '', /GEMINI_API_KEY/);
    assert.ok(!JSON.stringify([error.message, error.hint]).includes('AIza-wrong-key'));
    assert.ok(!redactor.redactText('x AIza-wrong-key').includes('AIza-wrong-key'));
    assert.match((await failure(provider('auto', { apiKey: ' ' }))).message, /GEMINI_API_KEY is empty/);
    assert.equal(fieldValue((await provider().prepare(ask([user('Hi')]))).http.fields ?? [], 'x-goog-api-key'), undefined);
  });
  it('ends at once when it is aborted', async () => {
    const controller = new AbortController();
    const stream = provider('slow-stream').stream(ask([user('Hi')]), { signal: controller.signal });
    await assert.rejects(async () => {
      for await (const event of stream) if (event.type === 'text-delta') controller.abort();
    }, (error) => isProviderError(error) && error.code === 'PROVIDER_ABORTED');
  });
});

describe('gemini: counting tokens', () => {
  it('asks the vendor, with the whole request', async () => {
    const { inputTokens, source } = await provider().countTokens(ask([user('go')], { stopSequences: ['END'], effort: 'low' }));
    const { body, path, status } = simulator.requests.at(-1) ?? {};
    assert.deepEqual([source, status, path?.endsWith(`/models/${MODEL}:countTokens`)], ['endpoint', 200, true]);
    assert.ok(inputTokens > 20);
    assert.match(JSON.stringify(body), /^\{"generateContentRequest":\{"model":"models\/gemini-3\.8-flash","systemInstruction"/);
  });
});
