/**
 * From a path that the model wrote to an open file that the rules allowed.
 *
 * A path is resolved through all links before the rules see it. When the call runs it is resolved again, and must still
 * be one that was approved; the file is opened without following a last link, and where the system can tell (Linux:
 * /proc/self/fd) the open file must lie at that very path. So a link put in place between question and act opens nothing.
 */
import { constants } from 'node:fs';
import { type FileHandle, lstat, open, readdir, readlink } from 'node:fs/promises';
import { posix } from 'node:path';

import { type ToolContext, type ToolRunContext, isInside, resolveLinks } from '@sx/agent';

import { ToolFailure } from './define-tool.ts';
import { printable } from './printable.ts';

export function resolvePath(path: string, { workingDirectory }: ToolContext): string {
  return resolveLinks(path.startsWith('/') ? path : `${workingDirectory}/${path}`);
}

/** Relative where it is inside the working directory; for people and models. */
export function displayPath(path: string, { workingDirectory }: ToolContext): string {
  if (path === workingDirectory) return '.';
  return printable(
    isInside(workingDirectory, path) ? path.slice(workingDirectory === '/' ? 1 : workingDirectory.length + 1) : path,
  );
}

/** @throws {ToolFailure} where the path is not one that this call may touch. */
export function assertApproved(action: 'read' | 'edit', path: string, context: ToolRunContext): void {
  const { approved, workingDirectory, additionalDirectories } = context;
  const directories = action === 'read' ? [workingDirectory, ...additionalDirectories] : [workingDirectory];
  const may =
    approved === undefined
      ? directories.some((directory) => isInside(directory, path))
      : approved.some((access) => access.action === action && access.path === path);
  if (!may) {
    throw new ToolFailure(
      `${printable(path)} is not a path that this call may ${action}: it is outside, or a link changed meanwhile.`,
    );
  }
}

/**
 * Opens a regular file for reading. Directories, pipes, sockets and devices are refused without being opened or waited for.
 * @throws {ToolFailure} with a reason that the model can act on.
 */
export async function openFile(path: string, context: ToolRunContext): Promise<FileHandle> {
  assertApproved('read', path, context);
  const shown = displayPath(path, context);
  const found = await lstat(path).catch((error: NodeJS.ErrnoException) => error);
  if (found instanceof Error) {
    if (found.code !== 'ENOENT') throw found;
    throw new ToolFailure(`No such file: ${shown}.${await suggestName(path, context)}`);
  }
  if (found.isDirectory()) throw new ToolFailure(`${shown} is a directory. Use list or glob.`);
  if (!found.isFile()) throw new ToolFailure(`${shown} is not a regular file (a pipe, socket, device or link).`);
  // O_NONBLOCK: a pipe put there meanwhile must not hang the call.
  const file = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  try {
    if (!(await file.stat()).isFile()) throw new ToolFailure(`${shown} is not a regular file.`);
    await assertOpenedAt(file, path);
    return file;
  } catch (error) {
    await file.close();
    throw error;
  }
}

/** @throws {ToolFailure} where it is none, or none that this call may read. */
export async function assertDirectory(path: string, context: ToolRunContext): Promise<void> {
  assertApproved('read', path, context);
  const found = await lstat(path).catch((error: NodeJS.ErrnoException) => error);
  if (!(found instanceof Error)) {
    if (found.isDirectory()) return;
    throw new ToolFailure(`${displayPath(path, context)} is not a directory.`);
  }
  if (found.code !== 'ENOENT') throw found;
  throw new ToolFailure(
    `No such directory: ${displayPath(path, context)}.${path === context.workingDirectory ? ' The working directory is gone.' : await suggestName(path, context)}`,
  );
}

/** @throws {ToolFailure} where the open file lies elsewhere, because a directory above became a link meanwhile. */
export async function assertOpenedAt(file: FileHandle, path: string): Promise<void> {
  const opened = await readlink(`/proc/self/fd/${file.fd}`).catch(() => undefined);
  if (opened !== undefined && opened !== path) throw new ToolFailure(`${printable(path)} moved while it was opened. Try again.`);
}

async function suggestName(path: string, context: ToolContext): Promise<string> {
  const directory = posix.dirname(path);
  if (![context.workingDirectory, ...context.additionalDirectories].some((each) => isInside(each, directory))) return '';
  const names = await readdir(directory).catch(() => undefined);
  if (names === undefined) return ` The directory ${displayPath(directory, context)} does not exist either.`;
  const nearest = nearestNames(posix.basename(path), names.slice(0, 2_000));
  return nearest.length === 0
    ? ''
    : ` Near it: ${nearest.map((name) => displayPath(posix.join(directory, name), context)).join(', ')}.`;
}

function nearestNames(wanted: string, names: readonly string[]): string[] {
  const scored = names.map((name) => ({ name, score: likeness(wanted.toLowerCase(), name.toLowerCase()) }));
  return scored.filter(({ score }) => score >= 0.5).sort((a, b) => b.score - a.score).slice(0, 3).map(({ name }) => name);
}

/** Shared pairs of characters (Dice), from 0 to 1. */
export function likeness(a: string, b: string): number {
  if (a === b) return 1;
  const pairs = (text: string): string[] => Array.from({ length: Math.max(text.length - 1, 0) }, (_, index) => text.slice(index, index + 2));
  const left = new Set(pairs(a));
  const right = new Set(pairs(b));
  if (left.size + right.size === 0) return 0;
  return (2 * [...left].filter((pair) => right.has(pair)).length) / (left.size + right.size);
}
