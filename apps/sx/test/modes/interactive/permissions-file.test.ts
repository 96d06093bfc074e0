import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';

import { isAgentError } from '@sx/agent';
import { isConfigError } from '@sx/config';

import { settingsFixture } from '../../compose/settings-fixture.ts';
import { type LastingRule, lastingRule, storeRule } from '../../../src/modes/interactive/permissions-file.ts';
import type { Settings } from '../../../src/settings.ts';

function lasting(rule: string, settings: Settings): LastingRule {
  const found = lastingRule(rule, settings);
  assert.ok(found !== undefined, rule);
  return found;
}

test('a rule that is kept counts from the root, not from the working directory, and for the file of that name alone', () => {
  using fixture = settingsFixture();
  const settings = fixture.load();
  const at = (workingDirectory: string): Settings => ({ ...settings, workingDirectory, projectRoot: '/work' });
  assert.equal(lasting('edit(./src/a b.ts)', at('/work/pkg')).rule, 'edit(/work/pkg/src/a b.ts)');
  assert.equal(lasting('edit(./a\\[1\\].ts)', at('/work/[x]')).rule, 'edit(/work/\\[x\\]/a\\[1\\].ts)');
  assert.equal(lasting('edit(/etc/hosts)', at('/work')).rule, 'edit(/etc/hosts)');
  assert.equal(lasting('shell(./run:*)', at('/work')).rule, 'shell(./run:*)');
  assert.deepEqual(lasting('shell(x)', at('/work')), { rule: 'shell(x)', file: join(fixture.root, 'home/.scorpiox/permissions.txt'), section: '[/work]' });
});

test('what no line can hold is not offered, nor anything where there is no home', () => {
  using fixture = settingsFixture();
  const settings = fixture.load();
  for (const rule of ['edit(./a\nb)', 'edit(./a\rb)', 'edit(./a\u2028b)', 'edit(./a\u001b[m)', 'edit(./\ufffd)']) assert.equal(lastingRule(rule, settings), undefined, JSON.stringify(rule));
  assert.equal(lastingRule('shell(x)', { ...settings, projectRoot: '/work/\ufffd' }), undefined);
  assert.equal(lastingRule('shell(x)', { ...settings, home: { userDirectory: undefined, stateDirectory: undefined } }), undefined);
  assert.equal(lastingRule('shell(x)', { ...settings, projectRoot: '/work/a\nb' })?.section, '["/work/a\\nb"]');
});

test('a new file is closed to others; one that is there keeps its mode, its comments, and its place behind a link', async () => {
  using fixture = settingsFixture();
  const settings = fixture.load();
  const { root } = fixture;
  const file = join(root, 'home/.scorpiox/permissions.txt');
  rmSync(join(root, 'home/.scorpiox'), { recursive: true });
  await storeRule(lasting('shell(make)', settings), settings);
  assert.equal(readFileSync(file, 'utf8'), `[${root}/project]\nallow shell(make)\n`);
  assert.equal(statSync(file).mode & 0o777, 0o600);
  assert.equal(statSync(join(root, 'home/.scorpiox')).mode & 0o777, 0o700);

  mkdirSync(join(root, 'dotfiles'));
  const real = join(root, 'dotfiles/rules');
  writeFileSync(real, '# mine\nallow shell(git log:*)\n');
  chmodSync(real, 0o640);
  rmSync(file);
  symlinkSync(real, file);
  await storeRule(lasting('shell(make)', settings), settings);
  await storeRule(lasting('shell(make)', settings), settings);
  await storeRule(lasting('shell(npm test)', settings), settings);
  assert.equal(readFileSync(real, 'utf8'), `# mine\nallow shell(git log:*)\n\n[${root}/project]\nallow shell(make)\nallow shell(npm test)\n`);
  assert.equal(statSync(real).mode & 0o777, 0o640);
  assert.deepEqual(readdirSync(join(root, 'dotfiles')), ['rules'], 'neither a lock nor a temporary file is left');
});

/** Stores its rules one after the other, once it is told to. */
const STORES = `
  const { lastingRule, storeRule } = await import(${JSON.stringify(new URL('../../../src/modes/interactive/permissions-file.ts', import.meta.url))});
  const { settings, rules } = JSON.parse(process.argv[1]);
  process.stdout.write('ready');
  await new Promise((resolve) => process.stdin.once('data', resolve));
  for (const rule of rules) await storeRule(lastingRule(rule, settings), settings);
  process.exit(0);
`;

test('answers in several programs at once are all kept', async () => {
  using fixture = settingsFixture();
  const { home, projectRoot, workingDirectory } = fixture.load();
  const names = Array.from({ length: 40 }, (_, index) => `shell(make t${index})`);
  const children = [0, 1, 2, 3].map((nth) => {
    const given = JSON.stringify({ settings: { home, projectRoot, workingDirectory }, rules: names.filter((_, index) => index % 4 === nth) });
    return spawn(process.execPath, ['--conditions=@sx/source', '--input-type=module', '-e', STORES, given], { stdio: ['pipe', 'pipe', 'inherit'], timeout: 20_000 });
  });
  await Promise.all(children.map(({ stdout }) => once(stdout, 'data')));
  for (const { stdin } of children) stdin.end('go');
  assert.deepEqual(await Promise.all(children.map(async (child) => (await once(child, 'exit'))[0])), [0, 0, 0, 0]);
  const lines = readFileSync(join(fixture.root, 'home/.scorpiox/permissions.txt'), 'utf8').split('\n');
  for (const rule of names) assert.equal(lines.filter((line) => line === `allow ${rule}`).length, 1, rule);
});

test('a file that cannot be read as rules is left as it is', async () => {
  using fixture = settingsFixture();
  const settings = fixture.load();
  const file = join(fixture.root, 'home/.scorpiox/permissions.txt');
  for (const [bytes, code] of [['[/a] x\n', 'AGENT_BAD_RULE'], ['allw shell\n', 'AGENT_BAD_RULE'], [Buffer.from([0x61, 0xff]), 'CONFIG_NOT_UTF8']] as const) {
    writeFileSync(file, bytes);
    await assert.rejects(storeRule(lasting('shell(make)', settings), settings), (error) => (isAgentError(error) || isConfigError(error)) && error.code === code);
    assert.deepEqual(readFileSync(file), Buffer.from(bytes));
  }
  assert.ok(!existsSync(join(fixture.root, 'home/.scorpiox/.permissions.txt.sx-lock')));
});
