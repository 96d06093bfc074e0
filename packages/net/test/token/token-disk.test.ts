/**
 * Real file systems that cannot take the answer: full, read-only, and a file that is a mount of its own.
 *
 * The process under test runs in a mount namespace of its own, so nothing stays mounted, whatever happens. Where the
 * system gives nobody such a namespace these tests are not there; `atomic-file.test.ts` has the same rules on a seam.
 */
import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';

import { startIssuer, temporaryFolder, writeLogin } from './fixture.ts';

const NAMESPACE = ['--user', '--map-root-user', '--mount'];
const namespaces = [NAMESPACE, ['--mount']].find((options) => spawnSync('unshare', [...options, 'mount', '-t', 'tmpfs', 'tmpfs', '/mnt']).status === 0);

const cases: readonly (readonly [name: string, prepare: string, message: RegExp])[] = [
  ['a full disk', 'mount -t tmpfs -o size=64k tmpfs "$DISK"; cp -p "$LOGIN" "$DISK/auth.json"; dd if=/dev/zero of="$DISK/filler" bs=1k count=48 2>/dev/null', /the disk is full \(ENOSPC\)/],
  ['a disk without a single free block', 'mount -t tmpfs -o size=16k tmpfs "$DISK"; cp -p "$LOGIN" "$DISK/auth.json"; cat /dev/zero > "$DISK/filler" 2>/dev/null', /ENOSPC/],
  ['a read-only file system', 'mount -t tmpfs tmpfs "$DISK"; cp -p "$LOGIN" "$DISK/auth.json"; mount -o remount,ro "$DISK"', /EROFS/],
  ['a file that is a mount of its own', 'mount -t tmpfs tmpfs "$DISK"; cp -p "$LOGIN" "$DISK/auth.json"; mount --bind "$LOGIN" "$DISK/auth.json"', /a mount of its own.*EXDEV/],
];

for (const [name, prepare, message] of namespaces === undefined ? [] : cases) {
  test(`${name}: no refresh, and the error says why`, { timeout: 20_000 }, async (t) => {
    const issuer = await startIssuer();
    t.after(() => issuer.close());
    const folder = temporaryFolder(t);
    const login = writeLogin(folder, { expiresInMs: -1_000 }, 'login.json');
    const before = readFileSync(login, 'utf8');
    const disk = join(folder, 'disk');
    mkdirSync(disk);
    const script = new URL('token-process.ts', import.meta.url).pathname;
    const run = `${prepare}; exec "${process.execPath}" --conditions=@sx/source "${script}" "$DISK/auth.json" ${issuer.url}`;
    const child = spawn('unshare', [...(namespaces ?? []), 'sh', '-c', run], { stdio: ['pipe', 'pipe', 'inherit'], env: { ...process.env, DISK: disk, LOGIN: login } });
    child.stdin.write('go\n');
    let output = '';
    for await (const piece of child.stdout.setEncoding('utf8')) output += piece;
    assert.match(output, /^ready\nerror NET_TOKEN_NOT_WRITABLE /);
    assert.match(output, message);
    assert.deepEqual(issuer.presented, []);
    assert.equal(readFileSync(login, 'utf8'), before);
  });
}
