/** Rows of GFM tables: `| a | b |`, the outer bars optional, `\|` a bar in a cell, bars in code spans escaped likewise. */
import type { Align } from './block.ts';

const CELLS_MAX = 50;

export function cellsOf(line: string): string[] {
  const inner = line.trim().replace(/^\|/, '').replace(/(?<!\\)\|$/, '');
  return inner.split(/(?<!\\)\|/).slice(0, CELLS_MAX).map((cell) => cell.trim().replaceAll('\\|', '|'));
}

/** The delimiter row (`| --- | :-: |`); undefined where the line is none. */
export function alignsOf(line: string): Align[] | undefined {
  if (!/^[\s|:-]+$/.test(line) || !line.includes('-') || !line.includes('|')) return undefined;
  const cells = cellsOf(line);
  if (!cells.every((cell) => /^:?-+:?$/.test(cell))) return undefined;
  return cells.map((cell) => (cell.endsWith(':') ? (cell.startsWith(':') ? 'center' : 'right') : 'left'));
}
