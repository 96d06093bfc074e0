import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';

import { createSandbox } from './run-sx.ts';

test('set, get, list and unset change one line and keep the rest', async () => {
  using sandbox = createSandbox();
  const file = sandbox.put('project/.scorpiox/scorpiox-env.txt', '# mine\nMODEL=a\n\n# end\n');
  assert.equal((await sandbox.sx(['config', 'set', 'MODEL', 'b'])).code, 0);
  assert.equal(readFileSync(file, 'utf8'), '# mine\nMODEL=b\n\n# end\n');
  assert.equal((await sandbox.sx(['config', 'get', 'MODEL'])).stdout, 'b\n');
  assert.match((await sandbox.sx(['config', 'list', '--show-source'])).stdout, /^MODEL=b {2}# .*scorpiox-env\.txt:2$/m);
  assert.equal((await sandbox.sx(['config', 'unset', 'MODEL'])).code, 0);
  assert.equal(readFileSync(file, 'utf8'), '# mine\n\n# end\n');
});

test('a file that sx config set made is trusted, and stays so while only it changes the file', async () => {
  using sandbox = createSandbox();
  await sandbox.sx(['config', 'set', 'PROVIDER', 'codex']);
  await sandbox.sx(['config', 'set', 'MODEL', 'x']);
  assert.equal((await sandbox.sx(['config', 'get', 'PROVIDER'])).stdout, 'codex\n');
});

test('sx config set does not bless the rest of a file that came with the project', async () => {
  using sandbox = createSandbox();
  sandbox.put('project/.scorpiox/scorpiox-env.txt', 'HTTPS_PROXY=http://evil.example\n');
  await sandbox.sx(['config', 'set', 'MODEL', 'x']);
  const { stdout, stderr } = await sandbox.sx(['config', 'get', 'HTTPS_PROXY']);
  assert.equal(stdout, '\n');
  assert.match(stderr, /ignored HTTPS_PROXY: this file is not trusted \(sx config trust\)/);
});

test('sx config trust makes a file of the project count, until it changes', async () => {
  using sandbox = createSandbox();
  const file = sandbox.put('project/scorpiox-env.txt', 'PROVIDER=codex\n');
  assert.equal((await sandbox.sx(['config', 'trust'])).stdout, `trusted ${file} as it is now\n`);
  assert.equal((await sandbox.sx(['config', 'get', 'PROVIDER'])).stdout, 'codex\n');
  sandbox.put('project/scorpiox-env.txt', 'PROVIDER=gemini\n');
  assert.equal((await sandbox.sx(['config', 'get', 'PROVIDER'])).stdout, 'scorpiox\n');
});

test('secrets are masked wherever the configuration is shown', async () => {
  using sandbox = createSandbox();
  const env = { CODEX_ACCESS_TOKEN: 'marked-token', HTTPS_PROXY: 'http://me:marked-word@proxy:3128' };
  for (const args of [['config'], ['config', '--json'], ['config', 'get', 'CODEX_ACCESS_TOKEN'], ['config', 'get', 'HTTPS_PROXY', '--json', '--show-source']]) {
    const { code, stdout, stderr } = await sandbox.sx(args, { env });
    assert.equal(code, 0);
    assert.doesNotMatch(stdout + stderr, /marked/);
    assert.match(stdout, /\*{8}/);
  }
});

test('the user level writes below the state directory, private', async () => {
  using sandbox = createSandbox();
  await sandbox.sx(['config', 'set', 'MODEL', 'x', '--level', 'user']);
  assert.equal(readFileSync(join(sandbox.home, '.scorpiox/scorpiox-env.txt'), 'utf8'), 'MODEL=x\n');
});

test('an unknown key or action names the nearest one', async () => {
  using sandbox = createSandbox();
  const key = await sandbox.sx(['config', 'set', 'MODLE', 'x']);
  assert.deepEqual([key.code, /did you mean MODEL\?/.test(key.stderr)], [52, true]);
  const action = await sandbox.sx(['config', 'gte', 'MODEL']);
  assert.deepEqual([action.code, /did you mean get\?/.test(action.stderr)], [42, true]);
});

test('a secret need not stand in the arguments: it is read from standard input', async () => {
  using sandbox = createSandbox();
  const { code, stdout, stderr } = await sandbox.sx(['config', 'set', 'OPENAI_API_KEY', '--level', 'user'], { stdin: 'marked-key\n' });
  assert.deepEqual([code, stderr], [0, '']);
  assert.doesNotMatch(stdout, /marked/);
  assert.equal(readFileSync(join(sandbox.home, '.scorpiox/scorpiox-env.txt'), 'utf8'), 'OPENAI_API_KEY=marked-key\n');
  assert.equal((await sandbox.sx(['config', 'set', 'MODEL'], { stdin: 'x' })).code, 42);
});

test('a secret where others may find it is stored, and said', async () => {
  using sandbox = createSandbox();
  assert.match((await sandbox.sx(['config', 'set', 'OPENAI_API_KEY', 'marked'])).stderr, /OPENAI_API_KEY is a secret, and .* may end up in a repository: --level user keeps it out/);
  sandbox.put('home/.scorpiox/scorpiox-env.txt', '', 0o644);
  assert.match((await sandbox.sx(['config', 'set', 'OPENAI_API_KEY', 'marked', '--level', 'user'])).stderr, /other users may read .*: chmod 600/);
});

test('a change that a higher tier hides is said', async () => {
  using sandbox = createSandbox();
  const { code, stderr } = await sandbox.sx(['config', 'set', 'MODEL', 'x'], { env: { MODEL: 'y' } });
  assert.deepEqual([code, stderr], [0, 'sx: MODEL is also set by the environment, which wins\n']);
});

test('list and path for machines; one level; everything', async () => {
  using sandbox = createSandbox();
  const file = sandbox.put('home/.scorpiox/scorpiox-env.txt', 'MODEL=x\nOPENAI_API_KEY=marked\nNOBODY_KNOWS=marked\n');
  const level = await sandbox.sx(['config', 'list', '--level', 'user']);
  assert.equal(level.stdout, 'MODEL=x\nOPENAI_API_KEY=********\nNOBODY_KNOWS=********\n');
  const json: unknown = JSON.parse((await sandbox.sx(['config', 'path', '--json'])).stdout);
  assert.ok(Array.isArray(json) && JSON.stringify(json).includes(file));
  const all = await sandbox.sx(['config', 'list', '--all']);
  assert.match(all.stdout, /^CODEX_API_URL=https:\/\/chatgpt\.com\/backend-api\/codex$/m);
  assert.match((await sandbox.sx(['config', 'list', '--files'])).stdout, /^executable|^user /);
});

test('what is broken can be repaired with the program itself', async () => {
  using sandbox = createSandbox();
  const file = sandbox.put('home/.scorpiox/scorpiox-env.txt', 'MAX_TURNS=many\n');
  assert.equal((await sandbox.sx(['config', 'list'])).code, 52);
  const { code, stderr } = await sandbox.sx(['config', 'set', 'MAX_TURNS', '7', '--level', 'user']);
  assert.deepEqual([code, stderr], [0, `sx: ${file}:1: MAX_TURNS: expected a whole number from 1 to 1000000000, got "many"\n`]);
  assert.equal(readFileSync(file, 'utf8'), 'MAX_TURNS=7\n');
  sandbox.put('home/.scorpiox/scorpiox-env.txt', 'no line\n');
  const path = await sandbox.sx(['config', 'path']);
  assert.equal(path.code, 0);
  assert.match(path.stderr, /:1: expected KEY=VALUE/);
  assert.equal((await sandbox.sx(['config', 'set', 'MODEL', 'x', '--level', 'user'])).code, 52);
  sandbox.put('home/.scorpiox/scorpiox-env.txt', 'ACTIVE_PROFILE=gone\n');
  assert.equal((await sandbox.sx(['config', 'unset', 'ACTIVE_PROFILE', '--level', 'user'])).code, 0);
  assert.equal((await sandbox.sx(['config', 'list'])).code, 0);
});
