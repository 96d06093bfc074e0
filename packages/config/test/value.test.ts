import assert from 'node:assert/strict';
import { test } from 'node:test';

import { type KeyName, keyRow, shownValue } from '../src/index.ts';
import { secretsIn } from '../src/value.ts';

const CASES: readonly (readonly [key: KeyName, value: string, shown: string, secrets: readonly string[]])[] = [
  ['MODEL', 'x', 'x', []],
  ['CODEX_ACCESS_TOKEN', 'x', '********', ['x']],
  ['CODEX_ACCESS_TOKEN', '', '', []],
  ['HTTPS_PROXY', 'http://proxy:3128', 'http://proxy:3128', []],
  ['HTTPS_PROXY', 'http://me:p%40ss@proxy:3128', 'http://********@proxy:3128', ['me:p%40ss', 'p%40ss', 'p@ss']],
  ['HTTPS_PROXY', 'http://me:wo/rd?#@proxy:3128', 'http://********@proxy:3128', ['me:wo/rd?#', 'wo/rd?#', 'wo/rd?#']],
  ['HTTPS_PROXY', 'me:word@proxy:3128', '********@proxy:3128', ['me:word', 'word', 'word']],
  ['HTTPS_PROXY', 'http://me:%zz@proxy', 'http://********@proxy', ['me:%zz', '%zz', '%zz']],
];
for (const [key, value, shown, secrets] of CASES) {
  test(`${key}=${value} is shown as ${JSON.stringify(shown)}`, () => {
    assert.equal(shownValue(keyRow(key), value), shown);
    assert.deepEqual(secretsIn(keyRow(key), value), secrets);
  });
}
