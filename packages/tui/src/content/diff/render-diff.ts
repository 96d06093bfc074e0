/**
 * A unified diff as coloured lines, with the changed words of changed lines marked.
 *
 * In: the text of a diff (`diff -u`, git, our edit tool), whole or a part, well-formed or not: a line that is none of a diff is
 * shown as it is. Out: lines with a gutter of line numbers and sign, wrapped to the columns. Without colour the signs say it all.
 * The gutter says what a hunk's head would: of that only the name of the section is left, and a mark where lines were left out.
 */
import type { Theme } from '../../colour/theme.ts';
import { defaultLimits, type Limits } from '../../limits.ts';
import { type Line, span, type Span, type Style } from '../../text/span.ts';
import { wrapLine } from '../../text/wrap.ts';
import { diffWords, type Piece } from './word-diff.ts';

export interface DiffRenderOptions {
  readonly columns: number;
  readonly theme: Theme;
  /** Names of files before each file's hunks. Default true. */
  readonly fileNames?: boolean | undefined;
  readonly ambiguousWidth?: 1 | 2 | undefined;
  readonly limits?: Limits | undefined;
}

interface DiffLine {
  readonly sign: ' ' | '+' | '-';
  readonly text: string;
  readonly number: number;
}

const HUNK = /^@@ -(\d+)(?:,\d+)? \+(\d+)(?:,\d+)? @@(.*)$/;

export function renderDiff(diff: string, options: DiffRenderOptions): Line[] {
  const { theme } = options;
  const lines: Line[] = [];
  let hunk: DiffLine[] = [];
  let [oldNumber, newNumber, inHunk] = [1, 1, false];
  const flush = (): void => {
    lines.push(...renderHunk(hunk, options));
    hunk = [];
  };
  for (const text of diff.replace(/\r?\n$/, '').split(/\r?\n/)) {
    const head = HUNK.exec(text);
    const sign = text[0] ?? ' ';
    if (head !== null) {
      flush();
      const section = head[3] ?? '';
      if (inHunk || section !== '') lines.push([span(`⋮${section}`, theme.hunk)]);
      [oldNumber, newNumber, inHunk] = [Number(head[1]), Number(head[2]), true];
    } else if (
      /^(?:--- |\+\+\+ )/.test(text)
      && (!inHunk || hunk.length === 0 || /^--- (?:a\/|\/dev\/null)|^\+\+\+ (?:b\/|\/dev\/null)/.test(text))
    ) {
      flush();
      inHunk = false;
      if (text.startsWith('+++ ') && options.fileNames !== false) {
        lines.push(
          [span(text.slice(4).replace(/^b\//, ''), theme.strong)],
        );
      }
    } else if (inHunk && (sign === '+' || sign === '-' || sign === ' ')) {
      hunk.push({ sign, text: text.slice(1), number: sign === '-' ? oldNumber : newNumber });
      if (sign !== '+') oldNumber += 1;
      if (sign !== '-') newNumber += 1;
    } else {
      flush();
      if (text !== '') lines.push([span(text, theme.muted)]);
    }
  }
  flush();
  return lines;
}

function renderHunk(hunk: readonly DiffLine[], options: DiffRenderOptions): Line[] {
  const digits = String(Math.max(1, ...hunk.map(({ number }) => number))).length;
  const words = wordPieces(hunk, (options.limits ?? defaultLimits).diffWordsMax);
  return hunk.flatMap((line, index) => {
    const { theme } = options;
    const style = line.sign === '+' ? theme.added : line.sign === '-' ? theme.removed : theme.plain;
    const marked = line.sign === '+' ? theme.addedWord : theme.removedWord;
    const gutter: Span[] = [span(`${String(line.number).padStart(digits)} `, theme.muted), span(`${line.sign} `, style)];
    const text = words.get(index)?.map(
      ({ text: part, changed }) => span(part, changed ? marked : style),
    ) ?? [span(line.text, style)];
    const blank: Style = {};
    return wrapLine(
      [...gutter, ...text],
      options.columns,
      { by: 'clusters', hang: [span(' '.repeat(digits + 3), blank)], ambiguousWidth: options.ambiguousWidth },
    ).map(({ spans }) => spans);
  });
}

/** Of one hunk. Comparing costs the product of two lines' words: a reader of more than this looks for no words. */
const COMPARED_CHARS_MAX = 100_000;

/** Removed lines and the added ones right behind them are pairs, in order. */
function wordPieces(hunk: readonly DiffLine[], wordsMax: number): Map<number, readonly Piece[]> {
  const found = new Map<number, readonly Piece[]>();
  let chars = COMPARED_CHARS_MAX;
  for (let at = 0; at < hunk.length; ) {
    const removed = runOf(hunk, at, '-');
    const added = runOf(hunk, at + removed, '+');
    for (let pair = 0; pair < Math.min(removed, added); pair += 1) {
      const [oldIndex, newIndex] = [at + pair, at + removed + pair];
      const [before, after] = [hunk[oldIndex]?.text ?? '', hunk[newIndex]?.text ?? ''];
      chars -= before.length + after.length;
      if (chars < 0) return found;
      const words = diffWords(before, after, wordsMax);
      if (words === undefined) continue;
      found.set(oldIndex, words.removed);
      found.set(newIndex, words.added);
    }
    at += Math.max(1, removed + added);
  }
  return found;
}

function runOf(hunk: readonly DiffLine[], from: number, sign: string): number {
  let length = 0;
  while (hunk[from + length]?.sign === sign) length += 1;
  return length;
}
