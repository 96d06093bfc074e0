/**
 * Reads a credential file: bytes to text, with everything refused that must not be trusted or could hang.
 *
 * Opened without blocking (a FIFO has no writer), judged by the descriptor and not by the name (nobody can swap it in
 * between), read to a limit. Secrets that others may read are refused, as ssh does: who read it may use it up.
 * Calls are synchronous, on a file of a few kilobytes: by way of threads they took milliseconds of every request.
 */
import { closeSync, constants, fstatSync, openSync, readSync, realpathSync } from 'node:fs';

import { defaultLimits } from '../limits.ts';
import { NetError, printable } from '../net-error.ts';

/** A credentials file as it was read. */
export interface CredentialFile {
  /** The file itself, where `path` was a symbolic link. */
  readonly path: string;
  /** Its content, secrets included; at most `credentialBytesMax` bytes. */
  readonly text: string;
  /** What `expires_in` counts from. */
  readonly modifiedMs: number;
}

export interface ReadOptions {
  readonly bytesMax?: number | undefined;
  /** For a login, which replaces the file with one of mode 0600. Default false. */
  readonly acceptsAnyMode?: boolean | undefined;
}

/**
 * @returns undefined where there is no such file.
 * @throws {NetError} `NET_TOKEN_PERMISSIONS`, `NET_TOKEN_MALFORMED`, `NET_TOKEN_MISSING` (there is something, but no file).
 */
export async function readCredentialFile(path: string, options: ReadOptions = {}): Promise<CredentialFile | undefined> {
  const where = printable(path);
  const bytesMax = options.bytesMax ?? defaultLimits.credentialBytesMax;
  let descriptor: number;
  try {
    descriptor = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOCTTY);
  } catch (error) {
    return openFault(error, where);
  }
  try {
    const stat = fstatSync(descriptor);
    if (stat.isDirectory()) throw new NetError('NET_TOKEN_MISSING', `${where}: a directory, not a file`, { where });
    if (!stat.isFile()) throw new NetError('NET_TOKEN_MISSING', `${where}: not a regular file`, { where });
    if (!options.acceptsAnyMode) checkAccess(stat.mode, stat.uid, path, where);
    if (stat.size > bytesMax) throw tooLarge(where, bytesMax, stat.size);
    const bytes = readToEnd(descriptor, bytesMax, where);
    return { path: realpathSync(path), text: decodeText(bytes, where), modifiedMs: stat.mtimeMs };
  } finally {
    closeSync(descriptor);
  }
}

function openFault(error: unknown, where: string): undefined {
  const code = errorCode(error);
  if (code === 'ENOENT' || code === 'ENOTDIR') return undefined;
  if (code === 'EACCES' || code === 'EPERM') {
    throw new NetError('NET_TOKEN_PERMISSIONS', `${where}: may not be read by this user (${code})`, { where, got: code });
  }
  throw new NetError('NET_TOKEN_MISSING', `${where}: cannot be opened (${code})`, { where, got: code });
}

function checkAccess(mode: number, owner: number, path: string, where: string): void {
  const user = process.getuid?.();
  // Windows has no such bits: Node makes them up.
  if (user === undefined) return;
  if ((mode & 0o077) !== 0) {
    const bits = (mode & 0o777).toString(8).padStart(4, '0');
    throw new NetError('NET_TOKEN_PERMISSIONS', `${where}: other users may read or change it (mode ${bits})`, {
      where,
      got: bits,
      hint: `chmod 600 ${quoteForShell(path)}`,
    });
  }
  if (user !== 0 && owner !== user && owner !== 0) {
    throw new NetError('NET_TOKEN_PERMISSIONS', `${where}: belongs to another user (uid ${owner})`, { where, got: owner });
  }
}

/** `stat.size` may be outdated, or zero on odd file systems: the limit holds for what is read. */
function readToEnd(descriptor: number, bytesMax: number, where: string): Uint8Array {
  const pieces: Buffer[] = [];
  let length = 0;
  for (;;) {
    const piece = Buffer.alloc(64 * 1024);
    const bytesRead = readSync(descriptor, piece);
    if (bytesRead === 0) return Buffer.concat(pieces, length);
    length += bytesRead;
    if (length > bytesMax) throw tooLarge(where, bytesMax, length);
    pieces.push(piece.subarray(0, bytesRead));
  }
}

function decodeText(bytes: Uint8Array, where: string): string {
  try {
    // The byte order mark stays: the text is written back.
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw new NetError('NET_TOKEN_MALFORMED', `${where}: not UTF-8`, { where });
  }
}

function tooLarge(where: string, limit: number, got: number): NetError {
  return new NetError('NET_TOKEN_MALFORMED', `${where}: larger than ${limit} bytes, that is no credential file`, {
    where,
    got,
    limit,
  });
}

export function errorCode(error: unknown): string {
  const code: unknown = typeof error === 'object' && error !== null && 'code' in error ? error.code : undefined;
  return typeof code === 'string' ? code : 'unknown error';
}

function quoteForShell(path: string): string {
  return /^[\w./~+-]+$/.test(path) ? path : `'${path.replaceAll("'", "'\\''")}'`;
}
