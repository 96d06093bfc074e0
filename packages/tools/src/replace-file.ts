/**
 * Writes a file whole or not at all: a temporary file beside it, fsync, rename. A full disk or a crash leaves the old one.
 *
 * Mode and, as far as we may, owner are kept. On Linux all steps go through one open directory, so that a link put in its
 * place meanwhile leads nowhere. Not kept: other hard links to the old file.
 */
import { randomBytes } from 'node:crypto';
import { constants, existsSync } from 'node:fs';
import { type FileHandle, lstat, mkdir, open, rename, unlink } from 'node:fs/promises';
import { posix } from 'node:path';

import type { ToolRunContext } from '@sx/agent';

import { ToolFailure } from './define-tool.ts';
import { assertApproved, assertOpenedAt, displayPath } from './workspace-path.ts';

/** @param path Resolved. Directories above are made where they are missing. */
export async function replaceFile(path: string, bytes: Uint8Array, context: ToolRunContext): Promise<void> {
  assertApproved('edit', path, context);
  // Else it would be made again, empty but for this file.
  if (!existsSync(context.workingDirectory)) throw new ToolFailure(`The working directory ${context.workingDirectory} is gone.`);
  const parent = posix.dirname(path);
  await mkdir(parent, { recursive: true });
  const directory = await open(parent, constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NOFOLLOW);
  try {
    await assertOpenedAt(directory, parent);
    const base = existsSync(`/proc/self/fd/${directory.fd}`) ? `/proc/self/fd/${directory.fd}` : parent;
    await writeBeside(base, posix.basename(path), bytes, displayPath(path, context));
    await directory.sync().catch(() => undefined);
  } finally {
    await directory.close();
  }
}

async function writeBeside(base: string, name: string, bytes: Uint8Array, shown: string): Promise<void> {
  const old = await lstat(`${base}/${name}`).catch(() => undefined);
  if (old !== undefined && !old.isFile()) throw new ToolFailure(`${shown} is not a regular file.`);
  const temporary = `${base}/.sx-${randomBytes(6).toString('hex')}.tmp`;
  const file = await open(temporary, 'wx', 0o666);
  try {
    await fill(file, bytes, old);
    await rename(temporary, `${base}/${name}`);
  } catch (error) {
    await unlink(temporary).catch(() => undefined);
    // The path of the temporary file would say nothing to anybody, and a failed write names none.
    if (error instanceof Error) Object.assign(error, { path: shown });
    throw error;
  }
}

async function fill(
  file: FileHandle,
  bytes: Uint8Array,
  old: { readonly mode: number; readonly uid: number; readonly gid: number } | undefined,
): Promise<void> {
  try {
    await file.writeFile(bytes);
    if (old !== undefined) {
      await file.chown(old.uid, old.gid).catch(() => undefined);
      await file.chmod(old.mode & 0o7777);
    }
    await file.sync();
  } finally {
    await file.close();
  }
}
