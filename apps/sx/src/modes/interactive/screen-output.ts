/** Standard output as the screen wants it: says when it is full, and when no longer; and how far ahead of it to print. */
import type { Screen, ScreenOutput } from '@sx/tui';

import type { Output } from '../../output.ts';

/** Frames that may be under way. */
const WRITES_MAX = 2;
/** Printed lines after which the source waits for the terminal. */
const LINES_AHEAD_MAX = 400;

export function createScreenOutput(stdout: Output): ScreenOutput {
  let writing = 0;
  let drained: (() => void)[] = [];
  return {
    write(text) {
      writing += 1;
      void stdout.write(text).then(() => {
        writing -= 1;
        if (writing > 0) return;
        const listeners = drained;
        drained = [];
        for (const listener of listeners) listener();
      });
      return writing < WRITES_MAX;
    },
    once: (_, listener) => void drained.push(listener),
  };
}

export interface PacedPrinting {
  readonly print: Screen['print'];
  /** Undefined while the terminal keeps up. */
  keepUp(): Promise<void> | undefined;
}

export function createPacedPrinting(screen: Screen): PacedPrinting {
  let ahead = 0;
  return {
    print(lines, options) {
      ahead += lines.length;
      screen.print(lines, options);
    },
    keepUp() {
      if (ahead < LINES_AHEAD_MAX) return undefined;
      ahead = 0;
      return screen.ready();
    },
  };
}
