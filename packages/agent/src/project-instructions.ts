/**
 * AGENTS.md and CLAUDE.md: what people tell every agent that works in their project.
 *
 * In: the user's directory for this program, the project's root and the working directory. Out: one text for the system prompt, and
 * notices for the person. From the user's own file, then every directory from the root down to the working directory,
 * the first that says something of `AGENTS.override.md`, `AGENTS.md`, `CLAUDE.md`: the nearest comes last and wins. Both names of one
 * file (a link) count once.
 * Limits: `instructionsBytesMax` in sum; what goes beyond is cut at a line, and both model and person are told. A link that leads out of
 * the project is not followed: a cloned repository must not show the model what lies elsewhere. What is no regular file or no UTF-8 is
 * left out with a notice. Read once per conversation, which keeps it frozen.
 * Left out: imports (`@file`), rules by path, files of subdirectories: the model reads those when it gets there.
 */
import { closeSync, constants, fstatSync, openSync, readSync, realpathSync } from 'node:fs';
import { dirname, join, relative, sep } from 'node:path';

import { agentLimits } from './limits.ts';

const NAMES = ['AGENTS.override.md', 'AGENTS.md', 'CLAUDE.md'];

export interface ProjectInstructionsOptions {
  /** Directory of the user's own file; undefined: there is none. */
  readonly userDirectory: string | undefined;
  readonly projectRoot: string;
  /** In the project's root or below it. */
  readonly workingDirectory: string;
  readonly bytesMax?: number;
}

export interface ProjectInstructions {
  /** Empty where nobody said anything. */
  readonly text: string;
  readonly files: readonly string[];
  readonly notices: readonly string[];
}

export function readProjectInstructions(options: ProjectInstructionsOptions): ProjectInstructions {
  const { userDirectory, projectRoot, workingDirectory, bytesMax = agentLimits.instructionsBytesMax } = options;
  const places = [
    ...(userDirectory === undefined ? [] : [{ directory: userDirectory, within: userDirectory }]),
    ...directoriesDown(projectRoot, workingDirectory).map((directory) => ({ directory, within: projectRoot })),
  ];
  const notices: string[] = [];
  const sections: string[] = [];
  const files: string[] = [];
  let bytesLeft = bytesMax;
  for (const { directory, within } of places) {
    const found = firstOf(directory, within, bytesMax, notices);
    if (found === undefined || files.includes(found.realPath)) continue;
    files.push(found.realPath);
    const bytes = Buffer.byteLength(found.text);
    const whole = bytes <= bytesLeft && !found.cut;
    const text = whole ? found.text : cutAtLine(found.text, bytesLeft);
    bytesLeft -= Math.min(bytes, bytesLeft);
    if (!whole) notices.push(`${found.path} was cut: instruction files may have ${bytesMax} bytes together`);
    if (text !== '' || !whole) sections.push(`# ${found.path}\n\n${text}${whole ? '' : `\n[cut here: read ${found.path} for the rest]`}`);
  }
  return { text: sections.join('\n\n'), files, notices };
}

/** From `root` down to `directory`, both included; `directory` alone where it lies elsewhere. */
function directoriesDown(root: string, directory: string): string[] {
  const way = relative(root, directory);
  if (way === '..' || way.startsWith(`..${sep}`)) return [directory];
  const steps = way === '' ? [] : way.split(sep);
  return [root, ...steps.map((_, index) => join(root, ...steps.slice(0, index + 1)))];
}

interface Found {
  readonly path: string;
  readonly realPath: string;
  readonly text: string;
  /** There is more of it than may be read. */
  readonly cut: boolean;
}

function firstOf(directory: string, within: string, bytesMax: number, notices: string[]): Found | undefined {
  for (const name of NAMES) {
    const path = join(directory, name);
    try {
      const realPath = realpathSync(path);
      if (!isWithin(realPath, realpathSync(within))) {
        notices.push(`${path} is not read: it leads out of ${within}`);
        continue;
      }
      const read = readText(realPath, bytesMax);
      if (typeof read === 'string') notices.push(`${path} is not read: ${read}`);
      else if (read.text.trim() !== '') return { path, realPath, ...read, text: read.text.trim() };
    } catch (error) {
      const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown';
      if (code !== 'ENOENT' && code !== 'ENOTDIR') notices.push(`${path} cannot be read (${code})`);
    }
  }
  return undefined;
}

function isWithin(path: string, directory: string): boolean {
  return dirname(path) === directory || path.startsWith(directory === sep ? sep : `${directory}${sep}`);
}

/** A text, or why there is none. */
function readText(path: string, bytesMax: number): { text: string; cut: boolean } | string {
  // A pipe that somebody put there must not be waited for.
  const descriptor = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  try {
    if (!fstatSync(descriptor).isFile()) return 'it is no regular file';
    const bytes = Buffer.alloc(bytesMax + 1);
    let length = 0;
    for (let count = -1; count !== 0 && length < bytes.length; length += count) count = readSync(descriptor, bytes, length, bytes.length - length, length);
    const cut = length > bytesMax;
    try {
      // The last character may have been cut in two.
      return { text: new TextDecoder('utf-8', { fatal: true }).decode(bytes.subarray(0, Math.min(length, bytesMax)), { stream: cut }), cut };
    } catch {
      return 'it is no UTF-8';
    }
  } finally {
    closeSync(descriptor);
  }
}

function cutAtLine(text: string, bytesMax: number): string {
  const cut = Buffer.from(text).subarray(0, bytesMax);
  const line = cut.lastIndexOf(0x0a);
  return line === -1 ? '' : cut.subarray(0, line).toString('utf8');
}
