/**
 * Any conversation, through any sequence of providers, gives requests that the strict simulator accepts, and who is asked again gets
 * its own earlier content back unchanged and everything it was sent before as the beginning.
 *
 * Conversations are made from a seed: turns with thoughts, texts, several and broken calls, pictures, documents, odd characters, results that
 * fail, are missing or late; answers that broke off; another provider at any request, also between a call and its result.
 */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';

import {
  createAccumulator, type DefinedProvider, isObject, isProviderError, type JsonObject, type JsonValue, type Message,
  type ModelRequest, type Provider, sameOrigin, type AssistantMessage, type ToolResultPart, type UserPart,
} from '@sx/llm';
import { createAnthropicProvider } from '@sx/provider-anthropic';
import { createClaudeCodeProvider } from '@sx/provider-claude-code';
import { createCodexProvider } from '@sx/provider-codex';
import { createGeminiProvider } from '@sx/provider-gemini';
import { createOpenaiProvider } from '@sx/provider-openai';
import { createRouterProvider } from '@sx/provider-router';
import { createSimulator } from '@sx/simulator';
import { createSeededRandom, createTestTransport, type SeededRandom } from '@sx/testkit';

import { type Format, unitsOf, unitsOfRaw } from './conversation-units.ts';

const CONVERSATIONS = 50;
const TURNS = 6;

interface Speaker {
  readonly name: string;
  readonly provider: Provider;
  readonly model: string;
  readonly format: Format;
  /** A server that does not want its thoughts back. */
  readonly forgetsThoughts?: boolean;
}

const simulator = await createSimulator({ tls: false, strict: true });
const transport = createTestTransport(simulator);

function speakersOf(): Speaker[] {
  const { urls, apiKey } = simulator;
  const base = { transport, userAgent: 'sx/0.1.0', retry: { policy: { retriesMax: 0 } } };
  const { accessToken, accountId } = simulator.credentials().tokens;
  const tokenSource = { get: () => Promise.resolve({ accessToken, accountId, origin: 'test' }) };
  const codex = createCodexProvider({ ...base, tokenSource, baseUrl: urls.codex });
  const anthropic = createAnthropicProvider({ ...base, apiKey, baseUrl: urls.anthropic });
  const gemini = createGeminiProvider({ ...base, apiKey, baseUrl: urls.gemini });
  const compatible = (vendor: string) => createOpenaiProvider({ ...base, apiKey, vendor, baseUrl: urls.compat.replace('VENDOR', vendor) });
  const speaker = (format: Format, provider: DefinedProvider, ...models: string[]): Speaker[] =>
    models.map((model) => ({ name: `${provider.id} ${format} ${model}`, provider, model, format }));
  return [
    ...speaker('responses', codex, 'gpt-5.5', 'gpt-5.6-sol'),
    ...speaker('messages', anthropic, 'claude-sonnet-5-5', 'claude-haiku-4-5'),
    ...speaker('messages', createClaudeCodeProvider({ ...base, tokenSource: claudeTokens(), baseUrl: urls.anthropic }), 'claude-opus-4-6'),
    ...speaker('gemini', gemini, 'gemini-3.8-flash', 'gemini-4-neon', 'gemini-2.5-pro'),
    ...speaker('chat', createOpenaiProvider({ ...base, apiKey, baseUrl: urls.openai, vendor: 'openai' }), 'gpt-5.5'),
    ...speaker('responses', createOpenaiProvider({ ...base, apiKey, baseUrl: urls.openai, vendor: 'openai', api: 'responses' }), 'gpt-5.5'),
    ...speaker('chat', compatible('deepseek'), 'deepseek-chat'),
    ...['zai', 'moonshot', 'openrouter', 'lm-studio'].flatMap((vendor) => speaker('chat', compatible(vendor), 'large')),
    ...['mistral', 'groq', 'xai'].flatMap((vendor) => speaker('chat', compatible(vendor), 'large').map((forgetful) => ({ ...forgetful, forgetsThoughts: true }))),
    ...speaker('chat', createRouterProvider({ ...base, baseUrl: urls.router }), 'vendor/large'),
    ...speaker('responses', createRouterProvider({ ...base, baseUrl: urls.router, protocol: 'responses' }), 'vendor/large'),
    ...speaker('messages', createRouterProvider({ ...base, baseUrl: urls.router, protocol: 'messages' }), 'claude-opus-4-6'),
  ];
}

function claudeTokens() {
  const { accessToken } = simulator.credentials().tokens;
  return { get: () => Promise.resolve({ accessToken, origin: 'test' }) };
}

const PNG = 'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==';
const PDF = Buffer.from('%PDF-1.4\n1 0 obj <</Type /Page>> endobj\n%%EOF\n').toString('base64');
const TEXTS = ['Hi.', 'Grüße aus Zürich 🏔', 'a\ud800b', 'nul\u0000nul', '   ', 'long '.repeat(400), '{"json": [1, 2]}', '<html>&amp;</html>'];
const tools = ['read', 'list', 'glob'].map((name) => ({ name, description: `Tool ${name}.`, inputSchema: { type: 'object', properties: { path: { type: 'string' } } } }));

const chance = (random: SeededRandom, percent: number): boolean => random.below(100) < percent;
const repeat = <Value>(count: number, make: (at: number) => Value): Value[] => Array.from({ length: count }, (_, at) => make(at));

/** What the model shall do in the turn: steps of thoughts, texts and calls, then an answer. */
function toScript(random: SeededRandom): string {
  const call = (): string => {
    const input = random.pick(['{}', '{"path":"a.txt"}', '{"path":"ä \\" \\\\ 🦦","deep":{"list":[1,null,true]}}', ...(chance(random, 15) ? ['{"path": "brok', '[1]'] : [])]);
    return `call ${random.pick(['read', 'list', 'glob', ...(chance(random, 10) ? ['tele.port'] : [])])} ${input}`;
  };
  const steps = repeat(random.below(4), () => [
    ...(chance(random, 60) ? ['think Let me see.'] : []), ...(chance(random, 50) ? ['say I look.'] : []), ...repeat(1 + random.below(3), call),
  ].join('\n'));
  const end = [...(chance(random, 50) ? ['think Well.'] : []), 'say Done, ä 🦦.', ...(chance(random, 20) ? ['think More.', 'say And that.'] : [])].join('\n');
  return ['[script]', [...steps, end].join('\nthen\n')].join('\n');
}

function toPrompt(random: SeededRandom): Message {
  const media: UserPart[] = [];
  if (chance(random, 15)) media.push({ type: 'media', mediaType: 'image/png', data: PNG });
  const content: UserPart[] = [...media, { type: 'text', text: `${random.pick(TEXTS)}\n${toScript(random)}` }];
  return { role: 'user', content };
}

function toResults(random: SeededRandom, message: AssistantMessage): Message[] {
  const calls = message.content.filter((part) => part.type === 'tool-call');
  const content = calls.map(({ id, name }): ToolResultPart => ({
    type: 'tool-result', callId: id, name, isError: chance(random, 20),
    content: [
      ...(chance(random, 90) ? [{ type: 'text' as const, text: random.pick(['', ...TEXTS]) }] : []),
      ...(chance(random, 15) ? [{ type: 'media' as const, mediaType: 'image/png', data: PNG }] : []),
      ...(chance(random, 8) ? [{ type: 'media' as const, mediaType: 'application/pdf', data: PDF, filename: 'a.pdf' }] : []),
    ],
  }));
  const kept = chance(random, 8) ? content.slice(1) : chance(random, 8) ? content.toReversed() : content;
  return kept.length === 0 ? [] : [{ role: 'tool', content: kept }];
}

interface Asked {
  readonly message: AssistantMessage;
  readonly error: unknown;
  readonly body: JsonObject;
}

async function askSpeaker({ provider, model }: Speaker, request: Omit<ModelRequest, 'model'>): Promise<Asked> {
  const accumulator = createAccumulator(provider.originOf(model));
  const before = simulator.requests.length;
  let error: unknown;
  try {
    for await (const event of provider.stream({ ...request, model })) accumulator.push(event);
  } catch (caught) {
    error = caught;
  }
  const entry = simulator.requests.slice(before).at(-1);
  const body = isObject(entry?.body) ? entry.body : {};
  return { message: accumulator.message('error'), error, body };
}

/** One conversation; every request is checked. */
async function converse(seed: number, speakers: readonly Speaker[]): Promise<number> {
  const random = createSeededRandom(seed);
  // A session of codex is one of one model: another would find a history that it did not write.
  const isSecondCodex = (speaker: Speaker, at: number, list: readonly Speaker[]): boolean =>
    speaker.provider.id === 'codex' && list.some((other, before) => before < at && other.provider === speaker.provider && other !== speaker);
  const some = repeat(2 + random.below(3), () => random.pick(speakers)).filter((speaker, at, list) => !isSecondCodex(speaker, at, list));
  const sessionId = crypto.randomUUID();
  const messages: Message[] = [];
  const told = new Map<Speaker, readonly string[]>();
  let requests = 0;
  for (let turn = 0; turn < TURNS; turn++) {
    messages.push(toPrompt(random));
    const turnId = crypto.randomUUID();
    let speaker = random.pick(some);
    for (let round = 0; round < 8; round++) {
      if (chance(random, 25)) speaker = random.pick(some);
      const asked = await askSpeaker(speaker, { system: 'Be brief.', messages: [...messages], tools, sessionId, turnId });
      requests += 1;
      const where = `seed ${seed}, turn ${turn}, round ${round}, ${speaker.name}`;
      check(asked, speaker, messages, told, where);
      // To the reader it broke off; codex, which has sent it whole, would miss it.
      const aborted = asked.error === undefined && speaker.provider.id !== 'codex' && chance(random, 8);
      const message: AssistantMessage = aborted ? withoutRaw(asked.message) : asked.message;
      messages.push(message, ...toResults(random, message));
      if (message.finishReason !== 'tool-use' || chance(random, 5)) break;
    }
  }
  return requests;
}

function withoutThoughts(raw: JsonValue): JsonValue {
  const { reasoning: _, reasoning_content: __, ...rest } = isObject(raw) ? raw : {};
  return rest;
}

function withoutRaw({ providerMetadata: _, ...message }: AssistantMessage): AssistantMessage {
  return { ...message, finishReason: 'aborted' };
}

function check(asked: Asked, speaker: Speaker, messages: readonly Message[], told: Map<Speaker, readonly string[]>, where: string): void {
  const { error, body } = asked;
  // What the vendor cannot read itself is no fault of the request.
  if (error !== undefined && !(isProviderError(error) && error.code === 'PROVIDER_MODEL_OUTPUT')) {
    throw new Error(`${where}: ${isProviderError(error) ? `${error.code}: ${error.message}` : String(error)}`, { cause: error });
  }
  const refusals = simulator.requests.flatMap(({ refusal, remarks }) => [...remarks, refusal]).filter((text) => text !== '');
  simulator.clearJournal();
  assert.deepEqual(refusals, [], where);
  const units = unitsOf(body, speaker.format);
  const before = told.get(speaker) ?? [];
  assert.deepEqual(units.slice(0, before.length), before, `${where}: the beginning has changed`);
  told.set(speaker, units);
  const origin = speaker.provider.originOf(speaker.model);
  for (const message of messages) {
    if (message.role !== 'assistant' || message.providerMetadata === undefined || !sameOrigin(message.providerMetadata.origin, origin)) continue;
    if (message.finishReason === 'error' || message.finishReason === 'aborted') continue;
    const own = unitsOfRaw(speaker.forgetsThoughts === true ? message.providerMetadata.raw.map(withoutThoughts) : message.providerMetadata.raw, speaker.format);
    const at = units.findIndex((_, index) => own.every((text, offset) => units[index + offset] === text));
    assert.ok(at >= 0, `${where}: own content came back changed:\n${own.join('\n')}\nin\n${units.join('\n')}`);
  }
}

describe('any conversation through any sequence of providers', () => {
  it(`${CONVERSATIONS} of ${TURNS} turns are accepted, prefixes stay, own content comes back unchanged`, async () => {
    const speakers = speakersOf();
    let requests = 0;
    for (let seed = 1; seed <= CONVERSATIONS; seed++) requests += await converse(seed, speakers);
    assert.ok(requests > CONVERSATIONS * TURNS, `${requests} requests`);
  });
});
