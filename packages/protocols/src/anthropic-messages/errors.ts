/**
 * Answers of the Messages API that are no stream, and `error` events inside one, as a `ProviderError` (Anthropic, “Errors”).
 *
 * Body: `{type: "error", error: {type, message}, request_id}`. Proxies answer in other shapes, or in none: then the status decides.
 */
import {
  type ErrorResponse, excerpt, isContextOverflow, isObject, type JsonObject, parseJson, type ProtocolContext, ProviderError,
  type ProviderErrorCode, retryAfterMs, stringOr,
} from '@sx/llm';
import { fieldValue, printable } from '@sx/net';

interface ErrorClass {
  readonly code: ProviderErrorCode;
  readonly retryable: boolean;
}

const BY_TYPE: Readonly<Record<string, ErrorClass>> = {
  invalid_request_error: { code: 'PROVIDER_INVALID_REQUEST', retryable: false },
  authentication_error: { code: 'PROVIDER_AUTHENTICATION', retryable: false },
  billing_error: { code: 'PROVIDER_QUOTA', retryable: false },
  permission_error: { code: 'PROVIDER_PERMISSION', retryable: false },
  not_found_error: { code: 'PROVIDER_NOT_FOUND', retryable: false },
  conflict_error: { code: 'PROVIDER_SERVER', retryable: true },
  request_too_large: { code: 'PROVIDER_CONTEXT_OVERFLOW', retryable: false },
  rate_limit_error: { code: 'PROVIDER_RATE_LIMIT', retryable: true },
  api_error: { code: 'PROVIDER_SERVER', retryable: true },
  timeout_error: { code: 'PROVIDER_SERVER', retryable: true },
  overloaded_error: { code: 'PROVIDER_OVERLOADED', retryable: true },
};

const BY_STATUS: Readonly<Record<number, string>> = {
  400: 'invalid_request_error',
  401: 'authentication_error',
  402: 'billing_error',
  403: 'permission_error',
  404: 'not_found_error',
  409: 'conflict_error',
  413: 'request_too_large',
  429: 'rate_limit_error',
  503: 'overloaded_error',
  504: 'timeout_error',
  529: 'overloaded_error',
};

/** Money, whatever the type says (400 and 402 are both used for it). */
const BILLING = /credit balance|billing|spend(?:ing)? limit|monthly usage limit|quota exceeded/i;
const SIGNATURE = /invalid .{0,3}signature.{0,3} in .{0,3}thinking|thinking block.{0,80}cannot be modified/i;

export function toError(response: ErrorResponse, context: ProtocolContext): ProviderError {
  const { status, fields, text, nowMs } = response;
  const body = parseJson(text);
  const error = isObject(body) ? errorObject(body) : { type: '', message: excerpt(text) };
  const type = error.type in BY_TYPE ? error.type : (BY_STATUS[status] ?? (status >= 500 ? 'api_error' : 'invalid_request_error'));
  const requestId = fieldValue(fields, 'request-id') ?? (isObject(body) ? stringOr(body['request_id'], undefined) : undefined);
  const delayMs = retryAfterMs(fields, nowMs);
  return classed(type, error.message, context, {
    status,
    ...(requestId === undefined ? {} : { requestId: printable(requestId) }),
    ...(delayMs === undefined ? {} : { retryAfterMs: delayMs }),
  });
}

/** `{type: "error", error: {type, message}}` inside a stream that began with status 200. */
export function toStreamError(event: JsonObject, context: ProtocolContext): ProviderError {
  const { type, message } = errorObject(event);
  return classed(type in BY_TYPE ? type : 'api_error', message, context, {});
}

/** True for the 400 that says that replayed thoughts no longer fit their prefix: the request may be sent once more without them. */
export function isThinkingRefused(error: ProviderError): boolean {
  return error.status === 400 && SIGNATURE.test(error.message);
}

function errorObject(body: JsonObject): { type: string; message: string } {
  const inner = isObject(body['error']) ? body['error'] : body;
  const detail = typeof body['error'] === 'string' ? body['error'] : stringOr(inner['message'], stringOr(body['detail'], ''));
  return { type: stringOr(inner['type'], ''), message: excerpt(detail) };
}

function classed(type: string, message: string, context: ProtocolContext, details: { status?: number; requestId?: string; retryAfterMs?: number }): ProviderError {
  const { provider } = context.origin;
  const { code, retryable } = BY_TYPE[type] ?? { code: 'PROVIDER_SERVER', retryable: false };
  const overflow = isContextOverflow(message) && (code === 'PROVIDER_INVALID_REQUEST' || code === 'PROVIDER_CONTEXT_OVERFLOW');
  const billing = !overflow && BILLING.test(message) && code !== 'PROVIDER_RATE_LIMIT';
  const verdict: ErrorClass = overflow
    ? { code: 'PROVIDER_CONTEXT_OVERFLOW', retryable: false }
    : billing
      ? { code: 'PROVIDER_QUOTA', retryable: false }
      : { code, retryable };
  const status = details.status === undefined ? 'in its stream' : String(details.status);
  return new ProviderError(verdict.code, `${provider} answered ${status}: ${message === '' ? type : message}`, {
    provider,
    ...details,
    retryable: verdict.retryable,
    vendorCode: type,
  });
}
