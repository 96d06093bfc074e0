/** The refusals of the Gemini API: `{error:{code,message,status,details}}`. */
import { RefusedRequest, type HttpAnswer } from '../server/exchange.ts';
import type { Json } from '../server/json.ts';
import type { FailureName } from '../server/scenario.ts';

const STATUS = {
  INVALID_ARGUMENT: 400, FAILED_PRECONDITION: 400, UNAUTHENTICATED: 401, PERMISSION_DENIED: 403, NOT_FOUND: 404, RESOURCE_EXHAUSTED: 429, INTERNAL: 500, UNAVAILABLE: 503, DEADLINE_EXCEEDED: 504,
} as const;
export type GeminiStatus = keyof typeof STATUS;

export function errorBody(status: GeminiStatus, message: string, details: readonly Json[] = []): Json {
  return { error: { code: STATUS[status], message, status, ...(details.length === 0 ? {} : { details }) } };
}

const answerOf = (status: GeminiStatus, message: string, details: readonly Json[] = []): HttpAnswer => ({
  status: STATUS[status],
  body: errorBody(status, message, details),
});

export function geminiRefusal(status: GeminiStatus, message: string, details: readonly Json[] = []): RefusedRequest {
  return new RefusedRequest(answerOf(status, message, details), message);
}
export const invalid = (message: string): RefusedRequest => geminiRefusal('INVALID_ARGUMENT', message);
export const badKey = (): RefusedRequest =>
  geminiRefusal(
    'INVALID_ARGUMENT',
    'API key not valid. Please pass a valid API key.',
    [{ '@type': 'type.googleapis.com/google.rpc.ErrorInfo', reason: 'API_KEY_INVALID', domain: 'googleapis.com' }],
  );

export function geminiFailure(name: FailureName, retryAfterSeconds: number | undefined): HttpAnswer {
  const quota = (id: string): Json[] => [
    {
      '@type': 'type.googleapis.com/google.rpc.QuotaFailure',
      violations: [{ quotaMetric: 'generativelanguage.googleapis.com/generate_content_requests', quotaId: id }],
    },
    { '@type': 'type.googleapis.com/google.rpc.RetryInfo', retryDelay: `${retryAfterSeconds ?? 34.4}s` },
  ];
  switch (name) {
    case 'usage-limit':
    case 'usage-limit-404':
      return answerOf(
        'RESOURCE_EXHAUSTED',
        'You exceeded your current quota, please check your plan and billing details.',
        quota('GenerateRequestsPerDayPerProjectPerModel'),
      );
    case 'rate-limit':
      return answerOf(
        'RESOURCE_EXHAUSTED',
        `You exceeded your current quota. Please retry in ${retryAfterSeconds ?? 34.4}s.`,
        quota('GenerateRequestsPerMinutePerProjectPerModel'),
      );
    case 'overloaded':
      return answerOf('UNAVAILABLE', 'The model is overloaded. Please try again later.');
    case 'server-error':
      return answerOf('INTERNAL', 'An internal error has occurred. Please retry.');
    case 'unauthorized':
      return badKey().answer;
    case 'billing':
      return answerOf(
        'FAILED_PRECONDITION',
        'Gemini API free tier is not available in your country. Please enable billing on your project in Google AI Studio.',
      );
    case 'context-overflow':
      return answerOf(
        'INVALID_ARGUMENT',
        'The input token count (1200000) exceeds the maximum number of tokens allowed (1048576).',
      );
    case 'invalid-request':
      return answerOf('INVALID_ARGUMENT', 'Request contains an invalid argument.');
    case 'policy':
      return answerOf('PERMISSION_DENIED', 'The caller does not have permission.');
    case 'model-not-found':
      return answerOf(
        'NOT_FOUND',
        'models/gemini-none is not found for API version v1beta, or is not supported for generateContent.',
      );
    case 'bad-image':
      return answerOf(
        'INVALID_ARGUMENT',
        'Unable to process input image. Please retry or report in https://developers.generativeai.google/guide/troubleshooting',
      );
    case 'too-large':
      return { status: 413, body: '<html><title>Error 413 (Request Entity Too Large)!!1</title></html>' };
    default:
      return name satisfies never;
  }
}
