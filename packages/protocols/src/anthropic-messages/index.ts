/**
 * The Messages protocol: `POST {base}/v1/messages`, answered by an event stream.
 *
 * Served by Anthropic, and in the same words by routers and local servers (`official: false`: no `thinking.display`, and
 * thoughts without a signature go back as they came). Which capabilities it reads in `capabilities.extra`: `thinkingTypes`
 * (what `thinking.type` may be), `forcedTools` (false: `tool_choice` may not force one).
 */
import {
  createWireDecoder, isObject, type ModelCapabilities, type ModelRequest, numberOr, type Protocol, type TokenCountEndpoint,
} from '@sx/llm/provider-kit';
import type { Fields } from '@sx/net';

import { anthropicMedia } from '../media-limits.ts';
import { toBody, warningsOf } from './body.ts';
import { createReducer } from './decoder.ts';
import { toError } from './errors.ts';
import { rateLimitsOf } from './rate-limits.ts';
import { wantsInterleaving } from './thinking.ts';

export { claudeAliases, type ClaudeCatalogue, claudeModels, createClaudeCatalogue } from './models.ts';
export { createThinkingRepairs, type ThinkingRepairs } from './repair.ts';

export interface MessagesOptions {
  /** False for servers that speak the format without being Anthropic. Default true. */
  readonly official?: boolean | undefined;
}

/** The version of the API that every server knows, imitators too. */
const VERSION = '2023-06-01';
const INTERLEAVED_THINKING = 'interleaved-thinking-2025-05-14';

/** Fields of a request: version, and betas where there are any. Without a request: those of calls beside the stream. */
export function messagesFields(
  betas: readonly string[] = [],
  asked?: { readonly request: ModelRequest; readonly capabilities: ModelCapabilities },
): Fields {
  const interleaved = asked !== undefined && wantsInterleaving(asked.request, asked.capabilities) ? [INTERLEAVED_THINKING] : [];
  const all = [...betas, ...interleaved].join(',');
  return [['anthropic-version', VERSION], ...(all === '' ? [] : [['anthropic-beta', all] as const])];
}

/** @param path - Of `count_tokens`, below the provider's base URL. */
export function messagesTokenCount(path: string): TokenCountEndpoint {
  return {
    path,
    toBody: ({ max_tokens: _, stream: __, stop_sequences: ___, ...body }) => body,
    parse: (answer) => (isObject(answer) ? numberOr(answer['input_tokens'], undefined) : undefined),
  };
}

export function messages({ official = true }: MessagesOptions = {}): Protocol {
  return {
    id: 'anthropic-messages',
    media: anthropicMedia,
    toBody: (request, context) => toBody(request, context, official),
    warnings: warningsOf,
    createDecoder: (context) => createWireDecoder(createReducer(context)),
    toError,
    headEvents(fields) {
      const limits = rateLimitsOf(fields);
      return limits.length === 0 ? [] : [{ type: 'rate-limits', limits }];
    },
  };
}
