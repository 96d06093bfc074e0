import assert from 'node:assert/strict';
import { test } from 'node:test';

import { compileGlob, expandBraces } from '../../src/permissions/glob-pattern.ts';

const table: readonly (readonly [pattern: string, matches: readonly string[], others: readonly string[]])[] = [
  ['a', ['a'], ['b', 'a/b', 'aa', '']],
  ['*', ['a', '.a', ''], ['a/b']],
  ['*.ts', ['a.ts', '.ts', 'a.b.ts'], ['a.tsx', 'a/b.ts']],
  ['a*c*e', ['ace', 'abcde', 'accce'], ['ac', 'abcd']],
  ['a?c', ['abc'], ['ac', 'abbc', 'a/c']],
  ['[a-c]x', ['ax', 'cx'], ['dx', 'x']],
  ['[!a-c]x', ['dx'], ['ax']],
  ['[]]x', [']x'], ['x']],
  ['[x', ['[x'], ['x']],
  ['\\*', ['*'], ['a']],
  ['a/*/c', ['a/b/c'], ['a/c', 'a/b/b/c']],
  ['a/**/c', ['a/c', 'a/b/c', 'a/b/b/c'], ['a/cc', 'c']],
  ['**/c', ['c', 'a/c', 'a/b/c'], ['a/cc']],
  ['a/**', ['a', 'a/b', 'a/b/c'], ['b', 'ab']],
  ['**', ['', 'a', 'a/b'], []],
  ['*.{ts,js}', ['a.ts', 'a.js'], ['a.tsx', 'a.{ts,js}']],
  ['{a,b/{c,d}}/e', ['a/e', 'b/c/e', 'b/d/e'], ['b/e']],
  ['{a}', ['{a}'], ['a']],
  ['\\{a,b\\}', ['{a,b}'], ['a']],
];
for (const [pattern, matches, others] of table) {
  test(`${pattern} matches what it should and nothing else`, () => {
    const glob = compileGlob(pattern);
    for (const path of matches) assert.ok(glob(path), path);
    for (const path of others) assert.ok(!glob(path), path);
  });
}

test('hostile patterns cost neither time nor memory', () => {
  const startedAt = performance.now();
  assert.ok(!compileGlob(`${'*a'.repeat(100)}b`)('a'.repeat(250)));
  assert.ok(!compileGlob(`${'**/a/'.repeat(100)}b`)('a/'.repeat(250)));
  assert.ok(expandBraces('{a,b}'.repeat(50)).length <= 64);
  assert.ok(performance.now() - startedAt < 500);
});
