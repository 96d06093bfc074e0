/** Chunks, requests and messages of Chat Completions, for the tests beside this file. */
import type { AssistantMessage, JsonObject, JsonValue, Message, ModelRequest, ProtocolContext, UserMessage } from '@sx/llm';
import { chatCompletions } from '@sx/protocols/openai-chat';

import { type Decoded, decodeStream } from '../decode-stream.ts';

export const origin = { provider: 'openai', protocol: 'openai-chat', model: 'model-1', baseUrl: 'http://127.0.0.1:8000/v1' };
export const context: ProtocolContext = { origin, capabilities: {} };
/** A server of which little is known, and one that refuses what it does not know. */
export const lenient = chatCompletions({ effortMember: 'reasoning_effort', parallelSwitch: true });
export const strict = chatCompletions({
  maxTokensMember: 'max_completion_tokens', systemRole: 'developer', effortMember: 'reasoning_effort', replayedReasoning: [],
  emptyContent: null, keepsUnknown: false, thinkTags: false, parallelSwitch: true, verbosity: true, promptCacheKey: true,
});

export const chunk = (delta: JsonObject, finishReason: JsonValue = null, more: JsonObject = {}): JsonObject =>
  ({ id: 'chatcmpl-1', object: 'chat.completion.chunk', model: 'model-1', choices: [{ index: 0, delta, finish_reason: finishReason }], ...more });
export const call = (index: number, id: string, name: string, args: string): JsonObject =>
  chunk({ tool_calls: [{ index, id, type: 'function', function: { name, arguments: args } }] });
export const more = (index: number, args: string): JsonObject => chunk({ tool_calls: [{ index, function: { arguments: args } }] });

/** Data as they stand in the stream: objects as JSON, text as it is. */
export function decodeChunks(list: readonly (JsonObject | string)[], protocol = lenient): Decoded {
  return decodeStream(protocol, context, list);
}

export const user = (text: string): UserMessage => ({ role: 'user', content: [{ type: 'text', text }] });

export function assistant(raw: JsonObject, content: AssistantMessage['content'] = [], changes: Partial<AssistantMessage> = {}): AssistantMessage {
  return { role: 'assistant', content, origin, finishReason: 'end', providerMetadata: { origin, raw: [raw] }, ...changes };
}

export function request(messages: readonly Message[], changes: Partial<ModelRequest> = {}): ModelRequest {
  return { model: 'model-1', system: 'Be brief.', messages, tools: [], sessionId: 'session', turnId: 'turn', ...changes };
}

export function messagesOf(body: JsonObject): readonly JsonObject[] {
  const messages: JsonValue | undefined = body['messages'];
  if (!Array.isArray(messages)) throw new Error('no messages');
  return messages;
}
