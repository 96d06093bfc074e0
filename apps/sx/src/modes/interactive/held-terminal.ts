/**
 * The terminal from the moment it is taken to the moment it is given back: screen, keyboard, size, lending, every way out.
 *
 * States: made (nothing is written) → `take` → taken ⇄ lent (another program, or the shell after Ctrl-Z) → `release`. It is given
 * back when the screen is left, by a signal, by the end of the terminal, and by a defect: then synchronously, because nothing
 * that is queued may be written any more.
 */
import { writeSync } from 'node:fs';

import {
  type Capabilities, createScreen, type InputEvent, openTerminal, type Screen, type ScreenOutput, type Terminal,
} from '@sx/tui';

import type { ExitCode } from '../../cli/exit-codes.ts';
import type { Invocation } from '../../invocation.ts';
import { createScreenOutput } from './screen-output.ts';

export interface HeldTerminal {
  readonly screen: Screen;
  /** Enters its modes, listens for keys, and asks what it is. */
  take(onEvent: (event: InputEvent) => void): void;
  /** Another program has it until `run` is done; where that fails, it may have left anything behind. */
  lend<Value>(run: () => Promise<Value>): Promise<Value>;
  /** To the shell, as Ctrl-Z does it; `fg` brings us back. */
  suspend(): void;
  release(): void;
}

/** @param leave - Called when the terminal or a signal ends the screen. May be called more than once. */
export function createHeldTerminal(
  { stdin, stdout, interrupts }: Invocation,
  capabilities: Capabilities,
  leave: (exitCode: ExitCode) => void,
): HeldTerminal {
  const output = createScreenOutput(stdout);
  const size = (): { columns: number; rows: number } => stdout.size() ?? { columns: 80, rows: 24 };
  const screen = createScreen({ output, ...size(), capabilities, onGone: () => leave(1) });
  let terminal: Terminal | undefined;
  const lendOut = (): void => {
    terminal?.suspend();
    screen.suspend();
  };
  const takeBack = (crashed = false): void => {
    terminal?.resume({ crashed });
    screen.resume();
  };
  const close = (): void => {
    screen.close();
    terminal?.close();
  };

  /** Past the queue of the stream: whatever it still holds may never be written. Once, for the keyboard's modes are a stack. */
  let isLast = false;
  const modeOutput: ScreenOutput = {
    write(text) {
      if (!isLast) return output.write(text);
      writeSync(1, text);
      return true;
    },
    once: output.once,
  };

  return {
    screen,
    take(onEvent) {
      const ended = (otherwise: ExitCode): void => leave(interrupts.received === 'SIGTERM' ? 143 : otherwise);
      terminal = openTerminal({ input: stdin(), output: modeOutput, onEvent, onEnd: () => ended(0) });
      interrupts.onLeave(() => {
        isLast = true;
        close();
      });
      stdout.onResize(() => screen.resize(size()));
      stdout.onClosed(() => leave(1));
      stdin().once('error', () => leave(1));
      interrupts.signal.addEventListener('abort', () => ended(130), { once: true });
      terminal.ask();
      screen.flush();
    },
    async lend(run) {
      lendOut();
      let crashed = true;
      try {
        const value = await run();
        crashed = false;
        return value;
      } finally {
        takeBack(crashed);
      }
    },
    suspend() {
      if (process.platform === 'win32') return;
      lendOut();
      // Returns once we were continued, or at once where there is no shell to come back from.
      process.kill(process.pid, 'SIGTSTP');
      takeBack();
      screen.resize(size());
    },
    release() {
      close();
      interrupts.onLeave(() => undefined);
    },
  };
}
