/** What stands between a refresh and a lost login: the proof that the answer can be stored. */
import assert from 'node:assert/strict';
import { chmodSync, readdirSync, readFileSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import * as fileSystem from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';

import { isNetError } from '../../src/net-error.ts';
import { type FileSystem, prepareReplacement } from '../../src/token/atomic-file.ts';
import { createFileTokenSource } from '../../src/token/file-token-source.ts';
import { jwt, MINUTE_MS, temporaryFolder, writeLogin } from './fixture.ts';

const fault = (code: string): Error => Object.assign(new Error(code), { code });

/** The real one, with some calls that fail. */
function failing(changes: Partial<FileSystem>): FileSystem {
  return { ...fileSystem, ...changes };
}

const fullDisk = failing({
  async open(path, flags, mode) {
    const handle = await fileSystem.open(path, flags, mode);
    if (String(path).endsWith('.sx-tmp')) handle.write = () => Promise.reject(fault('ENOSPC'));
    return handle;
  },
});

async function assertNoRefresh(file: string, message: RegExp, seam?: FileSystem): Promise<void> {
  const before = readFileSync(file, 'utf8');
  const source = createFileTokenSource({ files: [file], provider: 'codex', refresh: () => assert.fail('refreshed without being able to store'), fileSystem: seam });
  await assert.rejects(source.get(), (error) => {
    assert.ok(isNetError(error), String(error));
    assert.equal(error.code, 'NET_TOKEN_NOT_WRITABLE');
    assert.match(error.message, message);
    return true;
  });
  assert.equal(readFileSync(file, 'utf8'), before);
}

const noLeftovers = (folder: string): void => assert.deepEqual(readdirSync(folder), ['auth.json']);

test('a full disk: no refresh, and the error says why', async (t) => {
  const folder = temporaryFolder(t);
  await assertNoRefresh(writeLogin(folder, { expiresInMs: -1 }), /stored beside it: the disk is full \(ENOSPC\)/, fullDisk);
  noLeftovers(folder);
});

test('a disk that fills up on fsync: no refresh', async (t) => {
  const folder = temporaryFolder(t);
  const seam = failing({
    async open(path, flags, mode) {
      const handle = await fileSystem.open(path, flags, mode);
      if (String(path).endsWith('.sx-tmp')) handle.sync = () => Promise.reject(fault('EDQUOT'));
      return handle;
    },
  });
  await assertNoRefresh(writeLogin(folder, { expiresInMs: -1 }), /the quota is used up \(EDQUOT\)/, seam);
  noLeftovers(folder);
});

test('a read-only file: no refresh, also for root', async (t) => {
  const folder = temporaryFolder(t);
  const file = writeLogin(folder, { expiresInMs: -1 });
  chmodSync(file, 0o400);
  await assertNoRefresh(file, /read-only/);
  noLeftovers(folder);
});

test('a folder in which no file can be made: no refresh', async (t) => {
  const folder = temporaryFolder(t);
  const seam = failing({
    async open(path, flags, mode) {
      if (String(path).endsWith('.sx-tmp')) throw fault('EROFS');
      return fileSystem.open(path, flags, mode);
    },
  });
  await assertNoRefresh(writeLogin(folder, { expiresInMs: -1 }), /no file can be created beside it: the file system is read-only \(EROFS\)/, seam);
  noLeftovers(folder);
});

test('a file that is a mount of its own: no refresh, since rename would fail', async (t) => {
  const folder = temporaryFolder(t);
  const seam = failing({ link: () => Promise.reject(fault('EXDEV')) });
  await assertNoRefresh(writeLogin(folder, { expiresInMs: -1 }), /a mount of its own/, seam);
  noLeftovers(folder);
});

test('a file system without hard links is no obstacle', async (t) => {
  const file = writeLogin(temporaryFolder(t), { expiresInMs: -1 });
  const accessToken = jwt({ exp: 4e9 });
  const source = createFileTokenSource({ files: [file], provider: 'codex', refresh: async () => ({ accessToken }), fileSystem: failing({ link: () => Promise.reject(fault('EPERM')) }) });
  assert.equal((await source.get()).accessToken, accessToken);
});

test('while the old token is good, a full disk is no fault', async (t) => {
  const file = writeLogin(temporaryFolder(t), { expiresInMs: MINUTE_MS });
  const source = createFileTokenSource({ files: [file], provider: 'codex', refresh: () => assert.fail('refreshed'), fileSystem: fullDisk });
  assert.ok((await source.get()).accessToken);
});

test('commit replaces the whole content, whether shorter or longer than reserved', async (t) => {
  const folder = temporaryFolder(t);
  const path = join(folder, 'auth.json');
  writeFileSync(path, 'old content', { mode: 0o600 });
  for (const content of ['', 'short', 'x'.repeat(10_000)]) {
    const replacement = await prepareReplacement(path, 100);
    assert.notEqual(readFileSync(path, 'utf8'), content);
    await replacement.commit(Buffer.from(content));
    await replacement.discard();
    assert.equal(readFileSync(path, 'utf8'), content);
  }
  assert.equal(statSync(path).mode & 0o777, 0o600);
  noLeftovers(folder);
});

test('a write that fails after the refresh is tried once more in a new file', async (t) => {
  const folder = temporaryFolder(t);
  const path = join(folder, 'auth.json');
  writeFileSync(path, 'old');
  let renames = 0;
  const seam = failing({
    async rename(from, to) {
      renames += 1;
      if (renames === 1) throw fault('EIO');
      await fileSystem.rename(from, to);
    },
  });
  await (await prepareReplacement(path, 10, seam)).commit(Buffer.from('new'));
  assert.equal(readFileSync(path, 'utf8'), 'new');
  noLeftovers(folder);
});

test('a commit that fails twice leaves the old file and no other', async (t) => {
  const folder = temporaryFolder(t);
  const path = join(folder, 'auth.json');
  writeFileSync(path, 'old');
  const replacement = await prepareReplacement(path, 10, failing({ rename: () => Promise.reject(fault('EBUSY')) }));
  await assert.rejects(replacement.commit(Buffer.from('new')), (error) => isNetError(error) && error.code === 'NET_TOKEN_NOT_WRITABLE' && /in use \(EBUSY\)/.test(error.message));
  assert.equal(readFileSync(path, 'utf8'), 'old');
  noLeftovers(folder);
});

test('temporary files of the living stay; only names of ours are looked at', async (t) => {
  const folder = temporaryFolder(t);
  const path = join(folder, 'auth.json');
  writeFileSync(path, 'old');
  for (const name of ['.auth.json.1.sx-tmp', '.other.1.sx-tmp', '.auth.json.backup']) {
    writeFileSync(join(folder, name), '');
    utimesSync(join(folder, name), 1, 1);
  }
  await (await prepareReplacement(path, 10)).discard();
  // Change time cannot be set from outside: a file that was made just now is somebody's.
  assert.deepEqual(readdirSync(folder).sort(), ['.auth.json.1.sx-tmp', '.auth.json.backup', '.other.1.sx-tmp', 'auth.json']);
});
