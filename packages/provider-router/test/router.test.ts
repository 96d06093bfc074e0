import assert from 'node:assert/strict';
import { describe, it } from 'node:test';

import { type AssistantMessage, type DefinedProvider, isProviderError, type Message } from '@sx/llm';
import { fieldValue } from '@sx/net';
import { createRouterProvider, type RouterOptions, type RouterProtocol } from '@sx/provider-router';
import { createSimulator } from '@sx/simulator';
import { complete, createTestTransport, requestsTo, userMessage as user, withResults } from '@sx/testkit';

const simulator = await createSimulator({ tls: false, strict: true });
const transport = createTestTransport(simulator);

const MODEL = 'vendor/large';
const PROTOCOLS: readonly RouterProtocol[] = ['chat', 'responses', 'messages'];
const PNG = 'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==';

const router = (scenario = 'auto', more: Partial<RouterOptions> = {}): DefinedProvider => createRouterProvider({
  transport, userAgent: 'sx/0.1.0', baseUrl: simulator.urlsFor(scenario).router, retry: { sleep: () => Promise.resolve(), random: () => 0 }, ...more,
});
const ask = requestsTo(MODEL);

describe('router: the request', () => {
  it('has no credential without a key, not even an empty one, and a bearer with one', async () => {
    for (const apiKey of [undefined, '', ' ']) assert.equal(fieldValue((await router('auto', { apiKey }).prepare(ask([user('hi')]))).http.fields ?? [], 'authorization'), undefined);
  });
  it("marks what Anthropic's models are to cache behind OpenRouter, and nothing elsewhere", async () => {
    const marks = async (baseUrl: string, model: string): Promise<number> =>
      JSON.stringify((await router('auto', { baseUrl }).prepare(ask([user('hi')], { model }))).body).match(/"cache_control"/g)?.length ?? 0;
    assert.equal(await marks('https://openrouter.ai/api/v1', 'anthropic/claude-sonnet-5'), 2);
    assert.equal(await marks('https://openrouter.ai/api/v1', 'openai/gpt-5.5'), 0);
    assert.equal(await marks('http://127.0.0.1:4000', 'anthropic/claude-sonnet-5'), 0);
  });
  it('takes a base with and without its version, and versions of another kind', async () => {
    const url = async (baseUrl: string): Promise<string> => (await router('auto', { baseUrl }).prepare(ask([user('hi')]))).http.url;
    for (const base of ['https://r.test', 'https://r.test/', 'https://r.test/v1', 'https://r.test/v1/']) assert.equal(await url(base), 'https://r.test/v1/chat/completions');
    assert.equal(await url('https://openrouter.ai/api/v1'), 'https://openrouter.ai/api/v1/chat/completions');
    assert.equal(await url('https://r.test/v4/chat'), 'https://r.test/v4/chat/chat/completions');
  });
  it('stamps messages with the base URL', () => {
    assert.deepEqual(router('auto', { baseUrl: 'https://r.test/' }).originOf('m'), { provider: 'router', protocol: 'openai-chat', model: 'm', baseUrl: 'https://r.test/v1' });
  });
});

for (const protocol of PROTOCOLS) {
  describe(`router: ${protocol}`, () => {
    it('runs parallel calls to their end, through comments, and knows who answered', async () => {
      simulator.clearJournal();
      const provider = router('auto', { protocol });
      let messages = [user('[scenario tools] look')];
      const turns: AssistantMessage[] = [];
      do {
        const last = await complete(provider, ask(messages, protocol === 'messages' ? { thinkingBudgetTokens: 4_000 } : { effort: 'high' }));
        turns.push(last);
        messages = [...messages, ...withResults(last)];
      } while (turns.at(-1)?.finishReason === 'tool-use');
      assert.equal(turns[0]?.content.filter(({ type }) => type === 'tool-call').length, 3);
      assert.ok(turns[0]?.content.some(({ type }) => type === 'reasoning'));
      assert.match(JSON.stringify(turns.at(-1)?.content), /All 3 tools have answered/);
      assert.equal(turns[0]?.responseModel, protocol === 'messages' ? undefined : 'upstream/vendor/large');
      assert.ok(simulator.requests.every(({ headers }) => headers['authorization'] === undefined));
      assert.deepEqual(simulator.requests.flatMap(({ remarks }) => remarks), []);
    });
    it('reads an error in the stream as one, whatever the status said', async () => {
      for (const scenario of ['failed', 'error-event-mid-tool', 'cut-stream', 'html-200', 'json-200']) {
        const error = await complete(router(scenario, { protocol, retry: { policy: { retriesMax: 0 } } }), ask([user('hi')])).catch((caught: unknown) => caught);
        assert.ok(isProviderError(error), `${scenario}: ${JSON.stringify(error)}`);
      }
    });
    it('repeats what failed before anything was shown', async () => {
      simulator.clearJournal();
      const message = await complete(router('failed-early,times=1', { protocol }), ask([user('hi')]));
      assert.equal(message.finishReason, 'end');
      assert.equal(simulator.requests.length, 2);
    });
    it('sees an image, and answers by a schema', async () => {
      const provider = router('auto', { protocol });
      const seen = await complete(provider, ask([{ role: 'user', content: [{ type: 'text', text: 'what?' }, { type: 'media', mediaType: 'image/png', data: PNG }] }]));
      assert.match(JSON.stringify(seen.content), /I see 1 image/);
      const schema = { type: 'object', properties: { answer: { type: 'string' } }, required: ['answer'], additionalProperties: false };
      const structured = await complete(provider, ask([user('say')], { tools: [], responseFormat: { name: 'answer', schema }, effort: 'high' }));
      assert.match(structured.content.find((part) => part.type === 'text')?.text ?? '', /^\{"answer":/);
    });
    it('begins every request with the one before, over ten turns with tools', async () => {
      simulator.clearJournal();
      const provider = router('tools', { protocol });
      let messages: Message[] = [];
      for (let turn = 0; turn < 10; turn++) {
        messages = [...messages, user(`Question ${turn}`)];
        for (;;) {
          const message = await complete(provider, ask(messages));
          messages = [...messages, ...withResults(message)];
          if (message.finishReason !== 'tool-use') break;
        }
      }
      let before = '';
      for (const { body } of simulator.requests) {
        const { messages: chat, input }: { messages?: unknown; input?: unknown } = Object(body);
        // Marks for caches move, and are no content.
        const text = JSON.stringify(chat ?? input, (key, value: unknown) => (key === 'cache_control' ? undefined : value)).slice(0, -1);
        assert.ok(text.startsWith(before), 'the beginning has changed');
        before = text;
      }
    });
  });
}

describe('router: its models', () => {
  it('are what its list says, windows and modalities included, and an error where there is no list', async () => {
    const provider = router();
    const [first] = await provider.models();
    assert.deepEqual([first?.id, first?.source, first?.capabilities.contextWindowTokens, first?.capabilities.imageInput], ['vendor/large', 'endpoint', 200_000, true]);
    assert.equal(provider.capabilities('vendor/large').documentInput, false);
    await assert.rejects(router('auto', { baseUrl: 'http://127.0.0.1:1' }).models(), (error) => isProviderError(error));
  });
});

describe('router: a key', () => {
  it('goes out as a bearer', async () => {
    const keyed = await createSimulator({ tls: false, routerKey: 'r-key' });
    try {
      const with_ = createRouterProvider({ transport, userAgent: 'sx/0.1.0', baseUrl: keyed.urls.router, apiKey: ' r-key ' });
      assert.equal((await complete(with_, ask([user('hi')]))).finishReason, 'end');
      const without = createRouterProvider({ transport, userAgent: 'sx/0.1.0', baseUrl: keyed.urls.router });
      await assert.rejects(complete(without, ask([user('hi')])), (error) => isProviderError(error) && error.code === 'PROVIDER_AUTHENTICATION');
    } finally {
      await keyed.close();
    }
  });
});

describe('router: counting tokens', () => {
  const sourceBy = async (protocol: RouterProtocol): Promise<string> => (await router('auto', { protocol }).countTokens(ask([user('go')]))).source;
  it('asks a router that can, and estimates where it cannot', async () => {
    assert.deepEqual([await sourceBy('messages'), await sourceBy('responses'), await sourceBy('chat')], ['endpoint', 'estimate', 'estimate']);
    assert.deepEqual(simulator.requests.slice(-2).map(({ path, status }) => [path.replace(/^.*\/v1/, ''), status]), [['/messages/count_tokens', 200], ['/responses/input_tokens', 404]]);
  });
});
