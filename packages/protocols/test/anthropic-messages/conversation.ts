/** Events, requests and messages of the Messages protocol, for the tests beside this file. */
import {
  type JsonObject, type JsonValue, type Message, type ModelRequest,
  type ProtocolContext, type UserMessage,
} from '@sx/llm';
import { messages } from '@sx/protocols/anthropic-messages';

import { type Decoded, decodeStream } from '../decode-stream.ts';

export const origin = { provider: 'anthropic', protocol: 'anthropic-messages', model: 'claude-sonnet-5-5' };
export const context: ProtocolContext = { origin, capabilities: {} };
export const official = messages();
export const imitated = messages({ official: false });

export const start = (more: JsonObject = {}): JsonObject => ({ type: 'message_start', message: { id: 'msg_1', content: [], ...more } });
export const begin = (index: JsonValue, content_block: JsonValue): JsonObject => ({ type: 'content_block_start', index, content_block });
export const delta = (index: JsonValue, value: JsonValue): JsonObject => ({ type: 'content_block_delta', index, delta: value });
export const end = (index: JsonValue): JsonObject => ({ type: 'content_block_stop', index });
export const settled = (stop_reason: JsonValue = 'end_turn', more: JsonObject = {}): JsonObject => ({ type: 'message_delta', delta: { stop_reason, ...more } });
export const stop: JsonObject = { type: 'message_stop' };
export const text = (index: number, ...pieces: readonly string[]): JsonObject[] => [
  begin(index, { type: 'text', text: '' }), ...pieces.map((piece) => delta(index, { type: 'text_delta', text: piece })), end(index),
];
export const thought = (index: number, words: string, signature = 'sig'): JsonObject[] => [
  begin(index, { type: 'thinking', thinking: '' }), delta(index, { type: 'thinking_delta', thinking: words }),
  delta(index, { type: 'signature_delta', signature }), end(index),
];
export const call = (index: number, id: string, input = '{}'): JsonObject[] => [
  begin(index, { type: 'tool_use', id, name: 'read', input: {} }), delta(index, { type: 'input_json_delta', partial_json: input }), end(index),
];

/** Data as they stand in the stream: objects as JSON, text as it is. */
export function decodeEvents(list: readonly (JsonObject | string)[], protocol = official): Decoded {
  return decodeStream(protocol, context, list);
}

export const user = (words: string): UserMessage => ({ role: 'user', content: [{ type: 'text', text: words }] });

export function request(history: readonly Message[], more: Partial<ModelRequest> = {}): ModelRequest {
  return { model: origin.model, system: 'Be brief.', messages: history, tools: [], sessionId: 'session', turnId: 'turn', ...more };
}

export function historyOf(body: JsonObject): readonly { readonly role: string; readonly content: readonly JsonObject[] }[] {
  const history: { role: string; content: JsonObject[] }[] = JSON.parse(JSON.stringify(body['messages']));
  return history;
}
