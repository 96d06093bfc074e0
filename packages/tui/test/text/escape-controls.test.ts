import assert from 'node:assert/strict';
import { describe, test } from 'node:test';

import { escapeControls } from '../../src/index.ts';

describe('what acts on a terminal is shown', () => {
  const rows: readonly (readonly [what: string, text: string, shown: string])[] = [
    ['an SGR sequence', '\u001b[31mred\u001b[0m', '\\u001b[31mred\\u001b[0m'],
    ['a title', '\u001b]0;x\u0007', '\\u001b]0;x\\u0007'],
    ['C1 as one character', '\u009b31m', '\\u009b31m'],
    ['NUL, BS, DEL', 'a\u0000b\bc\u007f', 'a\\u0000b\\u0008c\\u007f'],
    ['a CR that would overwrite the line', 'safe\revil', 'safe\\u000devil'],
    ['a bidirectional override', 'a\u202eb\u2066c\u2069', 'a\\u202eb\\u2066c\\u2069'],
    ['line and paragraph separators', 'a\u2028b\u2029', 'a\\u2028b\\u2029'],
    ['text in tag characters', 'a\u{e0068}\u{e0069}', 'a\\u{e0068}\\u{e0069}'],
    ['a lone surrogate', 'a\ud800b', 'a\ufffdb'],
  ];
  for (const [what, text, expected] of rows) test(what, () => assert.equal(escapeControls(text), expected));
});

describe('what does not act is left', () => {
  for (const text of ['plain', 'tab\tand\nline', 'é中👍🏽', '🏴\u{e0067}\u{e0062}\u{e0065}\u{e006e}\u{e0067}\u{e007f}', 'שלום', '😀']) {
    test(JSON.stringify(text), () => assert.equal(escapeControls(text), text));
  }
  test('a CR before LF is dropped', () => assert.equal(escapeControls('a\r\nb'), 'a\nb'));
});
