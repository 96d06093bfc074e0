/**
 * Windows of use, as the Codex backend reports them: in the head of every answer, and as an event.
 *
 * Fields come in families: `x-codex-…` is the account's own, and any other `x-<id>-primary-used-percent` defines the limit
 * `<id>`, with `-` as `_`. A window exists only if its percentage is a number and it is not all zeros.
 */
import {
  arrayOr, isObject, type JsonObject, type JsonValue, numberOr, objectOr, type RateLimitWindow, type StreamEvent, stringOr,
} from '@sx/llm/provider-kit';
import { type Fields, fieldValue } from '@sx/net/fields';
import { printable } from '@sx/net/net-error';

import { limits } from '../limits.ts';

type RateLimitsEvent = Extract<StreamEvent, { type: 'rate-limits' }>;

const WINDOWS = ['primary', 'secondary'];
const FAMILY = /^x-([a-z0-9-]+)-(?:primary|secondary)-used-percent$/;

/** Undefined where the head says nothing. */
export function rateLimitsOf(fields: Fields): RateLimitsEvent | undefined {
  const families = new Set<string>();
  for (const [name] of fields) {
    const family = FAMILY.exec(name.toLowerCase())?.[1];
    if (family !== undefined && families.size < limits.rateLimitFamiliesMax) families.add(family);
  }
  const windows = [...families].flatMap((family) => WINDOWS.flatMap((window) => windowOf(fields, family, window)));
  const credits = creditsOf(
    flag(fieldValue(fields, 'x-codex-credits-has-credits')),
    flag(fieldValue(fields, 'x-codex-credits-unlimited')),
    fieldValue(fields, 'x-codex-credits-balance'),
  );
  return toEvent(windows, undefined, credits);
}

function toEvent(limits: RateLimitWindow[], plan: string | undefined, credits: RateLimitsEvent['credits']): RateLimitsEvent | undefined {
  if (limits.length === 0 && credits === undefined) return undefined;
  return { type: 'rate-limits', limits, ...(plan === undefined ? {} : { plan }), ...(credits === undefined ? {} : { credits }) };
}

function windowOf(fields: Fields, family: string, window: string): RateLimitWindow[] {
  const read = (name: string): number | undefined => toNumber(fieldValue(fields, `x-${family}-${window}-${name}`));
  const name = fieldValue(fields, `x-${family}-limit-name`)?.trim();
  return toWindow({
    limitId: family.replaceAll('-', '_'),
    limitName: name === undefined || name === '' ? undefined : printable(name),
    window,
    usedPercent: read('used-percent'),
    windowMinutes: read('window-minutes'),
    resetAtSeconds: read('reset-at'),
  });
}

/** `codex.rate_limits`. */
export function toRateLimits(event: JsonObject): RateLimitsEvent | undefined {
  const limitId = stringOr(event['metered_limit_name'], stringOr(event['limit_name'], 'codex')).replaceAll('-', '_');
  const given = objectOr(event['rate_limits'], {});
  const windows = WINDOWS.flatMap((window) => {
    const value = objectOr(given[window], {});
    return toWindow({
      limitId,
      limitName: undefined,
      window,
      usedPercent: numberOr(value['used_percent'], undefined),
      windowMinutes: numberOr(value['window_minutes'], undefined),
      resetAtSeconds: numberOr(value['reset_at'], undefined),
    });
  });
  const account = objectOr(event['credits'], {});
  const balance = stringOr(account['balance'], undefined);
  const credits = creditsOf(toBoolean(account['has_credits']), toBoolean(account['unlimited']), balance);
  return toEvent(windows, stringOr(event['plan_type'], undefined), credits);
}

interface GivenWindow {
  readonly limitId: string;
  readonly limitName: string | undefined;
  readonly window: string;
  readonly usedPercent: number | undefined;
  readonly windowMinutes: number | undefined;
  readonly resetAtSeconds: number | undefined;
}

function toWindow({ limitId, limitName, window, usedPercent, windowMinutes, resetAtSeconds }: GivenWindow): RateLimitWindow[] {
  if (usedPercent === undefined) return [];
  if (usedPercent === 0 && (windowMinutes ?? 0) === 0 && resetAtSeconds === undefined) return [];
  return [
    {
      limitId,
      ...(limitName === undefined ? {} : { limitName }),
      window,
      usedPercent,
      ...(windowMinutes === undefined ? {} : { windowMinutes }),
      ...(resetAtSeconds === undefined ? {} : { resetsAtMs: resetAtSeconds * 1000 }),
    },
  ];
}

function creditsOf(
  hasCredits: boolean | undefined,
  unlimited: boolean | undefined,
  balance: string | undefined,
): RateLimitsEvent['credits'] {
  if (hasCredits === undefined || unlimited === undefined) return undefined;
  const shown = balance?.trim() ?? '';
  return { hasCredits, unlimited, ...(shown === '' ? {} : { balance: printable(shown) }) };
}

function toNumber(text: string | undefined): number | undefined {
  if (text === undefined || text.trim() === '') return undefined;
  const value = Number(text);
  return Number.isFinite(value) ? value : undefined;
}

function flag(text: string | undefined): boolean | undefined {
  const value = text?.trim().toLowerCase();
  return value === 'true' || value === '1' ? true : value === 'false' || value === '0' ? false : undefined;
}

function toBoolean(value: JsonValue | undefined): boolean | undefined {
  return typeof value === 'boolean' ? value : undefined;
}

/** The model that a head or an event's `headers` names: a string, or a list of one. */
export function servingModel(headers: JsonValue | undefined): string | undefined {
  if (!isObject(headers)) return undefined;
  for (const [name, value] of Object.entries(headers)) {
    if (!/^(?:x-)?openai-model$/i.test(name)) continue;
    const model = stringOr(value, stringOr(arrayOr(value, [])[0], ''));
    if (model !== '') return model;
  }
  return undefined;
}
