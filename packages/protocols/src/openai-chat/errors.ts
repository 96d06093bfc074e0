/**
 * What a refusal means: an HTTP status with its body, or a chunk with an error in a stream that began well.
 *
 * Servers say it in many forms: `{error: {message, type, param, code}}`, `code` a word or the status, `{error: "text"}`,
 * `{message}`, `{detail: "text" | [{loc, msg}]}`, `{object: "error", …}`. One table classes their codes; where they have
 * none, the status and, for overflows and money, the text decide. Texts are the vendor's; a blank one is replaced.
 */
import {
  amendError, arrayOr, type ErrorResponse, excerpt, isContextOverflow, isObject, type JsonObject, type JsonValue, objectOr,
  parseJson, type ProtocolContext, ProviderError, type ProviderErrorCode, type ProviderErrorDetails, retryAfterMs, stringOr,
} from '@sx/llm/provider-kit';
import type { Fields } from '@sx/net';
import { printable } from '@sx/net/net-error';

import { dateIn, delayIn } from '../delay-in.ts';
import { limits } from '../limits.ts';
import { openaiWaitMs } from '../openai-rate-limits.ts';
import { saysSpent } from '../says-spent.ts';

interface Failure {
  readonly code: string;
  readonly type: string;
  readonly message: string;
  /** Where the server says it in the body: routers, in a stream. */
  readonly status: number | undefined;
  /** Head of the upstream's answer, where a router repeats it in the body (OpenRouter). */
  readonly fields?: Fields;
}

/** The model wrote a call that its server could not read (Groq): another try may be better. */
const GARBLED_CALL = 'tool_use_failed';

/** Codes and types of the vendors → class. Looked up in this order: code, then type. */
const CLASSES = new Map<string, ProviderErrorCode>(Object.entries({
  context_length_exceeded: 'PROVIDER_CONTEXT_OVERFLOW',
  exceed_context_size_error: 'PROVIDER_CONTEXT_OVERFLOW',
  insufficient_quota: 'PROVIDER_QUOTA',
  billing_hard_limit_reached: 'PROVIDER_QUOTA',
  exceeded_current_quota_error: 'PROVIDER_QUOTA',
  rate_limit_exceeded: 'PROVIDER_RATE_LIMIT',
  rate_limit_error: 'PROVIDER_RATE_LIMIT',
  rate_limit_reached_error: 'PROVIDER_RATE_LIMIT',
  tokens: 'PROVIDER_RATE_LIMIT',
  requests: 'PROVIDER_RATE_LIMIT',
  content_policy_violation: 'PROVIDER_CONTENT_POLICY',
  content_filter: 'PROVIDER_CONTENT_POLICY',
  invalid_prompt: 'PROVIDER_CONTENT_POLICY',
  server_is_overloaded: 'PROVIDER_OVERLOADED',
  engine_overloaded_error: 'PROVIDER_OVERLOADED',
  overloaded_error: 'PROVIDER_OVERLOADED',
  slow_down: 'PROVIDER_OVERLOADED',
  model_not_found: 'PROVIDER_NOT_FOUND',
  [GARBLED_CALL]: 'PROVIDER_MALFORMED_RESPONSE',
  invalid_api_key: 'PROVIDER_AUTHENTICATION',
  authentication_error: 'PROVIDER_AUTHENTICATION',
  permission_error: 'PROVIDER_PERMISSION',
  server_error: 'PROVIDER_SERVER',
  invalid_request_error: 'PROVIDER_INVALID_REQUEST',
}));

/** A local server that reads a model from its disk (llama.cpp) names no delay, and is ready in tens of seconds, not in one. */
const LOADING_MS = 10_000;

/** Says less than the status beside it. */
const GENERIC: readonly (ProviderErrorCode | undefined)[] = ['PROVIDER_INVALID_REQUEST', 'PROVIDER_SERVER', undefined];

/** A response that is no stream. */
export function toError({ status, fields, text, nowMs }: ErrorResponse, context: ProtocolContext): ProviderError {
  const body = parseJson(text);
  const failure = readFailure(body) ?? { code: '', type: '', message: plainText(status, text, body), status: undefined };
  const delayMs = retryAfterMs(fields, nowMs);
  const windowsMs = openaiWaitMs([...fields, ...(failure.fields ?? [])], nowMs);
  return toProviderError(classOf(failure, status), failure, windowsMs, {
    provider: context.origin.provider,
    status,
    ...(delayMs === undefined ? {} : { retryAfterMs: delayMs }),
    ...(status === 404 && failure.message === '' ? { hint: 'does the base URL end in the version, such as /v1?' } : {}),
  });
}

/** Servers put errors into streams as chunks, with and without choices beside them, or as events of a form of their own. */
export function isErrorChunk(chunk: JsonObject): boolean {
  const error = chunk['error'];
  if (error !== undefined && error !== null && error !== false) return true;
  if (Array.isArray(chunk['choices'])) return false;
  if (chunk['object'] === 'error' || chunk['type'] === 'error') return true;
  return typeof chunk['message'] === 'string' || chunk['detail'] !== undefined;
}

export function toStreamError(chunk: JsonObject, context: ProtocolContext): ProviderError {
  const failure = readFailure(chunk) ?? { code: '', type: '', message: '', status: undefined };
  const { status } = failure;
  // What nobody knows is a failure of the server: it accepted the request.
  const code = status === undefined ? classOf(failure, 500) : classOf(failure, status);
  return toProviderError(code, failure, undefined, { provider: context.origin.provider, ...(status === undefined ? {} : { status }) });
}

/** `finish_reason: "error"`: the server gave up and does not say why. */
export function stoppedError(reason: string, context: ProtocolContext): ProviderError {
  const code = reason === 'insufficient_system_resource' ? 'PROVIDER_OVERLOADED' : 'PROVIDER_SERVER';
  return new ProviderError(code, `the server gave up in the middle of its answer (${reason})`, {
    provider: context.origin.provider,
    retryable: true,
    vendorCode: reason,
  });
}

export function truncatedError(what: string): ProviderError {
  return new ProviderError('PROVIDER_TRUNCATED_STREAM', `the stream ended before a finish reason (${what})`, { retryable: true });
}

export function malformedError(what: string, details: ProviderErrorDetails = {}): ProviderError {
  return amendError(new ProviderError('PROVIDER_MALFORMED_RESPONSE', what, { retryable: true }), details);
}

/** @param windowsMs - Until the exhausted windows of the head open; what the server says in words counts more. */
function toProviderError(
  code: ProviderErrorCode,
  failure: Failure,
  windowsMs: number | undefined,
  details: ProviderErrorDetails,
): ProviderError {
  const said = failure.message.trim();
  const unsaid = `the server failed${failure.code === '' ? ' without saying why' : `: ${printable(failure.code, 80)}`}`;
  const waits = code === 'PROVIDER_RATE_LIMIT' || code === 'PROVIDER_OVERLOADED' || code === 'PROVIDER_SERVER';
  const spent = code === 'PROVIDER_QUOTA' || code === 'PROVIDER_USAGE_LIMIT';
  const limited = spent || code === 'PROVIDER_RATE_LIMIT';
  const spokenMs = waits || spent ? delayIn(failure.message) : undefined;
  const loadsMs = details.status === 503 && /\bloading (?:the )?model\b/i.test(said) ? LOADING_MS : undefined;
  const delayMs = details.retryAfterMs ?? spokenMs ?? loadsMs ?? (limited ? windowsMs : undefined);
  const resetsAtMs = spent ? dateIn(failure.message) : undefined;
  const vendorCode = failure.code === '' ? failure.type : failure.code;
  return new ProviderError(code, said === '' ? unsaid : printable(said, limits.errorTextCharsMax), {
    ...details,
    retryable: waits || failure.code === GARBLED_CALL || details.status === 408 || details.status === 409,
    ...(delayMs === undefined ? {} : { retryAfterMs: delayMs }),
    ...(resetsAtMs === undefined ? {} : { resetsAtMs }),
    ...(vendorCode === '' ? {} : { vendorCode: printable(vendorCode) }),
  });
}

function classOf(failure: Failure, status: number): ProviderErrorCode {
  if (isContextOverflow(`${failure.code} ${failure.message}`)) return 'PROVIDER_CONTEXT_OVERFLOW';
  // More than the limit of a minute will not pass in any minute: only a shorter conversation helps.
  if (status === 413 || /request too large for/i.test(failure.message)) return 'PROVIDER_CONTEXT_OVERFLOW';
  const known = CLASSES.get(failure.code) ?? CLASSES.get(failure.type);
  const isVague = known === undefined || GENERIC.includes(known);
  if (status === 429 || (isVague && (status === 400 || status === 403))) {
    const spent = isVague || known === 'PROVIDER_RATE_LIMIT' ? saysSpent(failure.message) : undefined;
    if (spent !== undefined) return spent;
  }
  if (!isVague) return known;
  switch (status) {
    case 200: return known ?? 'PROVIDER_MALFORMED_RESPONSE';
    case 401: return 'PROVIDER_AUTHENTICATION';
    case 402: return 'PROVIDER_QUOTA';
    case 403: return 'PROVIDER_PERMISSION';
    case 404: return 'PROVIDER_NOT_FOUND';
    case 429: return 'PROVIDER_RATE_LIMIT';
    case 529: return 'PROVIDER_OVERLOADED';
    default: return status >= 500 ? 'PROVIDER_SERVER' : 'PROVIDER_INVALID_REQUEST';
  }
}

/** A body without an error in it: no JSON, or a whole answer of a server that does not stream. */
function plainText(status: number, text: string, body: JsonValue | undefined): string {
  if (text.trim() === '') return `the server answered ${status} without a body`;
  if (status !== 200) return excerpt(text);
  const what = isObject(body) && Array.isArray(body['choices']) ? 'a whole answer' : 'JSON';
  return `the server answered 200 with ${what} where a stream was asked for: ${excerpt(text)}`;
}

function readFailure(value: JsonValue | undefined): Failure | undefined {
  // Some gateways wrap the object in a list.
  const body = Array.isArray(value) ? value[0] : value;
  if (!isObject(body)) return undefined;
  const nested = body['error'] ?? body['detail'];
  if (typeof nested === 'string') return { code: '', type: '', message: nested, status: statusOf(body['code']) };
  if (Array.isArray(nested)) return { code: '', type: '', message: validationText(nested), status: undefined };
  const object = isObject(nested) ? nested : body;
  if (object === body && object['message'] === undefined && typeof object['code'] !== 'string') return undefined;
  return {
    code: stringOr(object['code'], ''),
    type: object['type'] === 'error' ? '' : stringOr(object['type'], ''),
    message: messageOf(object),
    status: statusOf(object['code']) ?? statusOf(object['status']),
    fields: fieldsOf(objectOr(object['metadata'], {})['headers']),
  };
}

function fieldsOf(headers: JsonValue | undefined): Fields {
  if (!isObject(headers)) return [];
  return Object.entries(headers).flatMap(([name, value]): Fields => (typeof value === 'string' ? [[name, value]] : []));
}

function statusOf(value: JsonValue | undefined): number | undefined {
  const status = typeof value === 'string' && /^\d{3}$/.test(value) ? Number(value) : value;
  return typeof status === 'number' && status >= 400 && status <= 599 ? status : undefined;
}

/** The message; behind a router, what the upstream said is more than "Provider returned error". */
function messageOf(error: JsonObject): string {
  const { message } = error;
  if (isObject(message)) return Array.isArray(message['detail']) ? validationText(message['detail']) : JSON.stringify(message);
  const metadata = error['metadata'];
  const upstream = isObject(metadata) ? stringOr(metadata['raw'], '') : '';
  const name = isObject(metadata) ? stringOr(metadata['provider_name'], '') : '';
  const said = stringOr(message, '');
  return upstream === '' ? said : `${said} (${name === '' ? '' : `${name}: `}${upstream})`;
}

/** What FastAPI says of a body that it does not take: `body.store: Extra inputs are not permitted`. */
function validationText(list: readonly JsonValue[]): string {
  return list.filter(isObject).map((item) => `${arrayOr(item['loc'], []).join('.')}: ${stringOr(item['msg'], '')}`).join('; ');
}
