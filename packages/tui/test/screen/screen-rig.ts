/** A screen on a virtual terminal, with a clock that the test moves. */
import { createScreen, detectCapabilities, type Clock, type Screen, type ScreenOptions } from '../../src/index.ts';
import { createVirtualTerminal, type VirtualTerminal, type VirtualTerminalOptions } from '@sx/testkit';

export interface ManualClock extends Clock {
  readonly timers: number;
  advance(byMs: number): void;
}

export function manualClock(): ManualClock {
  let nowMs = 0;
  let due: { atMs: number; run: () => void }[] = [];
  return {
    now: () => nowMs,
    schedule(delayMs, run) {
      const entry = { atMs: nowMs + delayMs, run };
      due.push(entry);
      return () => {
        due = due.filter((other) => other !== entry);
      };
    },
    get timers() {
      return due.length;
    },
    advance(byMs) {
      const end = nowMs + byMs;
      for (;;) {
        const next = due.filter(({ atMs }) => atMs <= end).sort((one, other) => one.atMs - other.atMs)[0];
        if (next === undefined) break;
        nowMs = Math.max(nowMs, next.atMs);
        due = due.filter((other) => other !== next);
        next.run();
      }
      nowMs = end;
    },
  };
}

export interface Rig {
  readonly terminal: VirtualTerminal;
  readonly screen: Screen;
  readonly clock: ManualClock;
  readonly writes: string[];
  /** What the output says to a write; `drain` lets it go on. */
  readonly output: { full: boolean; fails: boolean; drain(): void };
  resize(columns: number, rows: number): void;
}

export function createRig(columns: number, rows: number, options: Partial<ScreenOptions> = {}, terminalOptions: Partial<VirtualTerminalOptions> = {}): Rig {
  const terminal = createVirtualTerminal({ columns, rows, ...terminalOptions });
  const clock = manualClock();
  const writes: string[] = [];
  let listeners: (() => void)[] = [];
  const output = {
    full: false,
    fails: false,
    drain() {
      output.full = false;
      const called = listeners;
      listeners = [];
      for (const listener of called) listener();
    },
  };
  const screen = createScreen({
    output: {
      write(text) {
        if (output.fails) throw new Error('write EIO');
        writes.push(text);
        terminal.write(text);
        return !output.full;
      },
      once: (_event, listener) => listeners.push(listener),
    },
    columns,
    rows,
    capabilities: detectCapabilities({ TERM: 'xterm-256color' }),
    clock,
    ...options,
  });
  return {
    terminal,
    screen,
    clock,
    writes,
    output,
    resize(nextColumns, nextRows) {
      terminal.resize(nextColumns, nextRows);
      screen.resize({ columns: nextColumns, rows: nextRows });
    },
  };
}
