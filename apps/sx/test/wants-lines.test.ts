import assert from 'node:assert/strict';
import { test } from 'node:test';

import { wantsLines } from '../src/wants-lines.ts';

test('SCREEN_READER asks for plain lines, but not where it is 0 or empty', () => {
  const asked = [undefined, '', '0', '1'].map((SCREEN_READER) => wantsLines({ environment: { SCREEN_READER } }));
  assert.deepEqual(asked, [false, false, false, true]);
});
