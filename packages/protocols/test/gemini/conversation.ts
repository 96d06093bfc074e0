/** Chunks, requests and messages of the Gemini protocol, for the tests beside this file. */
import type { JsonObject, JsonValue, Message, ModelRequest, ProtocolContext, UserMessage } from '@sx/llm';
import { gemini } from '@sx/protocols/gemini';

import { type Decoded, decodeStream } from '../decode-stream.ts';

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

/** Data as they stand in the stream: objects as JSON, text as it is. */
export function decodeChunks(list: readonly (JsonValue | undefined)[]): Decoded {
  return decodeStream(protocol, context, list);
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
