/**
 * What tests of providers say to a server, and how they read what it answers: a transport that ends with the file's tests, three
 * tools, messages, requests, results.
 */
import { after } from 'node:test';

import {
  accumulate, type AssistantMessage, type Message, type ModelRequest, type Provider, type StreamEvent, type ToolCallPart, type UserPart,
} from '@sx/llm';
import { allowAll, createDialer, createTransport, type Transport } from '@sx/net';

/** Closed after the tests of the file, and the server with it. */
export function createTestTransport(server: { close(): Promise<void> }): Transport {
  const transport = createTransport({ dialer: createDialer({ policy: allowAll() }) });
  after(async () => {
    transport.close();
    await server.close();
  });
  return transport;
}

/** `read`, `list`, `glob`. */
export const sampleTools: ModelRequest['tools'] = ['read', 'list', 'glob'].map((name) => ({
  name,
  description: `The tool ${name}.`,
  inputSchema: { type: 'object', properties: { path: { type: 'string' } } },
}));

export function userMessage(...content: readonly (string | UserPart)[]): Message {
  return { role: 'user', content: content.map((part) => (typeof part === 'string' ? { type: 'text', text: part } : part)) };
}

/** Makes requests to a model; each of a session and a turn of its own, unless it is told. */
export function requestsTo(model: string, tools = sampleTools): (messages: readonly Message[], more?: Partial<ModelRequest>) => ModelRequest {
  return (messages, more = {}) => ({
    model, system: 'Be brief.', messages, tools, sessionId: crypto.randomUUID(), turnId: crypto.randomUUID(), ...more,
  });
}

export function complete(provider: Provider, request: ModelRequest): Promise<AssistantMessage> {
  return accumulate(provider.stream(request), provider.originOf(request.model));
}

export async function collect(events: AsyncIterable<StreamEvent>): Promise<StreamEvent[]> {
  const list: StreamEvent[] = [];
  for await (const event of events) list.push(event);
  return list;
}

/** The message, and a result for each of its calls. */
export function withResults(message: AssistantMessage, say = ({ name }: ToolCallPart): string => `output of ${name}`): Message[] {
  const results = message.content.filter((part) => part.type === 'tool-call').map((call) => ({
    type: 'tool-result' as const,
    callId: call.id,
    name: call.name,
    isError: false,
    content: [{ type: 'text' as const, text: say(call) }],
  }));
  return results.length === 0 ? [message] : [message, { role: 'tool', content: results }];
}
