/**
 * How many rows above the cursor the live region may begin after the terminal got another size.
 *
 * A terminal that re-wraps has broken rows wider than it is now into several, and the cursor has moved down by that many. Which
 * rows, depends on the frame that stood there at that moment; news of the size may come later than frames that were drawn for the
 * old one. So the regions of the last moments are remembered, where a multiplexer stands between, and rather too few rows are
 * erased than one of the transcript.
 */
import type { Region } from './draw.ts';
import type { Clock } from './frame-clock.ts';
import type { Size } from './screen.ts';

export interface ResizeMemory {
  /** The size changed, and nothing was drawn since. */
  readonly pending: boolean;
  heard(): void;
  /** A frame replaces this region. @param printed - It printed rows: then every row is new, and stands as it was written. */
  replaced(region: Region, printed: boolean): void;
  /** Ends `pending`. @returns rows above the cursor. */
  rowsToErase(region: Region, size: Size): number;
}

/**
 * How late the news of another size may be. tmux tells of the first at once, of more within a quarter of a second after that; what
 * is written while it tells is on its way.
 */
const NEWS_MS = { first: 20, series: 400 } as const;
const SERIES_MS = 300;

export function createResizeMemory(
  clock: Pick<Clock, 'now'>,
  { reflows, multiplexed }: { readonly reflows: boolean; readonly multiplexed: boolean },
): ResizeMemory {
  let pending = false;
  /** When we heard of the present size, and how late that may have been. */
  let news: { readonly atMs: number; readonly lateMs: number } = { atMs: Number.NEGATIVE_INFINITY, lateMs: NEWS_MS.first };
  let recent: { readonly atMs: number; readonly region: Region }[] = [];
  return {
    get pending() {
      return pending;
    },
    heard() {
      const atMs = clock.now();
      news = { atMs, lateMs: atMs - news.atMs < SERIES_MS ? NEWS_MS.series : NEWS_MS.first };
      pending = true;
    },
    replaced(region, printed) {
      if (!multiplexed) return;
      const atMs = clock.now();
      recent = printed ? [] : [...recent.filter((one) => atMs - one.atMs < NEWS_MS.series), { atMs, region }];
    },
    rowsToErase(region, size) {
      const before = recent.filter(({ atMs }) => news.atMs - atMs < news.lateMs).map((one) => one.region);
      pending = false;
      recent = [];
      const rowsAbove = (one: Region): number => rowsAboveCursor(one, size, reflows) + region.cursorRow - one.cursorRow;
      return Math.min(...[region, ...before].map((one) => Math.max(0, rowsAbove(one))));
    },
  };
}

function rowsAboveCursor({ rows, cursorRow, cursorColumn }: Region, { columns, rows: height }: Size, reflows: boolean): number {
  const wrapped = (width: number): number => (reflows ? Math.max(1, Math.ceil(width / columns)) : 1);
  const above = rows.slice(0, cursorRow).reduce((sum, row) => sum + wrapped(row.width), 0);
  return Math.min(above + (reflows ? Math.floor(cursorColumn / columns) : 0), height - 1);
}
