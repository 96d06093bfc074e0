/**
 * The Responses protocol: `POST {base}/responses`, answered by an event stream.
 *
 * One folder for two dialects, because they differ in what may be sent, not in what comes back. Which capabilities it reads
 * in `capabilities.extra`: `useResponsesLite` (codex: the lite form), `reasoningSummary` (send `summary: auto`; default true
 * on codex, false on public), `verbosity` (false: never send it).
 */
import { createWireDecoder, isObject, type JsonValue, numberOr, type Protocol, type TokenCountEndpoint } from '@sx/llm/provider-kit';
import { fieldValue } from '@sx/net/fields';
import { printable } from '@sx/net/net-error';

import { openaiMedia } from '../media-limits.ts';
import { openaiRateLimits } from '../openai-rate-limits.ts';
import { toBody, warningsOf } from './body.ts';
import { createReducer } from './decoder.ts';
import { toError } from './errors.ts';
import { rateLimitsOf } from './rate-limits.ts';
import type { Dialect } from './wire.ts';

export type { Dialect } from './wire.ts';
export { isLite } from './body.ts';

export interface ResponsesOptions {
  readonly dialect: Dialect;
  /** Wall clock for reset times that the server gives as spans. Default `Date.now`. */
  readonly now?: (() => number) | undefined;
}

/** `POST /responses/input_tokens` of the public API; it knows no member that is about the answer. */
export const responsesTokenCount: TokenCountEndpoint = {
  path: '/responses/input_tokens',
  toBody({ model, instructions, input, tools, tool_choice: choice, parallel_tool_calls: parallel, reasoning, text }) {
    return { model, instructions, input, tools, tool_choice: choice, parallel_tool_calls: parallel, reasoning, text };
  },
  parse: (answer: JsonValue) => (isObject(answer) ? numberOr(answer['input_tokens'], undefined) : undefined),
};

export function responses({ dialect, now = Date.now }: ResponsesOptions): Protocol {
  return {
    id: 'openai-responses',
    media: openaiMedia,
    toBody: (request, context) => toBody(request, context, dialect),
    warnings: (request) => warningsOf(request, dialect),
    createDecoder: (context) => createWireDecoder(createReducer(context, dialect, now)),
    toError: (response, context) => toError(response, context, dialect),
    headEvents(fields, context) {
      const plain = dialect === 'public' ? openaiRateLimits(fields, now()) : [];
      const limits = rateLimitsOf(fields) ?? (plain.length === 0 ? undefined : { type: 'rate-limits', limits: plain } as const);
      const model = fieldValue(fields, 'openai-model')?.trim() ?? '';
      const asked = context.origin.model;
      // A dated name is the same model.
      const other = model !== '' && model !== asked && !model.startsWith(`${asked}-20`);
      const warning = { type: 'warning', message: `${asked} was asked for, ${printable(model)} answers` } as const;
      return [...(limits === undefined ? [] : [limits]), ...(other ? [warning] : [])];
    },
  };
}
