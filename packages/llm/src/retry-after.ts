/**
 * How long a server asks to wait, from its field lines: `retry-after-ms`, else `retry-after` in seconds or as a date
 * (RFC 9110, section 10.2.3). Undefined where it says nothing that makes sense; never negative.
 */
import { type Fields, fieldValue } from '@sx/net/fields';

// Beyond this, setTimeout wraps around; no server means it.
const SANE_MS_MAX = 2 ** 31 - 1;

export function retryAfterMs(fields: Fields, nowMs: number): number | undefined {
  const milliseconds = toNumber(fieldValue(fields, 'retry-after-ms'));
  if (milliseconds !== undefined && milliseconds <= SANE_MS_MAX) return milliseconds;
  const text = fieldValue(fields, 'retry-after');
  const seconds = toNumber(text);
  if (seconds !== undefined) return seconds * 1000 <= SANE_MS_MAX ? seconds * 1000 : undefined;
  // Dates have a comma or spaces; Date.parse alone would also read "5x" or "-3".
  if (text === undefined || !/^[A-Za-z]{3,9},? /.test(text)) return undefined;
  const dateMs = Date.parse(text);
  return Number.isNaN(dateMs) ? undefined : Math.min(Math.max(0, dateMs - nowMs), SANE_MS_MAX);
}

/** `x-should-retry: true|false`, the one hint that overrides every rule of ours. */
export function shouldRetry(fields: Fields): boolean | undefined {
  const value = fieldValue(fields, 'x-should-retry')?.trim().toLowerCase();
  return value === 'true' ? true : value === 'false' ? false : undefined;
}

function toNumber(text: string | undefined): number | undefined {
  return text !== undefined && /^\s*\d+(?:\.\d+)?\s*$/.test(text) ? Number(text) : undefined;
}
