import assert from 'node:assert/strict';
import { describe, test } from 'node:test';

import { createTheme, diffWords, foldLines, lineText, renderDiff, textLines } from '../../src/index.ts';

const theme = createTheme('dark');

/** Changed words in brackets. */
const shown = (diff: string, columns = 40): string[] =>
  renderDiff(diff, { columns, theme }).map((line) => line.map(({ text, style }) => (style === theme.addedWord || style === theme.removedWord ? `[${text}]` : text)).join(''));

const DIFF = `diff --git a/x.ts b/x.ts
index 1..2 100644
--- a/x.ts
+++ b/x.ts
@@ -9,4 +9,5 @@ function f
 same
-const a = one;
+const a = two;
+more
 end
\\ No newline at end of file
`;

describe('a unified diff', () => {
  test('has numbers, signs, and marks on the words that changed', () => {
    assert.deepEqual(shown(DIFF), [
      'diff --git a/x.ts b/x.ts',
      'index 1..2 100644',
      'x.ts',
      '⋮ function f',
      ' 9   same',
      '10 - const a = [one];',
      '10 + const a = [two];',
      '11 + more',
      '12   end',
      '\\ No newline at end of file',
    ]);
  });
  test('lines that have little in common are different lines', () => {
    assert.deepEqual(shown('@@ -1 +1 @@\n-abc def ghi\n+xyz uvw'), ['1 - abc def ghi', '1 + xyz uvw']);
  });
  test('lines that are left out between hunks have a mark, the head of a hunk has none', () => {
    assert.deepEqual(shown('--- a/f\n+++ b/f\n@@ -1 +1 @@\n-a\n+b\n@@ -9 +9 @@\n-c\n+d\n--- a/g\n+++ b/g\n@@ -1 +1 @@\n-e'), ['f', '1 - a', '1 + b', '⋮', '9 - c', '9 + d', 'g', '1 - e']);
  });
  test('a removed line that looks like a file name is a line', () => {
    assert.deepEqual(shown('@@ -1,2 +1 @@\n x\n--- old comment\n'), ['1   x', '2 - -- old comment']);
  });
  test('long lines go on below their text', () => {
    assert.deepEqual(shown('@@ -1 +1 @@\n+abcdefghij', 8), ['1 + abcd', '    efgh', '    ij']);
  });
  test('a hunk of 1,000 long lines, all changed, takes no more than a moment', () => {
    const line = (mark: string): string => Array.from({ length: 400 }, (_, index) => `${mark}${index % 7}`).join(' ');
    const lines = (sign: string, mark: string): string => Array.from({ length: 500 }, () => `${sign}${line(mark)}`).join('\n');
    const started = performance.now();
    assert.ok(shown(`@@ -1,500 +1,500 @@\n${lines('-', 'a')}\n${lines('+', 'b')}`, 200).length > 1_000);
    assert.ok(performance.now() - started < 4_000);
  });
  test('what is no diff is shown as it is', () => assert.deepEqual(shown('hello\nworld'), ['hello', 'world']));
  test('control characters in it are shown', () => assert.equal(shown('@@ -1 +1 @@\n+\u001b[2J')[0], '1 + \\u001b[2J'));
  test('each sign has its colour', () => {
    const styles = renderDiff('@@ -1 +1 @@\n-a\n+b', { columns: 40, theme }).map((line) => line[1]?.style);
    assert.deepEqual(styles, [theme.removed, theme.added]);
  });
});

describe('words', () => {
  test('that are long beyond the limit are not compared', () => {
    assert.equal(diffWords('a '.repeat(2_000), 'b '.repeat(2_000), 100), undefined);
    assert.ok(diffWords(`${'a '.repeat(2_000)}x`, `${'a '.repeat(2_000)}y`, 100) !== undefined);
  });
  test('joined again are the lines', () => {
    const diff = diffWords('let x = foo(1, 2)', 'let y = foo(1, 3)', 100);
    assert.equal(diff?.removed.map(({ text }) => text).join(''), 'let x = foo(1, 2)');
    assert.equal(diff?.added.map(({ text }) => text).join(''), 'let y = foo(1, 3)');
    assert.deepEqual(diff?.added.filter(({ changed }) => changed).map(({ text }) => text), ['y', '3']);
  });
});

test('long output is folded to its ends', () => {
  const lines = textLines(Array.from({ length: 100 }, (_, index) => String(index)).join('\n'));
  assert.deepEqual(foldLines(lines, { head: 2, tail: 1, style: theme.muted, key: 'ctrl+o' }).map(lineText), ['0', '1', '… 97 more lines (ctrl+o shows all)', '99']);
  assert.equal(foldLines(lines.slice(0, 4), { head: 2, tail: 1, style: theme.muted }).length, 4);
});
