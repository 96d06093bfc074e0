import { test } from 'node:test';

import { createSeededRandom } from '@sx/testkit';

import { runTerminalSession } from '../../../../scripts/fuzz/terminal-session.ts';

test('200 random sessions never break the screen, leak an escape or throw', () => {
  for (let session = 0; session < 200; session += 1) {
    try {
      runTerminalSession(createSeededRandom(20_261_124 + session));
    } catch (error) {
      throw new Error(`session ${session}`, { cause: error });
    }
  }
});
