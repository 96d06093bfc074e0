import assert from 'node:assert/strict';
import { test } from 'node:test';

import { configLimits, isConfigError, parseEnvFile, parseEnvText } from '../src/index.ts';

const pairs = (text: string): (readonly [string, string])[] => parseEnvText(text, 'f').map(({ key, value }) => [key, value]);

const PASS: readonly (readonly [rule: string, text: string, entries: readonly (readonly [string, string])[]])[] = [
  ['an empty file has no entries', '', []],
  ['blank lines and comments are skipped', '\n  \n# MODEL=a\n  # x\n', []],
  ['names and values are trimmed', '  MODEL =  a b \t\n', [['MODEL', 'a b']]],
  ['a value is everything after the first equals sign', 'A=b=c==', [['A', 'b=c==']]],
  ['a number sign belongs to the value', 'A=b # c', [['A', 'b # c']]],
  ['quotes belong to the value', 'A="b"', [['A', '"b"']]],
  ['an empty value is a value', 'A=\n', [['A', '']]],
  ['CRLF ends a line', 'A=1\r\nB=2\r\n', [['A', '1'], ['B', '2']]],
  ['a byte order mark is dropped', '\uFEFFA=1', [['A', '1']]],
  ['both of two equal keys are kept, in order', 'A=1\nA=2', [['A', '1'], ['A', '2']]],
  ['text beyond ASCII is kept', 'A=ü—字', [['A', 'ü—字']]],
];

for (const [rule, text, entries] of PASS) {
  test(rule, () => assert.deepEqual(pairs(text), entries));
}

const REFUSED: readonly (readonly [rule: string, bytes: string | Uint8Array, code: string, says: RegExp])[] = [
  ['a line without equals sign', 'A=1\nexport\n', 'CONFIG_BAD_LINE', /^f:2: expected KEY=VALUE/],
  ['an empty key', '=x', 'CONFIG_BAD_LINE', /^f:1: a key consists/],
  ['a blank in a key', 'export A=1', 'CONFIG_BAD_LINE', /^f:1: a key/],
  ['a key that starts with a digit', '1A=1', 'CONFIG_BAD_LINE', /^f:1: a key/],
  ['a control character in a value', 'A=a\u0007b', 'CONFIG_BAD_LINE', /^f:1: a control character/],
  ['NUL in a value', 'A=a\u0000b', 'CONFIG_BAD_LINE', /control character/],
  ['a bare CR in a value', 'A=a\rb', 'CONFIG_BAD_LINE', /control character/],
  ['a key beyond the limit', `${'A'.repeat(configLimits.keyCharsMax + 1)}=1`, 'CONFIG_TOO_LARGE', /65 characters; the limit is 64/],
  ['a value beyond the limit', `A=${'x'.repeat(configLimits.valueBytesMax + 1)}`, 'CONFIG_TOO_LARGE', /8193 bytes; the limit is 8192/],
  ['lines beyond the limit', '\n'.repeat(configLimits.linesMax), 'CONFIG_TOO_LARGE', /5001 lines; the limit is 5000/],
  ['bytes beyond the limit', new Uint8Array(configLimits.fileBytesMax + 1), 'CONFIG_TOO_LARGE', /262145 bytes/],
  ['bytes that are not UTF-8', new Uint8Array([0x41, 0x3d, 0xff]), 'CONFIG_NOT_UTF8', /not UTF-8/],
];

for (const [rule, bytes, code, says] of REFUSED) {
  test(`refuses ${rule}`, () => {
    const input = typeof bytes === 'string' ? new TextEncoder().encode(bytes) : bytes;
    assert.throws(
      () => parseEnvFile(input, 'f'),
      (error: unknown) => isConfigError(error) && error.code === code && says.test(error.message),
    );
  });
}

test('a refused value never shows in the message', () => {
  assert.throws(
    () => parseEnvText('CODEX_ACCESS_TOKEN=marked\u0007secret', 'f'),
    (error: unknown) => error instanceof Error && !/marked|secret/.test(error.message),
  );
});
