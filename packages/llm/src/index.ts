export { arrayOr, isObject, type JsonObject, JsonPathError, type JsonValue, numberOr, objectOr, parseJson, readArray, readNumber, readObject, readString, stringOr } from './json.ts';
export { type AssistantMessage, type AssistantPart, type MediaPart, type Message, type Origin, type ProviderMetadata, type ReasoningPart, sameOrigin, type TextPart, type ToolCallPart, type ToolMessage, type ToolResultPart, type UserMessage, type UserPart } from './message.ts';
export type { Auth, ErrorResponse, ModelCapabilities, Protocol, ProtocolContext } from './protocol.ts';
export type { ModelInfo, Provider, ProviderContext, StreamOptions } from './provider.ts';
export { isProviderError, PROVIDER_ERROR_CODES, ProviderError, type ProviderErrorCode, type ProviderErrorDetails } from './provider-error.ts';
export type { Effort, ModelRequest, ToolDefinition } from './request.ts';
export type { FinishEvent, FinishReason, RateLimitWindow, StreamEvent } from './stream-event.ts';
export { addUsage, noUsage, type Usage } from './usage.ts';
