/**
 * The screen of a terminal that can do nothing (`TERM=dumb`) or of a screen reader: lines, in order, without a single escape
 * sequence.
 *
 * There is no live region: what the view shows is not written. A caller that wants an answer prints its question and reads a
 * line; the terminal itself echoes it.
 */
import { rowText, wrapLine } from '../text/wrap.ts';
import type { Screen, ScreenOptions, Size } from './screen.ts';

/** The terminal, or what reads it aloud, breaks lines itself. */
const COLUMNS = Number.MAX_SAFE_INTEGER;

export function createPlainScreen(options: ScreenOptions): Screen {
  let size: Size = { columns: options.columns, rows: options.rows };
  let state: 'open' | 'suspended' | 'closed' = 'open';
  let kept: string[] = [];
  let full = false;
  let waiting: (() => void)[] = [];
  const settle = (): void => {
    const resolved = waiting;
    waiting = [];
    for (const resolve of resolved) resolve();
  };
  const write = (text: string): void => {
    if (state === 'suspended') return void kept.push(text);
    if (state === 'closed' || text === '') return;
    try {
      if (options.output.write(text) || full) return;
      full = true;
      options.output.once('drain', () => {
        full = false;
        settle();
      });
    } catch (error) {
      state = 'closed';
      settle();
      options.onGone?.(error);
    }
  };
  return {
    get size() {
      return size;
    },
    print(lines) {
      write(lines.flatMap((line) => wrapLine(line, COLUMNS)).map((row) => `${rowText(row)}\n`).join(''));
    },
    printSequence: () => undefined,
    show: () => undefined,
    invalidate: () => undefined,
    flush: () => undefined,
    resize(next) {
      size = next;
    },
    ready: () => (full ? new Promise((resolve) => waiting.push(resolve)) : Promise.resolve()),
    bell: () => undefined,
    setTitle: () => undefined,
    suspend() {
      if (state === 'open') state = 'suspended';
    },
    resume() {
      if (state !== 'suspended') return;
      state = 'open';
      const text = kept.join('');
      kept = [];
      write(text);
    },
    close() {
      if (state === 'suspended') state = 'open';
      write(kept.join(''));
      kept = [];
      state = 'closed';
      settle();
    },
  };
}
