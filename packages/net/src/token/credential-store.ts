/**
 * Writes and deletes whole credential files, for logins and logouts, under the same lock as renewals.
 *
 * Directories that are missing are made with 0700, files with 0600. A symbolic link is followed: its target is replaced.
 */
import { mkdir, realpath, unlink } from 'node:fs/promises';
import { dirname } from 'node:path';

import type { TokenTimings } from '../limits.ts';
import { NetError, printable } from '../net-error.ts';
import { prepareReplacement } from './atomic-file.ts';
import { errorCode, readCredentialFile } from './credential-file.ts';
import { acquireFileLock, lockPathOf } from './file-lock.ts';

/** How long others that hold the file are waited for. */
export interface CredentialStoreOptions {
  /** Changes to `defaultTokenTimings`, in milliseconds; those of the lock count. */
  readonly timings?: Partial<TokenTimings> | undefined;
}

/**
 * @param makeText - Gets the file's present text (undefined where there is none that can be read) and returns the new one.
 * @throws {NetError} `NET_TOKEN_NOT_WRITABLE`, `NET_TOKEN_LOCKED`; the file is then as it was.
 */
export async function writeCredentialFile(
  path: string,
  makeText: (existing: string | undefined) => string,
  options: CredentialStoreOptions = {},
): Promise<void> {
  await mkdir(dirname(path), { recursive: true, mode: 0o700 }).catch((error: unknown) => {
    throw new NetError('NET_TOKEN_NOT_WRITABLE', `${printable(path)}: its directory cannot be made (${errorCode(error)})`, {
      where: printable(path),
      got: errorCode(error),
    });
  });
  const target = await resolveLink(path);
  const lock = await acquireFileLock(lockPathOf(target), { timings: options.timings });
  try {
    // A login replaces what is broken, so what cannot be read counts as nothing.
    const existing = await readCredentialFile(target, { acceptsAnyMode: true }).catch(() => undefined);
    const bytes = Buffer.from(makeText(existing?.text));
    const replacement = await prepareReplacement(target, bytes.length);
    try {
      await replacement.commit(bytes);
    } finally {
      await replacement.discard();
    }
  } finally {
    await lock.release();
  }
}

/** What was deleted. */
export interface DeletedCredential {
  /** What the file held: its tokens are to be revoked. Undefined where it could not be read. */
  readonly text: string | undefined;
}

/**
 * Reads and deletes under one lock, so that no renewal comes between the two.
 *
 * @returns undefined where there was no file. @throws {NetError} `NET_TOKEN_NOT_WRITABLE`, `NET_TOKEN_LOCKED`
 */
export async function deleteCredentialFile(path: string, options: CredentialStoreOptions = {}): Promise<DeletedCredential | undefined> {
  const target = await resolveLink(path);
  let lock;
  try {
    lock = await acquireFileLock(lockPathOf(target), { timings: options.timings });
    const existing = await readCredentialFile(target, { acceptsAnyMode: true }).catch(() => undefined);
    await unlink(target);
    return { text: existing?.text };
  } catch (error) {
    const code = errorCode(error);
    if (code === 'ENOENT') return undefined;
    if (error instanceof NetError && error.got !== 'ENOENT') throw error;
    if (error instanceof NetError) return undefined;
    throw new NetError('NET_TOKEN_NOT_WRITABLE', `${printable(path)}: cannot be deleted (${code})`, {
      where: printable(path),
      got: code,
    });
  } finally {
    await lock?.release();
  }
}

async function resolveLink(path: string): Promise<string> {
  return realpath(path).catch(() => path);
}
