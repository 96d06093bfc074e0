import assert from 'node:assert/strict';
import { readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';

import { contentHash, formatTrustRecord } from '@sx/config';

import { CliError } from '../../src/cli/cli-error.ts';
import { parseArguments } from '../../src/cli/parse-arguments.ts';
import { composePermissions, fileRules, permissionMode } from '../../src/compose/permissions.ts';
import { settingsFixture, type SettingsFixture } from './settings-fixture.ts';

function decide(fixture: SettingsFixture, path: string, ...flags: string[]): string {
  const permissions = composePermissions({ environment: {} }, parseArguments(['-p', 'x', ...flags]), fixture.load({}, [], flags.includes('--bare')), { additionalDirectories: [], credentialFiles: [join(fixture.root, 'project/login.json')] });
  return permissions.decide('write', [{ action: 'edit', path: join(fixture.root, 'project', path) }]).behavior;
}

function projectRules(fixture: SettingsFixture, text: string): string {
  const file = join(fixture.root, 'project/.scorpiox/permissions.txt');
  writeFileSync(file, text);
  return file;
}

test('a project\'s allow counts only once its file is trusted', () => {
  using fixture = settingsFixture();
  const file = projectRules(fixture, 'allow edit(a.txt)\n');
  assert.equal(decide(fixture, 'a.txt'), 'ask');
  writeFileSync(join(fixture.root, 'home/.scorpiox/trust.jsonl'), formatTrustRecord({ path: file, sha256: contentHash(readFileSync(file)), atMs: 1 }));
  assert.equal(decide(fixture, 'a.txt'), 'allow');
  assert.equal(decide(fixture, 'a.txt', '--bare'), 'ask');
  projectRules(fixture, 'allow edit(a.txt)\nallow shell\n');
  assert.equal(decide(fixture, 'a.txt'), 'ask');
});

test('a project\'s deny counts always, and beats the user\'s allow and bypass', () => {
  using fixture = settingsFixture();
  projectRules(fixture, 'deny edit(a.txt)\n');
  assert.equal(decide(fixture, 'a.txt', '--allow', 'edit(a.txt)'), 'deny');
  assert.equal(decide(fixture, 'a.txt', '--dangerously-skip-permissions'), 'deny');
});

test('the user\'s own rules count', () => {
  using fixture = settingsFixture();
  writeFileSync(join(fixture.root, 'home/.scorpiox/permissions.txt'), 'allow edit(a.txt)\n');
  assert.equal(decide(fixture, 'a.txt'), 'allow');
  assert.equal(decide(fixture, 'b.txt'), 'ask');
});

test('in the home directory the user\'s rules, sections included, are not read once more as a project\'s', () => {
  using fixture = settingsFixture();
  const home = join(fixture.root, 'home');
  const link = join(fixture.root, 'link');
  symlinkSync(home, link);
  writeFileSync(join(home, '.scorpiox/permissions.txt'), `[${home}]\nallow shell(make)\n[/elsewhere]\nallow shell(npm test)\n`);
  for (const userDirectory of [home, link]) {
    const places = { userDirectory, stateDirectory: join(userDirectory, '.scorpiox') };
    const rules = fileRules({ ...fixture.load(), home: places, projectRoot: home, workingDirectory: home });
    assert.deepEqual(rules.map(({ text }) => text), ['shell(make)', 'shell(npm test)'], userDirectory);
  }
});

test('credentials and our own configuration are closed in every mode', () => {
  using fixture = settingsFixture();
  for (const path of ['login.json', '.scorpiox/permissions.txt', '.git/config', 'scorpiox-env.txt']) assert.equal(decide(fixture, path, '--permission-mode', 'bypass'), 'deny', path);
});

test('flags that contradict each other are refused', () => {
  assert.equal(permissionMode(parseArguments(['-p', 'x', '--dangerously-skip-permissions'])), 'bypass');
  assert.throws(
    () => permissionMode(parseArguments(['-p', 'x', '--dangerously-skip-permissions', '--permission-mode', 'plan'])),
    (error: unknown) => error instanceof CliError && error.code === 'CLI_BAD_VALUE',
  );
});

const BYPASS: readonly (readonly [rule: string, environment: Readonly<Record<string, string>>, refused: boolean])[] = [
  ['npm', { npm_lifecycle_event: 'postinstall' }, true],
  ['pip', { PIP_BUILD_TRACKER: '/tmp/x' }, true],
  ['an empty variable', { npm_lifecycle_event: '' }, false],
  ['nothing', {}, false],
];
for (const [rule, environment, refused] of BYPASS) {
  test(`bypass under ${rule} is ${refused ? 'refused' : 'taken'}`, () => {
    using fixture = settingsFixture();
    const compose = (...flags: string[]): unknown => composePermissions({ environment }, parseArguments(['-p', 'x', ...flags]), fixture.load(), { additionalDirectories: [], credentialFiles: [] });
    for (const flags of [['--dangerously-skip-permissions'], ['--permission-mode', 'bypass']]) {
      if (refused) assert.throws(() => compose(...flags), (error) => error instanceof CliError && error.code === 'CLI_BYPASS_REFUSED');
      else compose(...flags);
    }
    compose('--permission-mode', 'accept-edits');
  });
}

test('only the user\'s own file lets bypass run in scripts', () => {
  using fixture = settingsFixture();
  const environment = { npm_lifecycle_event: 'test' };
  const compose = (settings = fixture.load(environment)): unknown =>
    composePermissions({ environment }, parseArguments(['-p', 'x', '--permission-mode', 'bypass']), settings, { additionalDirectories: [], credentialFiles: [] });
  const refused = (error: unknown): boolean => error instanceof CliError && error.code === 'CLI_BYPASS_REFUSED';
  assert.throws(() => compose(fixture.load({ ...environment, BYPASS_IN_SCRIPTS: '1' })), refused);
  assert.throws(() => compose(fixture.load(environment, [{ key: 'BYPASS_IN_SCRIPTS', value: '1' }])), refused);
  writeFileSync(join(fixture.root, 'project/scorpiox-env.txt'), 'BYPASS_IN_SCRIPTS=1\n');
  assert.throws(() => compose(), refused);
  writeFileSync(join(fixture.root, 'home/.scorpiox/scorpiox-env.txt'), 'BYPASS_IN_SCRIPTS=1\n');
  rmSync(join(fixture.root, 'project/scorpiox-env.txt'));
  compose();
});
