/**
 * What a refusal means: an HTTP status with its body, or an `error` event in a stream that began with 200.
 *
 * Body: `{type: "error", error: {type, message}, request_id}`. Proxies answer in other shapes, or in none; then the status
 * decides. Never repeated: usage limits, money, policies, what is wrong with the request. Texts are the vendor's.
 */
import {
  amendError, type ErrorResponse, excerpt, isContextOverflow, isObject, type JsonObject, parseJson, type ProtocolContext,
  ProviderError, type ProviderErrorCode, type ProviderErrorDetails, retryAfterMs, stringOr,
} from '@sx/llm/provider-kit';
import { fieldValue } from '@sx/net/fields';
import { printable } from '@sx/net/net-error';

import { limits } from '../limits.ts';
import { usedUpPlan, windowsOpenAtMs } from './rate-limits.ts';

interface Failure {
  readonly type: string;
  readonly message: string;
  readonly requestId: string;
}

const CLASSES: ReadonlyMap<string, ProviderErrorCode> = new Map([
  ['invalid_request_error', 'PROVIDER_INVALID_REQUEST'],
  ['authentication_error', 'PROVIDER_AUTHENTICATION'],
  ['billing_error', 'PROVIDER_QUOTA'],
  ['permission_error', 'PROVIDER_PERMISSION'],
  ['not_found_error', 'PROVIDER_NOT_FOUND'],
  ['conflict_error', 'PROVIDER_SERVER'],
  ['request_too_large', 'PROVIDER_CONTEXT_OVERFLOW'],
  ['rate_limit_error', 'PROVIDER_RATE_LIMIT'],
  ['api_error', 'PROVIDER_SERVER'],
  ['timeout_error', 'PROVIDER_SERVER'],
  ['overloaded_error', 'PROVIDER_OVERLOADED'],
]);

/** Where the body names no type that is known. */
const TYPE_OF_STATUS: Readonly<Record<number, string>> = {
  401: 'authentication_error',
  402: 'billing_error',
  403: 'permission_error',
  404: 'not_found_error',
  408: 'timeout_error',
  409: 'conflict_error',
  413: 'request_too_large',
  429: 'rate_limit_error',
  503: 'overloaded_error',
  504: 'timeout_error',
  529: 'overloaded_error',
};

const RETRYABLE: readonly ProviderErrorCode[] = ['PROVIDER_RATE_LIMIT', 'PROVIDER_SERVER', 'PROVIDER_OVERLOADED'];

/** Said under several types and statuses; the words decide. */
const MONEY = /credit balance|billing|spend(?:ing)? limit|quota exceeded|available balance|purchase credits/i;
const USED_UP = /usage limits?\b|weekly limit|5-hour limit|monthly (?:usage )?limit|regain access on/i;
const POLICY = /content filtering policy|usage policy/i;
const SIGNATURE = /signature.{0,40}thinking|thinking.{0,80}(?:signature|cannot be modified)|data.{0,8}in.{0,8}redacted_thinking/i;
const SETTINGS = /\bthinking\b|\badaptive\b|\beffort\b|output_config/i;

/** A response that is no stream. */
export function toError(response: ErrorResponse, context: ProtocolContext): ProviderError {
  const { status, fields, text, nowMs } = response;
  const body = parseJson(text);
  const failure = isObject(body) ? readFailure(body) : { type: '', message: excerpt(text), requestId: '' };
  const requestId = fieldValue(fields, 'request-id') ?? failure.requestId;
  const common = { status, ...(requestId === '' ? {} : { requestId: printable(requestId) }) };
  if (status >= 200 && status < 300 && !isFailure(body)) {
    return malformedError(`the server answered ${status} with JSON where a stream was asked for: ${excerpt(text)}`, {
      ...common,
      retryable: false,
    });
  }
  const error = toProviderError(failure, typeOf(failure, status), context, common);
  const plan = status === 429 ? usedUpPlan(fields) : undefined;
  if (plan !== undefined) return usageLimitError(error, error.resetsAtMs ?? plan.resetsAtMs);
  const openAtMs = error.code === 'PROVIDER_RATE_LIMIT' ? windowsOpenAtMs(fields) : undefined;
  const delayMs = retryAfterMs(fields, nowMs) ?? (openAtMs === undefined ? undefined : Math.max(0, openAtMs - nowMs));
  return delayMs === undefined ? error : amendError(error, { retryAfterMs: delayMs });
}

/** An `error` event: the request was accepted, so what nobody knows is a failure of the server. */
export function toStreamError(event: JsonObject, context: ProtocolContext): ProviderError {
  const failure = readFailure(event);
  const type = CLASSES.has(failure.type) ? failure.type : 'api_error';
  const details = failure.requestId === '' ? {} : { requestId: printable(failure.requestId) };
  return toProviderError(failure, type, context, details);
}

function typeOf({ type }: Failure, status: number): string {
  if (CLASSES.has(type)) return type;
  return TYPE_OF_STATUS[status] ?? (status >= 500 ? 'api_error' : 'invalid_request_error');
}

function toProviderError(
  failure: Failure,
  type: string,
  context: ProtocolContext,
  details: ProviderErrorDetails,
): ProviderError {
  const code = classOf(CLASSES.get(type) ?? 'PROVIDER_SERVER', failure.message);
  const said = failure.message.trim();
  const message = said === '' ? `the server failed without saying why (${type})` : printable(said, limits.errorTextCharsMax);
  const error = new ProviderError(code, message, {
    provider: context.origin.provider,
    ...details,
    retryable: RETRYABLE.includes(code),
    vendorCode: failure.type === '' ? type : printable(failure.type),
  });
  return code === 'PROVIDER_USAGE_LIMIT' ? usageLimitError(error, regainMs(said)) : error;
}

function classOf(code: ProviderErrorCode, message: string): ProviderErrorCode {
  const overflows = code === 'PROVIDER_INVALID_REQUEST' || code === 'PROVIDER_CONTEXT_OVERFLOW' || code === 'PROVIDER_SERVER';
  if (overflows && isContextOverflow(message)) return 'PROVIDER_CONTEXT_OVERFLOW';
  if (code === 'PROVIDER_AUTHENTICATION' || code === 'PROVIDER_OVERLOADED') return code;
  if (USED_UP.test(message)) return 'PROVIDER_USAGE_LIMIT';
  if (MONEY.test(message)) return 'PROVIDER_QUOTA';
  if (POLICY.test(message)) return 'PROVIDER_CONTENT_POLICY';
  return code;
}

function usageLimitError(error: ProviderError, resetsAtMs: number | undefined): ProviderError {
  const { provider, status, requestId, vendorCode } = error;
  const hint = resetsAtMs === undefined ? error.hint : `resets at ${new Date(resetsAtMs).toISOString()}`;
  return amendError(new ProviderError('PROVIDER_USAGE_LIMIT', error.message), {
    retryable: false,
    ...(provider === undefined ? {} : { provider }),
    ...(status === undefined ? {} : { status }),
    ...(requestId === undefined ? {} : { requestId }),
    ...(vendorCode === undefined ? {} : { vendorCode }),
    ...(resetsAtMs === undefined ? {} : { resetsAtMs }),
    ...(hint === undefined ? {} : { hint }),
  });
}

/** "You will regain access on 2026-12-01 at 00:00 UTC." */
function regainMs(message: string): number | undefined {
  const [, day, time] = /regain access on (\d{4}-\d\d-\d\d)(?: at (\d\d:\d\d) UTC)?/i.exec(message) ?? [];
  const ms = day === undefined ? Number.NaN : Date.parse(`${day}T${time ?? '00:00'}:00Z`);
  return Number.isNaN(ms) ? undefined : ms;
}

/** Other shapes are those of proxies: `{error: "…"}`, `{detail: "…"}`, `{message: "…"}`. */
function readFailure(body: JsonObject): Failure {
  const inner = isObject(body['error']) ? body['error'] : body;
  const given = [body['error'], inner['message'], body['detail'], body['message']].find((value) => typeof value === 'string');
  const type = inner === body && body['type'] === 'error' ? '' : stringOr(inner['type'], '');
  return { type, message: stringOr(given, ''), requestId: stringOr(body['request_id'], '') };
}

/** A whole message that was not streamed is none. */
function isFailure(body: unknown): boolean {
  return isObject(body) && (body['type'] === 'error' || (body['error'] !== undefined && body['error'] !== null));
}

/** Replayed thoughts that no longer fit what stands before them: the request may be sent once more without them. */
export function isThinkingRefused(error: ProviderError): boolean {
  return error.status === 400 && SIGNATURE.test(error.message);
}

/** The model takes no such way of thinking, or no effort. */
export function isThinkingUnsupported(error: ProviderError): boolean {
  return error.status === 400 && error.code === 'PROVIDER_INVALID_REQUEST' && SETTINGS.test(error.message);
}

export function truncatedError(what: string): ProviderError {
  return new ProviderError('PROVIDER_TRUNCATED_STREAM', `the stream ended before message_stop (${what})`, { retryable: true });
}

export function malformedError(what: string, details: ProviderErrorDetails = {}): ProviderError {
  return new ProviderError('PROVIDER_MALFORMED_RESPONSE', what, { retryable: true, ...details });
}
