/**
 * Which words of two lines differ.
 *
 * Longest common subsequence over words and punctuation; where the lines are too long or too different to say anything by words,
 * undefined.
 */
export interface Piece {
  readonly text: string;
  readonly changed: boolean;
}

export interface WordDiff {
  readonly removed: readonly Piece[];
  readonly added: readonly Piece[];
}

/** Of what two lines have in sum, this much must be common, or they are shown as different lines. */
const COMMON_MIN = 0.35;

export function diffWords(before: string, after: string, wordsMax: number): WordDiff | undefined {
  const old = wordsOf(before);
  const now = wordsOf(after);
  let head = 0;
  while (head < old.length && head < now.length && old[head] === now[head]) head += 1;
  let tail = 0;
  while (
    tail < old.length - head
    && tail < now.length - head
    && old[old.length - 1 - tail] === now[now.length - 1 - tail]
  ) {
    tail += 1;
  }
  const oldMiddle = old.slice(head, old.length - tail);
  const nowMiddle = now.slice(head, now.length - tail);
  if (oldMiddle.length > wordsMax || nowMiddle.length > wordsMax) return undefined;
  const kept = commonWords(oldMiddle, nowMiddle);
  const removed = pieces(old, (index) => index < head || index >= old.length - tail || kept.old.has(index - head));
  const added = pieces(now, (index) => index < head || index >= now.length - tail || kept.now.has(index - head));
  const common = added.reduce((sum, { text, changed }) => sum + (changed ? 0 : text.trim().length), 0);
  return common * 2 < (before.trim().length + after.trim().length) * COMMON_MIN ? undefined : { removed, added };
}

function wordsOf(text: string): string[] {
  return text.match(/[\p{L}\p{N}_]+|\s+|[^\p{L}\p{N}_\s]/gu) ?? [];
}

function commonWords(old: readonly string[], now: readonly string[]): { old: Set<number>; now: Set<number> } {
  const width = now.length + 1;
  const lengths = new Uint16Array((old.length + 1) * width);
  for (let i = old.length - 1; i >= 0; i -= 1) {
    for (let j = now.length - 1; j >= 0; j -= 1) {
      const at = i * width + j;
      const longest = Math.max(lengths[at + width] ?? 0, lengths[at + 1] ?? 0);
      lengths[at] = old[i] === now[j] ? (lengths[at + width + 1] ?? 0) + 1 : longest;
    }
  }
  const kept = { old: new Set<number>(), now: new Set<number>() };
  for (let i = 0, j = 0; i < old.length && j < now.length; ) {
    if (old[i] === now[j]) {
      kept.old.add(i);
      kept.now.add(j);
      i += 1;
      j += 1;
    } else if ((lengths[(i + 1) * width + j] ?? 0) >= (lengths[i * width + j + 1] ?? 0)) i += 1;
    else j += 1;
  }
  return kept;
}

function pieces(words: readonly string[], isKept: (index: number) => boolean): Piece[] {
  const out: { text: string; changed: boolean }[] = [];
  for (const [index, text] of words.entries()) {
    const changed = !isKept(index);
    const last = out.at(-1);
    if (last !== undefined && last.changed === changed) last.text += text;
    else out.push({ text, changed });
  }
  return out;
}
