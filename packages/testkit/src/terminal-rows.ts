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

export function rowText(row: GridRow | undefined): string {
  return (row?.cells ?? []).map(({ text }) => text).join('').replace(/ +$/, '');
}

export function trimmed(cells: readonly Cell[]): Cell[] {
  let end = cells.length;
  while (end > 0 && cells[end - 1]?.text === ' ' && cells[end - 1]?.style === '') end -= 1;
  return cells.slice(0, end);
}

export function broken(cells: readonly Cell[], columns: number): GridRow[] {
  const rows: GridRow[] = [];
  let current: Cell[] = [];
  for (const cell of cells) {
    if (current.length + Math.max(1, cell.width) > columns && cell.width !== 0) {
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
