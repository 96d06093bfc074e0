/** Every vendor against its row of the simulator, which refuses what the vendor refuses. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';

import {
  addUsage, type AssistantMessage, type DefinedProvider, isProviderError, type Message, type ModelRequest, noUsage,
  type StreamEvent,
} from '@sx/llm';
import { createOpenaiProvider, type OpenaiOptions, vendors } from '@sx/provider-openai';
import { createSimulator, type Simulator } from '@sx/simulator';
import { complete, createTestTransport, requestsTo, userMessage as user, withResults } from '@sx/testkit';

const simulator = await createSimulator({ tls: false, strict: true });
const transport = createTestTransport(simulator);

/** The simulator's rows; those of broken servers are servers that nobody knows. */
const ROWS: readonly (readonly [row: string, vendor: string])[] = [
  ...vendors.map(({ id }) => [id, id] as const),
  ['broken', 'other'], ['broken-index', 'other'], ['broken-arguments', 'other'],
];
const WITHOUT_KEY = ['ollama', 'vllm', 'llama-cpp', 'lm-studio', 'broken', 'broken-index', 'broken-arguments'];
const SILENT = ['openai', 'azure', 'mistral', 'broken-index', 'broken-arguments'];
const WITHOUT_USAGE = ['broken', 'broken-index'];
const MODEL = 'gpt-5.5';
const PNG = 'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==';

function provider(row: string, vendor: string, scenario = 'auto', more: Partial<OpenaiOptions> = {}): DefinedProvider {
  const urls = simulator.urlsFor(scenario);
  return createOpenaiProvider({
    transport, userAgent: 'sx/0.1.0', vendor, baseUrl: row === 'openai' ? urls.openai : urls.compat.replace('VENDOR', row),
    apiKey: WITHOUT_KEY.includes(row) ? undefined : simulator.apiKey,
    retry: { sleep: () => Promise.resolve(), random: () => 0 }, ...more,
  });
}

const ask = requestsTo(MODEL);

/** To the end of a turn, with every tool answered. */
async function loop(openai: DefinedProvider, request: ModelRequest): Promise<{ messages: Message[]; last: AssistantMessage; turns: AssistantMessage[] }> {
  let messages = [...request.messages];
  const turns: AssistantMessage[] = [];
  for (;;) {
    const last = await complete(openai, { ...request, messages });
    messages = [...messages, ...withResults(last)];
    turns.push(last);
    if (last.finishReason !== 'tool-use') return { messages, last, turns };
  }
}

async function failure(events: AsyncIterable<StreamEvent>): Promise<unknown> {
  try {
    for await (const event of events) void event;
  } catch (error) {
    return error;
  }
  return undefined;
}

const journal = (): Simulator['requests'] => simulator.requests.filter(({ path }) => path.endsWith('/completions'));

for (const [row, vendor] of ROWS) {
  describe(`openai: ${row}`, () => {
    it('runs parallel calls to their end, and goes on', async () => {
      simulator.clearJournal();
      const openai = provider(row, vendor);
      const request = ask([user('[scenario tools] look')]);
      const { messages, turns } = await loop(openai, request);
      const [first, last] = turns;
      assert.deepEqual(first?.content.flatMap((part) => (part.type === 'tool-call' ? [[part.name, part.input]] : [])), [
        ['read', { path: 'greeting.txt' }], ['list', {}], ['glob', { pattern: '**/*' }],
      ]);
      assert.match(JSON.stringify(last?.content), /All 3 tools have answered/);
      assert.equal(first?.content.some(({ type }) => type === 'reasoning'), !SILENT.includes(row));
      const { last: next } = await loop(openai, { ...request, messages: [...messages, user('and now?')] });
      assert.match(JSON.stringify(next.content), /You said: and now\?/);
      assert.deepEqual(journal().map(({ status, refusal }) => [status, refusal]), [[200, ''], [200, ''], [200, '']]);
    });
    it('runs one call after the other, with thoughts and text between', async () => {
      const { turns } = await loop(provider(row, vendor), ask([user('[scenario tools-sequential] look')]));
      assert.equal(turns.length, 4);
      const usage = turns.reduce((sum, { usage: of }) => addUsage(sum, of ?? noUsage), noUsage);
      assert.equal((usage.outputTokens ?? 0) > 0, !WITHOUT_USAGE.includes(row));
    });
    it('answers a call whose arguments are no JSON', async () => {
      const { turns } = await loop(provider(row, vendor), ask([user('[scenario tool-invalid-json] look')]));
      const [call] = turns[0]?.content.filter((part) => part.type === 'tool-call') ?? [];
      assert.deepEqual([call?.input, call?.inputText, turns.length], [undefined, '{"path": "greeting.txt', 2]);
    });
    it('takes the history of another vendor', async () => {
      const from = { provider: 'anthropic', protocol: 'anthropic-messages', model: 'claude' };
      const foreign: AssistantMessage = {
        role: 'assistant', origin: from, finishReason: 'tool-use', providerMetadata: { origin: from, raw: [{ type: 'thinking', thinking: 'secret', signature: 's' }] },
        content: [{ type: 'reasoning', text: 'secret' }, { type: 'tool-call', id: `toolu.${'x'.repeat(60)}`, name: 'read', input: {}, inputText: '' }],
      };
      const picture = { type: 'media', mediaType: 'image/png', data: PNG } as const;
      const result = { type: 'tool-result', callId: `toolu.${'x'.repeat(60)}`, name: 'read', isError: false, content: [picture] } as const;
      const last = await complete(provider(row, vendor), ask([user('look'), foreign, { role: 'tool', content: [result] }, user('what is it?')]));
      assert.match(JSON.stringify(last.content), /I see 1 image/);
      assert.doesNotMatch(JSON.stringify(journal().at(-1)?.body), /secret/);
    });
    it('sees an image', async () => {
      const message = await complete(provider(row, vendor), ask([{ role: 'user', content: [{ type: 'text', text: 'what is it?' }, { type: 'media', mediaType: 'image/png', data: PNG }] }]));
      assert.match(JSON.stringify(message.content), /I see 1 image/);
    });
    it('takes an effort, a limit of tokens and a schema, or says what it leaves out', async () => {
      const schema = { type: 'object', properties: { answer: { type: 'string' } }, required: ['answer'], additionalProperties: false };
      const openai = provider(row, vendor);
      const request = ask([user('say')], { effort: 'high', maxOutputTokens: 500, tools: [], parallelToolCalls: false });
      const text = async (asked: typeof request): Promise<string> => (await complete(openai, asked)).content.find((part) => part.type === 'text')?.text ?? '';
      if (openai.capabilities(request.model).structuredOutput === 'tool') assert.match(await text(request), /^You said/);
      else assert.match(await text({ ...request, responseFormat: { name: 'answer', schema } }), /^\{"answer":/);
    });
    it('repeats what broke off before anything was shown, and reports errors in the stream', async () => {
      simulator.clearJournal();
      await complete(provider(row, vendor, 'server-error-then-fine'), ask([user('hi')]));
      assert.deepEqual(journal().map(({ status }) => status), [500, 200]);
      const error = await failure(provider(row, vendor, 'failed').stream(ask([user('hi')])));
      assert.ok(isProviderError(error) && error.code === 'PROVIDER_SERVER' && error.partial?.[0]?.type === 'text', String(error));
      assert.match(error.message, /Something went wrong/);
    });
    it('takes no half answer for a whole one', async () => {
      for (const scenario of ['cut-stream', 'cut-mid-tool', 'error-event-mid-tool', 'truncated-chunk', 'html-200', 'json-200', 'empty-200', 'garbage', 'garbage-stream']) {
        const error = await failure(provider(row, vendor, scenario, { retry: { policy: { retriesMax: 0 } } }).stream(ask([user('hi')])));
        assert.ok(isProviderError(error), `${scenario}: ${String(error)}`);
      }
    });
    it('lists its models', async () => {
      const models = await provider(row, vendor).models();
      assert.ok(models.length > 0 && models.every(({ source }) => source === 'endpoint'));
    });
  });
}
