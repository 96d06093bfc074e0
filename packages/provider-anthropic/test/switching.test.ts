/** Conversations that wander between models and vendors, and what a strict server, which knows what it signed, says to them. */
import assert from 'node:assert/strict';
import { it } from 'node:test';

import {
  accumulate, type AssistantMessage, isObject, type JsonValue, type Message, type ModelRequest, type ToolMessage,
} from '@sx/llm';
import { createAnthropicProvider } from '@sx/provider-anthropic';
import { createSimulator } from '@sx/simulator';
import { createSeededRandom, createTestTransport, type SeededRandom, userMessage as user } from '@sx/testkit';

const simulator = await createSimulator({ tls: false, strict: true });
const transport = createTestTransport(simulator);

const MODELS = ['claude-opus-5-5', 'claude-sonnet-5-5', 'claude-opus-5', 'claude-sonnet-4-6', 'claude-haiku-4-5'];
const FOREIGN = [
  { provider: 'codex', protocol: 'openai-responses', model: 'gpt-5.5' },
  { provider: 'gemini', protocol: 'gemini', model: 'gemini-3-pro' },
];
const tools = [{ name: 'read', description: 'Reads.', inputSchema: { type: 'object', properties: { path: { type: 'string' } } } }];

function toResults(message: AssistantMessage, random: SeededRandom): Message[] {
  const content = message.content.flatMap((part): ToolMessage['content'] => {
    // Some results never come: the user interrupted.
    if (part.type !== 'tool-call' || random.below(6) === 0) return [];
    return [{ type: 'tool-result', callId: part.id, name: part.name, isError: random.below(4) === 0, content: [{ type: 'text', text: random.pick(['done', '', ' ', 'line\u0000']) }] }];
  });
  return message.content.some(({ type }) => type === 'tool-call') ? [{ role: 'tool', content }] : [];
}

function foreignTurn(random: SeededRandom, number: number): AssistantMessage {
  const origin = random.pick(FOREIGN);
  const ids = random.pick([[], [`call_${number}`], ['call_1', `fc|${number}.x`], [`${'x'.repeat(80)}${number}`]]);
  return {
    role: 'assistant', origin, finishReason: random.pick(['end', 'tool-use', 'length', 'aborted', 'error']),
    content: [
      { type: 'reasoning', text: 'secret' }, { type: 'text', text: random.pick([`I am ${origin.model}.`, '']) },
      ...ids.map((id) => ({ type: 'tool-call' as const, id, name: 'read', input: undefined, inputText: '{"path":' })),
    ],
    providerMetadata: { origin, raw: [{ type: 'reasoning', encrypted_content: 'secret' }] },
  };
}

/** What a model sent, as it stands in a later request. */
function sentBack(body: JsonValue | undefined): JsonValue[] {
  const messages = isObject(body) && Array.isArray(body['messages']) ? body['messages'] : [];
  return messages.flatMap((message) => (isObject(message) && message['role'] === 'assistant' && Array.isArray(message['content']) ? message['content'] : []));
}

it('is taken by the server at every step, and gives each model its own content back', async () => {
  for (let seed = 0; seed < 25; seed++) {
    const random = createSeededRandom(seed);
    const anthropic = createAnthropicProvider({
      transport, apiKey: simulator.apiKey, baseUrl: simulator.urls.anthropic, userAgent: 'sx/0.1.0', retry: { policy: { retriesMax: 0 } },
    });
    const sessionId = crypto.randomUUID();
    const history: Message[] = [];
    let model = random.pick(MODELS);
    for (let turn = 0; turn < 10; turn++) {
      if (random.below(3) === 0) model = random.pick(MODELS);
      const calls = Array.from({ length: random.below(3) }, (_, index) => `call read {"path":"${turn}-${index}"}`);
      history.push(user([`Turn ${turn}`, '[script]', `think about ${turn}`, ...random.pick([[], [`say I say ${turn}`]]), ...calls, 'then', 'think again', 'say so'].join('\n')));
      if (random.below(3) === 0) {
        const message = foreignTurn(random, turn);
        history.push(message, ...toResults(message, random), user('On'));
      }
      const ask: ModelRequest = { model, system: 'Be brief.', messages: history, tools, sessionId, turnId: crypto.randomUUID(), ...random.pick([{}, { effort: 'high' as const }]) };
      simulator.clearJournal();
      const message = await accumulate(anthropic.stream(ask), anthropic.originOf(model));
      const [request, ...repeated] = simulator.requests;
      assert.deepEqual([request?.status, request?.refusal, repeated.length], [200, '', 0], `seed ${seed}, turn ${turn}, ${model}`);
      const back = sentBack(request?.body);
      assert.ok(!JSON.stringify(back).includes('secret'), 'no thought of another vendor');
      for (const earlier of history) {
        if (earlier.role !== 'assistant' || earlier.origin.model !== model) continue;
        // A thought that led to nothing is refused at the end of a message.
        const raw = earlier.providerMetadata?.raw ?? [];
        for (const block of raw.slice(0, raw.findLastIndex((candidate) => isObject(candidate) && candidate['type'] !== 'thinking') + 1)) {
          assert.ok(back.some((sent) => JSON.stringify(sent) === JSON.stringify(block)), `seed ${seed}, turn ${turn}: ${JSON.stringify(block).slice(0, 200)}`);
        }
      }
      history.push(message, ...toResults(message, random));
    }
  }
});
