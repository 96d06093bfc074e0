import assert from 'node:assert/strict';
import { test } from 'node:test';

import { CliError } from '../../src/cli/cli-error.ts';
import { TOOL_NAMES, toolWords } from '../../src/cli/invoked-name.ts';
import { parseArguments } from '../../src/cli/parse-arguments.ts';

const ROWS: readonly (readonly [tool: string, words: readonly string[], ours: readonly string[]])[] = [
  ['scorpiox-config', [], ['config', '--']],
  ['scorpiox-config', ['--get', 'MODEL'], ['config', '--', 'get', 'MODEL']],
  ['scorpiox-config', ['--set', 'MODEL', '-x', '--level', 'user'], ['config', '--level', 'user', '--', 'set', 'MODEL', '-x']],
  ['scorpiox-config', ['--level', 'global', '--set', 'MODEL', ''], ['config', '--level', 'global', '--', 'set', 'MODEL', '']],
  ['scorpiox-config', ['--dump'], ['config', '--all', '--', 'list']],
  ['scorpiox-config', ['--dump', '--show-source'], ['config', '--all', '--show-source', '--', 'list']],
  ['scorpiox-config', ['--dump', '--files'], ['config', '--', 'path']],
  ['scorpiox-config', ['--dump', '--level', 'project'], ['config', '--all', '--level', 'project', '--', 'list']],
  ['scorpiox-config', ['--json', 'MODEL'], ['config', '--json', '--', 'get', 'MODEL']],
  ['scorpiox-config', ['--verbose'], ['config', '--all', '--files', '--show-source', '--verbose', '--', 'list']],
  ['scorpiox-config', ['--help'], ['config', '--help', '--']],
  ['scorpiox-codex-fetchtoken', [], ['token', 'codex', '--show']],
  ['scorpiox-codex-fetchtoken', ['-config'], ['token', 'codex', '--show']],
  ['scorpiox-codex-fetchtoken', ['-ssh', '--verbose'], ['token', 'codex', '--show', '--source', 'ssh', '--verbose']],
  ['scorpiox-codex-fetchtoken', ['-remote'], ['token', 'codex', '--show', '--source', 'remote']],
  ['scorpiox-claudecode-fetchtoken', ['-http'], ['token', 'claude_code', '--show', '--source', 'remote']],
  ['scorpiox-claudecode-fetchtoken', ['--local'], ['token', 'claude_code', '--show', '--source', 'local']],
];

for (const [tool, words, ours] of ROWS) {
  test(`${[tool, ...words].join(' ')}: sx ${ours.join(' ')}, which sx takes`, () => {
    assert.deepEqual(toolWords(`/usr/local/bin/${tool}`, '/opt/sx', words), ours);
    parseArguments(ours);
  });
}

test('the name of the call decides; where it is none of ours, the file does', () => {
  assert.deepEqual(TOOL_NAMES, ['scorpiox-config', 'scorpiox-codex-fetchtoken', 'scorpiox-claudecode-fetchtoken']);
  assert.equal(toolWords('sx', '/opt/sx', ['--get', 'X']), undefined);
  assert.equal(toolWords('scorpiox-config-old', '/opt/sx', []), undefined);
  assert.equal(toolWords('./sx', '/opt/scorpiox-config', []), undefined);
  assert.deepEqual(toolWords('something', '/opt/scorpiox-config', []), ['config', '--']);
});

for (const [tool, words, code] of [
  ['scorpiox-config', ['--gte', 'X'], 'CLI_UNKNOWN_FLAG'],
  ['scorpiox-config', ['MODEL'], 'CLI_UNKNOWN_FLAG'],
  ['scorpiox-config', ['--get'], 'CLI_MISSING_VALUE'],
  ['scorpiox-config', ['--set', 'MODEL'], 'CLI_MISSING_VALUE'],
  ['scorpiox-codex-fetchtoken', ['-tcp'], 'CLI_BAD_VALUE'],
  ['scorpiox-codex-fetchtoken', ['-constructor'], 'CLI_UNKNOWN_FLAG'],
  ['scorpiox-claudecode-fetchtoken', ['x'], 'CLI_UNKNOWN_FLAG'],
] as const) {
  test(`${[tool, ...words].join(' ')} is refused as ${code}`, () => {
    assert.throws(() => toolWords(tool, '/opt/sx', words), (error) => error instanceof CliError && error.code === code);
  });
}
