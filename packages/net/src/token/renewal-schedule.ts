/**
 * When a token is to be renewed. Pure but for one memory: which token was fresh a moment ago.
 *
 * Expiry is told by the issuer's clock and judged by ours. Where ours is wrong, or tokens live shorter than the margin, a
 * brand-new token looks due, and each request would refresh again. So a token that was seen fresh is judged by its own lifetime
 * (`exp` − `iat`) counted from that moment, whatever the two clocks say.
 */
import type { TokenTimings } from '../limits.ts';
import type { Credential } from './credential.ts';

export interface RenewalSchedule {
  isDue(credential: Credential, nowMs: number): boolean;
  /** No longer any good, as far as we know. */
  isExpired(credential: Credential, nowMs: number): boolean;
  noteFresh(credential: Credential, nowMs: number): void;
}

/** A token that tells no useful lifetime is at least used for this long before it is renewed again. */
const LIFETIME_MS_MIN = 10_000;

export function createRenewalSchedule(
  timings: Pick<TokenTimings,
  'renewBeforeExpiryMs' | 'renewAfterRefreshMs'>,
): RenewalSchedule {
  let fresh: { readonly accessToken: string; readonly expiresAtMs: number; readonly dueAtMs: number } | undefined;
  const freshOf = (credential: Credential) => (fresh?.accessToken === credential.accessToken ? fresh : undefined);
  return {
    isDue(credential, nowMs) {
      const known = freshOf(credential);
      if (known) return nowMs >= known.dueAtMs;
      if (credential.expiresAtMs !== undefined) return credential.expiresAtMs <= nowMs + timings.renewBeforeExpiryMs;
      return credential.lastRefreshMs !== undefined && nowMs - credential.lastRefreshMs > timings.renewAfterRefreshMs;
    },
    isExpired(credential, nowMs) {
      const expiresAtMs = freshOf(credential)?.expiresAtMs ?? credential.expiresAtMs;
      return expiresAtMs !== undefined && expiresAtMs <= nowMs;
    },
    noteFresh(credential, nowMs) {
      const { accessToken, expiresAtMs, issuedAtMs } = credential;
      if (expiresAtMs === undefined) {
        // Unknown stays unknown: a 401 will tell.
        fresh = { accessToken, expiresAtMs: Number.POSITIVE_INFINITY, dueAtMs: nowMs + timings.renewAfterRefreshMs };
        return;
      }
      const lifetimeMs = Math.max(expiresAtMs - (issuedAtMs ?? nowMs), LIFETIME_MS_MIN);
      const marginMs = Math.min(timings.renewBeforeExpiryMs, lifetimeMs / 2);
      fresh = { accessToken, expiresAtMs: nowMs + lifetimeMs, dueAtMs: nowMs + lifetimeMs - marginMs };
    },
  };
}
