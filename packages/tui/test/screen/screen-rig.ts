/** A screen on a virtual terminal, with a clock that the test moves. */
import { createScreen, detectCapabilities, type Screen, type ScreenOptions } from '../../src/index.ts';
import { createVirtualTerminal, type ManualClock, manualClock, type VirtualTerminal, type VirtualTerminalOptions } from '@sx/testkit';

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
