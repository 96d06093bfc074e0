import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';

import { COMMANDS } from '../../src/cli/commands.ts';
import { OPTIONS } from '../../src/cli/options.ts';
import { createSandbox, type Sandbox } from './run-sx.ts';

async function scriptOf(sandbox: Sandbox, shell: string): Promise<string> {
  const { code, stdout } = await sandbox.sx(['completion', shell]);
  assert.equal(code, 0);
  return stdout;
}

function completeInBash(script: string, words: readonly string[], cwd: string): string[] {
  const line = `source "$0"\nCOMP_WORDS=("$@")\nCOMP_CWORD=$(($# - 1))\n_sx\nprintf '%s\\n' "\${COMPREPLY[@]}"`;
  const { stdout, stderr, status } = spawnSync('bash', ['--norc', '-uc', line, script, 'sx', ...words], { cwd, encoding: 'utf8' });
  assert.equal(`${stderr}${status}`, '0');
  return stdout.split('\n').filter((word) => word !== '').sort();
}

const ROWS: readonly (readonly [rule: string, words: readonly string[], expected: readonly string[] | ((found: readonly string[]) => void)])[] = [
  ['commands', ['co'], ['completion', 'config']],
  ['nothing yet: every command', [''], (found) => assert.deepEqual(found, COMMANDS.map(({ name }) => name).sort())],
  ['flags of a run', ['--max-'], ['--max-budget-usd', '--max-seconds', '--max-tokens', '--max-turns']],
  ['flags of a run behind -p', ['-p', '--perm'], ['--permission-mode']],
  ['flags of a run behind a prompt', ['fix it', '--resu'], ['--resume']],
  ['flags of a command, and no others', ['config', '--'], (found) => assert.ok(found.includes('--show-source') && !found.includes('--image'))],
  ['aliases', ['--allowed'], ['--allowed-tools', '--allowedTools']],
  ['choices of a flag', ['-p', 'x', '--output-format', ''], ['codex-jsonl', 'gemini-stream-json', 'json', 'stream-json', 'text']],
  ['choices behind an equals sign', ['-p', 'x', '--output-format', '=', 'co'], ['codex-jsonl']],
  ['choices right behind the equals sign', ['--input-format', '='], ['stream-json', 'text']],
  ['providers of --provider', ['--provider', 'c'], ['claude_code', 'codex']],
  ['the first argument of a command', ['sessions', ''], ['delete', 'export', 'list', 'show']],
  ['providers as argument', ['token', 'co'], ['codex']],
  ['nothing behind the first argument', ['sessions', 'show', ''], []],
  ['keys behind config get', ['config', 'get', 'CODEX_TOKEN'], ['CODEX_TOKEN_SOURCE']],
  ['keys behind config set, and flags between', ['config', '--level', 'user', 'set', 'REASONING'], ['REASONING_EFFORT']],
  ['no keys behind config list', ['config', 'list', 'MODEL'], []],
  ['keys of -e, which a value follows', ['-p', 'x', '-e', 'REASONING'], ['REASONING_EFFORT=']],
  ['a value that is text', ['-m', ''], []],
  ['a value is no command', ['-m', 'config', 'co'], ['completion', 'config']],
  ['files, with blanks in their names', ['-o', 'a'], ['a b.txt', 'a dir']],
  ['directories alone', ['-C', 'a'], ['a dir']],
];
test('bash completes', async (t) => {
  using sandbox = createSandbox();
  const script = sandbox.put('sx.bash', await scriptOf(sandbox, 'bash'));
  sandbox.put('project/a b.txt', '');
  sandbox.put('project/a dir/x', '');
  for (const [rule, words, expected] of ROWS) {
    await t.test(rule, () => {
      const found = completeInBash(script, words, sandbox.project);
      if (typeof expected === 'function') expected(found);
      else assert.deepEqual(found, expected);
    });
  }
});

test('every shell that is installed reads its script', async () => {
  using sandbox = createSandbox();
  for (const [shell, args] of [['bash', ['-n']], ['zsh', ['-n']], ['fish', ['--no-execute']]] as const) {
    const script = sandbox.put(`sx.${shell}`, await scriptOf(sandbox, shell));
    const { error, stderr, status } = spawnSync(shell, [...args, script], { encoding: 'utf8' });
    // Most machines have bash alone.
    if (error === undefined) assert.equal(`${stderr}${status}`, '0', shell);
    else assert.equal('code' in error && error.code, 'ENOENT');
  }
});

test('every script has every command and every flag', async () => {
  using sandbox = createSandbox();
  for (const shell of ['bash', 'zsh', 'fish', 'powershell']) {
    const script = await scriptOf(sandbox, shell);
    writeFileSync(join(sandbox.project, shell), script);
    for (const { name } of COMMANDS) assert.match(script, new RegExp(`\\b${name}\\b`), `${shell} ${name}`);
    for (const { name } of OPTIONS) assert.ok(script.includes(shell === 'fish' ? ` -l ${name}` : `--${name}`), `${shell} --${name}`);
  }
});

test('an unknown shell is refused', async () => {
  using sandbox = createSandbox();
  assert.deepEqual([(await sandbox.sx(['completion', 'csh'])).code, (await sandbox.sx(['completion'])).code], [42, 42]);
});
