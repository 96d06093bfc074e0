/**
 * Windows of use in the head of every answer.
 *
 * With a key: `anthropic-ratelimit-{requests,tokens,input-tokens,output-tokens}-{limit,remaining,reset}`, the reset as an
 * RFC 3339 time. With a subscription: `anthropic-ratelimit-unified-{5h,7d,…}-{utilization,reset}`, a fraction and epoch
 * seconds, and `anthropic-ratelimit-unified-{status,reset}` for the one that counts.
 */
import type { RateLimitWindow } from '@sx/llm';
import { type Fields, fieldValue } from '@sx/net/fields';

import { limits } from '../limits.ts';

const PREFIX = 'anthropic-ratelimit-';
const WINDOW_MINUTES = new Map([['5h', 300], ['7d', 10_080]]);

export function rateLimitsOf(fields: Fields): RateLimitWindow[] {
  const windows: RateLimitWindow[] = [];
  for (const [name] of fields) {
    if (windows.length >= limits.rateLimitFamiliesMax) break;
    const found = /^anthropic-ratelimit-(?:(.+)-limit|unified-(.+)-utilization)$/i.exec(name);
    if (found === null) continue;
    const [, keyed, unified = ''] = found;
    const window = keyed === undefined ? unifiedWindow(fields, unified) : keyedWindow(fields, keyed);
    if (window !== undefined) windows.push(window);
  }
  return windows;
}

function keyedWindow(fields: Fields, limitId: string): RateLimitWindow | undefined {
  const limit = toNumber(fieldValue(fields, `${PREFIX}${limitId}-limit`));
  const remaining = toNumber(fieldValue(fields, `${PREFIX}${limitId}-remaining`));
  if (limit === undefined || limit <= 0 || remaining === undefined) return undefined;
  return toWindow(limitId, 'primary', (limit - remaining) / limit, resetOf(fieldValue(fields, `${PREFIX}${limitId}-reset`)));
}

function unifiedWindow(fields: Fields, window: string): RateLimitWindow | undefined {
  const used = toNumber(fieldValue(fields, `${PREFIX}unified-${window}-utilization`));
  if (used === undefined) return undefined;
  const windowMinutes = WINDOW_MINUTES.get(window.toLowerCase());
  const plain = toWindow('unified', window.toLowerCase(), used, resetOf(fieldValue(fields, `${PREFIX}unified-${window}-reset`)));
  return { ...plain, ...(windowMinutes === undefined ? {} : { windowMinutes }) };
}

function toWindow(limitId: string, window: string, used: number, resetsAtMs: number | undefined): RateLimitWindow {
  const usedPercent = Math.round(Math.min(1, Math.max(0, used)) * 10_000) / 100;
  return { limitId: limitId.toLowerCase(), window, usedPercent, ...(resetsAtMs === undefined ? {} : { resetsAtMs }) };
}

/** The plan itself is used up: waiting a minute does not help. Its end, where the head names it. */
export function usedUpPlan(fields: Fields): { readonly resetsAtMs?: number } | undefined {
  if (fieldValue(fields, `${PREFIX}unified-status`)?.trim().toLowerCase() !== 'rejected') return undefined;
  const resetsAtMs = resetOf(fieldValue(fields, `${PREFIX}unified-reset`));
  return resetsAtMs === undefined ? {} : { resetsAtMs };
}

/** When the last of the exhausted windows opens again: for a refusal that does not say how long to wait. */
export function windowsOpenAtMs(fields: Fields): number | undefined {
  const resets = rateLimitsOf(fields).flatMap((window) =>
    window.usedPercent === 100 && window.resetsAtMs !== undefined ? [window.resetsAtMs] : []);
  return resets.length === 0 ? undefined : Math.max(...resets);
}

function resetOf(text: string | undefined): number | undefined {
  const seconds = toNumber(text);
  const ms = seconds === undefined ? Date.parse(text ?? '') : seconds * 1000;
  // Beyond this no date can be printed (ECMA-262, section 21.4.1.1).
  return Number.isNaN(ms) || Math.abs(ms) > 8.64e15 ? undefined : ms;
}

function toNumber(text: string | undefined): number | undefined {
  return text !== undefined && /^\s*\d+(?:\.\d+)?\s*$/.test(text) ? Number(text) : undefined;
}
