/**
 * One session on disk: read whole, or opened to be continued. Append-only; the only other change is the repair of a torn end.
 *
 * A record is one `write`, so a killed program loses at most the record in flight. A write that fails in the middle is taken
 * back, so that what follows is not torn. A token may be loaded after a prompt that holds it was written: what the turn has
 * written so far is then judged again. Files 0600, directories 0700. Writes are synchronous, being shorter than a trip to a thread;
 * only the disk is waited for.
 */
import { constants, closeSync, fstatSync, mkdirSync, openSync, readSync, writeSync } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { dirname } from 'node:path';

import { AgentError } from '../agent-error.ts';
import { agentLimits } from '../limits.ts';
import { createSessionDecoder } from './session-decoder.ts';
import { encodeRecord, SESSION_FORMAT_VERSION, type SessionHeader, type SessionRecord } from './session-record.ts';
import { createSessionFold, type StoredSession } from './stored-session.ts';
import type { SessionLog } from './session-recorder.ts';

export interface SessionFile extends SessionLog {
  /** Syncs and closes. Never throws. */
  close(): Promise<void>;
}

/** Finds secrets that were loaded, and masks them. */
export interface SecretMask {
  /** Grows when another one was loaded. */
  readonly secretCount: number;
  finds(text: string): boolean;
  mask(text: string): string;
}

const READ_BYTES = 1 << 20;

/**
 * @param bytesMax - Reads the beginning only; the end is then no torn one.
 * @param beforePrompt - As `createSessionFold` has it.
 * @throws {AgentError} `AGENT_SESSION_NOT_FOUND`, `AGENT_SESSION_UNREADABLE`.
 */
export function readSessionFile(path: string, id: string, bytesMax = Infinity, beforePrompt = Infinity): StoredSession {
  const fold = createSessionFold(beforePrompt);
  const decoder = createSessionDecoder();
  const descriptor = openForReading(path, id);
  try {
    const { size } = fstatSync(descriptor);
    if (bytesMax === Infinity && size > agentLimits.sessionFileBytesMax) {
      throw unreadable(path, `it has ${size} bytes; the limit is ${agentLimits.sessionFileBytesMax}`);
    }
    const buffer = Buffer.allocUnsafe(Math.min(READ_BYTES, bytesMax, size + 1));
    let read = 0;
    for (;;) {
      const bytes = readSync(descriptor, buffer, 0, Math.min(buffer.length, bytesMax - read), null);
      read += bytes;
      decoder.push(buffer.subarray(0, bytes), fold.add);
      if (bytes === 0) break;
    }
    if (size <= bytesMax) decoder.end(fold.add);
  } catch (cause) {
    throw cause instanceof AgentError ? cause : unreadable(path, errorCodeOf(cause), cause);
  } finally {
    closeSync(descriptor);
  }
  const session = fold.session();
  if (session === undefined) throw unreadable(path, 'it does not begin as a session does');
  if (session.header.version > SESSION_FORMAT_VERSION) {
    throw unreadable(path, `a later version of sx wrote it (format ${session.header.version})`);
  }
  return session;
}

/** @throws {AgentError} `AGENT_SESSION_EXISTS`; what the file system throws. */
export async function createSessionFile(
  path: string,
  header: SessionHeader,
  records: readonly SessionRecord[],
  secrets: SecretMask | undefined,
): Promise<SessionFile> {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  const flags = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_APPEND;
  const handle = await open(path, flags, 0o600).catch((error: unknown) => {
    throw errorCodeOf(error) === 'EEXIST'
      ? new AgentError('AGENT_SESSION_EXISTS', `there is a session ${header.id} already`, { hint: '--resume goes on with it' })
      : error;
  });
  const file = toSessionFile(handle, 0, path, secrets);
  try {
    await file.append([header]);
    // One by one: the limit is for a record, not for a copied conversation.
    for (const record of records) await file.append([record]);
    return file;
  } catch (error) {
    await file.close();
    throw error;
  }
}

/** Opens a session that was just read, to append. Repairs its end. @throws What the file system throws. */
export async function continueSessionFile(
  path: string,
  stored: StoredSession,
  secrets: SecretMask | undefined,
): Promise<SessionFile> {
  const handle = await open(path, constants.O_RDWR | constants.O_APPEND);
  try {
    if (stored.tornAt !== undefined) await handle.truncate(stored.tornAt);
    else if (stored.unended) await handle.write('\n');
    const { size } = await handle.stat();
    return toSessionFile(handle, size, undefined, secrets);
  } catch (error) {
    await handle.close();
    throw error;
  }
}

/** @param created - Path, where the directory has to be synced as well. */
function toSessionFile(
  handle: FileHandle,
  length: number,
  created: string | undefined,
  secrets: SecretMask | undefined,
): SessionFile {
  let end = length;
  let unsyncedDirectory = created === undefined ? undefined : dirname(created);
  /** What was written since the last sync, from `start` on, and how many secrets were known then. */
  let unsynced: { readonly start: number; readonly records: readonly SessionRecord[]; readonly secretCount: number } | undefined;

  const write = async (records: readonly SessionRecord[]): Promise<void> => {
    const bytes = Buffer.from(records.map((record) => `${encodeMasked(record, secrets)}\n`).join(''));
    if (bytes.length > agentLimits.sessionRecordBytesMax || end + bytes.length > agentLimits.sessionFileBytesMax) {
      throw new AgentError(
        'AGENT_SESSION_NOT_WRITABLE',
        `a session holds at most ${agentLimits.sessionFileBytesMax} bytes, and ${agentLimits.sessionRecordBytesMax} at a time`,
      );
    }
    try {
      let written = 0;
      while (written < bytes.length) written += writeSync(handle.fd, bytes, written);
      end += bytes.length;
    } catch (error) {
      await handle.truncate(end).catch(() => undefined);
      throw error;
    }
  };
  const judgeAgain = async (): Promise<void> => {
    if (unsynced === undefined || secrets === undefined || unsynced.secretCount === secrets.secretCount) return;
    const { start, records } = unsynced;
    unsynced = { ...unsynced, secretCount: secrets.secretCount };
    if (!records.some((record) => secrets.finds(encodeRecord(record)))) return;
    await handle.truncate(start);
    end = start;
    await write(records);
  };
  const file: SessionFile = {
    async append(records) {
      await judgeAgain();
      const start = end;
      await write(records);
      const before = unsynced ?? { start, records: [], secretCount: secrets?.secretCount ?? 0 };
      unsynced = { ...before, records: [...before.records, ...records] };
    },
    async sync() {
      if (unsynced === undefined) return;
      await judgeAgain();
      await Promise.all([handle.datasync(), unsyncedDirectory === undefined ? undefined : syncDirectory(unsyncedDirectory)]);
      unsynced = undefined;
      unsyncedDirectory = undefined;
    },
    async close() {
      await file.sync().catch(() => undefined);
      await handle.close().catch(() => undefined);
    },
  };
  return file;
}

/**
 * A record that holds a secret of ours is masked, text by text. An assistant's message then loses the vendor's own form, which
 * cannot be changed without breaking its signatures: it goes back by its parts.
 */
function encodeMasked(record: SessionRecord, secrets: SecretMask | undefined): string {
  const line = encodeRecord(record);
  if (secrets === undefined || !secrets.finds(line)) return line;
  const masked: unknown = JSON.parse(
    line,
    (key, value: unknown) =>
      (key === 'providerMetadata' ? undefined : typeof value === 'string' && key !== 'type' ? secrets.mask(value) : value),
  );
  return JSON.stringify(masked);
}

function openForReading(path: string, id: string): number {
  try {
    const descriptor = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
    if (fstatSync(descriptor).isFile()) return descriptor;
    closeSync(descriptor);
  } catch (cause) {
    if (errorCodeOf(cause) === 'ENOENT') throw new AgentError('AGENT_SESSION_NOT_FOUND', `there is no session ${id}`, { cause });
    throw unreadable(path, errorCodeOf(cause), cause);
  }
  throw unreadable(path, 'it is no regular file');
}

/** Some systems cannot sync a directory; then the entry is as durable as they make it. */
async function syncDirectory(path: string): Promise<void> {
  try {
    const handle = await open(path, constants.O_RDONLY);
    await handle.sync().finally(() => handle.close());
  } catch {
    // See above.
  }
}

function unreadable(path: string, why: string, cause?: unknown): AgentError {
  return new AgentError('AGENT_SESSION_UNREADABLE', `the session file ${path} cannot be read: ${why}`, { cause });
}

export function errorCodeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : 'unknown';
}
