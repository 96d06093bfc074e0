import assert from 'node:assert/strict';
import { describe, test } from 'node:test';

import { refusedCases } from './cases/refused.ts';
import { runHttpCase } from './run-http-case.ts';

describe('octets that must be refused', () => {
  for (const httpCase of refusedCases) {
    test(`${httpCase.name} (${httpCase.expected.fault})`, () => {
      assert.notEqual(httpCase.expected.fault, undefined);
      runHttpCase(httpCase);
    });
  }
});
