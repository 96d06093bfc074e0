import assert from 'node:assert/strict';
import { test } from 'node:test';

import { unifiedDiff } from '../src/unified-diff.ts';

const hunks = (before: string, after: string): string[] => unifiedDiff('f', before, after).split('\n').slice(2);

test('a new file has no old line, and no line behind its last line feed', () => {
  assert.deepEqual(hunks('', 'a\nb\n'), ['@@ -0,0 +1,2 @@', '+a', '+b']);
  assert.deepEqual(hunks('a\n', ''), ['@@ -1,1 +0,0 @@', '-a']);
});

test('changes that are near each other share a hunk: no line is shown as it was and as it will be', () => {
  assert.deepEqual(hunks('1\n2\n3\n4\n5\n', '1x\n2\n3\n4\n5x\n'), ['@@ -1,5 +1,5 @@', '-1', '+1x', ' 2', ' 3', ' 4', '-5', '+5x']);
});

test('changes that are far apart have hunks of their own, numbered in both texts', () => {
  const before = Array.from({ length: 30 }, (_, index) => `line ${index + 1}`);
  const after = ['new', ...before.slice(0, 20), 'other', ...before.slice(21)];
  assert.deepEqual(
    hunks(`${before.join('\n')}\n`, `${after.join('\n')}\n`).filter((line) => !line.startsWith(' ')),
    ['@@ -1,3 +1,4 @@', '+new', '@@ -18,7 +19,7 @@', '-line 21', '+other'],
  );
});

test('a line feed that is missing at the end is said', () => {
  assert.deepEqual(hunks('a\nb', 'a\nb\n'), ['@@ -1,2 +1,2 @@', ' a', '-b', '\\ No newline at end of file', '+b']);
  assert.deepEqual(hunks('a\n\\b', 'c\n\\b'), ['@@ -1,2 +1,2 @@', '-a', '+c', ' \\b', '\\ No newline at end of file']);
});

/** As `patch` does it, without any fuzz. */
function applied(before: string, diff: string): string {
  const lines = before.split(/(?<=\n)/);
  let out = '';
  let at = 0;
  const text = diff.replace(/\n\\ No newline at end of file/g, '\0');
  for (const line of text.split('\n').slice(2)) {
    const head = /^@@ -(\d+),(\d+) /.exec(line);
    const body = line.endsWith('\0') ? line.slice(1, -1) : `${line.slice(1)}\n`;
    if (head !== null) {
      const start = Number(head[1]) - (head[2] === '0' ? 0 : 1);
      out += lines.slice(at, start).join('');
      at = start;
    } else if (line.startsWith('+')) out += body;
    else {
      assert.equal(lines[at], body, 'the line is where the diff says it is');
      if (line.startsWith(' ')) out += body;
      at += 1;
    }
  }
  return out + lines.slice(at).join('');
}

test('applied to the old text it makes the new one', () => {
  let seed = 7;
  const random = (below: number): number => (seed = (seed * 1_103_515_245 + 12_345) & 0x7fffffff) % below;
  const textOf = (lines: readonly string[]): string => (lines.length === 0 ? '' : `${lines.join('\n')}${random(3) === 0 ? '' : '\n'}`);
  for (let round = 0; round < 300; round += 1) {
    const before = Array.from({ length: random(40) }, () => `line ${random(12)}`);
    const after = before.flatMap((line) => [[line], [line], [line], [], [`changed ${random(9)}`], [line, 'added']][random(6)] ?? []);
    const [old, now] = [textOf(before), textOf(after)];
    assert.equal(applied(old, unifiedDiff('f', old, now)), now);
  }
});
