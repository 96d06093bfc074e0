/**
 * Walks a tree for list, glob and grep: names in order, ignore files honoured, links not followed (so no circle, and no
 * way out of the tree), bounded in entries, depth and time. What the permission rules hide is left out.
 *
 * File system calls are synchronous, which is several times faster for small directories, in slices of `sliceMs` between
 * which the event loop and the abort signal get their turn.
 */
import { type Dirent, readFileSync, readdirSync, statSync } from 'node:fs';

import { type ToolRunContext, isInside } from '@sx/agent';
import { monotonicMs } from '@sx/net/monotonic-ms';

import { type IgnoreRules, parseIgnoreRules } from './ignore-rules.ts';
import { toolLimits } from './limits.ts';

export interface WalkEntry {
  readonly path: string;
  readonly name: string;
  readonly kind: 'file' | 'directory' | 'link' | 'other';
  /** 1 for what lies directly in the root. */
  readonly depth: number;
}

export interface WalkOptions {
  readonly depthMax?: number;
  /** Also what ignore files exclude; `.git` stays out. */
  readonly includeIgnored?: boolean;
}

export interface WalkReport {
  ignored: number;
  /** Directories that could not be read. */
  unreadable: number;
  /** Why the walk ended early. */
  stopped: string | undefined;
}

interface Level {
  /** Absolute directory of the rules. */
  readonly directory: string;
  readonly rules: IgnoreRules;
}

interface Directory {
  readonly path: string;
  readonly depth: number;
  readonly levels: readonly Level[];
}

export function createWalkReport(): WalkReport {
  return { ignored: 0, unreadable: 0, stopped: undefined };
}

/** Yields the entries of one slice at a time. */
export async function* walk(
  root: string,
  context: ToolRunContext,
  options: WalkOptions,
  report: WalkReport,
): AsyncGenerator<readonly WalkEntry[], void, undefined> {
  const depthMax = options.depthMax ?? toolLimits.walkDepthMax;
  const pending: Directory[] = [{ path: root, depth: 1, levels: options.includeIgnored === true ? [] : levelsAbove(root, context) }];
  const deadline = monotonicMs() + toolLimits.walkMsMax;
  let sliceEnd = monotonicMs() + toolLimits.sliceMs;
  let seen = 0;
  let slice: WalkEntry[] = [];
  for (let directory = pending.pop(); directory !== undefined; directory = pending.pop()) {
    const { entries, levels } = readDirectory(directory, options, report);
    const below: Directory[] = [];
    for (const entry of entries) {
      if (++seen > toolLimits.walkEntriesMax) {
        report.stopped = `more than ${toolLimits.walkEntriesMax} entries`;
        yield slice;
        return;
      }
      const kind = entry.isFile() ? 'file' : entry.isDirectory() ? 'directory' : entry.isSymbolicLink() ? 'link' : 'other';
      const path = directory.path === '/' ? `/${entry.name}` : `${directory.path}/${entry.name}`;
      if (entry.name === '.git') continue;
      if (levels.length > 0 && isIgnored(path, entry.name, kind === 'directory', levels)) {
        report.ignored++;
        continue;
      }
      if (context.mayRead?.(path) === false) continue;
      slice.push({ path, name: entry.name, kind, depth: directory.depth });
      if (kind === 'directory' && directory.depth < depthMax) below.push({ path, depth: directory.depth + 1, levels });
    }
    pending.push(...below.reverse());
    const now = monotonicMs();
    if (now < sliceEnd && slice.length < 4_096) continue;
    yield slice;
    slice = [];
    await new Promise((resolve) => setImmediate(resolve));
    context.signal.throwIfAborted();
    if (now > deadline) {
      report.stopped = `more than ${toolLimits.walkMsMax} ms`;
      return;
    }
    sliceEnd = monotonicMs() + toolLimits.sliceMs;
  }
  yield slice;
}

function readDirectory(
  { path, levels }: Directory,
  options: WalkOptions,
  report: WalkReport,
): { entries: Dirent[]; levels: readonly Level[] } {
  try {
    const entries = readdirSync(path, { withFileTypes: true }).sort((a, b) => (a.name < b.name ? -1 : 1));
    if (options.includeIgnored === true || !entries.some((entry) => entry.name === '.gitignore' && entry.isFile())) {
      return { entries, levels };
    }
    return { entries, levels: [...levels, ...readLevel(path, `${path}/.gitignore`)] };
  } catch {
    report.unreadable++;
    return { entries: [], levels };
  }
}

function isIgnored(path: string, name: string, isDirectory: boolean, levels: readonly Level[]): boolean {
  for (let at = levels.length - 1; at >= 0; at--) {
    const level = levels[at];
    const verdict = level?.rules.match(path.slice(level.directory.length + 1), name, isDirectory);
    if (verdict !== undefined) return verdict;
  }
  return false;
}

/** Rules that count for the root from above: up to the directory that holds `.git`, else up to the working directory. */
function levelsAbove(root: string, { workingDirectory }: ToolRunContext): Level[] {
  const above: string[] = [];
  for (let path = root; path !== ''; path = path.slice(0, path.lastIndexOf('/'))) {
    above.unshift(path);
    if (statSync(`${path}/.git`, { throwIfNoEntry: false }) !== undefined) {
      return [...readLevel(path, `${path}/.git/info/exclude`), ...rulesOf(above)];
    }
  }
  return rulesOf(above.filter((path) => isInside(workingDirectory, path)));
}

/** The root's own file is read when the walk comes to it. */
function rulesOf(directories: readonly string[]): Level[] {
  return directories.slice(0, -1).flatMap((path) => readLevel(path, `${path}/.gitignore`));
}

function readLevel(directory: string, file: string): Level[] {
  try {
    const stats = statSync(file);
    if (!stats.isFile() || stats.size > toolLimits.ignoreFileBytesMax) return [];
    const rules = parseIgnoreRules(readFileSync(file, 'utf8'));
    return rules === undefined ? [] : [{ directory, rules }];
  } catch {
    return [];
  }
}

/** What a walk left out, in words; empty where nothing was. */
export function describeWalk(report: WalkReport): string[] {
  return [
    ...(report.stopped === undefined ? [] : [`the search was stopped: ${report.stopped}`]),
    ...(report.unreadable === 0 ? [] : [`${report.unreadable} director${report.unreadable === 1 ? 'y' : 'ies'} could not be read`]),
  ];
}
