/** The refusals of the public API, chat and responses alike: `{error:{message,type,param,code}}`. */
import { RefusedRequest, type Exchange, type HttpAnswer } from '../server/exchange.ts';
import type { FailureName } from '../server/scenario.ts';

export function apiError(
  status: number,
  type: string,
  code: string | null,
  message: string,
  headers: Readonly<Record<string,
  string>> = {},
): HttpAnswer {
  return {
    status,
    headers: { 'x-request-id': 'req_simulated', ...headers },
    body: { error: { message, type, param: null, code } },
  };
}

/** The key as a bearer. */
export function checkBearer({ headers }: Exchange, apiKey: string): void {
  const sent = headers['authorization'];
  if (sent === undefined) {
    throw new RefusedRequest(
      apiError(
        401,
        'invalid_request_error',
        null,
        "You didn't provide an API key. You need to provide your API key in an Authorization header using Bearer auth.",
      ),
    );
  }
  if (sent !== `Bearer ${apiKey}`) {
    throw new RefusedRequest(
      apiError(
        401,
        'invalid_request_error',
        'invalid_api_key',
        'Incorrect API key provided. You can find your API key at https://platform.openai.com/account/api-keys.',
      ),
    );
  }
}

export function openaiFailure(name: FailureName, retryAfterSeconds: number | undefined): HttpAnswer {
  const retryAfter: Record<string, string> = retryAfterSeconds === undefined ? {} : {
    'retry-after': String(retryAfterSeconds),
    'retry-after-ms': String(retryAfterSeconds * 1000),
  };
  switch (name) {
    case 'usage-limit':
    case 'usage-limit-404':
    case 'billing':
      return apiError(
        429,
        'insufficient_quota',
        'insufficient_quota',
        'You exceeded your current quota, please check your plan and billing details.',
        { 'x-should-retry': 'false', ...retryAfter },
      );
    case 'rate-limit':
      return apiError(
        429,
        'requests',
        'rate_limit_exceeded',
        `Rate limit reached for requests. Please try again in ${retryAfterSeconds ?? 1}s.`,
        { ...retryAfter, 'x-ratelimit-remaining-requests': '0', 'x-ratelimit-reset-requests': '1s' },
      );
    case 'overloaded':
      return apiError(
        503, 'server_error', 'server_is_overloaded', 'The engine is currently overloaded, please try again later.', retryAfter,
      );
    case 'server-error':
      return apiError(500, 'server_error', null, 'The server had an error while processing your request.', retryAfter);
    case 'unauthorized':
      return apiError(401, 'invalid_request_error', 'invalid_api_key', 'Incorrect API key provided.');
    case 'context-overflow':
      return apiError(
        400,
        'invalid_request_error',
        'context_length_exceeded',
        "This model's maximum context length is 272000 tokens. However, your messages resulted in 300000 tokens.",
      );
    case 'invalid-request':
      return apiError(400, 'invalid_request_error', null, 'The request is not valid.');
    case 'policy':
      return apiError(
        400,
        'invalid_request_error',
        'content_policy_violation',
        'Your request was rejected as a result of our safety system.',
      );
    case 'model-not-found':
      return apiError(
        404,
        'invalid_request_error',
        'model_not_found',
        'The model `gpt-none` does not exist or you do not have access to it.',
      );
    case 'bad-image':
      return apiError(
        400,
        'invalid_request_error',
        'invalid_image',
        'The image data you provided does not represent a valid image.',
      );
    case 'too-large':
      return { status: 413, body: '<html><body>413 Request Entity Too Large</body></html>' };
    default:
      return name satisfies never;
  }
}
