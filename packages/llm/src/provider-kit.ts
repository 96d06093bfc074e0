/**
 * What protocols and providers are made of, without what only some programs want: the limits of media, calls beside the stream,
 * prices, the grammar of streams. `@sx/llm/provider-kit` loads what every provider needs, `@sx/llm` everything.
 */
export { joinUrl, toBaseUrl } from './base-url.ts';
export { isContextOverflow } from './context-overflow.ts';
export { type DefinedProvider, defineProvider, type ProviderDefinition, type ProviderQuirks } from './define-provider.ts';
export type { TokenCountEndpoint } from './count-tokens.ts';
export { toWireEffort } from './effort.ts';
export { JoinedText } from './joined-text.ts';
export {
  arrayOr, isObject, type JsonObject, JsonPathError, type JsonValue, numberOr, objectOr, parseJson, readArray, readObject,
  readString, stringOr,
} from './json.ts';
export type { AssistantMessage, MediaPart, Origin, TextPart, ToolCallPart, ToolMessage, ToolResultPart, UserPart } from './message.ts';
export type { Auth, ErrorResponse, ModelCapabilities, Protocol, ProtocolContext } from './protocol.ts';
export { type AccountUsage, type ModelInfo, type ProviderOptions, toProviderContext } from './provider.ts';
export {
  amendError, isProviderError, ProviderError, type ProviderErrorCode, type ProviderErrorDetails,
} from './provider-error.ts';
export { type ReplayAssistant, type ReplayMessage, toReplay } from './replay.ts';
export type { ModelRequest, ToolDefinition } from './request.ts';
export { excerpt } from './response-error.ts';
export { retryAfterMs } from './retry-after.ts';
export { sanitizeText } from './sanitize.ts';
export type { FinishEvent, FinishReason, RateLimitWindow, StreamEvent } from './stream-event.ts';
export { addUsage, noUsage, type Usage } from './usage.ts';
export { createWireDecoder, type WireReducer } from './wire-decoder.ts';
