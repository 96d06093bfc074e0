/**
 * When a limit opens again, where the text of an error says it, and how spans of time are written: `11.054s`, `28ms`, `6m0s`,
 * "1 hour 5 minutes". What cannot be read is undefined, never a guess: a time without its zone is none.
 */

const UNIT_MS: Readonly<Record<string, number>> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 };
const PART =
  /\s*(?:,|and\b)?\s*(\d{1,9}(?:\.\d{1,9})?)\s*(ms|milliseconds?|s|secs?|seconds?|m|mins?|minutes?|h|hrs?|hours?|d|days?)(?![a-z])/iy;
const YEAR_MS = 365 * 86_400_000;

/** The span at the beginning of a text, in milliseconds, and how many characters it has. Undefined: none of at most a year. */
export function spanAt(text: string): { readonly ms: number; readonly chars: number } | undefined {
  let sum = 0;
  let chars = 0;
  for (PART.lastIndex = 0; ; chars = PART.lastIndex) {
    const [, amount, unit = ''] = PART.exec(text) ?? [];
    if (amount === undefined) break;
    const short = /^m(?:s|illi)/i.test(unit) ? 'ms' : unit.charAt(0).toLowerCase();
    sum += Number(amount) * (UNIT_MS[short] ?? 0);
  }
  return chars === 0 || sum > YEAR_MS ? undefined : { ms: Math.round(sum), chars };
}

/** "… try again in 16m39.6s", "Retry after 5 seconds", "resets in 2 hours". In milliseconds. */
export function delayIn(message: string): number | undefined {
  const lead = /(?:try again|retry|resets?|available again|wait)(?: in| after| for)?\s+(?=\d)/i.exec(message);
  return lead === null ? undefined : spanAt(message.slice(lead.index + lead[0].length).slice(0, 100))?.ms;
}

const DATE =
  /(?:again|reset|renew|access|until)[a-z :]{0,40}?(\d{4}-\d\d-\d\d)[T ](?:at )?(\d\d:\d\d(?::\d\d(?:\.\d{1,9})?)?)\s?(Z\b|UTC\b|GMT\b|[+-]\d\d:\d\d)/i;

/** "… resets at 2026-12-01T00:00:00Z", "until 2026-12-01 00:00 UTC". Epoch milliseconds. */
export function dateIn(message: string): number | undefined {
  const [, day = '', time = '', zone = ''] = DATE.exec(message) ?? [];
  const ms = Date.parse(`${day}T${time}${/^[+-]/.test(zone) ? zone : 'Z'}`);
  return Number.isNaN(ms) ? undefined : ms;
}
