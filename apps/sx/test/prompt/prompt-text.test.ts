import assert from 'node:assert/strict';
import { test } from 'node:test';

import { CliError } from '../../src/cli/cli-error.ts';
import { checkArgument, decodeUtf8, promptText } from '../../src/prompt/prompt-text.ts';

const refused = (code: string) => (error: unknown): boolean => error instanceof CliError && error.code === code;

test('an argument and standard input are joined, the input in a tagged block', () => {
  assert.equal(promptText('explain', 'a\nb'), 'explain\n\n<stdin>\na\nb\n</stdin>');
  assert.equal(promptText('explain', 'a\n'), 'explain\n\n<stdin>\na\n</stdin>');
});

test('one of them alone is the prompt, as it is', () => {
  assert.equal(promptText(' explain ', undefined), ' explain ');
  assert.equal(promptText(undefined, 'a\n'), 'a\n');
  assert.equal(promptText('explain', ' \n'), 'explain');
});

for (const [argument, input] of [[undefined, undefined], ['', undefined], [' \n\t', ''], [undefined, '\n']] as const) {
  test(`the prompt ${JSON.stringify(argument)} with input ${JSON.stringify(input)} is empty`, () => {
    assert.throws(() => promptText(argument, input), refused('CLI_EMPTY_PROMPT'));
  });
}

test('bytes that are not UTF-8 are refused', () => {
  assert.throws(() => decodeUtf8(new Uint8Array([0x61, 0xff]), 'it'), refused('CLI_NOT_UTF8'));
  assert.throws(() => decodeUtf8(new Uint8Array([0xe2, 0x82]), 'it'), refused('CLI_NOT_UTF8'));
});

test('a replacement character that was typed is fine, one that Node put there is not', () => {
  const typed = new TextEncoder().encode('sx\0-p\0a\uFFFD');
  assert.equal(checkArgument('a\uFFFD', () => typed), 'a\uFFFD');
  assert.throws(() => checkArgument('a\uFFFD', () => new Uint8Array([0x61, 0xff])), refused('CLI_NOT_UTF8'));
  assert.equal(checkArgument('a\uFFFD', () => undefined), 'a\uFFFD');
  assert.equal(checkArgument('a', () => assert.fail('asked the kernel for nothing')), 'a');
});
