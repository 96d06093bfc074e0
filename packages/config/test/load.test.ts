import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, test } from 'node:test';

import { contentHash, formatTrustRecord, isConfigError, loadConfig, type Loaded, writeFileWhole } from '../src/index.ts';

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'sx-config-'));
  mkdirSync(join(root, 'home'));
  mkdirSync(join(root, 'project/.git'), { recursive: true });
  mkdirSync(join(root, 'project/src/deep'), { recursive: true });
});
afterEach(() => rmSync(root, { recursive: true }));

function put(path: string, text: string, mode = 0o600): string {
  const full = join(root, path);
  mkdirSync(dirname(full), { recursive: true });
  writeFileSync(full, text, { mode });
  chmodSync(full, mode);
  return full;
}

function trust(path: string): void {
  const file = join(root, path);
  const store = join(root, 'home/.scorpiox/trust.jsonl');
  mkdirSync(dirname(store), { recursive: true });
  writeFileSync(store, formatTrustRecord({ path: file, sha256: contentHash(readFileSync(file)), atMs: 1 }), { flag: 'a' });
}

function load(environment: Record<string, string> = {}, more: Partial<Parameters<typeof loadConfig>[0]> = {}): Loaded {
  return loadConfig({ environment, workingDirectory: join(root, 'project/src/deep'), homedir: () => join(root, 'home'), userId: process.getuid?.(), ...more });
}

test('tiers stand in the order of the design', () => {
  put('home/.scorpiox/scorpiox-env.txt', 'MODEL=user\n');
  put('project/scorpiox-env.txt', 'MODEL=project\n');
  put('project/.scorpiox/scorpiox-env.txt', 'MODEL=project-directory\n');
  put('home/.scorpiox/scorpiox-env/work.txt', 'MODEL=profile\n');
  const executableDirectory = dirname(put('bin/scorpiox-env.txt', 'MODEL=executable\n'));
  const overrides = [{ key: 'MODEL', value: 'flag' }];
  const model = (loaded: Loaded): string | undefined => loaded.config.text('MODEL');
  assert.equal(model(load({ ACTIVE_PROFILE: 'work', MODEL: 'environment' }, { executableDirectory, overrides })), 'flag');
  assert.equal(model(load({ ACTIVE_PROFILE: 'work', MODEL: 'environment' }, { executableDirectory })), 'environment');
  assert.equal(model(load({ ACTIVE_PROFILE: 'work' }, { executableDirectory })), 'profile');
  assert.equal(model(load({}, { executableDirectory })), 'project-directory');
  rmSync(join(root, 'project/.scorpiox'), { recursive: true });
  assert.equal(model(load({}, { executableDirectory })), 'project');
  rmSync(join(root, 'project/scorpiox-env.txt'));
  assert.equal(model(load({}, { executableDirectory })), 'user');
  rmSync(join(root, 'home/.scorpiox/scorpiox-env.txt'));
  assert.equal(model(load({}, { executableDirectory })), 'executable');
  assert.equal(model(load({})), 'sonnet');
});

test('SX_HOME moves the user tier', () => {
  put('elsewhere/scorpiox-env.txt', 'MODEL=there\n');
  assert.equal(load({ SX_HOME: join(root, 'elsewhere') }).config.text('MODEL'), 'there');
  assert.throws(() => load({ SX_HOME: 'relative' }), (error: unknown) => isConfigError(error) && error.code === 'CONFIG_BAD_HOME');
});

test('without a home there is no state directory, and no error', () => {
  const loaded = load({}, { homedir: () => { throw new Error('ENOENT: no such user'); } });
  assert.equal(loaded.home.stateDirectory, undefined);
  assert.equal(loaded.config.text('MODEL'), 'sonnet');
});

test('a home directory that does not exist is none', () => {
  assert.equal(load({}, { homedir: () => '/nonexistent' }).home.stateDirectory, undefined);
});

test('path keys are relative to their file, and ~ is the home directory', () => {
  put('home/.scorpiox/scorpiox-env.txt', 'CODEX_CREDENTIALS_FILE=auth.json\nCA_FILE=~/ca.pem\n');
  const { config } = load({ SSL_CERT_FILE: 'x.pem' });
  assert.equal(config.path('CODEX_CREDENTIALS_FILE'), join(root, 'home/.scorpiox/auth.json'));
  assert.equal(config.path('CA_FILE'), join(root, 'home/ca.pem'));
  assert.equal(config.path('SSL_CERT_FILE'), join(root, 'project/src/deep/x.pem'));
});

describe('ways around trust', () => {
  test('PROVIDER from a clone does not count until the file is trusted', () => {
    put('project/scorpiox-env.txt', 'PROVIDER=claude_code\nMODEL=m\n');
    const before = load();
    assert.equal(before.config.text('PROVIDER'), 'router');
    assert.equal(before.config.text('MODEL'), 'm');
    assert.match(before.warnings.join('\n'), /scorpiox-env\.txt: ignored PROVIDER: this file is not trusted/);
    trust('project/scorpiox-env.txt');
    assert.equal(load().config.text('PROVIDER'), 'claude_code');
  });

  test('a trusted file that changes is not trusted any more', () => {
    put('project/scorpiox-env.txt', 'PROVIDER=codex\n');
    trust('project/scorpiox-env.txt');
    put('project/scorpiox-env.txt', 'PROVIDER=codex\nHTTPS_PROXY=http://evil.example\n');
    assert.equal(load().config.text('PROVIDER'), 'router');
  });

  test('the same content at another path is not trusted', () => {
    put('project/scorpiox-env.txt', 'PROVIDER=codex\n');
    put('project/.scorpiox/scorpiox-env.txt', 'PROVIDER=codex\n');
    trust('project/scorpiox-env.txt');
    assert.equal(load().config.setting('PROVIDER')?.tier, 'project');
  });

  test('a project profile does not hide the user\'s own of the same name', () => {
    put('home/.scorpiox/scorpiox-env/work.txt', 'PROXY_MODE=strict\n');
    put('project/.scorpiox/scorpiox-env/work.txt', 'MODEL=m\n');
    assert.equal(load({ ACTIVE_PROFILE: 'work' }).config.text('PROXY_MODE'), 'strict');
    trust('project/.scorpiox/scorpiox-env/work.txt');
    assert.equal(load({ ACTIVE_PROFILE: 'work' }).config.text('PROXY_MODE'), 'soft');
  });

  test('a project profile alone sets only harmless keys until it is trusted', () => {
    put('project/.scorpiox/scorpiox-env/work.txt', 'MODEL=m\nPROVIDER=codex\n');
    const { config } = load({ ACTIVE_PROFILE: 'work' });
    assert.equal(config.text('MODEL'), 'm');
    assert.equal(config.text('PROVIDER'), 'router');
  });

  test('the file beside the executable does not count if others can write it', () => {
    const file = put('bin/scorpiox-env.txt', 'PROVIDER=codex\n', 0o666);
    assert.equal(load({}, { executableDirectory: dirname(file) }).config.text('PROVIDER'), 'router');
    put('bin/scorpiox-env.txt', 'PROVIDER=codex\n', 0o620);
    assert.equal(load({}, { executableDirectory: dirname(file) }).config.text('PROVIDER'), 'router');
    put('bin/scorpiox-env.txt', 'PROVIDER=codex\n', 0o644);
    assert.equal(load({}, { executableDirectory: dirname(file) }).config.text('PROVIDER'), 'codex');
  });

  test('the file beside the executable does not count if a stranger owns it', () => {
    const file = put('bin/scorpiox-env.txt', 'PROVIDER=codex\n', 0o644);
    const owner = process.getuid?.() ?? 0;
    const userId = owner === 0 ? 0 : owner + 1;
    assert.equal(load({}, { executableDirectory: dirname(file), userId }).config.text('PROVIDER'), owner === 0 ? 'codex' : 'router');
  });

  test('a link in the project to a trusted place is judged by where it leads', () => {
    put('home/.scorpiox/scorpiox-env.txt', 'PROVIDER=codex\n');
    put('other/evil.txt', 'PROVIDER=claude_code\n');
    symlinkSync(join(root, 'other/evil.txt'), join(root, 'project/scorpiox-env.txt'));
    assert.equal(load().config.text('PROVIDER'), 'codex');
  });

  test('a project that is the home directory is the user tier, once', () => {
    put('home/.scorpiox/scorpiox-env.txt', 'PROVIDER=codex\n');
    mkdirSync(join(root, 'home/.git'));
    const loaded = load({}, { workingDirectory: join(root, 'home') });
    assert.equal(loaded.config.setting('PROVIDER')?.tier, 'user');
    assert.equal(loaded.files.filter((file) => file.path.includes('.scorpiox')).length, 1);
  });
});

test('an unknown profile is an error that names the nearest one', () => {
  put('home/.scorpiox/scorpiox-env/work.txt', '');
  assert.throws(() => load({ ACTIVE_PROFILE: 'wrok' }), (error: unknown) => isConfigError(error) && error.code === 'CONFIG_UNKNOWN_PROFILE' && error.hint === 'did you mean work?');
  for (const name of ['../x', 'a/b', 'a b', 'x'.repeat(64)]) {
    assert.throws(() => load({ ACTIVE_PROFILE: name }), (error: unknown) => isConfigError(error) && error.code === 'CONFIG_UNKNOWN_PROFILE');
  }
});

test('a directory or a pipe in place of the file is an error, never a hang', () => {
  mkdirSync(join(root, 'project/scorpiox-env.txt'));
  assert.throws(() => load(), (error: unknown) => isConfigError(error) && error.code === 'CONFIG_UNREADABLE');
  rmSync(join(root, 'project/scorpiox-env.txt'), { recursive: true });
  execFileSync('mkfifo', [join(root, 'project/scorpiox-env.txt')]);
  assert.throws(() => load(), (error: unknown) => isConfigError(error) && error.code === 'CONFIG_UNREADABLE');
});

test('a torn or foreign line in trust.jsonl loses no other record', () => {
  put('project/scorpiox-env.txt', 'PROVIDER=codex\n');
  put('home/.scorpiox/trust.jsonl', '{"path":1,"sha256":null}\nnull\n');
  trust('project/scorpiox-env.txt');
  writeFileSync(join(root, 'home/.scorpiox/trust.jsonl'), '{"path":"/x","sha', { flag: 'a' });
  assert.equal(load().config.text('PROVIDER'), 'codex');
});

test('trust that was taken back does not count', () => {
  const file = put('project/scorpiox-env.txt', 'PROVIDER=codex\n');
  trust('project/scorpiox-env.txt');
  writeFileSync(join(root, 'home/.scorpiox/trust.jsonl'), formatTrustRecord({ path: file, sha256: null, atMs: 2 }), { flag: 'a' });
  assert.equal(load().config.text('PROVIDER'), 'router');
});

test('a stored file keeps its mode, and a link stays a link', () => {
  const file = put('a/real.txt', 'old', 0o640);
  symlinkSync(file, join(root, 'a/link.txt'));
  writeFileWhole(join(root, 'a/link.txt'), 'new');
  assert.equal(readFileSync(file, 'utf8'), 'new');
  assert.equal(execFileSync('stat', ['-c', '%a', file], { encoding: 'utf8' }).trim(), '640');
  writeFileWhole(join(root, 'fresh/file.txt'), 'x');
  assert.equal(execFileSync('stat', ['-c', '%a', join(root, 'fresh/file.txt'), join(root, 'fresh')], { encoding: 'utf8' }).trim(), '600\n700');
});

test('docs/configuration.md is what the key table prints', async () => {
  const { configurationDocument } = await import('../src/index.ts');
  assert.equal(readFileSync(new URL('../../../docs/configuration.md', import.meta.url), 'utf8'), configurationDocument());
});
