/** Events, requests and messages of the Responses protocol, for the tests beside this file. */
import type { JsonObject, JsonValue, Message, ModelRequest, ProtocolContext, UserMessage } from '@sx/llm';
import { responses } from '@sx/protocols/openai-responses';

import { type Decoded, decodeStream } from '../decode-stream.ts';

export const NOW_MS = 1_700_000_000_000;
export const origin = { provider: 'codex', protocol: 'openai-responses', model: 'gpt-5.5' };
export const context: ProtocolContext = { origin, capabilities: {} };
export const codex = responses({ dialect: 'codex', now: () => NOW_MS });
export const open = responses({ dialect: 'public', now: () => NOW_MS });

export const created = { type: 'response.created', response: { id: 'resp_1' } };
export const completed = (more: JsonObject = {}): JsonObject => ({ type: 'response.completed', response: { id: 'resp_1', ...more } });
export const done = (item: JsonObject, index?: number): JsonObject =>
  ({ type: 'response.output_item.done', item, ...(index === undefined ? {} : { output_index: index }) });
export const added = (item: JsonObject, index?: number): JsonObject =>
  ({ type: 'response.output_item.added', item, ...(index === undefined ? {} : { output_index: index }) });
export const message = (text: string, more: JsonObject = {}): JsonObject =>
  ({ type: 'message', role: 'assistant', content: [{ type: 'output_text', text }], ...more });
export const call = (callId: string, name = 'read', args = '{}'): JsonObject =>
  ({ type: 'function_call', id: `fc_${callId}`, call_id: callId, name, arguments: args });

/** Data as they stand in the stream: objects as JSON, text as it is. */
export function decodeEvents(list: readonly (JsonObject | string)[], protocol = codex): Decoded {
  return decodeStream(protocol, context, list);
}

export const user = (text: string): UserMessage => ({ role: 'user', content: [{ type: 'text', text }] });

export function request(messages: readonly Message[], more: Partial<ModelRequest> = {}): ModelRequest {
  return { model: 'gpt-5.5', system: 'Be brief.', messages, tools: [], sessionId: 'session', turnId: 'turn', ...more };
}

export function inputOf(body: JsonObject): readonly JsonObject[] {
  const input: JsonValue | undefined = body['input'];
  if (!Array.isArray(input)) throw new Error('no input');
  return input;
}
