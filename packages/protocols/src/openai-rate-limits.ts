/**
 * Windows of use in the head of an answer, as OpenAI and many imitators write them:
 * `x-ratelimit-{limit,remaining,reset}-{requests,tokens}`, the reset as a span (`6m0s`, `1.5s`, `28ms`, `1h2m`). Others have one
 * window, without its name, and a reset in seconds, or as a time in epoch seconds or milliseconds (OpenRouter).
 */
import type { RateLimitWindow } from '@sx/llm';
import { type Fields, fieldValue } from '@sx/net/fields';

import { spanAt } from './delay-in.ts';

const PREFIX = 'x-ratelimit-';

export function openaiRateLimits(fields: Fields, nowMs: number): RateLimitWindow[] {
  return ['requests', 'tokens'].flatMap((limitId): RateLimitWindow[] => {
    const figure = (name: string): number | undefined => toNumber(fieldValue(fields, `${PREFIX}${name}-${limitId}`));
    const [limit, remaining] = [figure('limit'), figure('remaining')];
    if (limit === undefined || limit <= 0 || remaining === undefined) return [];
    const usedPercent = Math.round(Math.min(1, Math.max(0, (limit - remaining) / limit)) * 10_000) / 100;
    const spanMs = spanIn(fieldValue(fields, `${PREFIX}reset-${limitId}`));
    return [{ limitId, window: 'primary', usedPercent, ...(spanMs === undefined ? {} : { resetsAtMs: nowMs + spanMs }) }];
  });
}

/** How long until the last of the windows opens of which nothing remains: for a refusal that does not say how long to wait. */
export function openaiWaitMs(fields: Fields, nowMs: number): number | undefined {
  const waits = ['-requests', '-tokens', ''].flatMap((window): number[] => {
    if (toNumber(fieldValue(fields, `${PREFIX}remaining${window}`)) !== 0) return [];
    const reset = fieldValue(fields, `${PREFIX}reset${window}`);
    const wait = spanIn(reset) ?? untilReset(toNumber(reset), nowMs);
    return wait === undefined ? [] : [wait];
  });
  return waits.length === 0 ? undefined : Math.max(...waits);
}

/** Nobody counts the seconds to a limit in thousands of millions: such a figure is a time. */
function untilReset(figure: number | undefined, nowMs: number): number | undefined {
  if (figure === undefined) return undefined;
  const ms = figure < 1e9 ? figure * 1_000 : (figure < 1e12 ? figure * 1_000 : figure) - nowMs;
  return Math.max(0, ms) <= 365 * 86_400_000 ? Math.max(0, ms) : undefined;
}

/** Undefined where it is no span of at most a year. */
function spanIn(text: string | undefined): number | undefined {
  const trimmed = text?.trim() ?? '';
  if (trimmed.length > 40 || !/^[\da-z.]+$/i.test(trimmed)) return undefined;
  const span = spanAt(trimmed);
  return span?.chars === trimmed.length ? span.ms : undefined;
}

function toNumber(text: string | undefined): number | undefined {
  return text !== undefined && /^\s*\d{1,15}(?:\.\d{1,9})?\s*$/.test(text) ? Number(text) : undefined;
}
