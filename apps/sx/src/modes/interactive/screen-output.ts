/** Standard output as the screen wants it: says when it is full, and when it is not any more. */
import type { ScreenOutput } from '@sx/tui';

import type { Output } from '../../output.ts';

/** Frames that may be under way. */
const WRITES_MAX = 2;

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
