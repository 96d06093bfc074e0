/** The refusals of the Messages API: `{type:"error",error:{type,message},request_id}`. */
import { RefusedRequest, type HttpAnswer } from '../server/exchange.ts';
import type { Json } from '../server/json.ts';
import type { FailureName } from '../server/scenario.ts';

const STATUS = {
  invalid_request_error: 400, authentication_error: 401, billing_error: 402, permission_error: 403, not_found_error: 404, conflict_error: 409, request_too_large: 413,
  rate_limit_error: 429, api_error: 500, timeout_error: 504, overloaded_error: 529,
} as const;
export type AnthropicErrorType = keyof typeof STATUS;

export const isAnthropicErrorType = (type: string): type is AnthropicErrorType => type in STATUS;
export const errorBody = (type: string, message: string): Json => ({
  type: 'error',
  error: { type, message },
  request_id: 'req_simulated',
});

function answerOf(type: AnthropicErrorType, message: string, headers: Readonly<Record<string, string>> = {}): HttpAnswer {
  return { status: STATUS[type], headers: { 'request-id': 'req_simulated', ...headers }, body: errorBody(type, message) };
}

export const anthropicRefusal = (type: AnthropicErrorType, message: string): RefusedRequest => new RefusedRequest(
  answerOf(type, message),
  message,
);
export const invalid = (message: string): RefusedRequest => anthropicRefusal('invalid_request_error', message);

export function anthropicFailure(name: FailureName, retryAfterSeconds: number | undefined): HttpAnswer {
  const retryAfter: Record<string, string> = retryAfterSeconds === undefined ? {} : { 'retry-after': String(retryAfterSeconds) };
  switch (name) {
    case 'usage-limit':
    case 'usage-limit-404':
      return answerOf('rate_limit_error', 'You have reached your usage limit for this week.', {
        'anthropic-ratelimit-unified-status': 'rejected',
        'anthropic-ratelimit-unified-reset': String(Math.floor(Date.now() / 1000) + 1234),
        'x-should-retry': 'false',
      });
    case 'rate-limit':
      return answerOf('rate_limit_error', 'This request would exceed your rate limit of 50 requests per minute.', {
        ...retryAfter,
        'anthropic-ratelimit-requests-limit': '50',
        'anthropic-ratelimit-requests-remaining': '0',
        'anthropic-ratelimit-requests-reset': new Date(Date.now() + 1000).toISOString(),
      });
    case 'overloaded':
      return answerOf('overloaded_error', 'Overloaded', retryAfter);
    case 'server-error':
      return answerOf('api_error', 'Internal server error', retryAfter);
    case 'unauthorized':
      return answerOf(
        'authentication_error',
        'OAuth token has expired. Please obtain a new token or refresh your existing token.',
      );
    case 'billing':
      return answerOf(
        'billing_error',
        'Your credit balance is too low to access the API. Please go to Plans & Billing to upgrade or purchase credits.',
      );
    case 'context-overflow':
      return answerOf('invalid_request_error', 'prompt is too long: 1200000 tokens > 1000000 maximum');
    case 'invalid-request':
      return answerOf('invalid_request_error', 'messages: Input should be a valid list');
    case 'policy':
      return answerOf('permission_error', 'This organization may not use this model.');
    case 'model-not-found':
      return answerOf('not_found_error', 'model: claude-none');
    case 'bad-image':
      return answerOf('invalid_request_error', 'messages.0.content.1.image.source.base64.data: Could not process image');
    case 'too-large':
      return answerOf('request_too_large', 'Request exceeds the maximum size');
    default:
      return name satisfies never;
  }
}
