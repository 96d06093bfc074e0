import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';

import { COMMANDS } from '../../src/cli/commands.ts';
import { EXIT_CODES } from '../../src/cli/exit-codes.ts';
import { helpText } from '../../src/cli/help.ts';
import { type OptionRow, OPTIONS } from '../../src/cli/options.ts';
import { VERSION } from '../../src/version.ts';

test('the help names every command, every exit code, and every flag of a run', () => {
  const text = helpText();
  assert.match(text, /^Usage: sx \[prompt\].*\n +sx -p "prompt".*\n +sx <command>/);
  const rows: readonly OptionRow[] = OPTIONS;
  for (const { name } of COMMANDS) assert.match(text, new RegExp(`^  ${name}\\b`, 'm'));
  for (const [code] of EXIT_CODES) assert.match(text, new RegExp(`^  ${code} `, 'm'));
  for (const row of rows.filter(({ commands }) => commands === undefined || commands.includes('exec'))) assert.ok(text.includes(`--${row.name}`), row.name);
});

test('the help of a command names its flags and no others', () => {
  const text = helpText('config');
  assert.match(text, /^Usage: sx config /);
  assert.match(text, /--show-source/);
  assert.doesNotMatch(text, /--image/);
});

test('no line of the help is wider than 120 columns', () => {
  for (const command of [undefined, ...COMMANDS.map(({ name }) => name)]) {
    for (const line of helpText(command).split('\n')) assert.ok(line.length <= 120, line);
  }
});

test('the version is that of package.json', () => {
  const manifest: unknown = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8'));
  assert.ok(typeof manifest === 'object' && manifest !== null && 'version' in manifest);
  assert.equal(VERSION, manifest.version);
});
