/**
 * Access tokens from a server of the user's own: `GET url`, optionally with a bearer key, any of the three credential shapes.
 *
 * When it is asked is `fetched-token-source.ts`'s to decide. Whether an answer is expired is judged by the server's own `Date`
 * where our clock is far from it, so a wrong clock here does not refuse good tokens.
 *
 * No message holds the path or query of the URL: some people put keys there.
 */
import { type Fields, fieldValue } from '../fields.ts';
import { defaultLimits, defaultTokenTimings, type TokenTimings } from '../limits.ts';
import { isNetError, NetError, printable } from '../net-error.ts';
import { readBytes } from '../read-body.ts';
import type { HttpResponse, Transport } from '../transport.ts';
import { type Credential, readCredential } from './credential.ts';
import { createFetchedTokenSource, type FetchedCredential } from './fetched-token-source.ts';
import { parseSecureUrl } from './secure-url.ts';
import type { SecretSink, TokenSource } from './token-source.ts';

/** A source of tokens on a token server. */
export interface RemoteTokenSourceOptions {
  /** `https:`, or `http:` to loopback. */
  readonly url: string;
  /** Sent as `Authorization: Bearer`. */
  readonly apiKey?: string | undefined;
  /** Its policy must admit the host of `url`. */
  readonly transport: Transport;
  /** Wall clock, epoch milliseconds. Default `Date.now`. */
  readonly now?: (() => number) | undefined;
  /** Told of the key and of every token. Default: nobody. */
  readonly redactor?: SecretSink | undefined;
  /** Changes to `defaultTokenTimings`, in milliseconds. */
  readonly timings?: Partial<Pick<TokenTimings, 'renewBeforeExpiryMs' | 'remoteCacheMs' | 'refreshTimeoutMs'>> | undefined;
}

/** Two clocks that differ by more than this are not both right. */
const CLOCK_SKEW_MS_MAX = 5 * 60_000;

/**
 * @throws {NetError} `NET_BAD_URL`, `NET_PLAIN_HTTP_REFUSED`; from `get`: `NET_TOKEN_REMOTE`, `NET_TOKEN_MALFORMED`,
 *   `NET_TOKEN_MISSING`, `NET_TOKEN_EXPIRED`, `NET_TOKEN_SIGNED_OUT`, and the network's own.
 */
export function createRemoteTokenSource(options: RemoteTokenSourceOptions): TokenSource {
  const { transport, apiKey, redactor, now = Date.now } = options;
  const { refreshTimeoutMs } = { ...defaultTokenTimings, ...options.timings };
  const url = parseSecureUrl(options.url, 'the remote token source');
  const origin = url.host;
  if (apiKey !== undefined) redactor?.addSecret(apiKey);

  const fetch = async (): Promise<FetchedCredential> => {
    const authorization: Fields = apiKey === undefined ? [] : [['Authorization', `Bearer ${apiKey}`]];
    const fields: Fields = [['Accept', 'application/json'], ...authorization];
    const signal = AbortSignal.timeout(refreshTimeoutMs);
    const response = await transport.send({ method: 'GET', url: url.href, fields }, { signal }).catch((error: unknown) => {
      throw signal.aborted ? tooSlow(origin, refreshTimeoutMs, error) : error;
    });
    const credential = await readAnswer(response, origin, now);
    return { credential, skewMs: skewOf(response.fields, now()) };
  };

  const hint = 'sign in again on the machine that serves the token';
  return createFetchedTokenSource({ origin, fetch, hint, now, redactor, timings: options.timings });
}

async function readAnswer(response: HttpResponse, origin: string, now: () => number): Promise<Credential> {
  if (response.status !== 200) {
    response.body.cancel();
    throw statusFault(response, origin);
  }
  const limit = defaultLimits.credentialBytesMax;
  const bytes = await readBytes(response.body, limit).catch((error: unknown) => {
    if (!isNetError(error) || error.code !== 'NET_BODY_TOO_LARGE') throw error;
    throw new NetError('NET_TOKEN_REMOTE', `${origin}: the answer is larger than ${limit} bytes`, { where: origin, limit });
  });
  const text = decodeText(bytes, origin);
  if (text.trim() === '') throw new NetError('NET_TOKEN_REMOTE', `${origin}: the answer is empty`, { where: origin });
  const mediaType = fieldValue(response.fields, 'content-type') ?? '';
  if (/^text\/html\b/i.test(mediaType) || /^\s*</.test(text)) {
    throw new NetError('NET_TOKEN_REMOTE', `${origin}: answered with a web page instead of a token`, {
      where: origin,
      hint: 'is the URL right, and does a proxy or a login page stand before it?',
    });
  }
  return readCredential(text, origin, now());
}

function decodeText(bytes: Uint8Array, origin: string): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    throw new NetError('NET_TOKEN_REMOTE', `${origin}: the answer is not UTF-8`, { where: origin });
  }
}

function statusFault(response: HttpResponse, origin: string): NetError {
  const { status } = response;
  const fault = (what: string, hint?: string): NetError =>
    new NetError('NET_TOKEN_REMOTE', `${origin}: ${what} (status ${status})`, {
      where: origin,
      got: status,
      ...(hint === undefined ? {} : { hint }),
    });
  if (status === 401 || status === 403) return fault('refuses to give a token', 'check TOKEN_HTTP_API_KEY');
  if (status === 404) return fault('has no token under this URL', 'check the path of the remote URL');
  if (status >= 300 && status < 400) {
    return fault(`redirects to ${redirectHost(response)}, which is not followed`, 'set the remote URL to the final one');
  }
  if (status >= 500) return fault('fails', 'try again later');
  return fault('did not answer with a token');
}

function redirectHost(response: HttpResponse): string {
  const location = fieldValue(response.fields, 'location');
  if (location === undefined || !URL.canParse(location)) return 'another path';
  return printable(new URL(location).host);
}

/** How far our clock is ahead of the server's; 0 where that is no more than usual, or unknown. */
function skewOf(fields: Fields, nowMs: number): number {
  const serverMs = Date.parse(fieldValue(fields, 'date') ?? '');
  const skewMs = nowMs - serverMs;
  return Math.abs(skewMs) > CLOCK_SKEW_MS_MAX ? skewMs : 0;
}

function tooSlow(origin: string, limit: number, cause: unknown): NetError {
  return new NetError('NET_TOKEN_REMOTE', `${origin}: no answer in ${limit} ms`, { where: origin, limit, cause });
}
