/**
 * Replaces a file with all of its new content or none of it, and proves beforehand that it can.
 *
 * `prepareReplacement` does all that may fail for lack of rights or space, before the caller does what cannot be undone (using up
 * a single-use refresh token): the file opens for writing, is no mount point of its own (rename onto one fails), and a
 * temporary file beside it holds as many bytes as the answer will need, on the disk. `commit` then overwrites these
 * bytes, fsyncs, renames, and fsyncs the directory. A process killed before the rename leaves the old file as it was.
 *
 * Left out: copy-on-write file systems may still run out of space on overwriting; `commit` then tries once more afresh.
 */
import { constants } from 'node:fs';
import * as nodeFileSystem from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { randomUUID } from 'node:crypto';

import { NetError, printable } from '../net-error.ts';
import { errorCode } from './credential-file.ts';

/** What is asked of the file system; tests put a full disk in its place. */
export type FileSystem = Pick<typeof nodeFileSystem, 'open' | 'rename' | 'unlink' | 'link' | 'stat' | 'readdir'>;

export interface Replacement {
  /** Makes `bytes` the content of the file, mode 0600. @throws {NetError} `NET_TOKEN_NOT_WRITABLE` */
  commit(bytes: Uint8Array): Promise<void>;
  /** Gives the reserved space back. After `commit` it does nothing. */
  discard(): Promise<void>;
}

const TEMPORARY_SUFFIX = '.sx-tmp';
/** Older ones were left by a killed process; nobody takes that long between reserving and renaming. */
const ABANDONED_AFTER_MS = 60 * 60_000;

/**
 * @param path - An existing file, or one that is to be; not a symbolic link (rename would replace the link).
 * @throws {NetError} `NET_TOKEN_NOT_WRITABLE`, saying what cannot be done and why.
 */
export async function prepareReplacement(
  path: string,
  bytesReserved: number,
  fileSystem: FileSystem = nodeFileSystem,
): Promise<Replacement> {
  const owner = await proveReplaceable(path, fileSystem);
  await removeAbandoned(path, fileSystem);
  let temporary: string | undefined = await reserve(path, bytesReserved, owner, fileSystem);
  return {
    async commit(bytes) {
      if (temporary === undefined) throw new Error('a replacement is committed once');
      const reserved = temporary;
      temporary = undefined;
      try {
        await fill(path, reserved, bytes, fileSystem);
      } catch {
        await fileSystem.unlink(reserved).catch(() => undefined);
        await fill(path, await reserve(path, bytes.length, owner, fileSystem), bytes, fileSystem);
      }
    },
    async discard() {
      if (temporary !== undefined) await fileSystem.unlink(temporary).catch(() => undefined);
      temporary = undefined;
    },
  };
}

interface Owner {
  readonly uid: number;
  readonly gid: number;
}

async function proveReplaceable(path: string, fileSystem: FileSystem): Promise<Owner | undefined> {
  const fault = faultOf(path);
  const stat = await fileSystem.stat(path).catch((error: unknown) => {
    if (errorCode(error) === 'ENOENT') return undefined;
    throw fault('cannot be looked at', error);
  });
  if (!stat) return undefined;
  // Root may write a read-only file; that its owner made it so is still to be respected.
  if (process.getuid !== undefined && (stat.mode & 0o200) === 0) {
    throw fault('read-only', undefined, `chmod 600 ${printable(path)}`);
  }
  const handle = await fileSystem.open(path, 'r+').catch((error: unknown) => {
    throw fault('cannot be written', error);
  });
  await handle.close();
  const probe = `${temporaryName(path)}-link`;
  try {
    await fileSystem.link(path, probe);
    await fileSystem.unlink(probe);
  } catch (error) {
    // Linux refuses a hard link out of a mount even to the same file system. Those without hard links say EPERM and others.
    if (errorCode(error) === 'EXDEV') {
      throw fault('a mount of its own, which cannot be replaced in one step', error, 'mount its directory instead of the file');
    }
  }
  return { uid: stat.uid, gid: stat.gid };
}

async function reserve(path: string, bytes: number, owner: Owner | undefined, fileSystem: FileSystem): Promise<string> {
  const temporary = temporaryName(path);
  const fault = faultOf(path);
  const flags = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL;
  const handle = await fileSystem.open(temporary, flags, 0o600).catch((error: unknown) => {
    throw fault('no file can be created beside it', error);
  });
  try {
    await writeAll(handle, Buffer.alloc(bytes, 0x20));
    await handle.sync();
    // Under sudo the file stays its user's.
    if (owner && process.getuid?.() === 0) await handle.chown(owner.uid, owner.gid);
    return temporary;
  } catch (error) {
    await fileSystem.unlink(temporary).catch(() => undefined);
    throw fault('its new content cannot be stored beside it', error);
  } finally {
    await handle.close();
  }
}

async function fill(path: string, temporary: string, bytes: Uint8Array, fileSystem: FileSystem): Promise<void> {
  const fault = faultOf(path);
  try {
    const handle = await fileSystem.open(temporary, 'r+');
    try {
      await writeAll(handle, bytes);
      await handle.truncate(bytes.length);
      await handle.sync();
    } finally {
      await handle.close();
    }
    await fileSystem.rename(temporary, path);
  } catch (error) {
    await fileSystem.unlink(temporary).catch(() => undefined);
    throw fault('its new content could not be stored', error);
  }
  await syncDirectory(dirname(path), fileSystem);
}

async function writeAll(handle: nodeFileSystem.FileHandle, bytes: Uint8Array): Promise<void> {
  let position = 0;
  while (position < bytes.length) {
    const { bytesWritten } = await handle.write(bytes, position, bytes.length - position, position);
    position += bytesWritten;
  }
}

/** Some systems cannot open or sync a directory; the rename itself has happened, so that is no fault. */
async function syncDirectory(path: string, fileSystem: FileSystem): Promise<void> {
  try {
    const handle = await fileSystem.open(path, constants.O_RDONLY);
    await handle.sync().finally(() => handle.close());
  } catch {
    // See above.
  }
}

async function removeAbandoned(path: string, fileSystem: FileSystem): Promise<void> {
  const directory = dirname(path);
  const prefix = `.${basename(path)}.`;
  const names = await fileSystem.readdir(directory).catch(() => []);
  for (const name of names) {
    if (!name.startsWith(prefix) || !/\.sx-tmp(-link)?$/.test(name)) continue;
    const abandoned = join(directory, name);
    const stat = await fileSystem.stat(abandoned).catch(() => undefined);
    if (stat && Date.now() - stat.ctimeMs > ABANDONED_AFTER_MS) await fileSystem.unlink(abandoned).catch(() => undefined);
  }
}

function temporaryName(path: string): string {
  return join(dirname(path), `.${basename(path)}.${randomUUID()}${TEMPORARY_SUFFIX}`);
}

const REASONS: Readonly<Record<string, string>> = {
  ENOSPC: 'the disk is full',
  EDQUOT: 'the quota is used up',
  EROFS: 'the file system is read-only',
  EACCES: 'no permission',
  EPERM: 'not permitted',
  EBUSY: 'in use',
  EIO: 'the disk failed',
  EFBIG: 'the file size limit is reached',
};

function faultOf(path: string) {
  const where = printable(path);
  return (what: string, error?: unknown, hint?: string): NetError => {
    const code = error === undefined ? undefined : errorCode(error);
    const reason = code === undefined ? '' : `: ${REASONS[code] ?? 'failed'} (${code})`;
    return new NetError('NET_TOKEN_NOT_WRITABLE', `${where}: ${what}${reason}`, {
      where,
      ...(code === undefined ? {} : { got: code }),
      ...(hint === undefined ? {} : { hint }),
    });
  };
}
