/**
 * A lock between processes, as a file: Node has no flock, and O_EXCL works everywhere.
 *
 * The file holds who made it (`process-identity.ts`) and a random id; its modification time is the heartbeat. A waiter takes
 * it over when the holder is dead, or when the file showed no life for `lockStaleMs` of the waiter's own clock: times of
 * two machines are never compared. Taking over happens under a second O_EXCL file that lives for two system calls, with
 * the lock read once more in between, so that two waiters cannot each remove the other's fresh lock.
 *
 * It bounds the wait, it does not fence: a holder that was stopped for longer than `lockStaleMs` may wake up beside its
 * successor. What it protects must check its ground again before it writes; the token source does.
 */
import { constants } from 'node:fs';
import { open, readFile, stat, unlink, utimes } from 'node:fs/promises';
import { randomUUID } from 'node:crypto';
import { basename, dirname, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

import { defaultTokenTimings, type TokenTimings } from '../limits.ts';
import { NetError, printable } from '../net-error.ts';
import { errorCode } from './credential-file.ts';
import { livenessOf, ownIdentity, parseIdentity, type ProcessIdentity } from './process-identity.ts';
import { monotonicMs } from '../monotonic-ms.ts';

/** A lock that this process holds. */
export interface FileLock {
  /** Removes the lock, unless somebody has taken it over. Never throws. */
  release(): Promise<void>;
}

export type LockTimings = Pick<TokenTimings, 'lockTimeoutMs' | 'lockHeartbeatMs' | 'lockStaleMs'>;

/** How long to wait for a lock, and until when. */
export interface LockOptions {
  /** Changes to `defaultTokenTimings`, in milliseconds. */
  readonly timings?: Partial<LockTimings> | undefined;
  /** Ends the wait. */
  readonly signal?: AbortSignal | undefined;
}

const POLL_MS = { first: 10, max: 200 };
const LOCK_FILE_CHARS_MAX = 4_096;

/**
 * @throws {NetError} `NET_TOKEN_LOCKED` after `lockTimeoutMs`; `NET_TOKEN_NOT_WRITABLE` where no file can be made there;
 *   `NET_ABORTED`.
 */
export async function acquireFileLock(path: string, options: LockOptions = {}): Promise<FileLock> {
  const timings = { ...defaultTokenTimings, ...options.timings };
  const own = ownIdentity();
  const id = randomUUID();
  const started = monotonicMs();
  const watch = createWatch(timings.lockStaleMs);
  for (let pollMs = POLL_MS.first; ; pollMs = Math.min(pollMs * 1.5, POLL_MS.max)) {
    if (options.signal?.aborted) throw aborted(path, options.signal.reason);
    if (await create(path, own, id)) return hold(path, id, timings.lockHeartbeatMs);
    const seen = await readLock(path);
    if (seen && isStale(seen, own, watch) && (await removeStale(path, seen, watch))) continue;
    if (monotonicMs() - started > timings.lockTimeoutMs) throw locked(path, seen, timings.lockTimeoutMs);
    // A random share, or all waiters would come back at once.
    const waitMs = pollMs * (0.5 + Math.random());
    await delay(waitMs, undefined, options.signal ? { signal: options.signal } : {}).catch((error: unknown) => {
      throw aborted(path, error);
    });
  }
}

/** The lock of a file whose links have been resolved: one name for all ways to it. */
export function lockPathOf(path: string): string {
  return join(dirname(path), `.${basename(path)}.sx-lock`);
}

async function create(path: string, own: ProcessIdentity, id: string): Promise<boolean> {
  let handle;
  try {
    handle = await open(path, constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL, 0o600);
  } catch (error) {
    if (errorCode(error) === 'EEXIST') return false;
    throw notWritable(path, error);
  }
  try {
    await handle.writeFile(JSON.stringify({ id, ...own }));
    return true;
  } catch (error) {
    await unlink(path).catch(() => undefined);
    throw notWritable(path, error);
  } finally {
    await handle.close();
  }
}

function hold(path: string, id: string, heartbeatMs: number): FileLock {
  const beat = setInterval(() => {
    const now = new Date();
    utimes(path, now, now).catch(() => undefined);
  }, heartbeatMs);
  beat.unref();
  return {
    async release() {
      clearInterval(beat);
      const current = await readLock(path);
      if (current?.id === id) await unlink(path).catch(() => undefined);
      },
  };
}

interface SeenLock {
  /** Absent in a lock that was cut or is just being written. */
  readonly id?: string | undefined;
  readonly holder?: ProcessIdentity | undefined;
  /** Changes with every heartbeat and every new lock. */
  readonly sign: string;
}

/** Undefined where there is none any more. */
async function readLock(path: string): Promise<SeenLock | undefined> {
  try {
    const { mtimeMs, ino, size } = await stat(path);
    const text = size > LOCK_FILE_CHARS_MAX ? '' : await readFile(path, 'utf8');
    const parsed = parseLock(text);
    return { ...parsed, sign: `${ino}:${mtimeMs}:${parsed.id ?? ''}` };
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return undefined;
    throw notWritable(path, error);
  }
}

function parseLock(text: string): Pick<SeenLock, 'id' | 'holder'> {
  try {
    const value: unknown = JSON.parse(text);
    const id: unknown = typeof value === 'object' && value !== null && 'id' in value ? value.id : undefined;
    return { id: typeof id === 'string' ? id : undefined, holder: parseIdentity(value) };
  } catch {
    return {};
  }
}

/** True once a sign has been seen unchanged for `staleMs` of our own clock. */
type Watch = (sign: string) => boolean;

function createWatch(staleMs: number): Watch {
  let last: string | undefined;
  let sinceMs = 0;
  return (sign) => {
    if (sign !== last) {
      last = sign;
      sinceMs = monotonicMs();
    }
    return monotonicMs() - sinceMs > staleMs;
  };
}

function isStale(seen: SeenLock, own: ProcessIdentity, watch: Watch): boolean {
  return watch(seen.sign) || (seen.holder !== undefined && livenessOf(seen.holder, own) === 'dead');
}

async function removeStale(path: string, seen: SeenLock, watch: Watch): Promise<boolean> {
  const guard = `${path}-takeover`;
  try {
    await (await open(guard, constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL, 0o600)).close();
  } catch (error) {
    if (errorCode(error) !== 'EEXIST') throw notWritable(path, error);
    // Left by somebody who was killed between two system calls, or in use right now: the lock's silence tells.
    if (watch(seen.sign)) await removeOldGuard(guard);
    return false;
  }
  try {
    const now = await readLock(path);
    if (now?.sign === seen.sign) await unlink(path).catch(() => undefined);
    return true;
  } finally {
    await unlink(guard).catch(() => undefined);
  }
}

/** Both times are the file system's, and a guard lives for microseconds: ten seconds are a corpse. */
async function removeOldGuard(guard: string): Promise<void> {
  const found = await stat(guard).catch(() => undefined);
  if (found && Date.now() - found.mtimeMs > defaultTokenTimings.lockStaleMs) await unlink(guard).catch(() => undefined);
}

function locked(path: string, seen: SeenLock | undefined, limit: number): NetError {
  const where = printable(path);
  const holder = seen?.holder ? `process ${seen.holder.pid} on ${printable(seen.holder.host)}` : 'somebody';
  return new NetError('NET_TOKEN_LOCKED', `${where}: ${holder} has held this lock for more than ${limit} ms`, {
    where,
    limit,
    hint: 'if no such process runs, remove that file',
  });
}

function notWritable(path: string, error: unknown): NetError {
  const where = printable(path);
  const code = errorCode(error);
  return new NetError(
    'NET_TOKEN_NOT_WRITABLE',
    `${where}: no lock can be made here, so nothing can be refreshed safely (${code})`,
    { where, got: code },
  );
}

function aborted(path: string, cause: unknown): NetError {
  return new NetError('NET_ABORTED', `aborted while waiting for the lock ${printable(path)}`, { cause });
}
