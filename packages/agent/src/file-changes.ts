/**
 * What files were before tools changed them, so that the last run that changed any can be taken back.
 *
 * Told by the loop: `before` and `after` each call, for every path that the call may edit. Images are whole files in memory, one
 * for each path and run, bounded in size and number (`agentLimits`): the oldest runs are forgotten first. What a shell command
 * changes is not seen: nobody knows what it will touch. A file that somebody else has changed since stays as it is, and the
 * report says so.
 */
import { createHash } from 'node:crypto';
import { chmodSync, lstatSync, mkdirSync, readFileSync, unlinkSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';

import { agentLimits } from './limits.ts';

export interface FileChanges {
  /** A run begins: what it changes is undone together. */
  startRun(): void;
  before(path: string): void;
  after(path: string): void;
  /** Takes back what the last run that changed files did. Undefined: there is none. */
  undo(): UndoReport | undefined;
  /**
   * Each path that was changed and not taken back, with what it held at first. Undefined: it was not there; `too-large`: nobody
   * knows.
   */
  originals(): ReadonlyMap<string, Uint8Array | undefined | 'too-large'>;
}

export interface UndoReport {
  readonly restored: readonly string[];
  readonly skipped: readonly { readonly path: string; readonly reason: string }[];
}

interface FileImage {
  readonly bytes: Uint8Array | undefined | 'too-large';
  readonly permissions: number | undefined;
  /** Of what was there when the last call ended; undefined: nothing. */
  left: string | undefined;
}

type Run = Map<string, FileImage>;

export type FileChangeLimits = Pick<typeof agentLimits, 'undoFileBytesMax' | 'undoBytesMax' | 'undoRunsMax'>;

export function createFileChanges(limits: FileChangeLimits = agentLimits): FileChanges {
  let runs: Run[] = [];
  const forget = (): void => {
    while (runs.length > limits.undoRunsMax || (runs.length > 1 && bytesOf(runs) > limits.undoBytesMax)) runs.shift();
  };
  return {
    startRun() {
      if (runs.at(-1)?.size !== 0) runs.push(new Map());
      forget();
    },
    before(path) {
      if (runs.length === 0) runs.push(new Map());
      const run = runs.at(-1);
      if (run === undefined || run.has(path)) return;
      const image = readImage(path, Math.min(limits.undoFileBytesMax, limits.undoBytesMax - bytesOf([run])));
      if (image !== undefined) run.set(path, image);
      forget();
    },
    after(path) {
      const image = runs.at(-1)?.get(path);
      if (image === undefined) return;
      image.left = fingerprint(path);
      if (image.bytes !== 'too-large' && image.left === hashOf(image.bytes)) runs.at(-1)?.delete(path);
    },
    undo() {
      const run = runs.findLast(({ size }) => size > 0);
      if (run === undefined) return undefined;
      runs = runs.slice(0, runs.indexOf(run));
      const restored: string[] = [];
      const skipped: { path: string; reason: string }[] = [];
      for (const [path, image] of run) {
        const reason = restore(path, image);
        if (reason === undefined) restored.push(path);
        else skipped.push({ path, reason });
      }
      return { restored, skipped };
    },
    originals() {
      const originals = new Map<string, Uint8Array | undefined | 'too-large'>();
      for (const run of runs) for (const [path, { bytes }] of run) if (!originals.has(path)) originals.set(path, bytes);
      return originals;
    },
  };
}

function bytesOf(runs: readonly Run[]): number {
  return runs.reduce(
    (sum, run) => sum + [...run.values()].reduce((part, { bytes }) => part + (bytes instanceof Uint8Array ? bytes.length : 0), 0),
    0,
  );
}

/** Undefined for what is no file: no tool of ours changes it. */
function readImage(path: string, bytesMax: number): FileImage | undefined {
  const status = lstatSync(path, { throwIfNoEntry: false });
  if (status === undefined) return { bytes: undefined, permissions: undefined, left: undefined };
  if (!status.isFile()) return undefined;
  const permissions = status.mode & 0o7777;
  if (status.size > bytesMax) return { bytes: 'too-large', permissions, left: undefined };
  try {
    const bytes = readFileSync(path);
    return { bytes, permissions, left: hashOf(bytes) };
  } catch {
    return undefined;
  }
}

/** @returns why it was not restored. */
function restore(path: string, { bytes, permissions, left }: FileImage): string | undefined {
  if (bytes === 'too-large') return 'it was too large to be remembered';
  try {
    if (fingerprint(path) !== left) return 'it was changed since';
    if (bytes === undefined) {
      unlinkSync(path);
      return undefined;
    }
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, bytes);
    if (permissions !== undefined) chmodSync(path, permissions);
    return undefined;
  } catch (error) {
    return `it cannot be written (${error instanceof Error && 'code' in error ? String(error.code) : 'unknown'})`;
  }
}

function fingerprint(path: string): string | undefined {
  const status = lstatSync(path, { throwIfNoEntry: false });
  if (status === undefined) return undefined;
  if (!status.isFile()) return 'no file';
  try {
    return hashOf(readFileSync(path));
  } catch {
    return 'unreadable';
  }
}

function hashOf(bytes: Uint8Array | undefined): string | undefined {
  return bytes === undefined ? undefined : createHash('sha256').update(bytes).digest('hex');
}
