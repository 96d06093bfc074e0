export { type Accumulator, accumulate, createAccumulator } from './accumulate.ts';
export { joinUrl, toBaseUrl } from './base-url.ts';
export { callJson, type JsonAnswer, type JsonCall } from './call-json.ts';
export { type TokenCount, type TokenCountEndpoint } from './count-tokens.ts';
export { isContextOverflow } from './context-overflow.ts';
export {
  type DefinedProvider, defineProvider, type PreparedAttempt, type PreparedRequest, type ProviderDefinition, type ProviderQuirks,
  type RepairedAttempt,
} from './define-provider.ts';
export { clampEffort, toWireEffort } from './effort.ts';
export {
  arrayOr, isObject, type JsonObject, JsonPathError, type JsonValue, numberOr, objectOr, parseJson, readArray, readNumber,
  readObject, readString, stringOr,
} from './json.ts';
export { JoinedText } from './joined-text.ts';
export { type ModelsEndpoint } from './list-models.ts';
export { type MediaFacts, readMediaFacts } from './media-facts.ts';
export { type FittedMedia, fitMedia, type MediaLimits } from './media-limits.ts';
export {
  type AssistantMessage, type AssistantPart, type MediaPart, type Message, type Origin, type ProviderMetadata,
  type ReasoningPart, sameOrigin, type TextPart, type ToolCallPart, type ToolMessage, type ToolResultPart, type UserMessage,
  type UserPart,
} from './message.ts';
export type { Auth, ErrorResponse, ModelCapabilities, Protocol, ProtocolContext, ProtocolDecoder } from './protocol.ts';
export {
  type AccountUsage, type ListOptions, type ModelInfo, type Provider, type ProviderContext, type ProviderOptions, type StreamOptions, toProviderContext,
} from './provider.ts';
export {
  amendError, isProviderError, PROVIDER_ERROR_CODES, ProviderError, type ProviderErrorCode, type ProviderErrorDetails,
} from './provider-error.ts';
export { costOfUsage, type ModelPrice } from './price.ts';
export { NO_RESULT, type ReplayAssistant, type ReplayMessage, type ReplayOptions, toReplay } from './replay.ts';
export type { Effort, ModelRequest, ToolDefinition } from './request.ts';
export { excerpt } from './response-error.ts';
export { defaultRetryPolicy, nextDelayMs, type RetryClock, type RetryOptions, type RetryPolicy, withRetry } from './retry.ts';
export { retryAfterMs } from './retry-after.ts';
export { sanitizeJson, sanitizeText } from './sanitize.ts';
export { type Exchange, streamModel } from './stream.ts';
export type { FinishEvent, FinishReason, RateLimitWindow, StreamEvent } from './stream-event.ts';
export { createStreamGrammar, type StreamGrammar } from './stream-grammar.ts';
export { toProviderError } from './transport-error.ts';
export { addUsage, noUsage, type Usage } from './usage.ts';
export { createWireDecoder, type WireReducer } from './wire-decoder.ts';
