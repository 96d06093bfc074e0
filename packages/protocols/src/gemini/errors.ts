/**
 * What a refusal means: an HTTP status with its body, or an `error` in the middle of a stream. Both hold the same object,
 * `{code, message, status, details}` (google.rpc.Status), which proxies sometimes wrap in an array.
 *
 * A 429 has three meanings, told apart by `QuotaFailure.violations`: a limit by the minute (wait, `RetryInfo` says how long),
 * one by the day (over until midnight in California), and one of zero (not in the plan). Texts decide only where no detail does.
 *
 * Whether a class may be repeated is decided here: quotas, policies and invalid requests never; failures of the server
 * and limits by the minute always.
 */
import {
  arrayOr, type ErrorResponse, excerpt, isContextOverflow, isObject, type JsonObject, type JsonValue, numberOr, parseJson,
  type ProtocolContext, ProviderError, type ProviderErrorCode, type ProviderErrorDetails, retryAfterMs, stringOr,
} from '@sx/llm/provider-kit';
import { printable } from '@sx/net/net-error';

import { limits } from '../limits.ts';

interface Failure {
  /** The HTTP status that the body repeats. */
  readonly code: number | undefined;
  /** `RESOURCE_EXHAUSTED`, … */
  readonly status: string;
  readonly message: string;
  readonly details: readonly JsonObject[];
}

const STATUS_OF = new Map(Object.entries({
  INVALID_ARGUMENT: 400, FAILED_PRECONDITION: 400, OUT_OF_RANGE: 400, UNAUTHENTICATED: 401, PERMISSION_DENIED: 403,
  NOT_FOUND: 404, ABORTED: 409, ALREADY_EXISTS: 409, RESOURCE_EXHAUSTED: 429, CANCELLED: 499, INTERNAL: 500, UNKNOWN: 500,
  DATA_LOSS: 500,
  UNIMPLEMENTED: 501, UNAVAILABLE: 503, DEADLINE_EXCEEDED: 504,
}));

/** A response that is no stream. */
export function toError(response: ErrorResponse, context: ProtocolContext): ProviderError {
  const { status, fields, text, nowMs } = response;
  const failure = readFailure(parseJson(text));
  if (failure !== undefined) {
    return toProviderError(failure, context, status, nowMs, retryAfterMs(fields, nowMs));
  }
  const shown = text.trim() === '' ? `the server answered ${status} without a body` : excerpt(text);
  if (status === 200) {
    const message = `the server answered 200 with JSON where a stream was asked for: ${shown}`;
    return malformedError(message, { status, retryable: false });
  }
  const plain: Failure = { code: status, status: '', message: shown, details: [] };
  return toProviderError(plain, context, status, nowMs, retryAfterMs(fields, nowMs));
}

/** The `error` member of a chunk. */
export function toStreamError(error: JsonObject, context: ProtocolContext, nowMs: number): ProviderError {
  const failure = readFailure({ error }) ?? { code: undefined, status: '', message: '', details: [] };
  // What nobody knows is a failure of the server: it had accepted the request.
  const status = failure.code ?? STATUS_OF.get(failure.status) ?? 500;
  return toProviderError(failure, context, status, nowMs, undefined);
}

function toProviderError(
  failure: Failure,
  context: ProtocolContext,
  status: number,
  nowMs: number,
  fieldDelayMs: number | undefined,
): ProviderError {
  // A 200 that is an error says so in its body.
  const effective = status === 200 ? (failure.code ?? STATUS_OF.get(failure.status) ?? 500) : status;
  const code = classOf(effective, failure);
  const saidMs = retryDelayOf(failure.details) ?? delayIn(failure.message) ?? fieldDelayMs;
  // Beside a limit by the day it says when the one by the minute is over.
  const delayMs = code === 'PROVIDER_USAGE_LIMIT' ? undefined : saidMs;
  const message = failure.message.trim() === ''
    ? `the server answered ${effective} without saying why`
    : printable(failure.message.trim(), limits.errorTextCharsMax);
  const vendorCode = reasonOf(failure.details) ?? failure.status;
  return new ProviderError(code, message, {
    provider: context.origin.provider,
    status,
    retryable: isRetryable(code, effective),
    ...(delayMs === undefined ? {} : { retryAfterMs: delayMs }),
    ...(code === 'PROVIDER_USAGE_LIMIT' ? dailyDetails(failure.details, nowMs) : {}),
    ...(vendorCode === '' ? {} : { vendorCode: printable(vendorCode) }),
  });
}

function classOf(status: number, failure: Failure): ProviderErrorCode {
  const { message, details } = failure;
  if (isContextOverflow(message) || /input (?:context|token).{0,40}too long/i.test(message)) return 'PROVIDER_CONTEXT_OVERFLOW';
  const reason = reasonOf(details) ?? '';
  if (reason.startsWith('API_KEY_') && status < 404) return 'PROVIDER_AUTHENTICATION';
  switch (failure.status === '' ? status : (STATUS_OF.get(failure.status) ?? status)) {
    case 400:
      if (/api key/i.test(message)) return 'PROVIDER_AUTHENTICATION';
      if (failure.status !== 'FAILED_PRECONDITION') return 'PROVIDER_INVALID_REQUEST';
      if (/billing/i.test(message)) return 'PROVIDER_QUOTA';
      return /location|region|country/i.test(message) ? 'PROVIDER_PERMISSION' : 'PROVIDER_INVALID_REQUEST';
    case 401: return 'PROVIDER_AUTHENTICATION';
    case 402: return 'PROVIDER_QUOTA';
    case 403: return /unregistered callers|api key/i.test(message) ? 'PROVIDER_AUTHENTICATION' : 'PROVIDER_PERMISSION';
    case 404: return 'PROVIDER_NOT_FOUND';
    case 413: return 'PROVIDER_CONTEXT_OVERFLOW';
    case 429: return classOfLimit(failure);
    case 503: return 'PROVIDER_OVERLOADED';
    case 408: case 409: case 499: return 'PROVIDER_SERVER';
    default: return status >= 500 && status !== 501 ? 'PROVIDER_SERVER' : 'PROVIDER_INVALID_REQUEST';
  }
}

const SPENT = /billing|available balance|quota exceeded|exceeded your current quota|credits are depleted|monthly usage limit/i;

function classOfLimit({ message, details }: Failure): ProviderErrorCode {
  const violations = violationsOf(details);
  // A limit of nothing: the model is not in the plan, and no waiting helps.
  if (violations.some((violation) => String(violation['quotaValue']) === '0')) return 'PROVIDER_QUOTA';
  const quotaIds = violations.map((violation) => stringOr(violation['quotaId'], ''));
  if (quotaIds.some((id) => /PerDay/i.test(id))) return 'PROVIDER_USAGE_LIMIT';
  if (quotaIds.some((id) => /PerMinute|PerSecond/i.test(id)) || retryDelayOf(details) !== undefined) return 'PROVIDER_RATE_LIMIT';
  return SPENT.test(message) ? 'PROVIDER_QUOTA' : 'PROVIDER_RATE_LIMIT';
}

function isRetryable(code: ProviderErrorCode, status: number): boolean {
  switch (code) {
    case 'PROVIDER_SERVER':
    case 'PROVIDER_OVERLOADED':
    case 'PROVIDER_RATE_LIMIT':
      return status !== 501;
    default: return false;
  }
}

/** `{error: {…}}`, the same in an array, `{error: "text"}`. Undefined for anything without an error in it. */
function readFailure(value: JsonValue | undefined): Failure | undefined {
  const first = Array.isArray(value) ? value.find((item) => isObject(item) && item['error'] !== undefined) : value;
  const error = isObject(first) ? first['error'] : undefined;
  if (typeof error === 'string') return { code: undefined, status: '', message: error, details: [] };
  if (!isObject(error)) return undefined;
  return {
    code: numberOr(error['code'], undefined),
    status: stringOr(error['status'], ''),
    message: stringOr(error['message'], ''),
    details: arrayOr(error['details'], []).filter(isObject),
  };
}

const detailsOf = (details: readonly JsonObject[], type: string): JsonObject[] =>
  details.filter((detail) => stringOr(detail['@type'], '').endsWith(`.${type}`));

function reasonOf(details: readonly JsonObject[]): string | undefined {
  const reason = stringOr(detailsOf(details, 'ErrorInfo')[0]?.['reason'], '');
  return reason === '' ? undefined : reason;
}

function violationsOf(details: readonly JsonObject[]): JsonObject[] {
  return detailsOf(details, 'QuotaFailure').flatMap((detail) => arrayOr(detail['violations'], []).filter(isObject));
}

/** `RetryInfo.retryDelay`: seconds with a fraction and an `s`. */
function retryDelayOf(details: readonly JsonObject[]): number | undefined {
  const delay = stringOr(detailsOf(details, 'RetryInfo')[0]?.['retryDelay'], '');
  const [, seconds] = /^(\d{1,9}(?:\.\d+)?)s$/.exec(delay) ?? [];
  return seconds === undefined ? undefined : Math.round(Number(seconds) * 1000);
}

/** "Please retry in 34.4s.", "… in 712.5ms." */
function delayIn(message: string): number | undefined {
  const [, amount, unit] = /retry in (\d{1,9}(?:\.\d+)?)(ms|s)\b/i.exec(message) ?? [];
  if (amount === undefined) return undefined;
  return Math.round(unit?.toLowerCase() === 'ms' ? Number(amount) : Number(amount) * 1000);
}

/** Daily quotas open again at midnight in California. */
function dailyDetails(details: readonly JsonObject[], nowMs: number): ProviderErrorDetails {
  const resetsAtMs = nextMidnightMs(nowMs);
  const quotaIds = violationsOf(details).map((violation) => stringOr(violation['quotaId'], ''));
  const quotaId = quotaIds.find((id) => /PerDay/i.test(id)) ?? '';
  return { resetsAtMs, hint: `limit ${printable(quotaId)}, resets at ${new Date(resetsAtMs).toISOString()}` };
}

const DAY_MS = 86_400_000;

function nextMidnightMs(nowMs: number): number {
  const clock = new Intl.DateTimeFormat('en', {
    timeZone: 'America/Los_Angeles', hour: 'numeric', minute: 'numeric', second: 'numeric', hourCycle: 'h23',
  });
  const figures = clock.formatToParts(nowMs).filter(({ type }) => type !== 'literal').map(({ value }) => Number(value));
  const [hour = 0, minute = 0, second = 0] = figures;
  const sinceMidnightMs = ((hour * 60 + minute) * 60 + second) * 1000;
  return nowMs - (nowMs % 1000) - sinceMidnightMs + DAY_MS;
}

export function truncatedError(what: string): ProviderError {
  return new ProviderError('PROVIDER_TRUNCATED_STREAM', `the stream ended before a finishReason (${what})`, { retryable: true });
}

export function malformedError(what: string, details: ProviderErrorDetails = {}): ProviderError {
  return new ProviderError('PROVIDER_MALFORMED_RESPONSE', what, { retryable: true, ...details });
}

export function blockedError(reason: string): ProviderError {
  return new ProviderError('PROVIDER_CONTENT_POLICY', `the prompt was blocked by the vendor: ${printable(reason)}`, {
    status: 200,
    vendorCode: printable(reason),
  });
}

/** Ends that another try may avoid. Of what nobody knows it is better not to pay for more. */
const PASSING = [
  'STOP', 'MALFORMED_FUNCTION_CALL', 'UNEXPECTED_TOOL_CALL', 'TOO_MANY_TOOL_CALLS', 'MALFORMED_RESPONSE', 'CONTINUATION',
];

/** The model's answer is no use: `finishReason` says so, or it is empty. */
export function outputError(reason: string, said: string | undefined): ProviderError {
  const why = said === undefined ? '' : `: ${printable(said, limits.errorTextCharsMax)}`;
  return new ProviderError('PROVIDER_MODEL_OUTPUT', `the model ended with ${printable(reason)}${why}`, {
    status: 200,
    retryable: PASSING.includes(reason),
    vendorCode: printable(reason),
  });
}
