/**
 * The three orthogonal parts of a provider: the protocol (what an API looks like), the endpoint (where), and the auth
 * (with which credential). None knows the others.
 */
import type { Decoder, Fields, HttpRequest, ServerSentEvent } from '@sx/net';

import type { JsonObject } from './json.ts';
import type { MediaLimits } from './media-limits.ts';
import type { Origin } from './message.ts';
import type { ProviderError } from './provider-error.ts';
import type { ModelRequest } from './request.ts';
import type { StreamEvent } from './stream-event.ts';

/** What a protocol is told beside the request. */
export interface ProtocolContext {
  readonly origin: Origin;
  readonly capabilities: ModelCapabilities;
}

export interface ModelCapabilities {
  /** Tokens of prompt and output together, where known. */
  readonly contextWindowTokens?: number;
  readonly maxOutputTokens?: number;
  /** Accepted efforts, weakest first; empty: the model takes none. Undefined: unknown, pass through. */
  readonly efforts?: readonly string[];
  readonly defaultEffort?: string;
  /** Absent: assumed true. */
  readonly imageInput?: boolean;
  readonly documentInput?: boolean;
  /** Over those of the protocol, member by member. */
  readonly media?: MediaLimits;
  /**
   * How an answer is held to a JSON Schema (`ModelRequest.responseFormat`): by the vendor, by the vendor unless tools are
   * offered, or by a tool that the model is made to call. Absent: assumed `native`.
   */
  readonly structuredOutput?: 'native' | 'native-without-tools' | 'tool';
  readonly parallelToolCalls?: boolean;
  /** Facts that only one protocol reads (lite mode, thinking types, …), by that protocol's own names. */
  readonly extra?: JsonObject;
}

export interface Protocol {
  /** `openai-responses` */
  readonly id: string;
  /** What one request may hold of images and documents, by the API's own documentation. */
  readonly media?: MediaLimits;
  /** @throws {ProviderError} `PROVIDER_UNSUPPORTED` where the request asks for what the protocol cannot say. */
  toBody(request: ModelRequest, context: ProtocolContext): JsonObject;
  /** Settings of the request that the protocol cannot say and leaves out, a line for each. */
  warnings?(request: ModelRequest, context: ProtocolContext): readonly string[];
  /** One decoder for one response. `end()` throws `PROVIDER_TRUNCATED_STREAM` unless the protocol's end sign was seen. */
  createDecoder(context: ProtocolContext): ProtocolDecoder;
  /** A response that is not a stream: every status but 200, and 200 with another media type. */
  toError(response: ErrorResponse, context: ProtocolContext): ProviderError;
  /** Events that the response's head carries (rate limits, serving model). */
  headEvents?(fields: Fields, context: ProtocolContext): readonly StreamEvent[];
}

export interface ProtocolDecoder extends Decoder<ServerSentEvent, StreamEvent> {
  /**
   * For protocols whose only end sign is the body's end: true once everything has come without which the response would be cut.
   * Of a server that then keeps the connection and says nothing more nobody waits for the end.
   */
  isAnswered?(): boolean;
}

export interface ErrorResponse {
  readonly status: number;
  readonly fields: Fields;
  /** At most `bufferedBodyBytesMax`, decoded as UTF-8. */
  readonly text: string;
  readonly nowMs: number;
}

/** Puts a credential on a request. Implemented in `@sx/auth`. */
export interface Auth {
  /** May refresh first. `signal` ends the wait. */
  apply(request: HttpRequest, options: { readonly signal?: AbortSignal | undefined }): Promise<HttpRequest>;
  /** After a 401: true where a new credential was got, so that one more try makes sense. Called once per request. */
  renew?(options: {
    readonly signal?: AbortSignal | undefined;
    /** The request that got the 401, as `apply` made it: only so can parallel requests tell whose credential was refused. */
    readonly rejected?: HttpRequest | undefined;
  }): Promise<boolean>;
}
