/** The executable under the names of the original's tools. Everything here runs `dist/sx`. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { copyFileSync, existsSync, lstatSync, mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { after, before, describe, test } from 'node:test';

const sx = resolve(import.meta.dirname, '../../../../dist/sx');
const NAMES = ['scorpiox-config', 'scorpiox-codex-fetchtoken', 'scorpiox-claudecode-fetchtoken'];

let folder = '';
let home = '';
let links = '';
before(() => {
  folder = realpathSync(mkdtempSync(join(tmpdir(), 'sx-names-')));
  home = join(folder, 'home');
  links = join(folder, 'links');
  mkdirSync(join(home, '.codex'), { recursive: true });
  mkdirSync(join(home, '.claude'));
  mkdirSync(links);
  writeFileSync(join(home, '.codex/auth.json'), '{"tokens":{"access_token":"codex-token"}}', { mode: 0o600 });
  writeFileSync(join(home, '.claude/.credentials.json'), `{"claudeAiOauth":{"accessToken":"claude-token","expiresAt":4000000000000}}`, { mode: 0o600 });
});
after(() => rmSync(folder, { recursive: true, force: true }));

function run(command: string, args: readonly string[], more: { env?: Record<string, string>; argv0?: string } = {}): { stdout: string; stderr: string; status: number | null } {
  return spawnSync(command, args, { cwd: home, env: { HOME: home, PATH: links, ...more.env }, encoding: 'utf8', timeout: 20_000, ...(more.argv0 === undefined ? {} : { argv0: more.argv0 }) });
}

describe('sx install-links', () => {
  test('makes the three links, and finds them the second time', () => {
    const first = run(sx, ['install-links', links]);
    assert.deepEqual([first.status, first.stderr], [0, '']);
    for (const name of NAMES) assert.equal(realpathSync(join(links, name)), realpathSync(sx));
    assert.match(run(sx, ['install-links', links]).stdout, /^(\S+ already links to \S+\n){3}$/);
  });

  for (const [rule, put] of [
    ['a file', (path: string) => writeFileSync(path, 'theirs')],
    ['a link to something else', (path: string) => symlinkSync('/bin/true', path)],
    ['a link that leads nowhere', (path: string) => symlinkSync('/nowhere', path)],
    ['a directory', (path: string) => mkdirSync(path)],
  ] as const) {
    test(`${rule} in their place is not overwritten, and then none is made`, () => {
      const place = mkdtempSync(join(folder, 'taken-'));
      put(join(place, NAMES[1] ?? ''));
      const before = lstatSync(join(place, NAMES[1] ?? '')).ino;
      const { status, stderr } = run(sx, ['install-links', place]);
      assert.equal(status, 1);
      assert.match(stderr, /not overwritten, because it is not a link to this program: .*scorpiox-codex-fetchtoken \[CLI_OUTPUT_FILE\]/);
      assert.equal(lstatSync(join(place, NAMES[1] ?? '')).ino, before);
      assert.ok(!existsSync(join(place, NAMES[0] ?? '')));
    });
  }

  test('a directory is needed, and one that is there', () => {
    assert.match(run(sx, ['install-links']).stderr, /\[CLI_MISSING_ARGUMENT\]/);
    assert.match(run(sx, ['install-links', join(folder, 'none')]).stderr, /\[CLI_BAD_DIRECTORY\]/);
  });
});

describe('scorpiox-config', () => {
  const config = (...args: readonly string[]): string => {
    const { stdout, stderr, status } = run(join(links, 'scorpiox-config'), args);
    assert.deepEqual([stderr, status], ['', 0]);
    return stdout;
  };

  test('sets at a level, gets, and says value, tier and path', () => {
    assert.match(config('--set', 'MODEL', 'opus', '--level', 'user'), /^set MODEL in .*\.scorpiox\/scorpiox-env\.txt\n$/);
    assert.equal(config('--get', 'MODEL'), 'opus\n');
    const json: unknown = JSON.parse(config('--json', 'MODEL'));
    assert.deepEqual(json, { key: 'MODEL', value: 'opus', tier: 'user', file: join(home, '.scorpiox/scorpiox-env.txt'), line: 1 });
  });

  test('dumps: flat, by tier, the files, one tier', () => {
    assert.match(config('--dump'), /^PROVIDER=scorpiox\nMODEL=opus\n/);
    assert.match(config('--dump', '--show-source'), /^# built-in\nPROVIDER=scorpiox  # built-in\n[^]*\n# user\nMODEL=opus  # .*scorpiox-env\.txt:1\n$/);
    assert.match(config('--dump', '--files'), /^executable .*\nuser +read +.*\/\.scorpiox\/scorpiox-env\.txt\nproject +absent/);
    assert.equal(config('--dump', '--level', 'user'), 'MODEL=opus\n');
  });

  test('--verbose has every place and every source', () => {
    const text = config('--verbose');
    assert.match(text, /^executable /);
    assert.match(text, /\nMODEL=opus  # /);
  });
});

describe('the token tools', () => {
  for (const [name, token] of [['scorpiox-codex-fetchtoken', 'codex-token'], ['scorpiox-claudecode-fetchtoken', 'claude-token']] as const) {
    test(`${name} prints one JSON line with the token, by link, by PATH and as a copy`, () => {
      const copy = join(mkdtempSync(join(folder, 'copy-')), name);
      copyFileSync(sx, copy);
      for (const command of [join(links, name), name, copy]) {
        const { stdout, stderr } = run(command, ['-local']);
        assert.equal(stderr, '');
        assert.match(stdout, /^\{[^\n]*\}\n$/);
        assert.match(stdout, new RegExp(`"access_token":"${token}"`));
      }
      assert.match(run(copy, ['-local'], { argv0: 'anything' }).stdout, new RegExp(token));
      rmSync(copy);
    });
  }

  test('a source that is forced wins, and its faults are those of sx', () => {
    const { status, stderr } = run('scorpiox-codex-fetchtoken', ['-remote'], { env: { CODEX_REMOTE_URL: 'http://127.0.0.1:9/x' } });
    assert.equal(status, 61);
    assert.match(stderr, /\[NET_CONNECT\]/);
    assert.equal(run('scorpiox-codex-fetchtoken', ['-tcp']).status, 42);
    assert.match(run('scorpiox-codex-fetchtoken', ['-local', '--verbose']).stderr, /auth\.json/);
  });

  test('a link of another name is sx', () => {
    symlinkSync(sx, join(links, 'agent'));
    assert.match(run('agent', ['version']).stdout, /^sx /);
  });
});
