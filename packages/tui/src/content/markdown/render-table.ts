/**
 * A table as rows: columns as wide as their widest cell, narrowed where the sum does not fit, with cells wrapped. Where not even
 * a few columns for each cell are left, each row becomes a list of `header: cell`.
 */
import type { Theme } from '../../colour/theme.ts';
import type { WidthOptions } from '../../text/cell-width.ts';
import { type Line, lineText, restyle, span, type Span } from '../../text/span.ts';
import { lineWidth, type Row, wrapLine } from '../../text/wrap.ts';
import type { Align, Leaf } from './block.ts';

const CELL_COLUMNS_MIN = 4;
const SEPARATOR = ' │ ';

export function renderTable(
  table: Extract<Leaf, { kind: 'table' }>,
  columns: number,
  inline: (text: string) => Span[],
  theme: Theme,
  options: WidthOptions,
): Line[] {
  const flat = (text: string): Line => inline(text).map((part) => span(part.text.replaceAll('\n', ' '), part.style));
  const header = table.header?.map((text) => restyle(flat(text), theme.strong));
  const rows = table.rows.map((row) => row.map(flat));
  const count = table.aligns.length;
  const room = columns - SEPARATOR.length * (count - 1);
  if (room < count * CELL_COLUMNS_MIN) return asList(header, rows, columns, options);
  const natural = table.aligns.map(
    (_, index) => Math.max(1, ...[header, ...rows].map((row) => lineWidth(row?.[index] ?? [], options))),
  );
  const widths = narrowed(natural, room);
  const draw = (row: readonly Line[]): Line[] => drawRow(row, widths, table.aligns, theme, options);
  const rule = [span(widths.map((width) => '─'.repeat(width)).join('─┼─'), theme.rule)];
  return [...(header === undefined ? [] : [...draw(header), rule]), ...rows.flatMap(draw)];
}

/** Takes from the widest until the sum fits. */
function narrowed(natural: readonly number[], room: number): number[] {
  const widths = [...natural];
  let excess = widths.reduce((sum, width) => sum + width, 0) - room;
  while (excess > 0) {
    const widest = Math.max(...widths);
    const next = Math.max(CELL_COLUMNS_MIN, ...widths.filter((width) => width < widest));
    const tied = widths.filter((width) => width === widest).length;
    const cut = Math.max(1, Math.min(widest - next, Math.ceil(excess / tied)));
    for (const [index, width] of widths.entries()) {
      if (width !== widest || excess <= 0) continue;
      widths[index] = width - Math.min(cut, excess);
      excess -= Math.min(cut, excess);
    }
  }
  return widths;
}

function drawRow(
  row: readonly Line[],
  widths: readonly number[],
  aligns: readonly Align[],
  theme: Theme,
  options: WidthOptions,
): Line[] {
  const cells = widths.map((width, index) => wrapLine(row[index] ?? [], width, options));
  const height = Math.max(...cells.map(({ length }) => length));
  return Array.from({ length: height }, (_, at) =>
    cells.flatMap((rows, index): Span[] => {
      const last = index === widths.length - 1;
      const cell = padded(rows[at] ?? { spans: [], width: 0 }, widths[index] ?? 0, aligns[index] ?? 'left', last);
      return index === 0 ? cell : [span(SEPARATOR, theme.rule), ...cell];
    }),
  );
}

function padded({ spans, width }: Row, columns: number, align: Align, last: boolean): Span[] {
  const free = Math.max(0, columns - width);
  const before = align === 'right' ? free : align === 'center' ? free >> 1 : 0;
  const after = last ? 0 : free - before;
  return [...(before > 0 ? [span(' '.repeat(before))] : []), ...spans, ...(after > 0 ? [span(' '.repeat(after))] : [])];
}

function asList(
  header: readonly Line[] | undefined,
  rows: readonly (readonly Line[])[],
  columns: number,
  options: WidthOptions,
): Line[] {
  return rows.flatMap((row) =>
    row.flatMap((cell, index) => {
      const name = header?.[index] ?? [];
      const line = lineText(name) === '' ? cell : [...name, span(': '), ...cell];
      return wrapLine(line, columns, options).map(({ spans }) => spans);
    }),
  );
}
