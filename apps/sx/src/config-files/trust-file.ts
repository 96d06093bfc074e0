/** Says of a file of the project, as it is now, that it counts (`trust.jsonl`). */
import { appendFileSync, mkdirSync, readdirSync, realpathSync, statSync } from 'node:fs';
import { join, resolve } from 'node:path';

import { ConfigError, configLimits, contentHash, formatTrustRecord, isTrusted, readFileOnce } from '@sx/config';

import type { Settings } from '../settings.ts';
import { stateDirectoryOf } from './level.ts';

/**
 * The files that were trusted now: the one named, or all in the directory named (of hooks, of skills), else the configuration
 * files of the project that wait for it.
 *
 * @throws {ConfigError} `CONFIG_UNREADABLE`, `CONFIG_NOT_WRITABLE`.
 */
export function trustFiles(path: string | undefined, settings: Settings): string[] {
  const waiting = settings.files.filter(
    (file) => file.exists && !file.trusted && file.tier !== 'executable',
  ).map((file) => file.path);
  const files = path === undefined ? waiting : filesOf(resolve(settings.workingDirectory, path));
  for (const file of files) {
    const content = readFileOnce(file, configLimits.fileBytesMax);
    if (content === undefined) throw new ConfigError('CONFIG_UNREADABLE', `${file} does not exist`);
    recordTrust(file, content.bytes, settings);
  }
  return files;
}

/** Links are not followed: what they lead to is somebody else's. @throws {ConfigError} `CONFIG_TOO_LARGE`. */
export function filesOf(path: string): string[] {
  if (statSync(path, { throwIfNoEntry: false })?.isDirectory() !== true) return [path];
  const files = readdirSync(path, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  if (files.length > FILES_MAX) {
    throw new ConfigError('CONFIG_TOO_LARGE', `${path} has ${files.length} files; the limit is ${FILES_MAX}`);
  }
  return files.map((entry) => join(entry.parentPath, entry.name)).sort();
}

const FILES_MAX = 200;

/**
 * @param bytes - What is vouched for: what was shown to the user, or written by him; not what may be in the file meanwhile.
 * @throws {ConfigError} `CONFIG_NOT_WRITABLE`.
 */
export function recordTrust(file: string, bytes: Uint8Array, settings: Settings): void {
  const directory = stateDirectoryOf(settings);
  try {
    mkdirSync(directory, { recursive: true, mode: 0o700 });
    appendFileSync(
      join(directory, 'trust.jsonl'),
      formatTrustRecord({ path: realpathSync(file), sha256: contentHash(bytes), atMs: Date.now() }),
      { mode: 0o600 },
    );
  } catch (cause) {
    const code = cause instanceof Error && 'code' in cause ? String(cause.code) : 'unknown';
    throw new ConfigError('CONFIG_NOT_WRITABLE', `${join(directory, 'trust.jsonl')} cannot be written (${code})`, { cause });
  }
}

/** Whether a file that is about to be changed by its user is trusted: it was, or it is not there yet. */
export function isTrustedNow(file: string, bytes: Uint8Array | undefined, settings: Settings): boolean {
  return bytes === undefined || isTrusted(settings.trust, realpathSync(file), bytes);
}
