/**
 * Access tokens that somebody else keeps and renews: on a token server, in a file on another host.
 *
 * Fetched when one is needed, kept in memory until shortly before it expires, fetched once more after a 401. Never renewed
 * here: the refresh token is the keeper's, and using it up would sign the keeper out. Callers share one fetch; an aborted one
 * leaves it.
 */
import { defaultTokenTimings, type TokenTimings } from '../limits.ts';
import { NetError } from '../net-error.ts';
import { abortable } from './abortable.ts';
import type { Credential } from './credential.ts';
import type { AccessToken, SecretSink, TokenSource } from './token-source.ts';

/** What a keeper elsewhere answered. */
export interface FetchedCredential {
  /** As it was read; this end never renews it. */
  readonly credential: Credential;
  /** How far our clock is ahead of the keeper's, where that is known. */
  readonly skewMs?: number | undefined;
}

/** A source of tokens that somebody else keeps and renews. */
export interface FetchedTokenSourceOptions {
  /** For messages: a host, a path on a host. */
  readonly origin: string;
  /** Has a deadline of its own. */
  readonly fetch: () => Promise<FetchedCredential>;
  /** What to do about a token that is no longer good. */
  readonly hint: string;
  /** Wall clock, epoch milliseconds. Default `Date.now`. */
  readonly now?: (() => number) | undefined;
  /** Told of every token before it is handed out. Default: nobody. */
  readonly redactor?: SecretSink | undefined;
  /** Changes to `defaultTokenTimings`, in milliseconds. */
  readonly timings?: Partial<Pick<TokenTimings, 'renewBeforeExpiryMs' | 'remoteCacheMs'>> | undefined;
}

interface Cached {
  readonly credential: Credential;
  readonly useUntilMs: number;
}

/** @throws {NetError} from `get`: whatever `fetch` throws, `NET_TOKEN_EXPIRED`, `NET_TOKEN_SIGNED_OUT`, `NET_ABORTED`. */
export function createFetchedTokenSource(options: FetchedTokenSourceOptions): TokenSource {
  const { origin, hint, redactor, now = Date.now } = options;
  const timings = { ...defaultTokenTimings, ...options.timings };
  let cached: Cached | undefined;
  let flight: Promise<Cached> | undefined;

  const fetchToken = async (): Promise<Cached> => {
    const { credential, skewMs = 0 } = await options.fetch();
    for (const secret of [credential.accessToken, credential.refreshToken, credential.idToken]) {
      if (secret !== undefined) redactor?.addSecret(secret);
    }
    const nowMs = now();
    if (credential.expiresAtMs === undefined) return { credential, useUntilMs: nowMs + timings.remoteCacheMs };
    const leftMs = credential.expiresAtMs + skewMs - nowMs;
    if (leftMs <= 0) throw expired(origin, hint, credential.expiresAtMs, nowMs, skewMs);
    return { credential, useUntilMs: nowMs + leftMs - Math.min(timings.renewBeforeExpiryMs, leftMs / 2) };
  };

  const share = (): Promise<Cached> => {
    flight ??= fetchToken().finally(() => (flight = undefined));
    return flight;
  };

  return {
    async get({ rejected, signal } = {}): Promise<AccessToken> {
      if (signal?.aborted) throw new NetError('NET_ABORTED', 'aborted while waiting for a token', { cause: signal.reason });
      const isFresh = cached !== undefined && cached.credential.accessToken !== rejected && now() < cached.useUntilMs;
      if (!cached || !isFresh) cached = await abortable(share(), signal);
      const { accessToken, accountId, expiresAtMs, fedramp } = cached.credential;
      if (accessToken !== rejected) return { accessToken, accountId, expiresAtMs, origin, fedramp };
      const message = `${origin}: still gives the token that was just rejected`;
      throw new NetError('NET_TOKEN_SIGNED_OUT', message, { where: origin, hint });
    },
  };
}

function expired(origin: string, hint: string, expiresAtMs: number, nowMs: number, skewMs: number): NetError {
  const when = new Date(expiresAtMs).toISOString();
  const clock = new Date(nowMs - skewMs).toISOString();
  const whose = skewMs === 0 ? "this machine's clock" : 'its clock';
  const message = `${origin}: gave a token that expired at ${when} (${whose} says ${clock})`;
  return new NetError('NET_TOKEN_EXPIRED', message, { where: origin, hint });
}
