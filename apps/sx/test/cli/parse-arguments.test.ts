import assert from 'node:assert/strict';
import { test } from 'node:test';

import { CliError, type CliErrorCode } from '../../src/cli/cli-error.ts';
import { type OptionRow, OPTIONS } from '../../src/cli/options.ts';
import { type Arguments, parseArguments } from '../../src/cli/parse-arguments.ts';

const PASS: readonly (readonly [rule: string, words: readonly string[], check: (args: Arguments) => void])[] = [
  ['no argument is exec, not headless', [], (args) => assert.deepEqual([args.command, args.headless], ['exec', false])],
  ['-p is headless', ['-p', 'hi'], (args) => assert.deepEqual([args.command, args.headless, args.positionals], ['exec', true, ['hi']])],
  ['exec is headless', ['exec', 'hi'], (args) => assert.deepEqual([args.command, args.headless, args.positionals], ['exec', true, ['hi']])],
  ['-p may come last', ['hi', '-p'], (args) => assert.deepEqual([args.headless, args.positionals], [true, ['hi']])],
  ['after -p a command name is a prompt', ['-p', 'version'], (args) => assert.deepEqual([args.command, args.positionals], ['exec', ['version']])],
  ['a dash alone is a positional', ['-p', '-'], (args) => assert.deepEqual(args.positionals, ['-'])],
  ['two dashes end the options', ['-p', '--', '--model'], (args) => assert.deepEqual(args.positionals, ['--model'])],
  ['a long option takes the next argument', ['-p', 'x', '--model', 'm'], (args) => assert.equal(args.value('model'), 'm')],
  ['a long option takes the value after =', ['-p', 'x', '--model=a=b'], (args) => assert.equal(args.value('model'), 'a=b')],
  ['the value after = may be empty', ['-p', 'x', '--model='], (args) => assert.equal(args.value('model'), '')],
  ['a value may begin with dashes', ['-p', 'x', '--system-prompt', '--terse'], (args) => assert.equal(args.value('system-prompt'), '--terse')],
  ['a short option takes the next argument', ['-p', 'x', '-m', 'm'], (args) => assert.equal(args.value('model'), 'm')],
  ['a short option takes what is attached', ['-p', 'x', '-mm', '-C=/tmp'], (args) => assert.deepEqual([args.value('model'), args.value('cd')], ['m', '/tmp'])],
  ['switches cluster', ['-pm', 'm', 'x'], (args) => assert.deepEqual([args.headless, args.value('model'), args.positionals], [true, 'm', ['x']])],
  ['options repeat', ['-p', 'x', '-i', 'a', '-i', 'b'], (args) => assert.deepEqual(args.values('image'), ['a', 'b'])],
  ['each takes exactly one value', ['-p', '-i', 'a', 'x'], (args) => assert.deepEqual([args.values('image'), args.positionals], [['a'], ['x']])],
  ['of a single value the last counts', ['-p', 'x', '-m', 'a', '-m', 'b'], (args) => assert.equal(args.value('model'), 'b')],
  ['a mode may be called as Claude Code calls it', ['-p', 'x', '--permission-mode', 'acceptEdits'], (args) => assert.equal(args.value('permission-mode'), 'accept-edits')],
  ['aliases mean the same', ['-p', 'x', '--cwd', '/a', '--allowedTools', 'read'], (args) => assert.deepEqual([args.value('cd'), args.values('allow')], ['/a', ['read']])],
  ['options may stand before the command', ['--debug', 'config', 'get', 'MODEL'], (args) => assert.deepEqual([args.command, args.positionals], ['config', ['get', 'MODEL']])],
  ['--help works everywhere, whatever else there is', ['config', 'a', 'b', 'c', 'd', '-h'], (args) => assert.equal(args.on('help'), true)],
];
for (const [rule, words, check] of PASS) test(rule, () => check(parseArguments(words)));

const REFUSED: readonly (readonly [words: readonly string[], code: CliErrorCode, hint: RegExp])[] = [
  [['--modle', 'x'], 'CLI_UNKNOWN_FLAG', /did you mean --model\?/],
  [['-p', 'x', '--output-fromat=json'], 'CLI_UNKNOWN_FLAG', /did you mean --output-format\?/],
  [['-p', '-z'], 'CLI_UNKNOWN_FLAG', /put -- before the prompt/],
  [['-p', '--completely-else'], 'CLI_UNKNOWN_FLAG', /put -- before the prompt/],
  [['-p', 'x', '--model'], 'CLI_MISSING_VALUE', /^$/],
  [['-p', 'x', '-m'], 'CLI_MISSING_VALUE', /^$/],
  [['-p', 'x', '--print=yes'], 'CLI_UNEXPECTED_VALUE', /^$/],
  [['-p', 'x', '--output-format', 'xml'], 'CLI_BAD_VALUE', /^$/],
  [['-p', 'fix', 'the', 'bug'], 'CLI_TOO_MANY_ARGUMENTS', /put it in quotes/],
  [['version', 'x'], 'CLI_TOO_MANY_ARGUMENTS', /sx help version/],
  [['config', '--image', 'x'], 'CLI_MISPLACED_FLAG', /sx help config/],
];
for (const [words, code, hint] of REFUSED) {
  test(`refuses sx ${words.join(' ')}`, () => {
    assert.throws(() => parseArguments(words), (error: unknown) => error instanceof CliError && error.code === code && hint.test(error.hint ?? ''));
  });
}

test('no name, alias or letter of a flag stands twice', () => {
  const rows: readonly OptionRow[] = OPTIONS;
  const names = rows.flatMap((row) => [row.name, ...(row.aliases ?? []), ...(row.short === undefined ? [] : [row.short])]);
  assert.equal(new Set(names).size, names.length);
  for (const row of rows) assert.ok(row.short === undefined || row.short.length === 1, row.name);
});
