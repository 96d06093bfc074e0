/** What a token endpoint grants (RFC 6749, section 5.1), read from its JSON. Each value is announced as a secret at once. */
import type { RefreshedCredential } from '@sx/net';
import { type JsonObject, numberOr, stringOr } from '@sx/llm/provider-kit';

import { type OAuthContext, OAuthFault } from './token-endpoint.ts';

export interface OAuthTokens extends RefreshedCredential {
  readonly accessToken: string;
}

const SECONDS_MAX = 10 * 365 * 24 * 60 * 60;

/** Every member is optional in an answer to a refresh; what is there must be usable. @throws {OAuthFault} */
export function readRefreshAnswer(
  json: JsonObject,
  what: string,
  { now = Date.now, redactor }: OAuthContext,
): RefreshedCredential {
  const token = (name: string): string | undefined => {
    const value = stringOr(json[name], undefined);
    if (value === undefined || value === '') return undefined;
    if (!/^[\x21-\x7e]+$/.test(value)) {
      throw new OAuthFault('malformed', `${what}: ${name} has characters that no token has`, 200);
    }
    redactor?.addSecret(value);
    return value;
  };
  const answer = { accessToken: token('access_token'), refreshToken: token('refresh_token'), idToken: token('id_token') };
  if (answer.accessToken === undefined && answer.refreshToken === undefined && answer.idToken === undefined) {
    throw new OAuthFault('malformed', `${what}: the answer holds no token`, 200);
  }
  const text = json['expires_in'];
  const seconds = typeof text === 'string' && /^\d{1,12}$/.test(text) ? Number(text) : numberOr(text, undefined);
  const isLifetime = seconds !== undefined && seconds > 0 && seconds <= SECONDS_MAX;
  return { ...answer, ...(isLifetime ? { expiresAtMs: now() + seconds * 1000 } : {}) };
}

/** @throws {OAuthFault} where the access token is missing. */
export function readLoginAnswer(json: JsonObject, what: string, context: OAuthContext): OAuthTokens {
  const answer = readRefreshAnswer(json, what, context);
  if (answer.accessToken === undefined) throw new OAuthFault('malformed', `${what}: the answer holds no access token`, 200);
  return { ...answer, accessToken: answer.accessToken };
}
