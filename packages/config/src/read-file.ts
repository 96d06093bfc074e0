/** Reads a configuration file once, with the status of the open file, so that what was judged is what is used. */
import { closeSync, constants, fstatSync, openSync, readSync } from 'node:fs';

import { ConfigError } from './config-error.ts';
import type { FileOwner } from './trust.ts';

export interface ReadFile {
  readonly bytes: Uint8Array;
  readonly owner: FileOwner;
}

/**
 * Undefined where there is no such file.
 *
 * @throws {ConfigError} `CONFIG_UNREADABLE` where it is there and cannot be read, or is no regular file (a pipe would
 *   hang us); `CONFIG_TOO_LARGE` beyond `bytesMax`.
 */
export function readFileOnce(path: string, bytesMax: number): ReadFile | undefined {
  let descriptor: number;
  try {
    // O_NONBLOCK: opening a pipe that somebody put there must not wait for its writer.
    descriptor = openSync(path, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0));
  } catch (cause) {
    if (isAbsent(cause)) return undefined;
    throw new ConfigError('CONFIG_UNREADABLE', `${path} cannot be read (${codeOf(cause)})`, { cause });
  }
  try {
    const status = fstatSync(descriptor);
    if (!status.isFile()) throw new ConfigError('CONFIG_UNREADABLE', `${path} is not a regular file`);
    if (status.size > bytesMax) throw new ConfigError('CONFIG_TOO_LARGE', `${path} has ${status.size} bytes; the limit is ${bytesMax}`);
    const bytes = Buffer.alloc(status.size);
    let length = 0;
    while (length < bytes.length) {
      const count = readSync(descriptor, bytes, length, bytes.length - length, length);
      if (count === 0) break;
      length += count;
    }
    return { bytes: bytes.subarray(0, length), owner: { uid: status.uid, mode: status.mode } };
  } finally {
    closeSync(descriptor);
  }
}

function isAbsent(error: unknown): boolean {
  return ['ENOENT', 'ENOTDIR'].includes(codeOf(error));
}

export function codeOf(error: unknown): string {
  return typeof error === 'object' && error !== null && 'code' in error ? String(error.code) : 'unknown';
}
