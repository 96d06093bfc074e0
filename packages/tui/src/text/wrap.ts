/**
 * Wraps and cuts lines to a number of columns.
 *
 * In: lines of any width. Out: rows that fit, made of clean text (`clusters.ts`). Breaks come after spaces and the hyphens of
 * words and around wide characters (not before closing punctuation) and at line feeds; a word that is wider than the row is broken
 * between clusters. Spaces at a break are dropped. A cluster wider than the row becomes `…`.
 */
import { isAscii } from './cell-width.ts';
import { defaultLimits } from '../limits.ts';
import { type Cluster, type TextOptions, toClusters, toSpans } from './clusters.ts';
import { type Line, lineText, type Span, splitLines } from './span.ts';

/** One row: it fits into its columns and holds nothing that acts on a terminal. */
export interface Row {
  readonly spans: readonly Span[];
  readonly width: number;
}

export interface WrapOptions extends TextOptions {
  /** Stands before each row but the first. Dropped where it would take more than half of the columns. */
  readonly hang?: Line | undefined;
  /** `words` (default), or `clusters` for code: break at the last column, drop nothing. */
  readonly by?: 'words' | 'clusters' | undefined;
}

const NOT_BEFORE = /^[\s,.:;!?)\]}'"%、。，．：；！？）」』】〉》〕］｝・ー…々’”]/u;
const LETTER = /^\p{L}/u;
const SPACE = ' ';
/** Units of text that a cell takes, seldom more: a row's text is cut there before it is looked at. */
const CHARS_PER_CELL = 12;

export const EMPTY_ROW: Row = { spans: [], width: 0 };

export function wrapLine(line: Line, columns: number, options: WrapOptions = {}): Row[] {
  const quick = quickRow(line, columns);
  if (quick !== undefined) return [quick];
  const { hang = [] } = options;
  const lines = splitLines(line).flatMap((one) => splitLong(one, defaultLimits.lineCharsMax));
  return lines.flatMap((one, index) => wrapOne(index === 0 ? one : [...hang, ...one], columns, options));
}

/**
 * A line beyond the limit in pieces, each a line of its own: a megabyte without a line feed costs no more than its length, a
 * piece at a time.
 */
function splitLong(line: Line, charsMax: number): Line[] {
  if (line.reduce((sum, { text }) => sum + text.length, 0) <= charsMax) return [line];
  const pieces: Span[][] = [[]];
  let room = charsMax;
  for (const { text, style } of line) {
    for (let at = 0; at < text.length; ) {
      const end = cutAt(text, at, room);
      pieces.at(-1)?.push({ text: text.slice(at, end), style });
      room -= end - at;
      at = end;
      if (at >= text.length && room > 0) continue;
      pieces.push([]);
      room = charsMax;
    }
  }
  return pieces.filter(({ length }) => length > 0);
}

/** The first so many characters of a line; the line itself where it has no more. */
function startOf(line: Line, charsMax: number): Line {
  const start: Span[] = [];
  let room = charsMax;
  for (const { text, style } of line) {
    const end = cutAt(text, 0, room);
    start.push({ text: text.slice(0, end), style });
    if (end < text.length) return start;
    room -= end;
  }
  return line;
}

/** Where a text may be cut: behind the last space of the room, else anywhere but inside of a pair of surrogates. */
function cutAt(text: string, at: number, room: number): number {
  if (text.length - at <= room) return text.length;
  const space = text.lastIndexOf(SPACE, at + room - 1);
  if (space > at + room / 2) return space + 1;
  const end = at + Math.max(1, room);
  return /[\ud800-\udbff]/.test(text[end - 1] ?? '') ? end + 1 : end;
}

function wrapOne(line: Line, columns: number, options: WrapOptions): Row[] {
  const clusters = toClusters(line, options).map(
    (cluster) => (cluster.width > columns ? { ...cluster, text: '…', width: 1 } : cluster),
  );
  const hang = hangOf(options.hang, columns, options);
  const rows: Row[] = [];
  let start = 0;
  while (start < clusters.length || rows.length === 0) {
    const lead = rows.length === 0 ? EMPTY_ROW : hang;
    const end = rowEnd(clusters, start, columns - lead.width, options.by ?? 'words');
    const shown = clusters.slice(start, end.at);
    const isWholeLast = end.next >= clusters.length && lead.width + widthOf(shown) <= columns;
    const fits = options.by === 'clusters' || isWholeLast ? shown : trimEnd(shown);
    rows.push({ spans: [...lead.spans, ...toSpans(fits)], width: lead.width + widthOf(fits) });
    start = end.next;
  }
  return rows;
}

export function wrapLines(lines: readonly Line[], columns: number, options: WrapOptions = {}): Row[] {
  return lines.flatMap((line) => wrapLine(line, columns, options));
}

/** Cuts a line to one row, with `…` where something is missing. */
export function truncateLine(line: Line, columns: number, options: TextOptions = {}): Row {
  const quick = quickRow(line, columns);
  if (quick !== undefined) return quick;
  // What is far beyond the row need not be looked at.
  const start = startOf(line, columns * CHARS_PER_CELL + 100);
  const cut = start !== line;
  const clusters = toClusters(start, options);
  const width = widthOf(clusters);
  if (width <= columns && !cut) return { spans: toSpans(clusters), width };
  const kept: Cluster[] = [];
  let used = 0;
  for (const cluster of clusters) {
    if (used + cluster.width > columns - 1) break;
    kept.push(cluster);
    used += cluster.width;
  }
  const style = kept.at(-1)?.style ?? {};
  return columns < 1 ? EMPTY_ROW : { spans: toSpans([...kept, { text: '…', width: 1, style }]), width: used + 1 };
}

/** Cells of a line as it will be shown, escapes and tabs counted. */
export function lineWidth(line: Line, options: TextOptions = {}): number {
  return widthOf(toClusters(line, options));
}

/** What nearly every line is: ASCII that fits. */
function quickRow(line: Line, columns: number): Row | undefined {
  let width = 0;
  for (const { text } of line) {
    width += text.length;
    if (width > columns || !isAscii(text)) return undefined;
  }
  return { spans: line, width };
}

function rowEnd(
  clusters: readonly Cluster[],
  start: number,
  columns: number,
  by: 'words' | 'clusters',
): { at: number; next: number } {
  let width = 0;
  let lastBreak = start;
  let at = start;
  for (; at < clusters.length; at += 1) {
    const cluster = clusters[at];
    if (cluster === undefined) break;
    if (at > start && mayBreak(clusters[at - 2], clusters[at - 1], cluster)) lastBreak = at;
    // Spaces may hang over the end: they are dropped there.
    if (width + cluster.width > columns && !(by === 'words' && cluster.text === SPACE)) break;
    width += cluster.width;
  }
  if (at >= clusters.length) return { at, next: at };
  if (by === 'clusters' || lastBreak <= start) return { at: Math.max(at, start + 1), next: Math.max(at, start + 1) };
  return { at: lastBreak, next: lastBreak };
}

function mayBreak(earlier: Cluster | undefined, before: Cluster | undefined, after: Cluster): boolean {
  if (before === undefined || after.text === SPACE) return false;
  if (before.text === SPACE) return true;
  if (NOT_BEFORE.test(after.text)) return false;
  // Not in dates, ranges and options: `2026-11-24`, `--all`.
  if (before.text === '-') return LETTER.test(after.text) && LETTER.test(earlier?.text ?? '');
  return before.width === 2 || after.width === 2;
}

function trimEnd(clusters: readonly Cluster[]): readonly Cluster[] {
  let end = clusters.length;
  while (end > 0 && clusters[end - 1]?.text === SPACE) end -= 1;
  return end === clusters.length ? clusters : clusters.slice(0, end);
}

function hangOf(hang: Line | undefined, columns: number, options: TextOptions): Row {
  if (hang === undefined || hang.length === 0) return EMPTY_ROW;
  const clusters = toClusters(hang, options);
  const width = widthOf(clusters);
  return width > columns / 2 ? EMPTY_ROW : { spans: toSpans(clusters), width };
}

function widthOf(clusters: readonly Cluster[]): number {
  return clusters.reduce((sum, { width }) => sum + width, 0);
}

export function rowText(row: Row): string {
  return lineText(row.spans);
}
