import assert from 'node:assert/strict';
import { describe, test } from 'node:test';

import { lineWidth, rowText, span, textLines, truncateLine, wrapLine, type WrapOptions } from '../../src/index.ts';
import { createSeededRandom } from '@sx/testkit';

const wrap = (text: string, columns: number, options: WrapOptions = {}): string[] => wrapLine([span(text)], columns, options).map(rowText);

describe('wrapping', () => {
  const rows: readonly (readonly [rule: string, text: string, columns: number, rows: readonly string[], options?: WrapOptions])[] = [
    ['breaks at spaces and drops them', 'one two three', 8, ['one two', 'three']],
    ['a word of the exact width fits', 'abcdefgh ij', 8, ['abcdefgh', 'ij']],
    ['breaks a word that is too long', 'abcdefghij k', 4, ['abcd', 'efgh', 'ij k']],
    ['breaks after a hyphen', 'well-known', 6, ['well-', 'known']],
    ['but not in dates, ranges and options', 'am 2026-11-24 --all', 6, ['am', '2026-1', '1-24', '--all']],
    ['breaks between wide characters', '中文字符', 5, ['中文', '字符']],
    ['not before closing punctuation', '中文字。', 6, ['中文', '字。']],
    ['never splits a cluster', '👨‍👩‍👧👨‍👩‍👧', 3, ['👨‍👩‍👧', '👨‍👩‍👧']],
    ['keeps leading spaces', '    code here', 9, ['    code', 'here']],
    ['an empty line is one row', '', 5, ['']],
    ['tabs become spaces to the next stop', 'a\tb', 10, ['a   b']],
    ['code breaks at the last column and keeps its spaces', 'aa  bb  cc', 4, ['aa  ', 'bb  ', 'cc'], { by: 'clusters' }],
    ['hangs', 'one two three', 9, ['one two', '  three'], { hang: [span('  ')] }],
    ['a hang wider than half the row is dropped', 'one two', 4, ['one', 'two'], { hang: [span('   ')] }],
    ['what is wider than the row becomes a dot', '中a', 1, ['…', 'a']],
    ['escapes what acts', 'a\u001b[2J', 40, ['a\\u001b[2J']],
    ['breaks at line feeds, hanging', 'a\nb\r\n\nc', 5, ['a', ' b', ' ', ' c'], { hang: [span(' ')] }],
    ['drops what has no width', 'a\u200b\ufeffb', 1, ['a', 'b']],
  ];
  for (const [rule, text, columns, expected, options] of rows) test(rule, () => assert.deepEqual(wrap(text, columns, options), expected));

  test('keeps styles over a break', () => {
    const [first, second] = wrapLine([span('one ', { bold: true }), span('two', { italic: true })], 4);
    assert.deepEqual(first?.spans, [span('one', { bold: true })]);
    assert.deepEqual(second?.spans, [span('two', { italic: true })]);
  });

  test('a megabyte without a line feed is wrapped whole, in a moment', () => {
    for (const text of ['x'.repeat(1_000_000), 'word '.repeat(200_000), '👍'.repeat(100_000), '\u0301'.repeat(200_000)]) {
      const started = performance.now();
      const rows = wrapLine([span(text)], 80);
      assert.ok(performance.now() - started < 5_000);
      if (!text.startsWith('\u0301')) assert.equal(rows.map(rowText).join('').replaceAll(' ', '').length, text.replaceAll(' ', '').length);
      const before = performance.now();
      assert.equal(rowText(truncateLine([span(text)], 80)).length > 200, false);
      assert.ok(performance.now() - before < 50);
    }
  });

  test('a flood of marks on one letter is cut', () => {
    const [row] = wrapLine([span(`a${'\u0301'.repeat(10_000)}b`)], 10);
    assert.equal(row?.width, 2);
    assert.ok(rowText(row ?? { spans: [], width: 0 }).length < 60);
  });

  test('no row is wider than the columns, and no letter is lost, whatever comes', () => {
    const random = createSeededRandom(3);
    const parts = ['word', ' ', '中', '👍🏽', '\t', '-', 'e\u0301', '\u001b', '\u200b', 'longerword', '。'];
    for (let round = 0; round < 300; round += 1) {
      const text = Array.from({ length: random.below(30) }, () => random.pick(parts)).join('');
      const columns = 1 + random.below(20);
      const rows = wrapLine([span(text)], columns);
      for (const row of rows) {
        assert.ok(row.width <= columns, `${JSON.stringify(text)} at ${columns}`);
        assert.equal(lineWidth(row.spans), row.width);
      }
      const letters = (value: string): number => (value.match(/[a-z]/g) ?? []).length;
      if (columns > 1) assert.equal(letters(rows.map(rowText).join('')), letters(text.replaceAll('\u001b', 'ub')), JSON.stringify(text));
    }
  });
});

describe('cutting', () => {
  const cut = (text: string, columns: number): string => rowText(truncateLine([span(text)], columns));
  test('leaves what fits', () => assert.equal(cut('abc', 3), 'abc'));
  test('says that something is missing', () => assert.equal(cut('abcdef', 4), 'abc…'));
  test('never splits a wide character', () => assert.equal(cut('中文字', 4), '中…'));
  test('to one column', () => assert.equal(cut('abc', 1), '…'));
  test('a line feed is a space', () => assert.equal(cut('a\nb', 3), 'a b'));
  test('says so also of what it did not look at', () => assert.equal(cut(`ab${'\u200b'.repeat(20_000)}c`, 4), 'ab…'));
  test('to none', () => assert.equal(cut('abc', 0), ''));
});

test('text becomes lines', () => assert.deepEqual(textLines('a\r\n\nb'), [[span('a')], [], [span('b')]]));
