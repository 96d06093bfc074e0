/**
 * Puts refreshed tokens into the text of a credential file. Pure.
 *
 * Only the members that the issuer answered for change, plus the expiry and `last_refresh`; everything else keeps its
 * bytes. The result is read back before it is handed out, so that a text we could not read ourselves is never stored.
 */
import { NetError } from '../net-error.ts';
import { type Credential, isMilliseconds, readCredential } from './credential.ts';
import { type JsonScalar, spliceJson } from './json-splice.ts';
import { readJwtClaims } from './jwt-claims.ts';

/** What an issuer answered. Each member is optional: what is absent stays as it is. */
export interface RefreshedCredential {
  /** Secret. */
  readonly accessToken?: string | undefined;
  /** Secret. Issuers that rotate send a new one each time. */
  readonly refreshToken?: string | undefined;
  /** Secret. */
  readonly idToken?: string | undefined;
  /** Epoch milliseconds by our clock. */
  readonly expiresAtMs?: number | undefined;
}

/** @throws {NetError} `NET_TOKEN_REFRESH` where the answer is nothing that can be stored and read again. */
export function updateCredential(
  text: string,
  current: Credential,
  refreshed: RefreshedCredential,
  nowMs: number,
  where: string,
): string {
  let updated = text;
  for (const [path, value] of editsFor(text, current, refreshed, nowMs)) updated = spliceJson(updated, path, value);
  const wanted = refreshed.accessToken ?? current.accessToken;
  try {
    if (readCredential(updated, where, nowMs).accessToken === wanted) return updated;
  } catch {
    // The message would blame the file for what the issuer sent.
  }
  throw new NetError('NET_TOKEN_REFRESH', `${where}: the issuer's answer holds no token that could be stored`, { where });
}

type Edit = readonly [path: readonly string[], value: JsonScalar];

function editsFor(text: string, current: Credential, refreshed: RefreshedCredential, nowMs: number): Edit[] {
  const root: unknown = JSON.parse(text.startsWith('\ufeff') ? text.slice(1) : text);
  const renewed = refreshed.accessToken !== undefined;
  const present = (path: readonly string[], value: string | undefined): Edit[] => (value === undefined ? [] : [[path, value]]);
  const expiresAtMs = refreshed.expiresAtMs ?? readJwtClaims(refreshed.accessToken ?? '').expiresAtMs;
  /** In the unit that is there already; null where the old time no longer holds and nobody told the new one. */
  const expiry = (path: readonly string[], unit: 'milliseconds' | 'seconds'): Edit[] => {
    const old = valueAt(root, path);
    if (!renewed || (expiresAtMs === undefined && old === undefined)) return [];
    if (expiresAtMs === undefined) return [[path, null]];
    if (typeof old === 'string' && !/^\d+$/.test(old)) return [[path, new Date(expiresAtMs).toISOString()]];
    const inMilliseconds = old === undefined || old === null ? unit === 'milliseconds' : isMilliseconds(Number(old));
    return [[path, inMilliseconds ? expiresAtMs : Math.floor(expiresAtMs / 1000)]];
  };
  switch (current.shape) {
    case 'codex':
      return [
        ...present(['tokens', 'id_token'], refreshed.idToken),
        ...present(['tokens', 'access_token'], refreshed.accessToken),
        ...present(['tokens', 'refresh_token'], refreshed.refreshToken),
        ...(valueAt(root, ['tokens', 'expires_at']) === undefined ? [] : expiry(['tokens', 'expires_at'], 'seconds')),
        [['last_refresh'], new Date(nowMs).toISOString()],
      ];
    case 'claude':
      return [
        ...present(['claudeAiOauth', 'accessToken'], refreshed.accessToken),
        ...present(['claudeAiOauth', 'refreshToken'], refreshed.refreshToken),
        ...expiry(['claudeAiOauth', 'expiresAt'], 'milliseconds'),
      ];
    case 'flat': {
      const relative = valueAt(root, ['expires_in']) !== undefined && valueAt(root, ['expires_at']) === undefined;
      const secondsLeft = expiresAtMs === undefined ? null : Math.max(0, Math.floor((expiresAtMs - nowMs) / 1000));
      return [
        ...present(['access_token'], refreshed.accessToken),
        ...present(['refresh_token'], refreshed.refreshToken),
        ...(valueAt(root, ['id_token']) === undefined ? [] : present(['id_token'], refreshed.idToken)),
        ...(relative ? (renewed ? [[['expires_in'], secondsLeft] as const] : []) : expiry(['expires_at'], 'seconds')),
        ...(valueAt(root, ['last_refresh']) === undefined ? [] : [[['last_refresh'], new Date(nowMs).toISOString()] as const]),
      ];
    }
    default:
      return current.shape satisfies never;
  }
}

function valueAt(root: unknown, path: readonly string[]): unknown {
  let value = root;
  for (const name of path) {
    value = typeof value === 'object' && value !== null ? Object.getOwnPropertyDescriptor(value, name)?.value : undefined;
  }
  return value;
}
