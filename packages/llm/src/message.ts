/**
 * The conversation, in no vendor's shape. History is append-only: a message is never changed after it was added.
 *
 * An assistant message is held twice: as parts that anybody can read, and as the vendor's own content array, verbatim
 * (`providerMetadata.raw`), which only the same provider, protocol and model get back, byte for byte. Signatures,
 * encrypted reasoning, item ids and phases live in the raw form alone; no common type has a field for them.
 */
import type { JsonObject, JsonValue } from './json.ts';
import type { FinishReason } from './stream-event.ts';
import type { Usage } from './usage.ts';

export type Message = UserMessage | AssistantMessage | ToolMessage;

export interface UserMessage {
  readonly role: 'user';
  readonly content: readonly UserPart[];
}

export interface AssistantMessage {
  readonly role: 'assistant';
  readonly content: readonly AssistantPart[];
  readonly origin: Origin;
  readonly finishReason: FinishReason;
  /** The vendor's own word for it. */
  readonly rawFinishReason?: string;
  readonly usage?: Usage;
  /** The vendor's id of the response, its model where that differs from the one asked for, its request id. */
  readonly responseId?: string;
  readonly responseModel?: string;
  readonly requestId?: string;
  /**
   * Absent where nothing came from a vendor, or the stream did not finish. Messages with finish reason `error` or
   * `aborted` are never replayed, whatever they hold.
   */
  readonly providerMetadata?: ProviderMetadata;
}

/** All results of one assistant message, in the order of its calls: exactly one for each. */
export interface ToolMessage {
  readonly role: 'tool';
  readonly content: readonly ToolResultPart[];
}

/** Who produced a message. Two messages are of the same origin when all fields are equal. */
export interface Origin {
  readonly provider: string;
  /** The protocol's id: `openai-responses`, `anthropic-messages`, … */
  readonly protocol: string;
  readonly model: string;
  /** Base URL, for providers where the name alone does not say who answers: router and compatible servers. */
  readonly baseUrl?: string;
}

export interface ProviderMetadata {
  readonly origin: Origin;
  /** The content array (blocks, items, parts) as the vendor sent it, in order, unknown kinds included. */
  readonly raw: readonly JsonValue[];
}

export type UserPart = TextPart | MediaPart;
export type AssistantPart = TextPart | ReasoningPart | ToolCallPart;

export interface TextPart {
  readonly type: 'text';
  readonly text: string;
}

/** A thought, or the summary of one. May be empty: some vendors send only what must be echoed, in the raw form. */
export interface ReasoningPart {
  readonly type: 'reasoning';
  readonly text: string;
}

export interface ToolCallPart {
  readonly type: 'tool-call';
  /** As the vendor gave it; made up where it gave none. Pairs the call with its result. */
  readonly id: string;
  readonly name: string;
  /** Parsed arguments; undefined where `inputText` is not a JSON object. */
  readonly input: JsonObject | undefined;
  /** Arguments as received. For free-form tools, the text itself. */
  readonly inputText: string;
  /** Free-form (custom) tool: the input is text, not JSON. */
  readonly freeform?: boolean;
}

/** Image or document, as base64 without a `data:` prefix. */
export interface MediaPart {
  readonly type: 'media';
  /** `image/png`, `image/jpeg`, `image/gif`, `image/webp`, `application/pdf`. */
  readonly mediaType: string;
  readonly data: string;
  readonly filename?: string;
}

export interface ToolResultPart {
  readonly type: 'tool-result';
  readonly callId: string;
  readonly name: string;
  readonly isError: boolean;
  readonly content: readonly UserPart[];
}

export function sameOrigin(a: Origin, b: Origin): boolean {
  return a.provider === b.provider && a.protocol === b.protocol && a.model === b.model && a.baseUrl === b.baseUrl;
}
