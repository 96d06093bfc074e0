import assert from 'node:assert/strict';
import { describe, test } from 'node:test';

import { matrix } from './cases/matrix.ts';
import { runHttpCase } from './run-http-case.ts';

describe('the matrix of 77 odd responses', () => {
  test('has rows 1 to 77', () => {
    assert.deepEqual(
      matrix.map(({ number }) => number),
      Array.from({ length: 77 }, (_, index) => index + 1),
    );
  });
  for (const row of matrix) test(`${row.name}: ${row.rule}`, () => runHttpCase(row));
});
