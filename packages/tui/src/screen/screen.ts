/**
 * The screen: a transcript that is written once into the terminal's own scroll-back, and a live region below it.
 *
 * `print` queues lines; the next frame writes them for good. `show` sets what the live region displays: a function of the size,
 * called when a frame is drawn, so that many changes cost one frame. Frames go out at most 30 times a second, each as one
 * synchronized update that leaves the real cursor in the editor, and not at all while nothing changes. No alternate screen, no
 * clearing of scroll-back; a resize wraps the live region anew and leaves the rest to the terminal.
 *
 * Back-pressure: while the output is full no frame is made; what changes meanwhile is in the next one. `ready` tells a producer
 * to go on.
 * States: `open` → `suspended` (another program has the terminal) → `open` → `closed`. An output that throws closes it.
 */
import { detectCapabilities, type Capabilities } from '../colour/capabilities.ts';
import { defaultLimits, type Limits } from '../limits.ts';
import type { Line } from '../text/span.ts';
import { type Row, truncateLine, wrapLine, type WrapOptions } from '../text/wrap.ts';
import type { WidthOptions } from '../text/cell-width.ts';
import { drawFrame, EMPTY_REGION, eraseRegion, type Region } from './draw.ts';
import { type Clock, createFrameClock, systemClock } from './frame-clock.ts';
import { createPlainScreen } from './plain-screen.ts';
import { createResizeMemory } from './resize-memory.ts';

/** What the live region shows. Lines are cut to the width, not wrapped: whoever makes them knows the size. */
export interface View {
  readonly lines: readonly Line[];
  /** Where the caret is; without one the cursor is hidden. */
  readonly cursor?: { readonly row: number; readonly column: number } | undefined;
}

export interface Size {
  readonly columns: number;
  readonly rows: number;
}

/** What a screen writes to: `process.stdout`, or anything like it. */
export interface ScreenOutput {
  /** False: full; wait for `drain`. */
  write(text: string): boolean;
  once(event: 'drain', listener: () => void): unknown;
}

export interface ScreenOptions extends WidthOptions {
  readonly output: ScreenOutput;
  readonly columns: number;
  readonly rows: number;
  readonly capabilities?: Capabilities | undefined;
  /** Whether the terminal re-wraps long rows when it gets narrower, as nearly all do. Default true. */
  readonly reflows?: boolean | undefined;
  readonly clock?: Clock | undefined;
  readonly limits?: Limits | undefined;
  /** The output is gone: it threw. Called once; the screen is closed then. */
  readonly onGone?: ((error: unknown) => void) | undefined;
}

export interface Screen {
  readonly size: Size;
  /** Commits lines to the transcript, wrapped to the present width. `by: 'clusters'` keeps code as it is. */
  print(lines: readonly Line[], options?: Pick<WrapOptions, 'by' | 'hang'>): void;
  /** Commits a sequence that shows something by itself (an image of `imageSequence`) and moves the cursor as it likes. */
  printSequence(sequence: string): void;
  /** Sets the live region. */
  show(view: (size: Size) => View): void;
  /** What the view shows has changed. */
  invalidate(): void;
  /** Draws now what is due, without waiting for the frame's time. */
  flush(): void;
  resize(size: Size): void;
  /** Resolves when the output takes more and everything printed is written. */
  ready(): Promise<void>;
  /** Rings, or lets the window ask for attention. */
  bell(): void;
  /** Sets the window's title. */
  setTitle(title: string): void;
  /** Leaves the terminal to another program: the live region is erased, nothing is written until `resume`. */
  suspend(): void;
  resume(): void;
  /** Writes what was printed, erases the live region, shows the cursor. May be called twice, and in an `exit` listener. */
  close(): void;
}

const IDLE_VIEW = (): View => ({ lines: [] });

export function createScreen(options: ScreenOptions): Screen {
  const capabilities = options.capabilities ?? detectCapabilities({ TERM: 'xterm-256color' });
  if (capabilities.plain) return createPlainScreen(options);
  return createLiveScreen(options, capabilities);
}

type Pending =
  | { readonly kind: 'lines'; readonly lines: readonly Line[]; readonly wrap: WrapOptions }
  | { readonly kind: 'sequence'; readonly sequence: string };

function createLiveScreen(options: ScreenOptions, capabilities: Capabilities): Screen {
  const { output, clock = systemClock, limits = defaultLimits, reflows = true, ambiguousWidth } = options;
  let size = clampSize(options, limits);
  let region: Region = EMPTY_REGION;
  let view: (size: Size) => View = IDLE_VIEW;
  let pending: Pending[] = [];
  let state: 'open' | 'suspended' | 'closed' = 'open';
  let full = false;
  /** A frame was due while the output was full. */
  let stale = false;
  const resizes = createResizeMemory(clock, { reflows, multiplexed: capabilities.multiplexed });
  let waiting: (() => void)[] = [];

  const write = (bytes: string): void => {
    if (bytes === '') return;
    try {
      if (output.write(bytes) || full) return;
      full = true;
      output.once('drain', () => {
        full = false;
        if (pending.length > 0 || stale) frames.request();
        settle();
      });
    } catch (error) {
      state = 'closed';
      frames.stop();
      full = false;
      pending = [];
      settle();
      options.onGone?.(error);
    }
  };

  const settle = (): void => {
    if (full || (pending.length > 0 && state === 'open')) return;
    const resolved = waiting;
    waiting = [];
    for (const resolve of resolved) resolve();
  };

  const draw = (): void => {
    if (state !== 'open') return;
    if (full) {
      stale = true;
      return;
    }
    stale = false;
    const printed = takeRows();
    const { rows, cursor } = clip(view(size));
    const eraseAbove = resizes.pending ? resizes.rowsToErase(region, size) : undefined;
    const drawn = drawFrame(
      region,
      { printed, live: rows, cursor, eraseAbove },
      {
        columns: size.columns, colourDepth: capabilities.colourDepth, hyperlinks: capabilities.hyperlinks, ambiguousWidth,
        whole: capabilities.multiplexed,
      },
    );
    if (drawn.bytes !== '') resizes.replaced(region, printed.length > 0);
    region = drawn.region;
    frames.drawn();
    write(drawn.bytes);
    const next = pending[0];
    if (next?.kind === 'sequence') {
      pending.shift();
      printNow(next.sequence);
      // The live region is erased: it comes back at once, not a frame later.
      return draw();
    }
    if (pending.length > 0) frames.request();
    settle();
  };
  const frames = createFrameClock(clock, 1000 / limits.framesPerSecondMax, draw);

  /** Rows of the queue, up to the limit of one frame or to a sequence. */
  const takeRows = (): Row[] => {
    const rows: Row[] = [];
    let lines = 0;
    while (lines < limits.printedLinesPerFrameMax) {
      const next = pending[0];
      if (next?.kind !== 'lines') break;
      pending.shift();
      const taken = next.lines.slice(0, limits.printedLinesPerFrameMax - lines);
      for (const line of taken) rows.push(...wrapLine(line, size.columns, next.wrap));
      lines += taken.length;
      if (taken.length < next.lines.length) pending.unshift({ ...next, lines: next.lines.slice(taken.length) });
    }
    return rows;
  };

  /** The rows that fit: where there are too many, those around the cursor, else the last ones. */
  const clip = ({ lines, cursor }: View): { rows: readonly Row[]; cursor: View['cursor'] } => {
    const cursorRow = cursor === undefined ? undefined : Math.min(Math.max(0, cursor.row), Math.max(0, lines.length - 1));
    const top = Math.max(0, Math.min(lines.length - size.rows, cursorRow ?? Number.POSITIVE_INFINITY));
    const rows = lines.slice(top, top + size.rows).map((line) => truncateLine(line, size.columns, { ambiguousWidth }));
    if (cursor === undefined || cursorRow === undefined) return { rows, cursor: undefined };
    return { rows, cursor: { row: cursorRow - top, column: Math.min(Math.max(0, cursor.column), size.columns - 1) } };
  };

  /** Erases the live region, so that something else can be written where it began. */
  const erase = (): string => {
    const above = resizes.pending ? resizes.rowsToErase(region, size) : region.cursorRow;
    region = { ...EMPTY_REGION, cursorShown: region.cursorShown };
    return eraseRegion(above);
  };

  const printNow = (sequence: string): void => write(`${erase()}${sequence}\r\n`);

  const enqueue = (item: Pending): void => {
    if (state === 'closed') return;
    pending.push(item);
    if (state === 'open') frames.request();
  };

  const leave = (): string => {
    const shown = region.cursorShown ? '' : '\u001b[?25h';
    const bytes = `${erase()}\u001b[m${shown}`;
    region = EMPTY_REGION;
    return bytes;
  };

  return {
    get size() {
      return size;
    },
    print(lines, wrap = {}) {
      if (lines.length > 0) enqueue({ kind: 'lines', lines, wrap: { ambiguousWidth, ...wrap } });
    },
    printSequence(sequence) {
      enqueue({ kind: 'sequence', sequence });
    },
    show(next) {
      view = next;
      if (state === 'open') frames.request();
    },
    invalidate() {
      if (state === 'open') frames.request();
    },
    flush: draw,
    resize(next) {
      const before = size;
      size = clampSize(next, limits);
      if (state === 'open' && (before.columns !== size.columns || before.rows !== size.rows)) {
        resizes.heard();
        frames.request();
      }
    },
    ready() {
      if (state !== 'open' || (!full && pending.length === 0)) return Promise.resolve();
      return new Promise((resolve) => waiting.push(resolve));
    },
    bell() {
      if (state === 'open') write('\u0007');
    },
    setTitle(title) {
      if (state === 'open') write(`\u001b]2;${title.replace(/[^\x20-\x7e\u00a1-\uffff]/g, '').slice(0, 200)}\u0007`);
    },
    suspend() {
      if (state !== 'open') return;
      frames.stop();
      full = false;
      while (pending.length > 0 && isOpen(state)) draw();
      frames.stop();
      write(leave());
      if (isOpen(state)) state = 'suspended';
    },
    resume() {
      if (state !== 'suspended') return;
      state = 'open';
      region = EMPTY_REGION;
      frames.request();
    },
    close() {
      if (state === 'closed') return;
      if (state === 'open') {
        frames.stop();
        full = false;
        view = IDLE_VIEW;
        while (pending.length > 0 && isOpen(state)) {
          full = false;
          draw();
        }
        frames.stop();
        if (isOpen(state)) write(leave());
      }
      state = 'closed';
      full = false;
      pending = [];
      settle();
    },
  };
}

/** Not an inlined comparison, because drawing may have closed the screen meanwhile. */
function isOpen(state: string): boolean {
  return state === 'open';
}

function clampSize({ columns, rows }: Size, limits: Limits): Size {
  const clamp = (value: number, most: number): number => {
    return Number.isFinite(value) ? Math.min(most, Math.max(1, Math.floor(value))) : 1;
  };
  return { columns: clamp(columns, limits.columnsMax), rows: clamp(rows, limits.rowsMax) };
}
