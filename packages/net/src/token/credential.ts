/**
 * The three shapes in which OAuth credentials are stored and served, read into one. Pure: text in, `Credential` out.
 *
 * - `codex`: `{"tokens":{"id_token","access_token","refresh_token","account_id"},"last_refresh"}`; expiry is the JWT's.
 * - `claude`: `{"claudeAiOauth":{"accessToken","refreshToken","expiresAt","scopes"}}`, `expiresAt` in milliseconds.
 * - `flat`: `{"access_token","refresh_token"?,"expires_in"|"expires_at"?,"account_id"?}`, seconds or milliseconds.
 *
 * A member may be absent or null; one that is there must be what its name says, or the error names its JSON path. No
 * error holds a value, and the message of `JSON.parse` is dropped because it quotes the text: it would be a secret.
 */
import { NetError } from '../net-error.ts';
import { readJwtClaims } from './jwt-claims.ts';

/**
 * `codex`: `tokens{}` of Codex's `auth.json`. `claude`: `claudeAiOauth{}`. `flat`: `access_token` at the root, as token servers
 * answer.
 */
export type CredentialShape = 'codex' | 'claude' | 'flat';

/** A login as it is stored, whichever of the three shapes the text had. */
export interface Credential {
  /** Which it had: it is written back in the same. */
  readonly shape: CredentialShape;
  /** Visible ASCII: it can stand in a header field. */
  readonly accessToken: string;
  /** Secret; absent: the login cannot be renewed. */
  readonly refreshToken?: string | undefined;
  /** Secret: it names the person. */
  readonly idToken?: string | undefined;
  /** What the file says, else what the tokens claim. */
  readonly accountId?: string | undefined;
  /** What the tokens claim, whatever the file says: to compare one token with its successor. */
  readonly claimedAccountId?: string | undefined;
  /** Epoch milliseconds; absent where nobody knows. */
  readonly expiresAtMs?: number | undefined;
  /** When the token was issued, by the issuer's clock. */
  readonly issuedAtMs?: number | undefined;
  /** When it was fetched, by the clock of whoever wrote the file. */
  readonly lastRefreshMs?: number | undefined;
  /** What the token may be used for; absent where the file does not say. */
  readonly scopes?: readonly string[] | undefined;
  /** The account lives on the vendor's government cloud, by the token's claims. */
  readonly fedramp: boolean;
}

/**
 * @param where - File or host, for messages.
 * @param obtainedAtMs - What `expires_in` counts from: the file's modification, or the arrival of the answer.
 * @throws {NetError} `NET_TOKEN_MALFORMED`; `NET_TOKEN_MISSING` where the shape is right and no token is in it.
 */
export function readCredential(text: string, where: string, obtainedAtMs: number): Credential {
  const root = parseRoot(text, where);
  const read = new CredentialReader(root, where);
  if (isObject(root['tokens'])) return readCodex(read, obtainedAtMs);
  if (isObject(root['claudeAiOauth'])) return readClaude(read, obtainedAtMs);
  for (const name of ['tokens', 'claudeAiOauth']) {
    const value = root[name];
    if (value !== undefined && value !== null) throw malformed(where, `$.${name}`, 'an object', value);
  }
  if ('access_token' in root) return readFlat(read, obtainedAtMs);
  if ('tokens' in root || 'claudeAiOauth' in root) {
    const apiKey = typeof root['OPENAI_API_KEY'] === 'string';
    const path = 'tokens' in root ? '$.tokens' : '$.claudeAiOauth';
    throw new NetError('NET_TOKEN_MISSING', `${where}: ${path} is null: nobody is signed in`, {
      where,
      ...(apiKey ? { hint: 'the file holds an API key, not a login' } : {}),
    });
  }
  throw new NetError('NET_TOKEN_MALFORMED', `${where}: none of $.tokens, $.claudeAiOauth and $.access_token is there`, { where });
}

function readCodex(read: CredentialReader, obtainedAtMs: number): Credential {
  const accessToken = read.accessToken(['tokens', 'access_token']);
  const idToken = read.string(['tokens', 'id_token']);
  const claims = mergeClaims(idToken, accessToken);
  return {
    shape: 'codex',
    accessToken,
    refreshToken: read.string(['tokens', 'refresh_token']),
    idToken,
    accountId: read.fieldValue(['tokens', 'account_id']) ?? claims.accountId,
    claimedAccountId: claims.accountId,
    expiresAtMs:
      claims.expiresAtMs ?? read.time(['tokens', 'expires_at']) ?? read.duration(['tokens', 'expires_in'], obtainedAtMs),
    issuedAtMs: claims.issuedAtMs,
    lastRefreshMs: read.time(['last_refresh']),
    fedramp: claims.fedramp,
  };
}

function readClaude(read: CredentialReader, obtainedAtMs: number): Credential {
  return {
    shape: 'claude',
    accessToken: read.accessToken(['claudeAiOauth', 'accessToken']),
    refreshToken: read.string(['claudeAiOauth', 'refreshToken']),
    expiresAtMs: read.time(['claudeAiOauth', 'expiresAt']) ?? read.duration(['claudeAiOauth', 'expiresIn'], obtainedAtMs),
    scopes: read.strings(['claudeAiOauth', 'scopes']),
    fedramp: false,
  };
}

function readFlat(read: CredentialReader, obtainedAtMs: number): Credential {
  const accessToken = read.accessToken(['access_token']);
  const idToken = read.string(['id_token']);
  const claims = mergeClaims(idToken, accessToken);
  return {
    shape: 'flat',
    accessToken,
    refreshToken: read.string(['refresh_token']),
    idToken,
    accountId: read.fieldValue(['account_id']) ?? claims.accountId,
    claimedAccountId: claims.accountId,
    expiresAtMs: read.time(['expires_at']) ?? read.duration(['expires_in'], obtainedAtMs) ?? claims.expiresAtMs,
    issuedAtMs: claims.issuedAtMs,
    lastRefreshMs: read.time(['last_refresh']),
    fedramp: claims.fedramp,
  };
}

/** The account comes from the id token first; when to refresh, from the access token alone. */
export function mergeClaims(
  idToken: string | undefined,
  accessToken: string,
): Pick<Credential, 'accountId' | 'expiresAtMs' | 'issuedAtMs' | 'fedramp'> {
  const access = readJwtClaims(accessToken);
  const id = readJwtClaims(idToken ?? '');
  return {
    accountId: id.accountId ?? access.accountId,
    expiresAtMs: access.expiresAtMs,
    issuedAtMs: access.issuedAtMs,
    fedramp: id.fedramp || access.fedramp,
  };
}

type Path = readonly string[];

class CredentialReader {
  readonly #root: Record<string, unknown>;
  readonly #where: string;

  constructor(root: Record<string, unknown>, where: string) {
    this.#root = root;
    this.#where = where;
  }

  string(path: Path): string | undefined {
    const value = this.#at(path);
    if (value === undefined || value === '') return undefined;
    if (typeof value !== 'string') throw malformed(this.#where, pathText(path), 'a string', value);
    return value;
  }

  /** What becomes part of a header field may hold no space, control or non-ASCII character. */
  fieldValue(path: Path): string | undefined {
    const value = this.string(path);
    if (value !== undefined && !/^[\x21-\x7e]+$/.test(value)) {
      throw new NetError(
        'NET_TOKEN_MALFORMED',
        `${this.#where}: ${pathText(path)} has characters that no header field may carry`,
        { where: this.#where },
      );
    }
    return value;
  }

  accessToken(path: Path): string {
    const value = this.fieldValue(path);
    if (value !== undefined) return value;
    throw new NetError('NET_TOKEN_MISSING', `${this.#where}: ${pathText(path)} is missing or empty`, {
      where: this.#where,
      hint: 'sign in again',
    });
  }

  strings(path: Path): string[] | undefined {
    const value = this.#at(path);
    if (value === undefined) return undefined;
    if (!Array.isArray(value)) throw malformed(this.#where, pathText(path), 'an array of strings', value);
    return value.filter((item) => typeof item === 'string');
  }

  /** A point in time: seconds, milliseconds, or RFC 3339. */
  time(path: Path): number | undefined {
    const value = this.#at(path);
    if (value === undefined) return undefined;
    const timeMs = typeof value === 'number' ? toEpochMs(value) : typeof value === 'string' ? parseTime(value) : Number.NaN;
    if (Math.abs(timeMs) <= TIME_MS_MAX) return timeMs;
    throw malformed(this.#where, pathText(path), 'a time (seconds, milliseconds or RFC 3339)', value);
  }

  /** Seconds from `obtainedAtMs` on. */
  duration(path: Path, obtainedAtMs: number): number | undefined {
    const value = this.#at(path);
    if (value === undefined) return undefined;
    const isDigits = typeof value === 'string' && /^\d{1,12}$/.test(value);
    const seconds = typeof value === 'number' || isDigits ? Number(value) : Number.NaN;
    const timeMs = obtainedAtMs + seconds * 1000;
    if (Math.abs(timeMs) <= TIME_MS_MAX) return timeMs;
    throw malformed(this.#where, pathText(path), 'a number of seconds', value);
  }

  #at(path: Path): unknown {
    let value: unknown = this.#root;
    for (const name of path) value = isObject(value) && Object.hasOwn(value, name) ? value[name] : undefined;
    return value ?? undefined;
  }
}

/** What a Date can hold (ECMA-262, section 21.4.1.1). */
const TIME_MS_MAX = 8.64e15;
/** As seconds the year 5138, as milliseconds 1973: whatever is smaller means seconds. */
const MILLISECONDS_FROM = 100_000_000_000;

export function isMilliseconds(value: number): boolean {
  return Math.abs(value) >= MILLISECONDS_FROM;
}

function toEpochMs(value: number): number {
  return isMilliseconds(value) ? value : value * 1000;
}

function parseTime(value: string): number {
  if (/^\d{1,16}$/.test(value)) return toEpochMs(Number(value));
  return /^\d{4}-\d\d-\d\dT/.test(value) ? Date.parse(value) : Number.NaN;
}

function parseRoot(text: string, where: string): Record<string, unknown> {
  const content = text.startsWith('\ufeff') ? text.slice(1) : text;
  if (content.trim() === '') throw new NetError('NET_TOKEN_MALFORMED', `${where}: empty`, { where });
  let root: unknown;
  try {
    root = JSON.parse(content);
  } catch (error) {
    const position = /at position (\d+)/.exec(error instanceof Error ? error.message : '')?.[1];
    throw new NetError(
      'NET_TOKEN_MALFORMED',
      `${where}: not JSON${position === undefined ? '' : ` (fault at character ${position} of ${content.length})`}`,
      { where },
    );
  }
  if (!isObject(root)) throw malformed(where, '$', 'an object', root);
  return root;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function malformed(where: string, path: string, expected: string, got: unknown): NetError {
  const type = typeof got === 'object' ? 'an object' : `a ${typeof got}`;
  const kind = got === null ? 'null' : Array.isArray(got) ? 'an array' : type;
  return new NetError('NET_TOKEN_MALFORMED', `${where}: ${path} should be ${expected}, got ${kind}`, { where, got: kind });
}

function pathText(path: Path): string {
  return `$.${path.join('.')}`;
}
