/**
 * Which files under a project the user has vouched for. Trust is a path and the hash of its content: a file that changes,
 * by `git pull` for instance, is not trusted any more. Hooks, skills and permissions use the same records.
 *
 * `trust.jsonl` in the state directory is append-only, one record a line: `{"path","sha256","atMs"}`, and `"sha256":null`
 * where trust was taken back. The last record of a path holds. A line that cannot be read vouches for nothing; it is
 * skipped, because a torn last line must not lose the records before it.
 */
import { createHash } from 'node:crypto';

export interface TrustRecord {
  /** Absolute, links resolved. */
  readonly path: string;
  /** Lower-case hexadecimal; null: trust was taken back. */
  readonly sha256: string | null;
  readonly atMs: number;
}

export type TrustRecords = ReadonlyMap<string, TrustRecord>;

export function parseTrustRecords(text: string): TrustRecords {
  const records = new Map<string, TrustRecord>();
  for (const line of text.split('\n')) {
    const record = readRecord(line);
    if (record === undefined) continue;
    records.set(record.path, record);
  }
  return records;
}

function readRecord(line: string): TrustRecord | undefined {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    return undefined;
  }
  if (typeof value !== 'object' || value === null || !('path' in value) || !('sha256' in value)) return undefined;
  const { path, sha256 } = value;
  if (typeof path !== 'string' || (sha256 !== null && (typeof sha256 !== 'string' || !/^[0-9a-f]{64}$/.test(sha256)))) return undefined;
  return { path, sha256, atMs: 'atMs' in value && typeof value.atMs === 'number' ? value.atMs : 0 };
}

export function formatTrustRecord(record: TrustRecord): string {
  return `${JSON.stringify({ path: record.path, sha256: record.sha256, atMs: record.atMs })}\n`;
}

export function contentHash(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}

/** The bytes are those that will be used, read once: what was hashed is what counts. */
export function isTrusted(records: TrustRecords, path: string, bytes: Uint8Array): boolean {
  return records.get(path)?.sha256 === contentHash(bytes);
}

/** What the rule for the file beside the executable looks at: its own status, taken from the open file. */
export interface FileOwner {
  readonly uid: number;
  readonly mode: number;
}

/** Owned by root or the user, and writable by nobody else. `userId` is undefined where the system has no such thing. */
export function isOwnFile(file: FileOwner, userId: number | undefined): boolean {
  if (userId === undefined) return true;
  return (file.uid === 0 || file.uid === userId) && (file.mode & 0o022) === 0;
}
