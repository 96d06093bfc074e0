/** The backend's refusals, with the status, head and body that it gives them. */
import type { HttpAnswer } from '../server/exchange.ts';
import type { FailureName } from '../server/scenario.ts';
import { encodeServerSentEvent } from '../server/sse-writer.ts';

const USAGE_RESET_SECONDS = 1234;

export function codexFailure(
  name: FailureName,
  retryAfterSeconds: number | undefined,
  rateLimitHeaders: Readonly<Record<string,
  string>>,
): HttpAnswer {
  const api = (status: number, type: string, code: string | null, message: string, headers: Record<string, string> = {}): HttpAnswer => ({
    status,
    headers: { 'x-request-id': `req_${name}`, ...headers },
    body: { error: { message, type, param: null, code } },
  });
  const retryAfter: Record<string, string> = retryAfterSeconds === undefined ? {} : { 'retry-after': String(retryAfterSeconds) };
  switch (name) {
    case 'usage-limit':
      return {
        status: 429,
        headers: {
          'x-request-id': 'req_usage-limit',
          ...rateLimitHeaders,
          'x-codex-primary-used-percent': '100',
          'x-codex-active-limit': 'codex',
          'x-codex-rate-limit-reached-type': 'rate_limit_reached',
        },
        body: {
          error: {
            type: 'usage_limit_reached',
            message: 'The usage limit has been reached',
            plan_type: 'pro',
            resets_at: Math.floor(Date.now() / 1000) + USAGE_RESET_SECONDS,
            resets_in_seconds: USAGE_RESET_SECONDS,
          },
        },
      };
    case 'usage-limit-404':
      return api(404, 'usage_limit_reached', 'usage_limit_reached', 'The usage limit has been reached');
    case 'rate-limit':
      return api(
        429,
        'rate_limit_exceeded',
        'rate_limit_exceeded',
        `Rate limit reached. Please try again in ${retryAfterSeconds ?? 1}s.`,
        retryAfter,
      );
    case 'overloaded':
      return api(
        503, 'service_unavailable_error', 'server_is_overloaded',
        'Our servers are currently overloaded. Please try again later.', retryAfter,
      );
    case 'server-error':
      return api(500, 'server_error', 'server_error', 'An error occurred while processing your request.', retryAfter);
    case 'unauthorized':
      return {
        status: 401,
        headers: {
          'x-openai-authorization-error': 'token_expired',
          'x-error-json': Buffer.from('{"error":{"code":"token_expired"}}').toString('base64'),
        },
        body: { detail: 'Unauthorized' },
      };
    case 'billing':
      return {
        status: 429,
        body: { error: { type: 'usage_not_included', message: 'Codex is not included in your plan.', plan_type: 'free' } },
      };
    case 'context-overflow':
      return failedStream(
        'context_length_exceeded',
        'Your input exceeds the context window of this model. Please adjust your input and try again.',
      );
    case 'invalid-request':
      return { status: 400, body: { detail: 'The request is not valid.' } };
    case 'policy':
      return api(400, 'invalid_request', 'cyber_policy', 'This request was flagged for possible cybersecurity risk.');
    case 'model-not-found':
      return { status: 400, body: { detail: "The 'gpt-5' model is not supported when using Codex with a ChatGPT account." } };
    case 'bad-image':
      return api(400, 'invalid_request_error', 'invalid_image', 'The image data you provided does not represent a valid image.');
    case 'too-large':
      return { status: 413, body: { detail: 'Request entity too large' } };
    default:
      return name satisfies never;
  }
}

/** A failure that the backend reports inside a 200 stream. */
function failedStream(code: string, message: string): HttpAnswer {
  const response = { id: 'resp_failed', object: 'response', status: 'failed', output: [], usage: null };
  const events = [
    { type: 'response.created', sequence_number: 0, response: { ...response, status: 'in_progress', error: null } },
    { type: 'response.failed', sequence_number: 1, response: { ...response, error: { code, message } } },
  ];
  return {
    status: 200,
    headers: { 'content-type': 'text/event-stream; charset=utf-8', 'x-request-id': 'req_failed' },
    body: events.map((event) => encodeServerSentEvent({ event: event.type, data: JSON.stringify(event) })).join(''),
  };
}
