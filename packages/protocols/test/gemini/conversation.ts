/** Chunks, requests and messages of the Gemini protocol, for the tests beside this file. */
import type { AssistantMessage, JsonObject, JsonValue, Message, ModelRequest, ProtocolContext, StreamEvent, UserMessage } from '@sx/llm';
import { createAccumulator, createStreamGrammar } from '@sx/llm';
import { gemini } from '@sx/protocols/gemini';

export const NOW_MS = 1_700_000_000_000;
export const origin = { provider: 'gemini', protocol: 'gemini', model: 'gemini-3.8-flash' };
export const context: ProtocolContext = { origin, capabilities: {} };
export const protocol = gemini({ now: () => NOW_MS });

/** A chunk of parts; `finishReason` in the last. */
export const chunk = (parts: readonly JsonValue[], candidate: JsonObject = {}, more: JsonObject = {}): JsonObject => ({
  candidates: [{ content: { parts, role: 'model' }, ...candidate, index: 0 }], responseId: 'R', modelVersion: 'gemini-3.8-flash', ...more,
});
export const STOP = { finishReason: 'STOP' };
export const text = (value: string): JsonObject => ({ text: value });
export const thought = (value: string): JsonObject => ({ text: value, thought: true });
export const call = (name: string, more: JsonObject = {}, part: JsonObject = {}): JsonObject => ({ functionCall: { name, ...more }, ...part });

export interface Decoded {
  readonly events: readonly StreamEvent[];
  readonly error: unknown;
  readonly message: AssistantMessage;
}

/** Data as they stand in the stream: objects as JSON, text as it is. */
export function decodeChunks(list: readonly (JsonValue | undefined)[]): Decoded {
  const decoder = protocol.createDecoder(context);
  const events: StreamEvent[] = [];
  const accumulator = createAccumulator(origin);
  const grammar = createStreamGrammar();
  const emit = (event: StreamEvent): void => {
    grammar.check(event);
    accumulator.push(event);
    events.push(event);
  };
  let error: unknown;
  try {
    for (const value of list) {
      decoder.push({ event: 'message', data: typeof value === 'string' ? value : JSON.stringify(value), id: '' }, emit);
    }
    decoder.end(emit);
  } catch (caught) {
    error = caught;
  }
  return { events, error, message: accumulator.message() };
}

export const user = (value: string): UserMessage => ({ role: 'user', content: [{ type: 'text', text: value }] });

export function request(messages: readonly Message[], more: Partial<ModelRequest> = {}): ModelRequest {
  return { model: origin.model, system: 'Be brief.', messages, tools: [], sessionId: 'session', turnId: 'turn', ...more };
}

export function contentsOf(body: JsonObject): readonly JsonValue[] {
  const contents = body['contents'];
  if (!Array.isArray(contents)) throw new Error('no contents');
  return contents;
}
