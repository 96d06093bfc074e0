import assert from 'node:assert/strict';
import { describe, test } from 'node:test';

import { createVirtualTerminal } from '@sx/testkit';

import { cellWidth, graphemes } from '../../src/index.ts';
import { isCertain } from '../../src/text/cell-width.ts';

describe('width in cells', () => {
  const rows: readonly (readonly [what: string, text: string, width: number])[] = [
    ['ASCII', 'hello', 5],
    ['nothing', '', 0],
    ['accents, composed and not', 'é\u0065\u0301', 2],
    ['CJK', '中文字', 6],
    ['kana, half-width kana', 'かｶ', 3],
    ['Hangul, composed and as jamo', '한\u1112\u1161\u11ab', 4],
    ['full-width ASCII', 'Ａ！', 4],
    ['an emoji', '👍', 2],
    ['with a skin tone', '👍🏽', 2],
    ['joined by ZWJ', '👨‍👩‍👧‍👦', 2],
    ['a woman, a skin tone, a laptop', '👩🏽‍💻', 2],
    ['a couple of five code points and U+FE0F', '👩‍❤️‍👨', 2],
    ['a pirate flag', '🏴‍☠️', 2],
    ['two families side by side', '👨‍👩‍👧‍👦👨‍👩‍👧', 4],
    ['a flag', '🇩🇪', 2],
    ['two flags', '🇩🇪🇫🇷', 4],
    ['a flag of tags', '🏴\u{e0067}\u{e0062}\u{e0065}\u{e006e}\u{e0067}\u{e007f}', 2],
    ['a lone regional indicator', '🇩', 1],
    ['a keycap', '1️⃣', 2],
    ['keycaps of marks', '#️⃣*️⃣', 4],
    ['a digit with U+FE0F alone', '1️', 2],
    ['a skin tone alone', '🏽', 2],
    ['a hand that is text by default, with a skin tone', '☝🏽', 2],
    ['text by default, emoji by U+FE0F', '❤❤️', 3],
    ['emoji by default, text by U+FE0E', '⌚\ufe0e', 2],
    ['ambiguous ones', '±×°—…“”', 7],
    ['zero width space, joiner, BOM, soft marks', '\u200b\u200d\ufeff\u0301', 0],
    ['Hebrew with points', 'שָׁלוֹם', 4],
    ['Arabic', 'سلام', 4],
    ['Thai with vowels above', 'ที่', 1],
    ['box drawing and blocks', '│─█', 3],
    ['private use', '\ue0b0', 1],
    ['a new emoji of Unicode 16', '\u{1fae9}', 2],
    ['CJK extension', '\u{20000}', 2],
  ];
  for (const [what, text, width] of rows) test(`${what} is ${width}`, () => assert.equal(cellWidth(text), width));

  test('a terminal of grapheme clusters agrees, but for what terminals differ about', () => {
    const differing = rows.filter(([, text, width]) => {
      const terminal = createVirtualTerminal({ columns: 40, rows: 1 });
      terminal.write(text);
      return terminal.cursor.column !== width;
    });
    assert.deepEqual(differing.map(([what]) => what), ['a lone regional indicator', 'a hand that is text by default, with a skin tone']);
  });

  test('ambiguous characters are two where the reader says so', () => {
    assert.equal(cellWidth('±×°', { ambiguousWidth: 2 }), 6);
    assert.equal(cellWidth('abc中', { ambiguousWidth: 2 }), 5);
  });

  test('every emoji with emoji presentation is two cells', () => {
    for (let codePoint = 0x80; codePoint < 0x1fb00; codePoint += 1) {
      const character = String.fromCodePoint(codePoint);
      if (/^\p{Emoji_Presentation}$/u.test(character) && !/^[\u{1f1e6}-\u{1f1ff}]$/u.test(character)) assert.equal(cellWidth(character), 2, codePoint.toString(16));
    }
  });

  test('every non-spacing mark has none', () => {
    for (let codePoint = 0x300; codePoint < 0x1f000; codePoint += 1) {
      const character = String.fromCodePoint(codePoint);
      if (/^[\p{Mn}\p{Me}]$/u.test(character)) assert.equal(cellWidth(character), 0, codePoint.toString(16));
    }
  });
});

test('clusters keep what belongs together', () => {
  assert.deepEqual(graphemes('a\u0301👨‍👩‍👧x'), ['a\u0301', '👨‍👩‍👧', 'x']);
  assert.deepEqual(graphemes(''), []);
});

test('what is taken for single clusters without asking is that, in any order', () => {
  const segmenter = new Intl.Segmenter('und', { granularity: 'grapheme' });
  let certain = '';
  for (let code = 0x20; code < 0x10000; code += 1) if (code < 0xd800 || code > 0xdfff) if (isCertain(String.fromCharCode(code))) certain += String.fromCharCode(code);
  assert.ok(certain.length > 40_000);
  for (const text of [certain, [...certain].reverse().join('')]) for (const { segment } of segmenter.segment(text)) assert.equal(segment.length, 1, JSON.stringify(segment));
});
