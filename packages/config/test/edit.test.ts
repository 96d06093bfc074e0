import assert from 'node:assert/strict';
import { test } from 'node:test';

import { isConfigError, parseEnvText, setInEnvText, unsetInEnvText } from '../src/index.ts';

const SET: readonly (readonly [rule: string, before: string, after: string])[] = [
  ['an empty file gets one line', '', 'MODEL=x\n'],
  ['a set key keeps its place', '# a\nMODEL=o\nTOOLS=1\n', '# a\nMODEL=x\nTOOLS=1\n'],
  ['a new key comes at the end', 'TOOLS=1\n', 'TOOLS=1\nMODEL=x\n'],
  ['a missing last line end is made up for', 'TOOLS=1', 'TOOLS=1\nMODEL=x\n'],
  ['a last line without end stays without', 'MODEL=o', 'MODEL=x'],
  ['CRLF files stay CRLF files', 'A=1\r\nMODEL=o\r\n', 'A=1\r\nMODEL=x\r\n'],
  ['a new line in a CRLF file ends with CRLF', 'A=1\r\n', 'A=1\r\nMODEL=x\r\n'],
  ['the comment that has the key is followed by it', '# MODEL=opus\n\nA=1\n', '# MODEL=opus\nMODEL=x\n\nA=1\n'],
  ['of several lines the last one, which counted, is kept', 'MODEL=a\nA=1\nMODEL=b\n', 'A=1\nMODEL=x\n'],
];

for (const [rule, before, after] of SET) {
  test(`set: ${rule}`, () => {
    assert.equal(setInEnvText(before, 'MODEL', 'x', 'f'), after);
    assert.equal(parseEnvText(after, 'f').findLast((entry) => entry.key === 'MODEL')?.value, 'x');
  });
}

test('unset removes every line that sets the key, and no comment', () => {
  assert.equal(unsetInEnvText('# MODEL=a\nMODEL=a\nA=1\nMODEL=b\n', 'MODEL', 'f'), '# MODEL=a\nA=1\n');
});

test('set refuses a value that would become two lines', () => {
  assert.throws(() => setInEnvText('', 'MODEL', 'x\nPROVIDER=evil', 'f'), (error: unknown) => isConfigError(error) && error.code === 'CONFIG_BAD_LINE');
});

test('set refuses to touch a file that has a broken line, and names it', () => {
  assert.throws(() => setInEnvText('A=1\nbroken\n', 'MODEL', 'x', 'f'), /f:2/);
});
