import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { test } from 'node:test';

import { COMMAND, createSandbox, FROM_SOURCES, runSx } from './run-sx.ts';

test('what the user gets wrong is one clear line, its exit code, and no stack trace', async (t) => {
  using sandbox = createSandbox();
  const noImage = sandbox.put('project/no-image.png', 'GIF9');
  const cases: readonly (readonly [rule: string, args: readonly string[], exit: number, says: RegExp, stdin?: string | Uint8Array])[] = [
    ['an unknown flag', ['-p', 'x', '--modle', 'y'], 42, /^sx: unknown flag --modle \[CLI_UNKNOWN_FLAG\]\n {4}did you mean --model\?\n$/],
    ['an empty prompt', ['-p', ''], 42, /^sx: the prompt is empty \[CLI_EMPTY_PROMPT\]\n/],
    ['a blank prompt', ['-p', ' \n'], 42, /CLI_EMPTY_PROMPT/],
    ['no prompt and no input', ['-p'], 42, /CLI_EMPTY_PROMPT/],
    ['an empty input', ['-p', '-'], 42, /CLI_EMPTY_PROMPT/, ''],
    ['an input that is not UTF-8', ['-p', '-'], 42, /^sx: standard input is not UTF-8 text \[CLI_NOT_UTF8\]\n/, new Uint8Array([0x61, 0xff])],
    ['too large an input', ['-p', '-'], 42, /^sx: standard input is larger than 10485760 bytes \[CLI_INPUT_TOO_LARGE\]\n/, new Uint8Array(10 * 1024 * 1024 + 1).fill(0x61)],
    ['a prompt in several words', ['-p', 'fix', 'it'], 42, /put it in quotes/],
    ['an image that is none', ['-p', 'x', '-i', noImage], 42, /CLI_BAD_MEDIA/],
    ['an image that is not there', ['-p', 'x', '-i', 'absent.png'], 42, /absent\.png cannot be read \(ENOENT\) \[CLI_BAD_MEDIA\]/],
    ['a directory that is not there', ['-p', 'x', '-C', 'absent'], 42, /CLI_BAD_DIRECTORY/],
    ['a broken -e', ['-p', 'x', '-e', 'MODEL'], 42, /-e: expected KEY=VALUE/],
    ['a value its key does not take', ['-p', 'x', '-e', 'TOOLS=maybe'], 52, /^sx: command line: TOOLS: expected 0 or 1, got "maybe" \[CONFIG_BAD_VALUE\]\n$/],
    ['no provider', ['-p', 'x'], 52, /^sx: no provider is chosen: .* \[CLI_NO_PROVIDER\]\n/],
    ['a provider that does not exist', ['-p', 'x', '--provider', 'codx'], 52, /PROVIDER: expected one of codex, /],
  ];
  for (const [rule, args, exit, says, stdin] of cases) {
    await t.test(rule, async () => {
      const { code, stdout, stderr } = await sandbox.sx(args, stdin === undefined ? {} : { stdin });
      assert.match(stderr, says);
      assert.deepEqual([code, stdout], [exit, '']);
      assert.doesNotMatch(stderr, /\n\s+at |node:internal/);
    });
  }
});

test('an unknown key is a warning with the nearest one, and the run goes on', async () => {
  using sandbox = createSandbox();
  sandbox.put('home/.scorpiox/scorpiox-env.txt', 'MDOEL=x\n');
  const { code, stdout, stderr } = await sandbox.sx(['config', 'get', 'MODEL']);
  assert.deepEqual([code, stdout], [0, 'sonnet\n']);
  assert.match(stderr, /scorpiox-env\.txt:1: unknown key MDOEL; did you mean MODEL\?\n$/);
});

test('a broken configuration file is named with its line', async () => {
  using sandbox = createSandbox();
  sandbox.put('home/.scorpiox/scorpiox-env.txt', '# x\nPROVIDER codex\n');
  const { code, stderr } = await sandbox.sx(['-p', 'x']);
  assert.equal(code, 52);
  assert.match(stderr, /^sx: .*scorpiox-env\.txt:2: expected KEY=VALUE or a # comment \[CONFIG_BAD_LINE\]\n$/);
});

test('the JSON formats have a result also where nothing could start', async () => {
  using sandbox = createSandbox();
  for (const format of ['json', 'stream-json']) {
    const { code, stdout } = await sandbox.sx(['-p', 'x', '--output-format', format]);
    const result: unknown = JSON.parse(stdout);
    assert.ok(typeof result === 'object' && result !== null && 'subtype' in result);
    assert.deepEqual([code, result.subtype], [52, 'error_config']);
  }
});

test('a credential that was found is named with the line that selects it', async () => {
  using sandbox = createSandbox();
  sandbox.put('home/.codex/auth.json', '{}');
  const { stderr } = await sandbox.sx(['-p', 'x']);
  assert.match(stderr, /codex: .*\/\.codex\/auth\.json was found; PROVIDER=codex in scorpiox-env\.txt or the environment selects it/);
});

test('an empty standard input that stays open does not hang a prompt', async () => {
  using sandbox = createSandbox();
  const { code, stderr } = await sandbox.sx(['-p', 'x'], { stdin: null });
  assert.equal(code, 52);
  assert.match(stderr, /^sx: nothing came from standard input; it is not waited for/);
});

test('a deleted working directory is an error of ours', async () => {
  using sandbox = createSandbox();
  const { status, stderr } = inShell('mkdir gone && cd gone && rmdir ../gone && exec "$@" -p x', sandbox.project);
  assert.equal(status, 42);
  assert.match(stderr, /^sx: the working directory does not exist any more \[CLI_BAD_DIRECTORY\]\n$/);
});

test('a prompt argument that is not UTF-8 is refused', async () => {
  using sandbox = createSandbox();
  const { status, stderr } = inShell(`exec "$@" -p "$(printf 'a\\377b')"`, sandbox.project);
  assert.equal(status, 42);
  assert.match(stderr, /^sx: the prompt is not UTF-8 text \[CLI_NOT_UTF8\]\n/);
});

function inShell(script: string, cwd: string) {
  return spawnSync('sh', ['-c', script, 'sh', ...COMMAND], { cwd, env: { PATH: process.env['PATH'] ?? '' }, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'], timeout: 30_000 });
}

for (const args of [['version'], ['--version'], ['-V'], ['config', '-V']]) {
  test(`sx ${args.join(' ')} shows the version`, async () => {
    const { code, stdout, stderr } = await runSx(args);
    assert.match(stdout, /^sx \d+\.\d+\.\d+\n$/);
    assert.deepEqual([code, stderr], [0, '']);
  });
}

test('version and help load no provider, no socket and no configuration', () => {
  const loaded = (args: readonly string[]): string => {
    const [node = '', ...first] = FROM_SOURCES;
    const { status, stderr } = spawnSync(node, ['--import', join(import.meta.dirname, 'log-modules.ts'), ...first, ...args], { env: {}, encoding: 'utf8', timeout: 30_000 });
    assert.equal(status, 0);
    return stderr;
  };
  const expensive = /packages\/(net|llm|auth|agent|tools|provider-\w+|protocols|ssh|config\/src\/(index|load))|node:(net|tls|child_process|crypto)/;
  for (const args of [['version'], ['--help'], ['help', 'config']]) assert.doesNotMatch(loaded(args), expensive);
  assert.match(loaded(['config', 'path']), expensive);
});

test('a prompt of a script loads no screen, and the demo no network', () => {
  const loaded = (args: readonly string[]): string => {
    const [node = '', ...first] = FROM_SOURCES;
    return spawnSync(node, ['--import', join(import.meta.dirname, 'log-modules.ts'), ...first, ...args], { env: { HOME: '/nonexistent' }, encoding: 'utf8', timeout: 30_000, stdio: ['ignore', 'pipe', 'pipe'] }).stderr;
  };
  assert.doesNotMatch(loaded(['-p', 'hello']), /modes\/interactive|packages\/tui/);
  assert.doesNotMatch(loaded(['demo']), /packages\/(net|auth|ssh|provider-\w+|protocols)\/|node:(net|tls|http|https|dns|child_process)$/m);
});

test('sx sbom lists Node, its libraries and our files', async () => {
  const { code, stdout } = await runSx(['sbom']);
  assert.equal(code, 0);
  assert.ok(stdout.split('\n').length <= 50, 'a page');
  assert.match(stdout, /^Node 24\./m);
  assert.match(stdout, /openssl 3/);
  assert.match(stdout, /npm packages of others: none/);
  assert.match(stdout, /^ {2}packages\/net +\d+ files +[0-9a-f]{64}$/m);
  assert.match((await runSx(['sbom', '--verbose'])).stdout, /^ {4}[0-9a-f]{64} {2}apps\/sx\/src\/main\.ts$/m);
});

test('help of an unknown command names those there are', async () => {
  const { code, stderr } = await runSx(['help', 'confg']);
  assert.equal(code, 42);
  assert.match(stderr, /CLI_UNKNOWN_COMMAND/);
});
