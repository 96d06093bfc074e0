/**
 * A unified diff of two texts for people and models. Changed lines in the middle are compared whole, not minimal.
 *
 * Changes that are at most six lines apart share a hunk, so that no line is shown both as it was and as it will be.
 */
import { toolLimits } from './limits.ts';

const CONTEXT_LINES = 3;
/** Belongs to the line before it, so a last line with and one without a line feed differ. */
const NO_NEWLINE = '\n\\ No newline at end of file';

interface Change {
  /** Zero-based line in the old text where the change begins, and in the new one. */
  readonly oldLine: number;
  readonly newLine: number;
  readonly removed: readonly string[];
  readonly added: readonly string[];
}

export function unifiedDiff(name: string, oldText: string, newText: string): string {
  const oldLines = linesOf(oldText);
  const hunks = hunksOf(findChanges(oldLines, linesOf(newText))).map((hunk) => formatHunk(hunk, oldLines));
  const diff = [`--- a/${name}`, `+++ b/${name}`, ...hunks].join('\n');
  return diff.length <= toolLimits.diffCharsMax
    ? diff
    : `${diff.slice(0, toolLimits.diffCharsMax)}\n[diff cut: ${diff.length - toolLimits.diffCharsMax} more characters]`;
}

function linesOf(text: string): string[] {
  const lines = text.split('\n');
  const last = lines.pop() ?? '';
  return last === '' ? lines : [...lines, last + NO_NEWLINE];
}

/** Walks both texts; where they part, looks ahead for the next line pair that both share. */
function findChanges(oldLines: readonly string[], newLines: readonly string[]): Change[] {
  const changes: Change[] = [];
  let oldAt = 0;
  let newAt = 0;
  while (oldAt < oldLines.length || newAt < newLines.length) {
    if (oldAt < oldLines.length && newAt < newLines.length && oldLines[oldAt] === newLines[newAt]) {
      oldAt++;
      newAt++;
      continue;
    }
    const [oldEnd, newEnd] = nextCommon(oldLines, newLines, oldAt, newAt);
    changes.push({ oldLine: oldAt, newLine: newAt, removed: oldLines.slice(oldAt, oldEnd), added: newLines.slice(newAt, newEnd) });
    oldAt = oldEnd;
    newAt = newEnd;
  }
  return changes;
}

const LOOK_AHEAD = 400;

function nextCommon(oldLines: readonly string[], newLines: readonly string[], oldAt: number, newAt: number): [number, number] {
  for (let sum = 1; sum <= LOOK_AHEAD; sum++) {
    for (let ahead = 0; ahead <= sum; ahead++) {
      const a = oldAt + ahead;
      const b = newAt + sum - ahead;
      if (a < oldLines.length && b < newLines.length && oldLines[a] === newLines[b] && (oldLines[a + 1] === newLines[b + 1] || (oldLines[a] ?? '').trim().length > 3)) {
        return [a, b];
      }
    }
  }
  let tail = 0;
  while (tail < oldLines.length - oldAt && tail < newLines.length - newAt && oldLines[oldLines.length - 1 - tail] === newLines[newLines.length - 1 - tail]) tail++;
  return [oldLines.length - tail, newLines.length - tail];
}

function hunksOf(changes: readonly Change[]): Change[][] {
  const hunks: Change[][] = [];
  for (const change of changes) {
    const last = hunks.at(-1)?.at(-1);
    const isNear = last !== undefined && change.oldLine - last.oldLine - last.removed.length <= 2 * CONTEXT_LINES;
    if (isNear) hunks.at(-1)?.push(change);
    else hunks.push([change]);
  }
  return hunks;
}

function formatHunk(hunk: readonly Change[], oldLines: readonly string[]): string {
  const [first] = hunk;
  if (first === undefined) return '';
  const start = Math.max(first.oldLine - CONTEXT_LINES, 0);
  const lines: string[] = [];
  const add = (sign: string, texts: readonly string[]): void => {
    for (const text of texts) lines.push(`${sign}${text.replace(/\r$/, '')}`);
  };
  let at = start;
  for (const { oldLine, removed, added } of hunk) {
    add(' ', oldLines.slice(at, oldLine));
    add('-', removed);
    add('+', added);
    at = oldLine + removed.length;
  }
  add(' ', oldLines.slice(at, at + CONTEXT_LINES));
  const range = (from: number, without: string): string => {
    const count = lines.filter((line) => !line.startsWith(without)).length;
    return `${count === 0 ? from : from + 1},${count}`;
  };
  return [`@@ -${range(start, '+')} +${range(start + first.newLine - first.oldLine, '-')} @@`, ...lines].join('\n');
}
