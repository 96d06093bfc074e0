import { test } from 'node:test';

import { createSeededRandom } from '@sx/testkit';

import { runScreenSession } from '../../../../scripts/fuzz/screen-session.ts';

test('100 random sessions at the whole screen never break the screen, leak an escape or throw', () => {
  for (let session = 0; session < 100; session += 1) {
    try {
      runScreenSession(createSeededRandom(20_261_124 + session));
    } catch (error) {
      throw new Error(`session ${session}`, { cause: error });
    }
  }
});
