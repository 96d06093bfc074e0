/** A provider at the simulator, and the few messages that the tests beside this file send. */
import { after, before } from 'node:test';

import { accumulate, type AssistantMessage, type DefinedProvider, isProviderError, type Message, type ModelRequest, type ProviderError, type StreamEvent } from '@sx/llm';
import { allowAll, createDialer, createTransport, type Transport } from '@sx/net';
import { createGeminiProvider, type GeminiProviderOptions } from '@sx/provider-gemini';
import { createSimulator, type Simulator } from '@sx/simulator';

export const MODEL = 'gemini-3.8-flash';
export type GeminiProvider = ReturnType<typeof createGeminiProvider>;

let running: { simulator: Simulator; transport: Transport } | undefined;
before(async () => {
  const simulator = await createSimulator({ tls: false, strict: true });
  running = { simulator, transport: createTransport({ dialer: createDialer({ policy: allowAll() }) }) };
});
after(async () => {
  running?.transport.close();
  await running?.simulator.close();
});

export function world(): { simulator: Simulator; transport: Transport } {
  if (running === undefined) throw new Error('not yet');
  return running;
}

export function provider(scenario = 'auto', more: Partial<GeminiProviderOptions> = {}): GeminiProvider {
  const { simulator, transport } = world();
  return createGeminiProvider({
    transport, apiKey: simulator.apiKey, baseUrl: simulator.urlsFor(scenario).gemini, userAgent: 'sx/0.1.0',
    retry: { sleep: () => Promise.resolve(), random: () => 0 }, ...more,
  });
}

const path = { type: 'object', properties: { path: { type: 'string' } } };
export const tools = ['read', 'list', 'glob'].map((name) => ({ name, description: `Tool ${name}.`, inputSchema: path }));
export const user = (text: string): Message => ({ role: 'user', content: [{ type: 'text', text }] });
export const ask = (messages: readonly Message[], more: Partial<ModelRequest> = {}): ModelRequest => ({
  model: MODEL, system: 'Be brief.', messages, tools, sessionId: crypto.randomUUID(), turnId: crypto.randomUUID(), ...more,
});

export async function collect(events: AsyncIterable<StreamEvent>): Promise<StreamEvent[]> {
  const list: StreamEvent[] = [];
  for await (const event of events) list.push(event);
  return list;
}

export const complete = (gemini: DefinedProvider, request: ModelRequest): Promise<AssistantMessage> =>
  accumulate(gemini.stream(request), gemini.originOf(request.model));

/** The message, and results for all its calls. */
export const answer = (message: AssistantMessage): Message[] => {
  const results = message.content.flatMap((part) => (part.type === 'tool-call' ? [{
    type: 'tool-result' as const, callId: part.id, name: part.name, isError: false, content: [{ type: 'text' as const, text: `contents of ${part.inputText}` }],
  }] : []));
  return [message, ...(results.length === 0 ? [] : [{ role: 'tool' as const, content: results }])];
};

/** One turn of the user, with all its tool calls, appended to the conversation. */
export async function turn(gemini: DefinedProvider, messages: Message[], text: string, more: Partial<ModelRequest> = {}): Promise<AssistantMessage> {
  messages.push(user(text));
  const turnId = crypto.randomUUID();
  for (;;) {
    const message = await complete(gemini, ask(messages, { ...more, turnId }));
    messages.push(...answer(message));
    if (message.finishReason !== 'tool-use') return message;
  }
}

export async function failure(gemini: DefinedProvider, request = ask([user('Hi')])): Promise<ProviderError> {
  try {
    await collect(gemini.stream(request));
  } catch (error) {
    if (isProviderError(error)) return error;
    throw error;
  }
  throw new Error('did not fail');
}

/** Requests for an answer, caches left out. */
export const generated = (): Simulator['requests'] => world().simulator.requests.filter(({ route }) => route === 'gemini.generate');
export const routes = (): string[] => world().simulator.requests.map(({ route }) => route);
