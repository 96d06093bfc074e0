import assert from 'node:assert/strict';
import { test } from 'node:test';

import { nearest } from '../src/index.ts';

const CASES: readonly (readonly [word: string, found: string | undefined])[] = [
  ['MDOEL', 'MODEL'],
  ['model', 'MODEL'],
  ['MODELS', 'MODEL'],
  ['PROVDIER', 'PROVIDER'],
  ['TOOL', 'TOOLS'],
  ['XYZ', undefined],
  ['', undefined],
  ['COMPLETELY_DIFFERENT', undefined],
];
for (const [word, found] of CASES) {
  test(`nearest to ${JSON.stringify(word)} is ${found ?? 'nothing'}`, () => assert.equal(nearest(word, ['MODEL', 'PROVIDER', 'TOOLS']), found));
}
