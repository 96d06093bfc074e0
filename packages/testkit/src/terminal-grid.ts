/**
 * Cells, cursor and scroll-back of a virtual terminal: what writing, moving, erasing, scrolling and a resize do to them. Knows no
 * sequence.
 *
 * As xterm and its kin: pending wrap in the last column, rows that wrapped by themselves marked `soft`, no wide character across
 * the edge, half of a wide character overwritten erases the other half. A resize re-wraps soft rows (or cuts: `reflow: false`);
 * fewer rows send the top to the scroll-back, more bring it back.
 * A cell holds a grapheme cluster, as in kitty, Ghostty or WezTerm: as wide as its first code point, but two for a flag and with
 * U+FE0F. With `clusters: false` every code point that has a width takes cells of its own, as in older terminals.
 */
import { blank, type Cell, emptyRow, fit, type GridRow, rewrap, rowText, spacer } from './terminal-rows.ts';

export interface GridOptions {
  readonly columns: number;
  readonly rows: number;
  readonly scrollbackMax: number;
  readonly reflow: boolean;
  readonly dropsBelow: boolean;
  readonly clusters: boolean;
  readonly widthOf: (codePoint: number) => number;
}

/** What is written with a character. */
export interface Pen {
  readonly style: string;
  readonly link: string;
  readonly autowrap: boolean;
}

const segmenter = new Intl.Segmenter('und', { granularity: 'grapheme' });
/** Below it every code point is a cluster of its own. */
const FIRST_JOINING = 0x300;
const VARIATION_EMOJI = 0xfe0f;

function isOneCluster(text: string): boolean {
  const [first] = segmenter.segment(text);
  return first?.segment.length === text.length;
}

const isRegionalIndicator = (codePoint: number): boolean => codePoint >= 0x1f1e6 && codePoint <= 0x1f1ff;

export class TerminalGrid {
  columns: number;
  rows: number;
  row = 0;
  column = 0;
  pendingWrap = false;
  /** What has scrolled off, oldest first. */
  history: GridRow[] = [];
  screen: GridRow[];
  readonly #options: GridOptions;
  #top = 0;
  #bottom: number;

  constructor(options: GridOptions) {
    this.#options = options;
    this.columns = options.columns;
    this.rows = options.rows;
    this.screen = Array.from({ length: options.rows }, () => emptyRow(options.columns));
    this.#bottom = options.rows - 1;
  }

  get all(): GridRow[] {
    return [...this.history, ...this.screen];
  }

  put(text: string, codePoint: number, { style, link, autowrap }: Pen): void {
    const width = this.#options.widthOf(codePoint);
    const before = this.#cellBefore();
    if (before !== undefined && (width === 0 || this.#belongsTo(before, text, codePoint))) return this.#join(before, text, codePoint);
    if (width === 0) return;
    if (this.pendingWrap && autowrap) this.#softWrap();
    if (this.column + width > this.columns) {
      if (!autowrap || width > this.columns) this.column = Math.max(0, this.columns - width);
      else {
        this.screen[this.row]?.cells.splice(this.column, 1, spacer());
        this.#softWrap();
      }
    }
    const row = this.screen[this.row];
    if (row === undefined) return;
    this.#clearHalves(row, this.column, width);
    row.cells[this.column] = { text, width, style, link };
    if (width === 2 && this.column + 1 < this.columns) row.cells[this.column + 1] = { text: '', width: 0, style, link };
    this.#advance(width);
  }

  move(row: number, column: number): void {
    this.row = Math.max(0, Math.min(this.rows - 1, row));
    this.column = Math.max(0, Math.min(this.columns - 1, column));
    this.pendingWrap = false;
  }

  lineFeed(): void {
    this.pendingWrap = false;
    if (this.row === this.#bottom) {
      if (this.#top === 0 && this.#bottom === this.rows - 1) {
        this.#scrollOff();
        this.row += 1;
        this.screen.push(emptyRow(this.columns));
      } else {
        this.screen.splice(this.#top, 1);
        this.screen.splice(this.#bottom, 0, emptyRow(this.columns));
      }
    } else if (this.row < this.rows - 1) this.row += 1;
  }

  /** Fills cells from the cursor on, as an image does: cut at the edge, scrolling where there is no room. Ends in its last row. */
  fill(columns: number, rows: number, text: string): void {
    const left = this.column;
    for (let row = 0; row < rows; row += 1) {
      if (row > 0) this.lineFeed();
      for (let column = left; column < Math.min(this.columns, left + columns); column += 1) {
        this.move(this.row, column);
        this.put(text, text.codePointAt(0) ?? 0, { style: '', link: '', autowrap: false });
      }
    }
    this.move(this.row, left);
  }

  setScrollingRegion(top: number, bottom: number): void {
    this.#top = top;
    this.#bottom = bottom;
    this.move(0, 0);
  }

  eraseBelow(): void {
    this.eraseLine(0);
    for (let row = this.row + 1; row < this.rows; row += 1) this.screen[row] = emptyRow(this.columns);
  }

  /**
   * @param kind - 0 from the cursor, 1 up to it, 2 all. In pending wrap the cursor is on the last cell, which goes too: what real
   *   terminals do.
   */
  eraseLine(kind: number): void {
    const row = this.screen[this.row];
    if (row === undefined) return;
    const from = kind === 0 ? this.column : 0;
    const to = kind === 1 ? this.column + 1 : this.columns;
    if (row.cells[from]?.width === 0) row.cells[from - 1] = blank();
    for (let at = from; at < to; at += 1) row.cells[at] = blank();
    if (kind !== 1) row.soft = false;
  }

  resize(columns: number, rows: number): void {
    if (this.#options.reflow && columns !== this.columns) this.#rewrap(columns);
    else for (const row of this.all) fit(row, columns);
    this.columns = columns;
    this.column = Math.min(this.column, columns - 1);
    this.pendingWrap = false;
    // Empty rows below the cursor go first.
    while (this.screen.length > rows) {
      const isBelow = this.row < this.screen.length - 1;
      if (isBelow && (this.#options.dropsBelow || rowText(this.screen.at(-1)) === '')) this.screen.pop();
      else this.#scrollOff();
    }
    while (this.screen.length < rows) {
      const back = this.history.pop();
      if (back === undefined) this.screen.push(emptyRow(columns));
      else {
        fit(back, columns);
        this.screen.unshift(back);
        this.row += 1;
      }
    }
    this.rows = rows;
    this.row = Math.max(0, Math.min(this.row, rows - 1));
    this.#top = 0;
    this.#bottom = rows - 1;
  }

  #rewrap(columns: number): void {
    const height = this.screen.length;
    const { rows, cursor } = rewrap(this.all, { row: this.history.length + this.row, column: this.column }, columns);
    const start = Math.max(0, Math.min(rows.length - height, cursor.row));
    this.history = rows.slice(0, start);
    this.screen = rows.slice(start, start + height);
    while (this.screen.length < height) this.screen.push(emptyRow(columns));
    for (const row of this.screen) fit(row, columns);
    this.row = cursor.row - start;
    this.column = cursor.column;
  }

  /** The last cell that was written, if the cursor has not moved since. */
  #cellBefore(): Cell | undefined {
    const cells = this.screen[this.row]?.cells ?? [];
    const at = this.pendingWrap ? this.column : this.column - 1;
    return cells[at]?.width === 0 ? cells[at - 1] : cells[at];
  }

  #belongsTo(before: Cell, text: string, codePoint: number): boolean {
    if (!this.#options.clusters || before.text === '') return false;
    if (codePoint < FIRST_JOINING && before.text.charCodeAt(before.text.length - 1) < FIRST_JOINING) return false;
    return isOneCluster(before.text + text);
  }

  #join(cell: Cell, text: string, codePoint: number): void {
    const isWide = (codePoint === VARIATION_EMOJI && /^[\p{Emoji}]/u.test(cell.text)) || isRegionalIndicator(codePoint);
    cell.text += text;
    if (!this.#options.clusters || !isWide || cell.width === 2 || this.pendingWrap) return;
    const row = this.screen[this.row];
    if (row === undefined) return;
    this.#clearHalves(row, this.column, 1);
    row.cells[this.column] = { ...cell, text: '', width: 0 };
    cell.width = 2;
    this.#advance(1);
  }

  #advance(width: number): void {
    this.column += width;
    if (this.column < this.columns) return;
    this.column = this.columns - 1;
    this.pendingWrap = true;
  }

  #clearHalves(row: GridRow, column: number, width: number): void {
    if (row.cells[column]?.width === 0) row.cells[column - 1] = blank();
    if (row.cells[column + width]?.width === 0) row.cells[column + width] = blank();
  }

  #softWrap(): void {
    const row = this.screen[this.row];
    if (row !== undefined) row.soft = true;
    this.column = 0;
    this.pendingWrap = false;
    this.lineFeed();
  }

  #scrollOff(): void {
    const row = this.screen.shift();
    if (row !== undefined) this.history.push(row);
    if (this.history.length > this.#options.scrollbackMax) this.history.shift();
    this.row -= 1;
  }
}
