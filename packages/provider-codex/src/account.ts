/**
 * Plan, windows and credits of the account (`GET …/backend-api/wham/usage`, beside the base URL and not below it).
 *
 * Lenient: every member is optional, and what is not understood is left out. A window exists only where its percentage is a number.
 */
import { callJson, type JsonCall } from '@sx/llm/call-json';
import {
  type AccountUsage, arrayOr, isObject, type JsonObject, type JsonValue, numberOr, objectOr, type RateLimitWindow, stringOr,
} from '@sx/llm/provider-kit';
import type { Fields } from '@sx/net';
import { printable } from '@sx/net/net-error';

const WINDOWS = ['primary', 'secondary'];
/** Further limits, of single models or features. */
const LIMITS_MAX = 16;

/** @param baseUrl - With `/codex` at its end. @param fields - Who asks. @throws {ProviderError} */
export async function readAccount(baseUrl: string, fields: Fields, call: Omit<JsonCall, 'request'>): Promise<AccountUsage> {
  const request = { method: 'GET', url: accountUrl(baseUrl), fields: [['Accept', 'application/json'], ...fields] } as const;
  return parseAccount((await callJson({ ...call, request })).value);
}

export function accountUrl(baseUrl: string): string {
  return `${baseUrl.replace(/\/codex$/, '')}/wham/usage`;
}

export function parseAccount(body: JsonValue | undefined): AccountUsage {
  const root = objectOr(body ?? {}, {});
  const main = objectOr(root['rate_limit'], {});
  const others = arrayOr(root['additional_rate_limits'], []).filter(isObject).slice(0, LIMITS_MAX);
  const plan = stringOr(root['plan_type'], '');
  const credits = creditsOf(objectOr(root['credits'], {}));
  return {
    ...(plan === '' ? {} : { plan: printable(plan) }),
    limitReached: main['limit_reached'] === true || main['allowed'] === false,
    limits: [
      ...windowsOf('codex', undefined, main),
      ...others.flatMap((other) => {
        const name = stringOr(other['limit_name'], '');
        const id = stringOr(other['metered_feature'], name === '' ? 'other' : name);
        return windowsOf(printable(id), name === '' ? undefined : printable(name), objectOr(other['rate_limit'], {}));
      }),
    ],
    ...(credits === undefined ? {} : { credits }),
  };
}

function windowsOf(limitId: string, limitName: string | undefined, limit: JsonObject): RateLimitWindow[] {
  return WINDOWS.flatMap((window) => {
    const value = objectOr(limit[`${window}_window`], {});
    const usedPercent = numberOr(value['used_percent'], undefined);
    const seconds = numberOr(value['limit_window_seconds'], undefined);
    const resetAtSeconds = numberOr(value['reset_at'], undefined);
    if (usedPercent === undefined) return [];
    return [
      {
        limitId,
        ...(limitName === undefined ? {} : { limitName }),
        window,
        usedPercent,
        ...(seconds === undefined ? {} : { windowMinutes: Math.round(seconds / 60) }),
        ...(resetAtSeconds === undefined ? {} : { resetsAtMs: resetAtSeconds * 1000 }),
      },
    ];
  });
}

function creditsOf(credits: JsonObject): AccountUsage['credits'] {
  const { has_credits: hasCredits, unlimited, balance } = credits;
  if (typeof hasCredits !== 'boolean' || typeof unlimited !== 'boolean') return undefined;
  const shown = stringOr(balance, '').trim();
  return { hasCredits, unlimited, ...(shown === '' ? {} : { balance: printable(shown) }) };
}
