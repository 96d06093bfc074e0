import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { describe, it } from 'node:test';

import {
  type AssistantMessage, type DefinedProvider, isProviderError, type JsonObject, type Message, type ModelRequest,
} from '@sx/llm';
import { createRedactor, type Fields, fieldValue, type Transport } from '@sx/net';
import { createOpenaiProvider, type OpenaiOptions, type Vendor, vendorOf } from '@sx/provider-openai';
import { createSimulator } from '@sx/simulator';
import { collect, complete, createTestTransport, requestsTo, sampleTools, userMessage as user, withResults } from '@sx/testkit';

const simulator = await createSimulator({ tls: false, strict: true });
const transport = createTestTransport(simulator);

const ask = requestsTo('gpt-5.5', sampleTools.slice(0, 1));
const provider = (scenario = 'auto', more: Partial<OpenaiOptions> = {}): DefinedProvider => createOpenaiProvider({
  transport, userAgent: 'sx/0.1.0', vendor: 'openai', baseUrl: simulator.urlsFor(scenario).openai, apiKey: simulator.apiKey,
  retry: { sleep: () => Promise.resolve(), random: () => 0 }, ...more,
});
const at = (baseUrl: string, more: Partial<OpenaiOptions> = {}): DefinedProvider => createOpenaiProvider({ transport, userAgent: 'sx/0.1.0', baseUrl, ...more });

/** A server that answers 400 with what `refuse` says of the body, else a short text. */
async function withServer<Result>(
  refuse: (body: JsonObject) => string | undefined,
  run: (baseUrl: string, bodies: readonly JsonObject[]) => Promise<Result>,
): Promise<Result> {
  const bodies: JsonObject[] = [];
  const server = createServer(async (incoming, response) => {
    const body: JsonObject = JSON.parse(Buffer.concat(await incoming.toArray()).toString());
    bodies.push(body);
    const message = refuse(body);
    if (message !== undefined) {
      response.writeHead(400, { 'content-type': 'application/json' }).end(JSON.stringify({ error: { message, type: 'invalid_request_error' } }));
      return;
    }
    const chunk = { id: 'c', choices: [{ index: 0, delta: { content: 'Hi' }, finish_reason: 'stop' }] };
    response.writeHead(200, { 'content-type': 'text/event-stream' }).end(`data: ${JSON.stringify(chunk)}\n\ndata: [DONE]\n\n`);
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const address = server.address();
  try {
    return await run(`http://127.0.0.1:${typeof address === 'object' ? address?.port : 0}`, bodies);
  } finally {
    server.closeAllConnections();
    server.close();
  }
}

describe('openai: where it goes', () => {
  const rows: readonly (readonly [baseUrl: string, url: string, vendor: string])[] = [
    ['https://api.openai.com', 'https://api.openai.com/v1/chat/completions', 'openai'],
    ['https://api.openai.com/v1/', 'https://api.openai.com/v1/chat/completions', 'openai'],
    ['http://localhost:11434', 'http://localhost:11434/v1/chat/completions', 'ollama'],
    ['http://10.0.0.5:11434/v1', 'http://10.0.0.5:11434/v1/chat/completions', 'ollama'],
    ['http://localhost:8000', 'http://localhost:8000/v1/chat/completions', 'vllm'],
    ['http://localhost:8080/', 'http://localhost:8080/v1/chat/completions', 'llama-cpp'],
    ['http://localhost:1234/v1', 'http://localhost:1234/v1/chat/completions', 'lm-studio'],
    ['https://openrouter.ai', 'https://openrouter.ai/api/v1/chat/completions', 'openrouter'],
    ['https://openrouter.ai/api/v1', 'https://openrouter.ai/api/v1/chat/completions', 'openrouter'],
    ['https://api.deepseek.com', 'https://api.deepseek.com/v1/chat/completions', 'deepseek'],
    ['https://api.groq.com', 'https://api.groq.com/openai/v1/chat/completions', 'groq'],
    ['https://api.groq.com/openai', 'https://api.groq.com/openai/v1/chat/completions', 'groq'],
    ['https://api.x.ai/v1', 'https://api.x.ai/v1/chat/completions', 'xai'],
    ['https://api.z.ai', 'https://api.z.ai/api/paas/v4/chat/completions', 'zai'],
    ['https://api.z.ai/api/coding/paas/v4', 'https://api.z.ai/api/coding/paas/v4/chat/completions', 'zai'],
    ['https://api.mistral.ai', 'https://api.mistral.ai/v1/chat/completions', 'mistral'],
    ['https://api.moonshot.ai/v1', 'https://api.moonshot.ai/v1/chat/completions', 'moonshot'],
    ['https://api.together.xyz/v1', 'https://api.together.xyz/v1/chat/completions', 'together'],
    ['https://api.fireworks.ai', 'https://api.fireworks.ai/inference/v1/chat/completions', 'fireworks'],
    ['https://mine.openai.azure.com', 'https://mine.openai.azure.com/openai/v1/chat/completions', 'azure'],
    ['https://mine.openai.azure.com/openai/deployments/gpt?api-version=2024-10-21', 'https://mine.openai.azure.com/openai/deployments/gpt/chat/completions?api-version=2024-10-21', 'azure'],
    ['https://generativelanguage.googleapis.com/v1beta/openai/', 'https://generativelanguage.googleapis.com/v1beta/openai/chat/completions', 'other'],
    ['https://example.com/proxy', 'https://example.com/proxy/v1/chat/completions', 'other'],
  ];
  for (const [baseUrl, url, vendor] of rows) {
    it(`${baseUrl}: ${vendor}`, async () => {
      assert.equal((await at(baseUrl).prepare(ask([user('hi')]))).http.url, url);
      assert.equal(vendorOf(baseUrl).id, vendor);
    });
  }
  it('refuses a base URL and a vendor that are none, by their keys', () => {
    for (const text of ['nonsense', 'ftp://x', 'https://user:secret@host']) assert.throws(() => at(text), (error) => isProviderError(error) && /OPENAI_BASE_URL/.test(error.message) && !/secret/.test(error.message));
    assert.throws(() => at('https://x.test', { vendor: 'nobody' }), (error) => isProviderError(error) && /OPENAI_VENDOR/.test(error.message) && /ollama/.test(error.hint ?? ''));
  });
});

describe('openai: the request', () => {
  it('has the key as a bearer, as api-key for deployments of Azure, and no credential without one', async () => {
    const sent = async (baseUrl: string, apiKey: string | undefined): Promise<readonly (string | undefined)[]> => {
      let fields: Fields = [];
      const watching: Transport = { close: () => undefined, send: (request) => (fields = request.fields ?? [], Promise.reject(new Error('watched'))) };
      await collect(at(baseUrl, { transport: watching, apiKey }).stream(ask([user('hi')]))).catch(() => undefined);
      return ['authorization', 'api-key'].map((name) => fieldValue(fields, name));
    };
    assert.deepEqual(await sent('https://api.openai.com', ' k '), ['Bearer k', undefined]);
    assert.deepEqual(await sent('https://m.openai.azure.com/openai/deployments/g?api-version=1', 'k'), [undefined, 'k']);
    for (const none of [undefined, '', '  ']) assert.deepEqual(await sent('http://localhost:11434', none), [undefined, undefined]);
  });
  it('says who we are, and nothing else', async () => {
    assert.deepEqual((await at('https://api.openai.com').prepare(ask([user('hi')]))).http.fields, [
      ['Content-Type', 'application/json'], ['Accept', 'text/event-stream'], ['User-Agent', 'sx/0.1.0'],
    ]);
  });
  it('stamps messages with the base URL: the thoughts of one server never go to another', () => {
    assert.deepEqual(at('http://localhost:8000').originOf('m'), { provider: 'openai', protocol: 'openai-chat', model: 'm', baseUrl: 'http://localhost:8000/v1' });
    assert.equal(at('http://localhost:8000', { api: 'responses' }).originOf('m').protocol, 'openai-responses');
  });
  it('resolves aliases by vendor, and overridden ones', () => {
    assert.deepEqual(['opus', 'sonnet', 'haiku', 'x'].map((name) => provider().resolveModel(name)), ['gpt-5.6-sol', 'gpt-5.5', 'gpt-5.4-mini', 'x']);
    assert.equal(at('https://api.mistral.ai').resolveModel('haiku'), 'mistral-small-latest');
    assert.equal(at('http://localhost:11434', { aliases: { sonnet: 'qwen3' } }).resolveModel('sonnet'), 'qwen3');
    assert.equal(at('http://localhost:11434').resolveModel('sonnet'), 'sonnet');
  });
  it('clamps the effort to what the model takes, and sends none to one that does not think', async () => {
    const effort = async (model: string, asked: NonNullable<ModelRequest['effort']>) => (await provider().prepare(ask([user('hi')], { model, effort: asked }))).body['reasoning_effort'];
    assert.deepEqual([await effort('gpt-5.5', 'max'), await effort('gpt-5', 'off'), await effort('gpt-4.1', 'high'), await effort('gpt-99', 'max')], ['xhigh', 'minimal', undefined, 'max']);
  });
  it('has what a vendor wants on top', async () => {
    const { body } = await at('https://api.z.ai').prepare(ask([user('hi')], { effort: 'off' }));
    assert.deepEqual([body['thinking'], body['tool_stream']], [{ type: 'disabled', clear_thinking: false }, true]);
    const { body: cached } = await at('https://openrouter.ai').prepare(ask([user('hi')], { model: 'anthropic/claude-sonnet-5' }));
    assert.match(JSON.stringify(cached['messages']), /cache_control/);
    assert.doesNotMatch(JSON.stringify((await at('https://openrouter.ai').prepare(ask([user('hi')], { model: 'openai/gpt-5.5' }))).body), /cache_control/);
  });
});

for (const api of ['chat', 'responses'] as const) {
  describe(`openai: a conversation by ${api}`, () => {
    it('begins every request with the one before, over twenty turns with tools, and reads the cache', async () => {
      simulator.clearJournal();
      const openai = provider('tools', { api });
      const sessionId = crypto.randomUUID();
      let messages: Message[] = [];
      let last: AssistantMessage | undefined;
      for (let turn = 0; turn < 20; turn++) {
        messages = [...messages, user(`Question ${turn} ${'with many words '.repeat(40)}`)];
        for (;;) {
          last = await complete(openai, ask(messages, { sessionId }));
          messages = [...messages, ...withResults(last)];
          if (last.finishReason !== 'tool-use') break;
        }
      }
      let before = '';
      assert.ok(simulator.requests.length >= 40);
      for (const { body, status } of simulator.requests) {
        assert.equal(status, 200);
        const { messages: chat, input, tools: sent }: { messages?: unknown; input?: unknown; tools?: unknown } = Object(body);
        const text = JSON.stringify([sent, chat ?? input]).slice(0, -2);
        assert.ok(text.startsWith(before), 'the beginning has changed');
        before = text;
      }
      assert.ok((last?.usage?.cacheReadTokens ?? 0) > 1_000, JSON.stringify(last?.usage));
    });
    it('gives the same however it is delivered, and waits for no end of a line that stays open', async () => {
      const plain = await complete(provider('text', { api }), ask([user('hi')]));
      for (const scenario of ['text,chunkBytes=1', 'text,crlf,bom', 'text,comments', 'text,holdOpen', 'text,chunkBytes=7,crlf,comments']) {
        const message = await complete(provider(scenario, { api }), ask([user('hi')]));
        assert.deepEqual(message.content, plain.content, scenario);
      }
    });
    it('counts tokens, and makes one request where the quota is used up', async () => {
      const { usage } = await complete(provider('auto', { api }), ask([user('hi')]));
      assert.ok((usage?.inputTokens ?? 0) > 0 && (usage?.outputTokens ?? 0) > 0);
      simulator.clearJournal();
      await assert.rejects(complete(provider('billing', { api }), ask([user('hi')])), (error) => isProviderError(error) && error.code === 'PROVIDER_QUOTA');
      assert.equal(simulator.requests.length, 1);
    });
    it('repeats what is busy, waits as told, and shows each repeat', async () => {
      const waits: number[] = [];
      const retry = { sleep: (ms: number) => (waits.push(ms), Promise.resolve()), random: () => 0 };
      const events = await collect(provider('rate-limit,retryAfter=3', { api, retry }).stream(ask([user('hi')])));
      assert.deepEqual([events[0]?.type, events.at(-1)?.type, waits], ['retry', 'finish', [3_000]]);
    });
    it('says that a window is full, a model unknown, a key wrong', async () => {
      const code = async (scenario: string, more: Partial<ModelRequest> = {}, options: Partial<OpenaiOptions> = {}) => {
        const error = await complete(provider(scenario, { api, ...options }), ask([user('hi')], more)).catch((caught: unknown) => caught);
        return isProviderError(error) ? [error.code, error.hint !== undefined] : error;
      };
      assert.deepEqual(await code('context-overflow'), ['PROVIDER_CONTEXT_OVERFLOW', false]);
      assert.deepEqual(await code('auto', { model: 'gpt-none' }), ['PROVIDER_NOT_FOUND', true]);
      for (const apiKey of ['wrong', undefined]) assert.deepEqual(await code('auto', {}, { apiKey }), ['PROVIDER_AUTHENTICATION', true]);
    });
  });
}

describe('openai: what a server refuses', () => {
  it('is left out of the same request, and of all that follow', async () => {
    const refuse = (body: JsonObject): string | undefined => ('verbosity' in body ? 'Unrecognized request argument supplied: verbosity' : undefined);
    await withServer(refuse, async (baseUrl, bodies) => {
      const openai = at(baseUrl, { vendor: 'openai' });
      const warnings: string[] = [];
      for (let turn = 0; turn < 2; turn++) {
        const events = await collect(openai.stream(ask([user('hi')], { verbosity: 'low' })));
        assert.equal(events.at(-1)?.type, 'finish');
        for (const event of events) if (event.type === 'warning') warnings.push(event.message);
      }
      assert.deepEqual(bodies.map((body) => 'verbosity' in body), [true, false, false]);
      assert.deepEqual(warnings, ['the server does not take verbosity: left out']);
    });
  });
  it('goes out by the name that the server wants', async () => {
    const refuse = (body: JsonObject): string | undefined =>
      ('max_tokens' in body ? "Unsupported parameter: 'max_tokens' is not supported with this model. Use 'max_completion_tokens' instead." : undefined);
    await withServer(refuse, async (baseUrl, bodies) => {
      const own: Vendor = { id: 'own', dialect: { emptyContent: null } };
      assert.equal((await complete(at(baseUrl, { vendor: own }), ask([user('hi')], { maxOutputTokens: 500 }))).finishReason, 'end');
      assert.deepEqual(bodies.map((body) => body['max_completion_tokens']), [undefined, 500]);
    });
  });
  it('is an error where the request cannot do without it', async () => {
    await withServer(() => "Unsupported parameter: 'tools'", async (baseUrl, bodies) => {
      await assert.rejects(complete(at(baseUrl), ask([user('hi')])), (error) => isProviderError(error) && error.code === 'PROVIDER_INVALID_REQUEST');
      assert.equal(bodies.length, 1);
    });
  });
  it('keeps keys out of what an error says', async () => {
    const redactor = createRedactor(['sk-secret-model']);
    const error = await complete(provider('auto', { redactor }), ask([user('hi')], { model: 'sk-secret-model' })).catch((caught: unknown) => caught);
    assert.ok(isProviderError(error) && !error.message.includes('sk-secret-model'), String(error));
  });
});

describe('openai: its models', () => {
  it('come from the endpoint, with what the table knows of them', async () => {
    const openai = provider();
    const model = (await openai.models()).find(({ id }) => id === 'gpt-5.5');
    assert.deepEqual([model?.source, model?.capabilities.contextWindowTokens, model?.capabilities.efforts], ['endpoint', 272_000, ['none', 'low', 'medium', 'high', 'xhigh']]);
  });
  it('come from the table where there is no endpoint, and are an error where there is neither', async () => {
    const [first] = await provider('auto', { baseUrl: 'http://127.0.0.1:1/v1' }).models();
    assert.equal(first?.source, 'table');
    await assert.rejects(at('http://127.0.0.1:1').models(), (error) => isProviderError(error));
  });
  const windows: readonly (readonly [vendor: string, path: string, answer: object, window: number | undefined])[] = [
    ['ollama', '/api/ps', { models: [{ name: 'm', model: 'm', context_length: 4_096 }] }, 4_096],
    ['lm-studio', '/api/v0/models', { data: [{ id: 'm', loaded_context_length: 8_192, max_context_length: 131_072 }] }, 8_192],
    ['llama-cpp', '/props', { default_generation_settings: { n_ctx: 16_384 } }, 16_384],
    ['ollama', '/nowhere', {}, undefined],
  ];
  for (const [vendor, path, answer, window] of windows) {
    it(`have the window that ${vendor} tells at ${path}`, async () => {
      const server = createServer((incoming, response) => {
        const body = incoming.url === path ? answer : incoming.url === '/v1/models' ? { data: [{ id: 'm' }] } : undefined;
        response.writeHead(body === undefined ? 404 : 200, { 'content-type': 'application/json' }).end(JSON.stringify(body ?? { error: 'no' }));
      });
      await once(server.listen(0, '127.0.0.1'), 'listening');
      const address = server.address();
      try {
        const openai = at(`http://127.0.0.1:${typeof address === 'object' ? address?.port : 0}`, { vendor });
        assert.equal((await openai.models())[0]?.capabilities.contextWindowTokens, window);
        assert.equal(openai.capabilities('m').contextWindowTokens, window);
      } finally {
        server.closeAllConnections();
        server.close();
      }
    });
  }
  it('have the window that vLLM says', async () => {
    const openai = provider('auto', { vendor: 'vllm', baseUrl: simulator.urls.compat.replace('VENDOR', 'vllm') });
    await openai.models();
    assert.equal(openai.capabilities('vllm-large').contextWindowTokens, 131_072);
  });
});

describe('openai: counting tokens', () => {
  it('asks the vendor by responses', async () => {
    const { inputTokens, source } = await provider('auto', { api: 'responses' }).countTokens(ask([user('go')], { effort: 'low', maxOutputTokens: 99 }));
    assert.deepEqual([source, simulator.requests.at(-1)?.route, simulator.requests.at(-1)?.status], ['endpoint', 'openai.input-tokens', 200]);
    assert.ok(inputTokens > 20);
  });
  it('estimates by chat, and sends nothing', async () => {
    const before = simulator.requests.length;
    const history = [user('x'.repeat(350)), { role: 'user', content: [{ type: 'media', mediaType: 'image/png', data: 'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==' }] }] as const;
    const { inputTokens, source } = await provider().countTokens(ask(history, { system: '', tools: [] }));
    assert.deepEqual([source, inputTokens, simulator.requests.length], ['estimate', 100 + 1_600, before]);
  });
});
