/**
 * Windows of use in the head of an answer, as OpenAI and many imitators write them:
 * `x-ratelimit-{limit,remaining,reset}-{requests,tokens}`, the reset as a span (`6m0s`, `1.5s`, `28ms`, `1h2m`).
 */
import type { RateLimitWindow } from '@sx/llm';
import { type Fields, fieldValue } from '@sx/net';

export function openaiRateLimits(fields: Fields, nowMs: number): RateLimitWindow[] {
  return ['requests', 'tokens'].flatMap((limitId): RateLimitWindow[] => {
    const figure = (name: string): number | undefined => toNumber(fieldValue(fields, `x-ratelimit-${name}-${limitId}`));
    const [limit, remaining] = [figure('limit'), figure('remaining')];
    if (limit === undefined || limit <= 0 || remaining === undefined) return [];
    const usedPercent = Math.round(Math.min(1, Math.max(0, (limit - remaining) / limit)) * 10_000) / 100;
    const spanMs = spanIn(fieldValue(fields, `x-ratelimit-reset-${limitId}`));
    return [{ limitId, window: 'primary', usedPercent, ...(spanMs === undefined ? {} : { resetsAtMs: nowMs + spanMs }) }];
  });
}

const UNIT_MS: Readonly<Record<string, number>> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 };
const SPAN = /^(?:\d+(?:\.\d+)?(?:ms|[smhd]))+$/;

/** Undefined where it is no span of at most a year. */
function spanIn(text: string | undefined): number | undefined {
  const trimmed = text?.trim() ?? '';
  if (trimmed.length > 40 || !SPAN.test(trimmed)) return undefined;
  let sum = 0;
  for (const [, amount = '', unit = ''] of trimmed.matchAll(/(\d+(?:\.\d+)?)(ms|[smhd])/g)) {
    sum += Number(amount) * (UNIT_MS[unit] ?? 0);
  }
  return sum <= 365 * 86_400_000 ? Math.round(sum) : undefined;
}

function toNumber(text: string | undefined): number | undefined {
  return text !== undefined && /^\s*\d+\s*$/.test(text) ? Number(text) : undefined;
}
