/** Stores a file whole or not at all: a temporary file beside it, fsync, rename. An existing file keeps its mode. */
import { closeSync, fsyncSync, mkdirSync, openSync, realpathSync, renameSync, rmSync, statSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';

import { ConfigError } from './config-error.ts';
import { codeOf } from './read-file.ts';

/** @throws {ConfigError} `CONFIG_NOT_WRITABLE`; the old file is then as it was. */
export function writeFileWhole(path: string, text: string): void {
  let temporary: string | undefined;
  try {
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
    // A link stays a link: what it points to is replaced.
    const target = existingTarget(path);
    temporary = `${target}.${process.pid}.tmp`;
    const descriptor = openSync(temporary, 'wx', modeOf(target));
    try {
      const bytes = Buffer.from(text);
      let written = 0;
      while (written < bytes.length) written += writeSync(descriptor, bytes, written);
      fsyncSync(descriptor);
    } finally {
      closeSync(descriptor);
    }
    renameSync(temporary, target);
  } catch (cause) {
    if (temporary !== undefined && codeOf(cause) !== 'EEXIST') rmSync(temporary, { force: true });
    throw new ConfigError('CONFIG_NOT_WRITABLE', `${path} cannot be written (${codeOf(cause)})`, { cause });
  }
}

function existingTarget(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    return path;
  }
}

function modeOf(path: string): number {
  try {
    return statSync(path).mode & 0o777;
  } catch {
    return 0o600;
  }
}
