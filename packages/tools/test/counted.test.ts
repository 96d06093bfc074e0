import assert from 'node:assert/strict';
import { test } from 'node:test';

import { counted } from '../src/counted.ts';

test('one is singular, all else is plural', () => {
  assert.deepEqual([0, 1, 2].map((count) => counted(count, 'match', 'matches')), ['0 matches', '1 match', '2 matches']);
  assert.equal(counted(2, 'line'), '2 lines');
});
