/**
 * Where each character of the editor stands: visual rows, wrapped at spaces, with the offset of every cluster.
 *
 * Vertical motion and the view use the same layout, so the caret goes where the eye expects it. The last column stays free, for
 * the caret behind a full row.
 */
import { type Cluster, type TextOptions, toClusters } from '../text/clusters.ts';
import type { Style } from '../text/span.ts';
import { type Chip, isChip } from './editor-state.ts';
import { graphemes } from '../text/cell-width.ts';

export interface Cell extends Cluster {
  readonly offset: number;
}

export interface VisualRow {
  readonly start: number;
  /** Offset of the first character that is not in this row; at the end of a line that is its LF. */
  readonly end: number;
  readonly cells: readonly Cell[];
  /** The row goes on in the next one. */
  readonly soft: boolean;
}

export interface LayoutOptions extends TextOptions {
  readonly columns: number;
  readonly chipStyle?: Style | undefined;
  readonly textStyle?: Style | undefined;
}

export function layoutText(text: string, chips: ReadonlyMap<string, Chip>, options: LayoutOptions): VisualRow[] {
  const columns = Math.max(1, options.columns - 1);
  const rows: VisualRow[] = [];
  let start = 0;
  for (const line of text.split('\n')) {
    rows.push(...wrapCells(cellsOf(line, start, chips, options), start, start + line.length, columns));
    start += line.length + 1;
  }
  return rows;
}

const PLAIN_STYLE: Style = {};

function cellsOf(line: string, start: number, chips: ReadonlyMap<string, Chip>, options: LayoutOptions): Cell[] {
  const cells: Cell[] = [];
  const textStyle = options.textStyle ?? PLAIN_STYLE;
  let offset = start;
  for (const cluster of graphemes(line)) {
    const chip = isChip(cluster) ? chips.get(cluster) : undefined;
    const shown = chip === undefined ? cluster : chip.label;
    const style = chip === undefined ? textStyle : (options.chipStyle ?? textStyle);
    for (const { text, width } of toClusters([{ text: shown, style }], options)) cells.push({ text, width, style, offset });
    offset += cluster.length;
  }
  return cells;
}

function wrapCells(cells: readonly Cell[], start: number, end: number, columns: number): VisualRow[] {
  const rows: VisualRow[] = [];
  let first = 0;
  let width = 0;
  let breakAt = 0;
  for (let at = 0; at < cells.length; at += 1) {
    const cell = cells[at];
    if (cell === undefined) break;
    if (at > first && cells[at - 1]?.text === ' ' && cell.text !== ' ') breakAt = at;
    // One space may hang over, into the column of the caret.
    if (width + cell.width > columns + (cell.text === ' ' ? 1 : 0) && at > first) {
      const next = breakAt > first ? breakAt : at;
      const row = cells.slice(first, next);
      rows.push({ start: row[0]?.offset ?? start, end: cells[next]?.offset ?? end, cells: row, soft: true });
      first = next;
      width = cells.slice(first, at).reduce((sum, before) => sum + before.width, 0);
    }
    width += cell.width;
  }
  const row = cells.slice(first);
  rows.push({ start: first === 0 ? start : (row[0]?.offset ?? end), end, cells: row, soft: false });
  return rows;
}

/** Row and column of an offset. The end of a soft row is the start of the next one. */
export function positionOf(rows: readonly VisualRow[], offset: number): { row: number; column: number } {
  let row = 0;
  while (row < rows.length - 1) {
    const current = rows[row];
    if (current === undefined || offset < current.end || (offset === current.end && !current.soft)) break;
    row += 1;
  }
  let column = 0;
  for (const cell of rows[row]?.cells ?? []) {
    if (cell.offset >= offset) break;
    column += cell.width;
  }
  return { row, column };
}

/** The offset nearest to a column of a row. */
export function offsetAt(rows: readonly VisualRow[], row: number, column: number): number {
  const target = rows[Math.max(0, Math.min(row, rows.length - 1))];
  if (target === undefined) return 0;
  let at = 0;
  for (const cell of target.cells) {
    if (at + cell.width > column) return cell.offset;
    at += cell.width;
  }
  // The end of a soft row belongs to the next: stay on the last character instead.
  return target.soft ? (target.cells.at(-1)?.offset ?? target.end) : target.end;
}
