/**
 * The Chat Completions protocol: `POST {base}/chat/completions`, answered by an event stream of chunks.
 *
 * One format, many servers. What may be sent to each is its dialect (`ChatDialect`), a record that the provider brings; what
 * comes back is read in every way that servers are known to write it, whoever it is. Which capabilities it reads in
 * `capabilities.extra`: `cacheControl` (mark the prefix for Anthropic's caches), `verbosity` (false: never send it).
 */
import { createWireDecoder, type Protocol } from '@sx/llm/provider-kit';

import { openaiMedia } from '../media-limits.ts';
import { openaiRateLimits } from '../openai-rate-limits.ts';
import { toBody, warningsOf } from './body.ts';
import { createReducer } from './decoder.ts';
import { toError } from './errors.ts';
import { type ChatDialect, unknownServer } from './wire.ts';

export type { ChatDialect } from './wire.ts';

/**
 * @param differences - From a server of which nothing is known (`unknownServer` in `wire.ts`).
 * @param now - Wall clock for reset times that the server gives as spans. Default `Date.now`.
 */
export function chatCompletions(differences: Partial<ChatDialect> = {}, now: () => number = Date.now): Protocol {
  const dialect: ChatDialect = { ...unknownServer, ...differences };
  return {
    id: 'openai-chat',
    media: openaiMedia,
    toBody: (request, context) => toBody(request, context, dialect),
    warnings: (request) => warningsOf(request, dialect),
    createDecoder: (context) => createWireDecoder(createReducer(context, dialect), (data) => data.trim() === '[DONE]'),
    toError,
    headEvents(fields) {
      const limits = openaiRateLimits(fields, now());
      return limits.length === 0 ? [] : [{ type: 'rate-limits', limits }];
    },
  };
}
