/** A unified diff of two texts for people and models. Changed lines in the middle are compared whole, not minimal. */
import { toolLimits } from './limits.ts';

const CONTEXT_LINES = 3;

export interface Replacement {
  /** Zero-based line in the old text where the change begins, and in the new one. */
  readonly oldLine: number;
  readonly newLine: number;
  readonly removed: readonly string[];
  readonly added: readonly string[];
}

/** The lines between the common start and the common end of both texts. */
export function unifiedDiff(name: string, oldText: string, newText: string): string {
  const oldLines = oldText.split('\n');
  const newLines = newText.split('\n');
  const hunks = findChanges(oldLines, newLines).map((change) => formatHunk(change, oldLines));
  const diff = [`--- a/${name}`, `+++ b/${name}`, ...hunks].join('\n');
  return diff.length <= toolLimits.diffCharsMax
    ? diff
    : `${diff.slice(0, toolLimits.diffCharsMax)}\n[diff cut: ${diff.length - toolLimits.diffCharsMax} more characters]`;
}

/** Walks both texts; where they part, looks ahead for the next line pair that both share. */
function findChanges(oldLines: readonly string[], newLines: readonly string[]): Replacement[] {
  const changes: Replacement[] = [];
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

function formatHunk({ oldLine, newLine, removed, added }: Replacement, oldLines: readonly string[]): string {
  const before = oldLines.slice(Math.max(oldLine - CONTEXT_LINES, 0), oldLine);
  const after = oldLines.slice(oldLine + removed.length, oldLine + removed.length + CONTEXT_LINES);
  const range = (start: number, count: number): string => `${start - before.length + 1},${before.length + count + after.length}`;
  const mark = (sign: string, lines: readonly string[]): string[] => lines.map((line) => `${sign}${line.replace(/\r$/, '')}`);
  return [`@@ -${range(oldLine, removed.length)} +${range(newLine, added.length)} @@`, ...mark(' ', before), ...mark('-', removed), ...mark('+', added), ...mark(' ', after)].join('\n');
}
