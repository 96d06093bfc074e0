/** A provider at the simulator, and the few messages that the tests beside this file send. */
import { type AssistantMessage, type DefinedProvider, isProviderError, type Message, type ModelRequest, type ProviderError } from '@sx/llm';
import { createGeminiProvider, type GeminiProviderOptions } from '@sx/provider-gemini';
import { createSimulator, type Simulator } from '@sx/simulator';
import { collect, complete, createTestTransport, requestsTo, userMessage as user, withResults } from '@sx/testkit';

export const MODEL = 'gemini-3.8-flash';
export type GeminiProvider = ReturnType<typeof createGeminiProvider>;

export const simulator = await createSimulator({ tls: false, strict: true });
export const transport = createTestTransport(simulator);

export function provider(scenario = 'auto', more: Partial<GeminiProviderOptions> = {}): GeminiProvider {
  return createGeminiProvider({
    transport, apiKey: simulator.apiKey, baseUrl: simulator.urlsFor(scenario).gemini, userAgent: 'sx/0.1.0',
    retry: { sleep: () => Promise.resolve(), random: () => 0 }, ...more,
  });
}

export const ask = requestsTo(MODEL);

/** One turn of the user, with all its tool calls, appended to the conversation. */
export async function turn(gemini: DefinedProvider, messages: Message[], text: string, more: Partial<ModelRequest> = {}): Promise<AssistantMessage> {
  messages.push(user(text));
  const turnId = crypto.randomUUID();
  for (;;) {
    const message = await complete(gemini, ask(messages, { ...more, turnId }));
    messages.push(...withResults(message, ({ inputText }) => `contents of ${inputText}`));
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
export const generated = (): Simulator['requests'] => simulator.requests.filter(({ route }) => route === 'gemini.generate');
export const routes = (): string[] => simulator.requests.map(({ route }) => route);
