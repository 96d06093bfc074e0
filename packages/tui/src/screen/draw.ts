/**
 * One frame as bytes: from what the live region shows to what it shall show.
 *
 * Pure. Positions are relative to the live region, whose first row is 0; where it stands on the screen nobody needs to know.
 * Printed rows come first: they overwrite the top of the region, push the rest down, and belong to the terminal's scroll-back
 * from then on. A row that was live and is printed unchanged costs nothing. Only rows of the region are ever touched again, and
 * it is never taller than the terminal.
 */
import { EMPTY_ROW, type Row } from '../text/wrap.ts';
import { sameStyle } from '../text/span.ts';
import { isCertain, type WidthOptions } from '../text/cell-width.ts';
import { encodeSpans, type EncodeOptions, rowChange } from './encode-row.ts';

/** What is on the screen below the transcript. */
export interface Region {
  readonly rows: readonly Row[];
  /** Where the terminal's cursor stands. */
  readonly cursorRow: number;
  readonly cursorColumn: number;
  readonly cursorShown: boolean;
}

export interface Frame {
  readonly printed: readonly Row[];
  readonly live: readonly Row[];
  readonly cursor: { readonly row: number; readonly column: number } | undefined;
  /** After a resize: how many rows above the cursor the region may begin. It is erased and drawn anew. */
  readonly eraseAbove?: number | undefined;
}

export interface DrawOptions extends EncodeOptions, WidthOptions {
  readonly columns: number;
  /** Behind printed rows each row of the region is written whole: the terminal may be narrower than it told us. */
  readonly whole?: boolean | undefined;
}

export const EMPTY_REGION: Region = { rows: [EMPTY_ROW], cursorRow: 0, cursorColumn: 0, cursorShown: true };

const BEGIN_SYNC = '\u001b[?2026h';
const END_SYNC = '\u001b[?2026l';
const WRAP_OFF = '\u001b[?7l';
const WRAP_ON = '\u001b[?7h';

export function drawFrame(before: Region, frame: Frame, options: DrawOptions): { bytes: string; region: Region } {
  const region = frame.eraseAbove === undefined ? before : { ...EMPTY_REGION, cursorShown: before.cursorShown };
  const live = frame.live.length === 0 ? [EMPTY_ROW] : frame.live;
  const rows = frame.printed.length === 0 ? live : [...frame.printed, ...live];
  const pen = createPen(region);
  if (frame.eraseAbove !== undefined) pen.add(eraseRegion(frame.eraseAbove));
  const whole = options.whole === true && frame.printed.length > 0;
  let uncertain = false;
  let changedRows = 0;
  for (const [index, row] of rows.entries()) {
    const old = region.rows[index];
    if (!whole && old !== undefined && sameRow(old, row)) continue;
    changedRows += 1;
    uncertain ||= !isCertainRow(row);
    writeRow(pen, index, old, row, { ...options, whole });
  }
  // Rows that are equal to what stood there were skipped, new rows at the end may not be: they have to exist.
  pen.reach(rows.length - 1);
  if (region.rows.length > rows.length) {
    pen.to(rows.length, 0);
    pen.add('\u001b[J');
  }
  const cursor = frame.cursor ?? { row: live.length - 1, column: 0 };
  const shown = frame.cursor !== undefined;
  pen.to(frame.printed.length + cursor.row, cursor.column);
  const next: Region = { rows: live, cursorRow: cursor.row, cursorColumn: cursor.column, cursorShown: shown };
  const drawn = pen.bytes();
  if (drawn === '' && shown === region.cursorShown) return { bytes: '', region: next };
  const hide = region.cursorShown && (!shown || changedRows > 1) ? '\u001b[?25l' : '';
  const show = shown && (hide !== '' || !region.cursorShown) ? '\u001b[?25h' : '';
  const body = uncertain ? WRAP_OFF + drawn + WRAP_ON : drawn;
  return { bytes: BEGIN_SYNC + hide + body + show + END_SYNC, region: next };
}

/**
 * Goes to where the region begins and erases from there. The first row by itself, and the rest from its second column on: tmux takes "erase to the end" in
 * the top left corner for a clearing of the screen, and moves what stood there into the scroll-back.
 */
export function eraseRegion(rowsAbove: number): string {
  return `\r${rowsAbove > 0 ? `\u001b[${rowsAbove}A` : ''}\u001b[2K\u001b[2G\u001b[J\r`;
}

function sameRow(before: Row, after: Row): boolean {
  if (before === after) return true;
  if (before.width !== after.width || before.spans.length !== after.spans.length) return false;
  return after.spans.every(({ text, style }, index) => {
    const span = before.spans[index];
    return span !== undefined && span.text === text && sameStyle(span.style, style);
  });
}

function isCertainRow({ spans }: Row): boolean {
  return spans.every(({ text }) => isCertain(text));
}

function writeRow(pen: Pen, index: number, before: Row | undefined, row: Row, options: DrawOptions): void {
  if (before !== undefined && (options.whole === true || before.width > row.width)) {
    // The whole row: tmux counts cells that were erased to the end as text, and wraps them when the window gets narrower.
    pen.to(index, 0);
    pen.add('\u001b[2K');
    pen.add(encodeSpans(row.spans, options));
    pen.moved(row.width);
    return;
  }
  const change = before === undefined ? { column: 0, rest: row.spans } : rowChange(before, row, options);
  pen.to(index, change.column);
  // A full row leaves the cursor in the last column, where "erase to the end" would take its last character with it.
  const erase = before !== undefined && (before.width > row.width || !isCertainRow(row) || !isCertainRow(before));
  const eraseFirst = erase && row.width >= options.columns;
  if (eraseFirst) pen.add('\u001b[K');
  pen.add(encodeSpans(change.rest, options));
  pen.moved(row.width);
  if (erase && !eraseFirst) pen.add('\u001b[K');
}

interface Pen {
  add(bytes: string): void;
  to(row: number, column: number): void;
  /** Makes rows exist down to this one, by line feeds at the end of the region. */
  reach(row: number): void;
  /** Text was written up to this column. */
  moved(column: number): void;
  bytes(): string;
}

function createPen(region: Region): Pen {
  let out = '';
  let row = region.cursorRow;
  let column: number | undefined = region.cursorColumn;
  let last = region.rows.length - 1;
  const vertical = (target: number): void => {
    if (target === row) return;
    const distance = row - target;
    if (distance > 0) out += `\u001b[${distance === 1 ? '' : distance}A`;
    else {
      // Line feeds: a terminal that got lower has dropped rows below the cursor, maybe before we hear of it. They come into being
      // again, where "cursor down" would stop at the last row and what follows would be written over the rows above.
      out += '\n'.repeat(-distance);
      column = undefined;
    }
    row = target;
  };
  const reach = (target: number): void => {
    if (target <= last) return;
    vertical(last);
    out += `${'\r\n'.repeat(target - last)}`;
    row = target;
    column = 0;
    last = target;
  };
  return {
    add(bytes) {
      out += bytes;
    },
    to(target, targetColumn) {
      reach(target);
      vertical(target);
      if (column === targetColumn) return;
      out += targetColumn === 0 ? '\r' : `\u001b[${targetColumn + 1}G`;
      column = targetColumn;
    },
    reach,
    moved() {
      // Where the cursor is after text is the terminal's opinion (pending wrap, widths): always say the column.
      column = undefined;
    },
    bytes: () => out,
  };
}
