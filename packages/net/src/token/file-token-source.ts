/**
 * Access tokens from a credential file, renewed so that no process ever loses the login of another.
 *
 * Refresh tokens are used up by use: the issuer takes each one once and answers with its successor, so whoever refreshes
 * a second time, or cannot store the answer, has signed the user out. Hence the order, under a lock between processes:
 * re-read, and adopt what another process got meanwhile → prove that an answer can be stored → refresh → store → use.
 *
 * The file is read for each `get`: there is no cache to be wrong. A renewal is due shortly before expiry, or after a 401. Callers
 * of one source share one renewal; an aborted caller leaves it, but the renewal goes on, because the issuer may have answered.
 *
 * While the old token is still good, a renewal that failed is no fault: the old token is used. A final refusal is
 * remembered for that exact refresh token, so it is not tried again until the file changes. An account is fixed by the
 * first token that a source gives: a file that another account signed in to meanwhile is an error, never silently used.
 */
import { setTimeout as delay } from 'node:timers/promises';

import { defaultTokenTimings, type TokenTimings } from '../limits.ts';
import { isNetError, NetError } from '../net-error.ts';
import { abortable } from './abortable.ts';
import { type FileSystem, prepareReplacement, type Replacement } from './atomic-file.ts';
import { type Credential, mergeClaims, readCredential } from './credential.ts';
import { type RefreshedCredential, updateCredential } from './credential-update.ts';
import { acquireFileLock, lockPathOf } from './file-lock.ts';
import { type Login, LoginFile } from './login-file.ts';
import { createRenewalSchedule, type RenewalSchedule } from './renewal-schedule.ts';
import type { AccessToken, SecretSink, TokenRequest, TokenSource } from './token-source.ts';
import { monotonicMs } from '../monotonic-ms.ts';

/**
 * Asks the issuer for a successor. `signal` is the deadline alone: a caller's abort does not reach it.
 *
 * @throws {NetError} `NET_TOKEN_SIGNED_OUT` where the issuer refused for good; anything else counts as passing.
 */
export type RefreshCredential = (
  credential: Credential & { readonly refreshToken: string },
  signal: AbortSignal,
) => Promise<RefreshedCredential>;

/** A source of tokens from a file here. */
export interface FileTokenSourceOptions {
  /** Candidates in order: the first that exists is the one, broken or not. */
  readonly files: readonly string[];
  /** For messages: `codex`. */
  readonly provider: string;
  /** What to do where there is no login, for the error. Default `sign in to <provider>`. */
  readonly signInHint?: string | undefined;
  /** Absent: the file is only read. */
  readonly refresh?: RefreshCredential | undefined;
  /** Wall clock, epoch milliseconds. Default `Date.now`. */
  readonly now?: (() => number) | undefined;
  /** Told of every token before it is handed out or sent. Default: nobody. */
  readonly redactor?: SecretSink | undefined;
  /** Changes to `defaultTokenTimings`, in milliseconds. */
  readonly timings?: Partial<TokenTimings> | undefined;
  /** For tests: a file system that fails. Default: Node's. */
  readonly fileSystem?: FileSystem | undefined;
}

/** Reads the file at every `get`, so that what another process stored counts at once. */
export interface FileTokenSource extends TokenSource {
  /** Resolves when no renewal is in progress: await it before the process ends, or an answer may be lost. Never rejects. */
  settled(): Promise<void>;
  /** Renews now, as after a 401. For `sx token --refresh`. */
  renew(signal?: AbortSignal): Promise<AccessToken>;
}

/**
 * @throws {NetError} from `get` and `renew`: any `NET_TOKEN_*` but `NET_TOKEN_REMOTE`, `NET_ABORTED`, and what `refresh`
 * throws.
 */
export function createFileTokenSource(options: FileTokenSourceOptions): FileTokenSource {
  return new Source(options);
}

/** Space for an answer that is larger than what it replaces. */
const ANSWER_BYTES_RESERVED = 32 * 1024;
/** Clocks that differ by less are taken for right. */
const CLOCK_TOLERANCE_MS = 60_000;

class Source implements FileTokenSource {
  readonly #options: FileTokenSourceOptions;
  readonly #file: LoginFile;
  readonly #timings: TokenTimings;
  readonly #now: () => number;
  readonly #schedule: RenewalSchedule;
  #flight: Promise<Login> | undefined;
  /** After a renewal that failed in passing, the old token is used for a while before the next try. */
  #backoffUntilMs = 0;
  #account: string | undefined;
  /** The refresh token that the issuer refused for good, and how. */
  #refused: { readonly refreshToken: string; readonly error: NetError } | undefined;

  constructor(options: FileTokenSourceOptions) {
    this.#options = options;
    this.#timings = { ...defaultTokenTimings, ...options.timings };
    this.#file = new LoginFile(options, this.#timings);
    this.#now = options.now ?? Date.now;
    this.#schedule = createRenewalSchedule(this.#timings);
  }

  async get({ rejected, signal }: TokenRequest = {}): Promise<AccessToken> {
    throwIfAborted(signal);
    const loaded = await this.#file.load();
    this.#checkAccount(loaded);
    if (!this.#isDue(loaded, rejected)) return this.#give(loaded);
    const { refreshToken } = loaded.credential;
    if (this.#options.refresh === undefined || refreshToken === undefined) {
      return this.#give(this.#usable(loaded, rejected, this.#cannotRenew(loaded, rejected)));
    }
    if (monotonicMs() < this.#backoffUntilMs && this.#isGood(loaded, rejected)) return this.#give(loaded);
    if (this.#refused?.refreshToken === refreshToken) return this.#give(this.#usable(loaded, rejected, this.#refused.error));
    return this.#give(await abortable(this.#shareRenewal(loaded, rejected), signal));
  }

  async renew(signal?: AbortSignal): Promise<AccessToken> {
    const { credential, where } = await this.#file.load();
    if (this.#options.refresh === undefined || credential.refreshToken === undefined) {
      const why = credential.refreshToken === undefined ? 'it has no refresh token' : 'it is only read';
      throw new NetError('NET_TOKEN_REFRESH', `${where}: the token cannot be renewed: ${why}`, { where, hint: 'sign in again' });
    }
    return this.get({ rejected: credential.accessToken, signal });
  }

  async settled(): Promise<void> {
    while (this.#flight) await this.#flight.catch(() => undefined);
  }

  #give({ credential, where }: Login): AccessToken {
    this.#account ??= credential.accountId;
    const { accessToken, accountId, expiresAtMs, fedramp } = credential;
    return { accessToken, accountId, expiresAtMs, origin: where, fedramp };
  }

  #shareRenewal(loaded: Login, rejected: string | undefined): Promise<Login> {
    // A renewal that began before this token was rejected may end with that very token.
    const again = (result: Login): Login | Promise<Login> =>
      result.credential.accessToken === rejected ? this.#shareRenewal(result, rejected) : result;
    if (this.#flight) return this.#flight.then(again);
    const flight = this.#renew(loaded, rejected).finally(() => (this.#flight = undefined));
    this.#flight = flight;
    return flight;
  }

  async #renew(before: Login, rejected: string | undefined): Promise<Login> {
    let lock;
    try {
      lock = await acquireFileLock(lockPathOf(before.file.path), { timings: this.#timings });
      return await this.#renewLocked(before, rejected);
    } catch (error) {
      this.#backoffUntilMs = monotonicMs() + this.#timings.renewBackoffMs;
      return this.#usable(before, rejected, this.#asTokenError(error, before));
    } finally {
      await lock?.release();
    }
  }

  async #renewLocked(before: Login, rejected: string | undefined): Promise<Login> {
    const current = await this.#file.reload(before);
    if (this.#isSuccessor(current, before, rejected)) return this.#adopt(current);
    if (!this.#isDue(current, rejected)) return current;
    const { refreshToken } = current.credential;
    const { refresh } = this.#options;
    if (refresh === undefined || refreshToken === undefined) throw this.#cannotRenew(current, rejected);
    const replacement = await prepareReplacement(
      current.file.path,
      Buffer.byteLength(current.file.text) + ANSWER_BYTES_RESERVED,
      this.#options.fileSystem,
    );
    try {
      const signal = AbortSignal.timeout(this.#timings.refreshTimeoutMs);
      const refreshed = await withDeadline(refresh({ ...current.credential, refreshToken }, signal), signal);
      return await this.#store(current, refreshed, replacement);
    } catch (error) {
      if (!isSignedOut(error)) throw error;
      const adopted = await this.#adoptFromOtherTool(current, rejected);
      if (adopted) return adopted;
      const refusal = new NetError('NET_TOKEN_SIGNED_OUT', `${current.where}: ${error.message}`, {
        where: current.where,
        cause: error,
      });
      this.#refused = { refreshToken, error: refusal };
      throw refusal;
    } finally {
      await replacement.discard();
    }
  }

  async #store(current: Login, refreshed: RefreshedCredential, replacement: Replacement): Promise<Login> {
    this.#file.announce(refreshed);
    this.#checkSuccessor(current, refreshed);
    // Somebody who knows no lock of ours (the vendor's own tool) may have signed in anew while we waited for the answer.
    const latest = await this.#file.reload(current);
    if (latest.credential.refreshToken !== current.credential.refreshToken) return this.#adopt(latest);
    const nowMs = this.#now();
    const text = updateCredential(latest.file.text, latest.credential, refreshed, nowMs, latest.where);
    await replacement.commit(Buffer.from(text));
    if (refreshed.accessToken === undefined) {
      throw new NetError('NET_TOKEN_REFRESH', `${latest.where}: the issuer sent no access token`, { where: latest.where });
    }
    const credential = readCredential(text, latest.where, nowMs);
    return this.#adopt({ ...latest, file: { ...latest.file, text, modifiedMs: nowMs }, credential });
  }

  /** Our refresh token was used already, says the issuer: a tool without our lock may have been faster, and be writing now. */
  async #adoptFromOtherTool(current: Login, rejected: string | undefined): Promise<Login | undefined> {
    for (let attempt = 0; attempt <= this.#timings.tornReadRetriesMax; attempt += 1) {
      const latest = await this.#file.reload(current);
      if (this.#isSuccessor(latest, current, rejected)) return this.#adopt(latest);
      await delay(this.#timings.tornReadRetryMs);
    }
    return undefined;
  }

  #adopt(loaded: Login): Login {
    this.#schedule.noteFresh(loaded.credential, this.#now());
    return loaded;
  }

  /**
   * Whether the file got another token while we waited. It is seconds old then, so it is taken even where our clock calls
   * it expired; an older one that somebody put back is not.
   */
  #isSuccessor(latest: Login, before: Login, rejected: string | undefined): boolean {
    const { accessToken, expiresAtMs } = latest.credential;
    if (accessToken === before.credential.accessToken || accessToken === rejected) return false;
    return expiresAtMs === undefined || expiresAtMs >= (before.credential.expiresAtMs ?? expiresAtMs);
  }

  #isDue({ credential }: Login, rejected: string | undefined): boolean {
    return credential.accessToken === rejected || this.#schedule.isDue(credential, this.#now());
  }

  /** The old token where it is still good, else the fault. */
  #usable(loaded: Login, rejected: string | undefined, fault: NetError): Login {
    if (fault.code === 'NET_TOKEN_ACCOUNT' || !this.#isGood(loaded, rejected)) throw fault;
    return loaded;
  }

  #isGood({ credential }: Login, rejected: string | undefined): boolean {
    return credential.accessToken !== rejected && !this.#schedule.isExpired(credential, this.#now());
  }

  #cannotRenew({ credential, where }: Login, rejected: string | undefined): NetError {
    const why = credential.refreshToken === undefined ? 'it has no refresh token' : 'it is only read';
    const hint = `sign in again${clockHint(credential, this.#now())}`;
    if (credential.accessToken === rejected) {
      return new NetError('NET_TOKEN_SIGNED_OUT', `${where}: the server rejected the token, and ${why}`, { where, hint });
    }
    const expired = new Date(credential.expiresAtMs ?? 0).toISOString();
    const now = new Date(this.#now()).toISOString();
    return new NetError(
      'NET_TOKEN_EXPIRED',
      `${where}: the token expired at ${expired} (this machine's clock says ${now}), and ${why}`,
      { where, hint },
    );
  }

  #asTokenError(error: unknown, { where, credential }: Login): NetError {
    if (isNetError(error) && error.code.startsWith('NET_TOKEN_')) return error;
    const other = isTimeout(error) ? `no answer in ${this.#timings.refreshTimeoutMs} ms` : 'the request failed';
    const reason = isNetError(error) ? `${error.code}: ${error.message}` : other;
    return new NetError('NET_TOKEN_REFRESH', `${where}: the token could not be renewed: ${reason}`, {
      where,
      hint: `try again${clockHint(credential, this.#now())}`,
      cause: error,
    });
  }

  #checkAccount({ credential, where }: Login): void {
    if (this.#account === undefined || credential.accountId === undefined || credential.accountId === this.#account) return;
    throw new NetError('NET_TOKEN_ACCOUNT', `${where}: another account has signed in here since this program started`, {
      where,
      hint: 'start again to use the other account',
    });
  }

  #checkSuccessor(current: Login, refreshed: RefreshedCredential): void {
    const before = current.credential.claimedAccountId;
    const after = mergeClaims(refreshed.idToken, refreshed.accessToken ?? '').accountId;
    if (before === undefined || after === undefined || before === after) return;
    const message = `${current.where}: the issuer answered with a token of another account; it was not stored`;
    throw new NetError('NET_TOKEN_ACCOUNT', message, {
      where: current.where,
      hint: 'sign in again',
    });
  }
}

function isSignedOut(error: unknown): error is NetError {
  return isNetError(error) && error.code === 'NET_TOKEN_SIGNED_OUT';
}

function isTimeout(error: unknown): boolean {
  return error instanceof Error && error.name === 'TimeoutError';
}

/** A clock that is wrong makes good tokens look expired and expired ones good; these two times tell. */
function clockHint(credential: Credential, nowMs: number): string {
  const latest = Math.max(credential.issuedAtMs ?? 0, credential.lastRefreshMs ?? 0);
  if (latest <= nowMs + CLOCK_TOLERANCE_MS) return '';
  const issued = new Date(latest).toISOString();
  return `; this machine's clock seems to be wrong: the token was issued at ${issued}, which it takes for the future`;
}

function throwIfAborted(signal: AbortSignal | undefined): void {
  if (signal?.aborted) throw new NetError('NET_ABORTED', 'aborted while waiting for a token', { cause: signal.reason });
}

/** Holds also where `refresh` does not look at its signal. */
function withDeadline<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  return abortable(work, signal).catch((error: unknown) => {
    throw isNetError(error) && error.code === 'NET_ABORTED' && signal.aborted ? signal.reason : error;
  });
}
