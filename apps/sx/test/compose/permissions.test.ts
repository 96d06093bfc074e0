import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';

import { contentHash, formatTrustRecord } from '@sx/config';

import { CliError } from '../../src/cli/cli-error.ts';
import { parseArguments } from '../../src/cli/parse-arguments.ts';
import { composePermissions, permissionMode } from '../../src/compose/permissions.ts';
import { settingsFixture, type SettingsFixture } from './settings-fixture.ts';

function decide(fixture: SettingsFixture, path: string, ...flags: string[]): string {
  const permissions = composePermissions(parseArguments(['-p', 'x', ...flags]), fixture.load(), { additionalDirectories: [], credentialFiles: [join(fixture.root, 'project/login.json')] });
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
