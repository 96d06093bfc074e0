import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, test } from 'node:test';

import { LOGIN_KEYS, loadConfig, type Loaded, storedKeyFile, storedKeyText, whereOf } from '../src/index.ts';

let home: string;
beforeEach(() => (home = mkdtempSync(join(tmpdir(), 'sx-stored-'))));
afterEach(() => rmSync(home, { recursive: true }));

const file = (provider = 'anthropic'): string => storedKeyFile(join(home, '.scorpiox'), provider);

function put(path: string, text: string, mode = 0o600): void {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text, { mode });
}

function load(environment: Record<string, string> = {}): Loaded {
  return loadConfig({ environment, workingDirectory: home, homedir: () => home, userId: process.getuid?.() });
}

test('a stored key is the value of its key, with its file as source, and a secret', () => {
  put(file(), storedKeyText('sk-ant-stored'));
  const { config, warnings } = load();
  const setting = config.setting('ANTHROPIC_API_KEY');
  assert.deepEqual([setting?.value, setting?.tier, setting && whereOf(setting)], ['sk-ant-stored', 'credentials', file()]);
  assert.deepEqual(config.secrets(), ['sk-ant-stored']);
  assert.deepEqual(warnings, []);
});

test('whatever is set on purpose wins over a stored key', () => {
  put(file(), storedKeyText('sk-ant-stored'));
  put(join(home, '.scorpiox/scorpiox-env.txt'), 'ANTHROPIC_API_KEY=from-file\n');
  assert.equal(load().config.text('ANTHROPIC_API_KEY'), 'from-file');
  assert.equal(load({ ANTHROPIC_API_KEY: 'from-environment' }).config.text('ANTHROPIC_API_KEY'), 'from-environment');
});

test('each provider with an API key has its file', () => {
  for (const provider of LOGIN_KEYS.keys()) put(file(provider), storedKeyText(`key-of-${provider}`));
  const { config } = load();
  assert.deepEqual([...LOGIN_KEYS.keys()], ['anthropic', 'gemini', 'openai', 'router']);
  assert.deepEqual(
    [config.text('ANTHROPIC_API_KEY'), config.text('GEMINI_API_KEY'), config.text('OPENAI_API_KEY'), config.text('ROUTER_API_KEY')],
    ['key-of-anthropic', 'key-of-gemini', 'key-of-openai', 'key-of-router'],
  );
});

for (const [rule, text, mode, says] of [
  ['readable by others', storedKeyText('marked'), 0o644, /other users may read/],
  ['empty', '', 0o600, /sign in again/],
  ['not JSON', 'marked', 0o600, /sign in again/],
  ['of another shape', '{"key":"marked"}', 0o600, /sign in again/],
  ['with a line break in the key', '{"api_key":"marked\\nword"}', 0o600, /sign in again/],
  ['a number', '{"api_key":1}', 0o600, /sign in again/],
  ['a null', 'null', 0o600, /sign in again/],
  ['larger than any file of ours', `{"api_key":"${'x'.repeat(300_000)}"}`, 0o600, /the limit is/],
] as const) {
  test(`a file that is ${rule} is a warning without its content, and no key`, () => {
    put(file(), text, mode);
    const { config, warnings } = load();
    assert.equal(config.text('ANTHROPIC_API_KEY'), undefined);
    assert.match(warnings.join('\n'), says);
    assert.doesNotMatch(warnings.join('\n'), /marked/);
  });
}

test('a directory in its place is a warning', () => {
  mkdirSync(file(), { recursive: true });
  assert.match(load().warnings.join('\n'), /not a regular file/);
});
