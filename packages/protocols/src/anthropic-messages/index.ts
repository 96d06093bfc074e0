/**
 * The Anthropic Messages API: what its requests, streams and errors look like. No URL, no key.
 *
 * Served by Anthropic, and in the same dialect by proxies and local servers (`official: false`).
 */
import { fieldValue, type Fields } from '@sx/net';
import type { ModelRequest, Protocol, ProtocolContext, RateLimitWindow, StreamEvent } from '@sx/llm';

import { type Dialect, toBody } from './body.ts';
import { createDecoder } from './decoder.ts';
import { toError } from './errors.ts';
import { thinkingPlan } from './thinking.ts';

export { isThinkingRefused } from './errors.ts';

export function anthropicMessages(dialect: Dialect = { official: true }): Protocol {
  return {
    id: 'anthropic-messages',
    toBody: (request, context) => toBody(request, context, dialect),
    warnings: (request, context) => warnings(request, context, dialect),
    createDecoder,
    toError,
    headEvents,
  };
}

function warnings(request: ModelRequest, { capabilities }: ProtocolContext, dialect: Dialect): string[] {
  const forced = request.toolChoice === 'required' || typeof request.toolChoice === 'object';
  const plan = thinkingPlan(request, capabilities, request.maxOutputTokens ?? Number.MAX_SAFE_INTEGER, dialect.official);
  return [
    ...(forced && !plan.mayForceTools ? [`${request.model} always thinks, so a tool can be asked for but not forced`] : []),
    ...(request.effort === 'off' && plan.thinking?.['type'] === 'adaptive' ? [`${request.model} cannot be kept from thinking; its lowest effort is used`] : []),
    ...(request.verbosity === undefined ? [] : ['this protocol has no verbosity']),
  ];
}

/** `anthropic-ratelimit-{requests,input-tokens,output-tokens,tokens}-{limit,remaining,reset}`; the reset is an RFC 3339 time. */
function headEvents(fields: Fields): StreamEvent[] {
  const limits = ['requests', 'tokens', 'input-tokens', 'output-tokens'].flatMap((limitId): RateLimitWindow[] => {
    const read = (what: string): string | undefined => fieldValue(fields, `anthropic-ratelimit-${limitId}-${what}`);
    const limit = Number(read('limit') ?? Number.NaN);
    const remaining = Number(read('remaining') ?? Number.NaN);
    if (!(limit > 0) || !Number.isFinite(remaining)) return [];
    const resetsAtMs = Date.parse(read('reset') ?? '');
    const usedPercent = Math.min(100, Math.max(0, ((limit - remaining) / limit) * 100));
    return [{ limitId, window: 'primary', usedPercent, ...(Number.isNaN(resetsAtMs) ? {} : { resetsAtMs }) }];
  });
  return limits.length === 0 ? [] : [{ type: 'rate-limits', limits }];
}
