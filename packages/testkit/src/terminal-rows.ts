/**
 * Rows of cells: what a virtual terminal keeps, and what a change of width does to them.
 */
export interface Cell {
  text: string;
  width: number;
  style: string;
  link: string;
}

export interface GridRow {
  cells: Cell[];
  /** The text goes on in the next row without a line feed. */
  soft: boolean;
}

export function blank(): Cell {
  return { text: ' ', width: 1, style: '', link: '' };
}

/** Fills the last column where a wide character had no room and went to the next row. Nobody wrote it, nobody copies it. */
export function spacer(): Cell {
  return { ...blank(), text: '' };
}

const isSpacer = ({ text, width }: Cell): boolean => text === '' && width === 1;

export function emptyRow(columns: number): GridRow {
  return { cells: Array.from({ length: columns }, blank), soft: false };
}

export function rowText(row: GridRow | undefined): string {
  return (row?.cells ?? []).map(({ text }) => text).join('').replace(/ +$/, '');
}

function trimmed(cells: readonly Cell[]): Cell[] {
  let end = cells.length;
  while (end > 0 && cells[end - 1]?.text === ' ' && cells[end - 1]?.style === '') end -= 1;
  return cells.slice(0, end);
}

function broken(cells: readonly Cell[], columns: number): GridRow[] {
  const rows: GridRow[] = [];
  let current: Cell[] = [];
  for (const cell of cells) {
    if (current.length + Math.max(1, cell.width) > columns && cell.width !== 0) {
      if (current.length < columns) current.push(spacer());
      rows.push({ cells: current, soft: true });
      current = [];
    }
    if (current.length < columns) current.push(cell);
  }
  rows.push({ cells: current, soft: false });
  for (const row of rows) fit(row, columns);
  return rows;
}

export function fit(row: GridRow, columns: number): void {
  row.cells.length = Math.min(row.cells.length, columns);
  if (row.cells.at(-1)?.width === 2) row.cells[row.cells.length - 1] = blank();
  while (row.cells.length < columns) row.cells.push(blank());
}

interface Place {
  readonly row: number;
  readonly column: number;
}

interface Rewrapped {
  readonly rows: GridRow[];
  readonly cursor: Place;
}

/** Joins soft-wrapped rows and breaks them at the new width; the cursor stays with its character. Empty rows below are dropped. */
export function rewrap(all: readonly GridRow[], cursor: Place, columns: number): Rewrapped {
  let last = all.length - 1;
  while (last > cursor.row && rowText(all[last]) === '') last -= 1;
  const rows: GridRow[] = [];
  let moved: Place = { row: 0, column: 0 };
  for (let at = 0; at <= last; at += 1) {
    const cells: Cell[] = [];
    let cursorAt: number | undefined;
    for (;;) {
      const part = all[at];
      if (part === undefined) break;
      if (at === cursor.row) cursorAt = cells.length + cursor.column;
      cells.push(...(part.soft ? part.cells.filter((cell) => !isSpacer(cell)) : trimmed(part.cells)));
      if (!part.soft || at >= last) break;
      at += 1;
    }
    const first = rows.length;
    rows.push(...broken(cells, columns));
    if (cursorAt !== undefined) {
      const lastOfIt = Math.max(rows.length - 1, first);
      moved = { row: Math.min(first + Math.floor(cursorAt / columns), lastOfIt), column: cursorAt % columns };
    }
  }
  return { rows, cursor: moved };
}
