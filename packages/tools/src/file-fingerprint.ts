/** Tells whether a file is still what was read: the SHA-256 of its bytes, or, where it is too large for that, its stat. */
import { createHash } from 'node:crypto';
import type { Stats } from 'node:fs';

export function fingerprintBytes(bytes: Uint8Array): string {
  return `sha256:${createHash('sha256').update(bytes).digest('hex')}`;
}

export function fingerprintStat(stats: Stats): string {
  return `stat:${stats.ino}:${stats.size}:${stats.mtimeMs}`;
}
