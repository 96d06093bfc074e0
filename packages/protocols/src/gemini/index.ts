/**
 * The Gemini protocol: `POST {base}/models/{model}:streamGenerateContent?alt=sse`, answered by an event stream.
 *
 * Which capabilities it reads in `capabilities.extra`: `thinkingBudget` (`{min, max}`: the model takes a number of tokens, not a
 * level), `signedCalls`, `mediaInResults` (default true; false for the second generation), `jsonSchema` (default true; false
 * where a server knows only the OpenAPI subset).
 *
 * Left out: hosted tools (search, code execution; what they leave in a conversation is echoed), files by URI, several
 * candidates, sampling settings.
 */
import { createWireDecoder, isObject, type JsonObject, numberOr, type Protocol, type TokenCountEndpoint } from '@sx/llm/provider-kit';

import { type SafetySetting, toBody, warningsOf } from './body.ts';
import { createReducer } from './decoder.ts';
import { toError } from './errors.ts';

export type { SafetySetting } from './body.ts';
export { continuationTokenOf } from './wire.ts';

export interface GeminiOptions {
  /** Sent as they are. Default: the vendor's. */
  readonly safetySettings?: readonly SafetySetting[] | undefined;
  /** Wall clock, for reset times in errors of a stream. Default `Date.now`. */
  readonly now?: (() => number) | undefined;
}

/** @param pathOf - `/models/{model}`, below the provider's base URL. */
export function geminiTokenCount(pathOf: (model: string) => string): TokenCountEndpoint {
  return {
    path: (model) => `${pathOf(model)}:countTokens`,
    // Bare, the request may hold contents alone.
    toBody: (body: JsonObject, model) => ({ generateContentRequest: { model: pathOf(model).slice(1), ...body } }),
    parse: (answer) => (isObject(answer) ? numberOr(answer['totalTokens'], undefined) : undefined),
  };
}

export function gemini({ safetySettings = [], now = Date.now }: GeminiOptions = {}): Protocol {
  return {
    id: 'gemini',
    media: { imageTypes: ['image/png', 'image/jpeg', 'image/webp'], documentPagesMax: 1_000, requestBytesMax: 18 * 1024 * 1024 },
    toBody: (request, context) => toBody(request, context, safetySettings),
    warnings: (request) => warningsOf(request),
    createDecoder: (context) => createWireDecoder(createReducer(context, now)),
    toError,
  };
}
