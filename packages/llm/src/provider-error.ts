/**
 * Everything that can go wrong between a request and a finished message, beyond the wire itself, as one class with a
 * closed set of codes. Transport faults keep their `NetError` as `cause`. Secrets are redacted when the error is made.
 */
import type { AssistantPart } from './message.ts';

export const PROVIDER_ERROR_CODES = [
  /** 401, or no usable credential. */
  'PROVIDER_AUTHENTICATION',
  /** 403: this account may not. */
  'PROVIDER_PERMISSION',
  /** Short-term limit; may be retried after `retryAfterMs`. */
  'PROVIDER_RATE_LIMIT',
  /** The plan's window is used up; `resetsAtMs` says until when. Never retried. */
  'PROVIDER_USAGE_LIMIT',
  /** Money: quota, billing, credits. Never retried. */
  'PROVIDER_QUOTA',
  'PROVIDER_CONTEXT_OVERFLOW',
  'PROVIDER_INVALID_REQUEST',
  /** Unknown model or path. */
  'PROVIDER_NOT_FOUND',
  /** The gate refused our version, originator or user agent; `hint` names the keys that change them. */
  'PROVIDER_CLIENT_REFUSED',
  'PROVIDER_CONTENT_POLICY',
  'PROVIDER_OVERLOADED',
  'PROVIDER_SERVER',
  /** A 3xx; the message names the target host, and nobody follows. */
  'PROVIDER_REDIRECT',
  /** HTML, a proxy's page, a network's log-in page. */
  'PROVIDER_NOT_API',
  /** The stream ended before its own end sign. */
  'PROVIDER_TRUNCATED_STREAM',
  'PROVIDER_MALFORMED_RESPONSE',
  /** The answer is whole, but what the model wrote is no use: a call that cannot be read, nothing at all. */
  'PROVIDER_MODEL_OUTPUT',
  /** The network failed; `cause` is the NetError. */
  'PROVIDER_TRANSPORT',
  /** The request asks for what this provider or model cannot do. */
  'PROVIDER_UNSUPPORTED',
  /** An image or document of the prompt that this model or vendor does not take: kind, type, size, number. Nothing was sent. */
  'PROVIDER_MEDIA_REFUSED',
  'PROVIDER_ABORTED',
] as const;

export type ProviderErrorCode = (typeof PROVIDER_ERROR_CODES)[number];

export interface ProviderErrorDetails {
  readonly provider?: string;
  readonly status?: number;
  readonly requestId?: string;
  /** May the same request be sent again? Whether it is, depends also on what was shown already. */
  readonly retryable?: boolean;
  /** What the server asked to wait, in milliseconds. */
  readonly retryAfterMs?: number;
  /** When a used-up window opens again, epoch milliseconds. */
  readonly resetsAtMs?: number;
  /** The vendor's own code or type. */
  readonly vendorCode?: string;
  /** Which configuration key or action would help. */
  readonly hint?: string;
  /** What had arrived when it went wrong: text and calls, finished or not. Never a message. */
  readonly partial?: readonly AssistantPart[];
  readonly cause?: unknown;
}

const MARK = Symbol.for('@sx/llm.ProviderError');

export class ProviderError extends Error {
  override readonly name = 'ProviderError';
  readonly code: ProviderErrorCode;
  readonly provider: string | undefined;
  readonly status: number | undefined;
  readonly requestId: string | undefined;
  readonly retryable: boolean;
  readonly retryAfterMs: number | undefined;
  readonly resetsAtMs: number | undefined;
  readonly vendorCode: string | undefined;
  readonly hint: string | undefined;
  readonly partial: readonly AssistantPart[] | undefined;
  readonly [MARK] = true;

  constructor(code: ProviderErrorCode, message: string, details: ProviderErrorDetails = {}) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
    this.code = code;
    this.provider = details.provider;
    this.status = details.status;
    this.requestId = details.requestId;
    this.retryable = details.retryable ?? false;
    this.retryAfterMs = details.retryAfterMs;
    this.resetsAtMs = details.resetsAtMs;
    this.vendorCode = details.vendorCode;
    this.hint = details.hint;
    this.partial = details.partial;
  }
}

/** The same error with more said about it; what `details` leaves out stays. */
export function amendError(error: ProviderError, details: ProviderErrorDetails, message = error.message): ProviderError {
  const kept: Record<string, unknown> = {};
  for (const key of DETAIL_KEYS) if (error[key] !== undefined) kept[key] = error[key];
  return new ProviderError(error.code, message, { ...kept, ...details });
}

const DETAIL_KEYS = [
  'provider', 'status', 'requestId', 'retryable', 'retryAfterMs', 'resetsAtMs', 'vendorCode', 'hint', 'partial', 'cause',
] as const satisfies readonly (keyof ProviderErrorDetails)[];

export function isProviderError(value: unknown): value is ProviderError {
  return typeof value === 'object' && value !== null && MARK in value;
}
