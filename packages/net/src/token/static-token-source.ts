/** A token that somebody gave us: from the environment, a flag, a test. Nothing can renew it. */
import { NetError } from '../net-error.ts';
import { readJwtClaims } from './jwt-claims.ts';
import type { SecretSink, TokenSource } from './token-source.ts';

/**
 * @param origin - For messages: `environment CODEX_ACCESS_TOKEN`.
 * @throws {NetError} `NET_TOKEN_MALFORMED` for what no header field may carry; from `get`, `NET_TOKEN_SIGNED_OUT` once it
 *   was rejected.
 */
export function staticTokenSource(token: string, origin: string, redactor?: SecretSink): TokenSource {
  const accessToken = token.trim();
  if (!/^[\x21-\x7e]+$/.test(accessToken)) {
    throw new NetError(
      'NET_TOKEN_MALFORMED',
      `${origin}: ${accessToken === '' ? 'empty' : 'the token has characters that no header field may carry'}`,
      { where: origin },
    );
  }
  redactor?.addSecret(accessToken);
  const { accountId, expiresAtMs, fedramp } = readJwtClaims(accessToken);
  return {
    get({ rejected } = {}) {
      if (rejected !== accessToken) return Promise.resolve({ accessToken, accountId, expiresAtMs, origin, fedramp });
      return Promise.reject(
        new NetError('NET_TOKEN_SIGNED_OUT', `${origin}: the server rejected this token, and nothing can renew it`, {
          where: origin,
          hint: 'replace it with a new one, or unset it to use another source',
        }),
      );
    },
  };
}
