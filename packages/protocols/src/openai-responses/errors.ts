/**
 * What a refusal means: an HTTP status with its body, `response.failed`, or an `error` event. All three say it in the same
 * words, so one table classes them. Texts are the vendor's; a blank one is replaced, never shown.
 *
 * Whether a class may be repeated is decided here: usage limits, quotas, policies and invalid requests never; failures of
 * the server always; rate limits where the server says how long, or, on the public API, in any case.
 */
import {
  amendError, type ErrorResponse, excerpt, isContextOverflow, isObject, type JsonObject, type JsonValue, numberOr, objectOr,
  parseJson, type ProtocolContext, ProviderError, type ProviderErrorCode, type ProviderErrorDetails, retryAfterMs, stringOr,
} from '@sx/llm/provider-kit';
import { fieldValue } from '@sx/net/fields';
import { printable } from '@sx/net/net-error';

import { dateIn, delayIn } from '../delay-in.ts';
import { limits } from '../limits.ts';
import { openaiWaitMs } from '../openai-rate-limits.ts';
import { saysSpent } from '../says-spent.ts';
import { rateLimitsOf } from './rate-limits.ts';
import type { Dialect } from './wire.ts';

/** One failure, wherever it stood. */
interface Failure {
  readonly code: string;
  readonly type: string;
  readonly message: string;
  /** The object it stood in, for reset times. */
  readonly body: JsonObject;
}

/** Codes and types of the vendor → class. Looked up in this order: code, then type. */
const CLASSES = new Map<string, ProviderErrorCode>(Object.entries({
  context_length_exceeded: 'PROVIDER_CONTEXT_OVERFLOW',
  insufficient_quota: 'PROVIDER_QUOTA',
  billing_hard_limit_reached: 'PROVIDER_QUOTA',
  usage_not_included: 'PROVIDER_QUOTA',
  usage_limit_reached: 'PROVIDER_USAGE_LIMIT',
  rate_limit_exceeded: 'PROVIDER_RATE_LIMIT',
  cyber_policy: 'PROVIDER_CONTENT_POLICY',
  bio_policy: 'PROVIDER_CONTENT_POLICY',
  content_policy_violation: 'PROVIDER_CONTENT_POLICY',
  invalid_prompt: 'PROVIDER_CONTENT_POLICY',
  server_is_overloaded: 'PROVIDER_OVERLOADED',
  slow_down: 'PROVIDER_OVERLOADED',
  model_not_found: 'PROVIDER_NOT_FOUND',
  invalid_api_key: 'PROVIDER_AUTHENTICATION',
  token_expired: 'PROVIDER_AUTHENTICATION',
  server_error: 'PROVIDER_SERVER',
  rate_limit_error: 'PROVIDER_RATE_LIMIT',
  authentication_error: 'PROVIDER_AUTHENTICATION',
  permission_error: 'PROVIDER_PERMISSION',
  invalid_request_error: 'PROVIDER_INVALID_REQUEST',
  tokens: 'PROVIDER_RATE_LIMIT',
  requests: 'PROVIDER_RATE_LIMIT',
}));

const BLANK: Partial<Readonly<Record<ProviderErrorCode, string>>> = {
  PROVIDER_CONTENT_POLICY: 'the request was flagged by a safety rule of the server',
  PROVIDER_OVERLOADED: 'the server is overloaded',
  PROVIDER_USAGE_LIMIT: 'the usage limit is reached',
  PROVIDER_AUTHENTICATION: 'the credential was not accepted',
};

/** A response that is no stream. */
export function toError(response: ErrorResponse, context: ProtocolContext, dialect: Dialect): ProviderError {
  const { status, fields, text, nowMs } = response;
  const failure = readFailure(parseJson(text), fieldValue(fields, 'x-error-json'));
  if (failure === undefined) {
    return plainError(text.trim() === '' ? `the server answered ${status} without a body` : excerpt(text), response);
  }
  const code = classOfStatus(status, failure);
  const limited = code === 'PROVIDER_RATE_LIMIT' || code === 'PROVIDER_QUOTA' || code === 'PROVIDER_USAGE_LIMIT';
  const delayMs = retryAfterMs(fields, nowMs) ?? delayOf(code, failure, nowMs) ?? (limited ? openaiWaitMs(fields, nowMs) : undefined);
  return toProviderError(code, failure, dialect, nowMs, {
    provider: context.origin.provider,
    status,
    ...(delayMs === undefined ? {} : { retryAfterMs: delayMs }),
    ...(dialect === 'codex' ? usageLimitDetails(code, failure, response) : {}),
  });
}

/** `response.failed` (its `response.error`), or an `error` event, flat or nested. */
export function toStreamError(
  event: JsonValue | undefined,
  context: ProtocolContext,
  dialect: Dialect,
  nowMs: number,
): ProviderError {
  const failure = readFailure(event, undefined) ?? { code: '', type: '', message: '', body: {} };
  const status = numberOr(failure.body['status'], numberOr(failure.body['status_code'], undefined));
  const known = CLASSES.get(failure.code) ?? CLASSES.get(failure.type);
  const overflow = isContextOverflow(`${failure.code} ${failure.message}`) ? 'PROVIDER_CONTEXT_OVERFLOW' : undefined;
  // What nobody knows is a failure of the server: it accepted the request.
  const code = overflow ?? known ?? (status === undefined ? 'PROVIDER_SERVER' : classOfStatus(status, failure));
  const delayMs = delayOf(code, failure, nowMs);
  return toProviderError(code, failure, dialect, nowMs, {
    provider: context.origin.provider,
    ...(status === undefined ? {} : { status }),
    ...(delayMs === undefined ? {} : { retryAfterMs: delayMs }),
  });
}

/** What the words of a limit or of a failing server say. Of a limit that is used up, only a span: its end is `resetsAtMs`. */
function delayOf(code: ProviderErrorCode, { message, body }: Failure, nowMs: number): number | undefined {
  if (isSpent(code)) return delayIn(message);
  const waits = code === 'PROVIDER_RATE_LIMIT' || code === 'PROVIDER_OVERLOADED' || code === 'PROVIDER_SERVER';
  return waits ? (delayIn(message) ?? delayUntil(body, nowMs)) : undefined;
}

function isSpent(code: ProviderErrorCode): boolean {
  return code === 'PROVIDER_QUOTA' || code === 'PROVIDER_USAGE_LIMIT';
}

function toProviderError(
  code: ProviderErrorCode,
  failure: Failure,
  dialect: Dialect,
  nowMs: number,
  details: ProviderErrorDetails,
): ProviderError {
  const unsaid = failure.code === '' ? 'the server failed without saying why' : `the server failed: ${failure.code}`;
  const blank = BLANK[code] ?? unsaid;
  const message = failure.message.trim() === '' ? blank : printable(failure.message.trim(), limits.errorTextCharsMax);
  const vendorCode = failure.code === '' ? failure.type : failure.code;
  const resetsAtMs = isSpent(code) ? (resetOf(failure.body, nowMs) ?? dateIn(failure.message)) : undefined;
  return new ProviderError(code, message, {
    ...(resetsAtMs === undefined ? {} : { resetsAtMs }),
    ...details,
    retryable: isRetryable(code, details.retryAfterMs, dialect, details.status),
    ...(vendorCode === '' ? {} : { vendorCode: printable(vendorCode) }),
  });
}

function isRetryable(
  code: ProviderErrorCode,
  delayMs: number | undefined,
  dialect: Dialect,
  status: number | undefined,
): boolean {
  if (code === 'PROVIDER_SERVER' || code === 'PROVIDER_OVERLOADED') return true;
  // A 429 of the Codex backend that names no delay is over for longer than anyone waits; in a stream it is per minute.
  if (code === 'PROVIDER_RATE_LIMIT') return dialect === 'public' || status === undefined || delayMs !== undefined;
  return status === 408 || status === 409;
}

function classOfStatus(status: number, failure: Failure): ProviderErrorCode {
  if (isContextOverflow(`${failure.code} ${failure.message}`)) return 'PROVIDER_CONTEXT_OVERFLOW';
  const known = CLASSES.get(failure.code) ?? CLASSES.get(failure.type);
  const spent = status === 429 && (known === undefined || known === 'PROVIDER_RATE_LIMIT') ? saysSpent(failure.message) : undefined;
  if (spent !== undefined) return spent;
  // A generic type says less than the status beside it.
  if (known !== undefined && known !== 'PROVIDER_INVALID_REQUEST' && known !== 'PROVIDER_SERVER') return known;
  switch (status) {
    case 200: return known ?? 'PROVIDER_MALFORMED_RESPONSE';
    case 401: return 'PROVIDER_AUTHENTICATION';
    case 402: return 'PROVIDER_QUOTA';
    case 403: return 'PROVIDER_PERMISSION';
    case 404: return 'PROVIDER_NOT_FOUND';
    case 413: return 'PROVIDER_CONTEXT_OVERFLOW';
    case 429: return 'PROVIDER_RATE_LIMIT';
    case 503: case 529: return 'PROVIDER_SERVER';
    default: return status >= 500 ? 'PROVIDER_SERVER' : 'PROVIDER_INVALID_REQUEST';
  }
}

/** A body that is no JSON, or JSON without an error in it. */
function plainError(message: string, { status, fields, nowMs }: ErrorResponse): ProviderError {
  const code = classOfStatus(status, { code: '', type: '', message, body: {} });
  const delayMs = retryAfterMs(fields, nowMs);
  const shown = status === 200 ? `the server answered 200 with JSON where a stream was asked for: ${message}` : message;
  return new ProviderError(code, shown, {
    status,
    retryable: status >= 500 || (code === 'PROVIDER_RATE_LIMIT' && delayMs !== undefined),
    ...(delayMs === undefined ? {} : { retryAfterMs: delayMs }),
  });
}

/**
 * `{error: {code, type, message}}`, `{error: "text"}`, `{detail: "text"}`, `{detail: {code, message}}`, `{message}`, a flat
 * error event, or only the code that `x-error-json` carries in base64.
 */
function readFailure(value: JsonValue | undefined, encoded: string | undefined): Failure | undefined {
  const fallback = encoded === undefined ? undefined : objectOr(objectOr(parseJson(fromBase64(encoded)), {})['error'], undefined);
  const code = stringOr(fallback?.['code'], '');
  if (!isObject(value)) return code === '' ? undefined : { code, type: '', message: '', body: {} };
  const nested = value['error'] ?? value['detail'];
  if (typeof nested === 'string') return { code, type: '', message: nested, body: value };
  const object = isObject(nested) ? nested : value;
  // A whole response that was not streamed has no error in it.
  if (object === value && typeof value['message'] !== 'string' && typeof value['code'] !== 'string') {
    return code === '' ? undefined : { code, type: '', message: '', body: value };
  }
  return {
    code: stringOr(object['code'], code),
    type: object['type'] === 'error' ? '' : stringOr(object['type'], ''),
    message: stringOr(object['message'], ''),
    body: object,
  };
}

function fromBase64(text: string): string {
  try {
    return atob(text.trim());
  } catch {
    return '';
  }
}

/** When the window opens again, and of which limit it is. */
function usageLimitDetails(code: ProviderErrorCode, failure: Failure, { fields, nowMs }: ErrorResponse): ProviderErrorDetails {
  if (code !== 'PROVIDER_USAGE_LIMIT') return {};
  const active = (fieldValue(fields, 'x-codex-active-limit') ?? 'codex').replaceAll('-', '_').replace(/^x_/, '');
  const windows = rateLimitsOf(fields)?.limits.filter((window) => window.limitId === active) ?? [];
  const fullest = windows.toSorted((a, b) => b.usedPercent - a.usedPercent)[0];
  const resetsAtMs = resetOf(failure.body, nowMs) ?? fullest?.resetsAtMs;
  const plan = stringOr(failure.body['plan_type'], '');
  const reached = reachedType(fieldValue(fields, 'x-codex-rate-limit-reached-type'));
  const facts = [
    `limit ${fullest?.limitName ?? active}`,
    plan === '' ? '' : `plan ${printable(plan)}`,
    reached ?? '',
    resetsAtMs === undefined ? '' : `resets at ${new Date(resetsAtMs).toISOString()}`,
  ];
  return { ...(resetsAtMs === undefined ? {} : { resetsAtMs }), hint: facts.filter((fact) => fact !== '').join(', ') };
}

const REACHED_TYPES = [
  'rate_limit_reached', 'workspace_owner_credits_depleted', 'workspace_member_credits_depleted',
  'workspace_owner_usage_limit_reached', 'workspace_member_usage_limit_reached',
];

function reachedType(value: string | undefined): string | undefined {
  return REACHED_TYPES.find((type) => type === value)?.replaceAll('_', ' ');
}

function resetOf(body: JsonObject, nowMs: number): number | undefined {
  const at = numberOr(body['resets_at'], undefined);
  if (at !== undefined) return safeDate(at * 1000);
  const inSeconds = numberOr(body['resets_in_seconds'], undefined);
  return inSeconds === undefined ? undefined : safeDate(nowMs + inSeconds * 1000);
}

/** Dates print only within this range (ECMA-262, section 21.4.1.1). */
function safeDate(ms: number): number | undefined {
  return Math.abs(ms) <= 8.64e15 ? ms : undefined;
}

function delayUntil(body: JsonObject, nowMs: number): number | undefined {
  const resetsAtMs = resetOf(body, nowMs);
  return resetsAtMs === undefined ? undefined : Math.max(0, resetsAtMs - nowMs);
}

export function truncatedError(what: string): ProviderError {
  const message = `the stream ended before response.completed (${what})`;
  return new ProviderError('PROVIDER_TRUNCATED_STREAM', message, { retryable: true });
}

export function malformedError(what: string, details: ProviderErrorDetails = {}): ProviderError {
  return amendError(new ProviderError('PROVIDER_MALFORMED_RESPONSE', what, { retryable: true }), details);
}
