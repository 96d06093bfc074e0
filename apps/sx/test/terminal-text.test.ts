import assert from 'node:assert/strict';
import { test } from 'node:test';

import { terminalLine, terminalText } from '../src/terminal-text.ts';

const CASES: readonly (readonly [rule: string, text: string, shown: string])[] = [
  ['plain text, tabs and line feeds stay', 'a\tb\nü字🙂', 'a\tb\nü字🙂'],
  ['an escape sequence does not act', '\u001b[2J\u001b]0;x\u0007', '\\u001b[2J\\u001b]0;x\\u0007'],
  ['C1 controls do not act', '\u009b31m', '\\u009b31m'],
  ['a carriage return does not overwrite the line', 'safe\revil', 'safe\\u000devil'],
  ['CRLF is a line end', 'a\r\nb', 'a\nb'],
  ['backspace and DEL do not erase', 'a\bb\u007f', 'a\\u0008b\\u007f'],
  ['bidirectional overrides do not reorder', 'a\u202eb', 'a\\u202eb'],
  ['NUL is shown', '\u0000', '\\u0000'],
];
for (const [rule, text, shown] of CASES) test(rule, () => assert.equal(terminalText(text), shown));

test('a line has no line ends and is cut', () => {
  assert.equal(terminalLine(' a\n  b\u001b '), 'a b\\u001b');
  assert.equal(terminalLine('x'.repeat(300), 10), `${'x'.repeat(9)}…`);
});
