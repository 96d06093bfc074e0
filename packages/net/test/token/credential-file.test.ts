import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';

import { isNetError } from '../../src/net-error.ts';
import { readCredentialFile } from '../../src/token/credential-file.ts';
import { deleteCredentialFile, writeCredentialFile } from '../../src/token/credential-store.ts';
import { temporaryFolder } from './fixture.ts';

const rejectsWith = (code: string, message: RegExp, hint?: RegExp) => (error: unknown) => {
  assert.ok(isNetError(error), String(error));
  assert.equal(error.code, code);
  assert.match(error.message, message);
  if (hint) assert.match(error.hint ?? '', hint);
  return true;
};

test('reads a file of mode 0600 and names the target of a link', async (t) => {
  const folder = temporaryFolder(t);
  const target = join(folder, 'target.json');
  writeFileSync(target, '{"é":1}', { mode: 0o600 });
  symlinkSync(target, join(folder, 'link.json'));
  const file = await readCredentialFile(join(folder, 'link.json'));
  assert.equal(file?.text, '{"é":1}');
  assert.equal(file?.path, target);
});

test('what is not there is not there, also below a file', async (t) => {
  const folder = temporaryFolder(t);
  writeFileSync(join(folder, 'file'), '');
  assert.equal(await readCredentialFile(join(folder, 'none')), undefined);
  assert.equal(await readCredentialFile(join(folder, 'file', 'none')), undefined);
});

for (const mode of [0o604, 0o640, 0o620, 0o601, 0o666]) {
  test(`refuses mode ${mode.toString(8)} and says what to run`, async (t) => {
    const path = join(temporaryFolder(t), "a b'c.json");
    writeFileSync(path, '{}');
    chmodSync(path, mode);
    await assert.rejects(readCredentialFile(path), rejectsWith('NET_TOKEN_PERMISSIONS', new RegExp(`mode 0${mode.toString(8)}`), /^chmod 600 '.*a b'\\''c\.json'$/));
  });
}

test('refuses a directory, a FIFO (without waiting for a writer), and a device', { timeout: 5_000 }, async (t) => {
  const folder = temporaryFolder(t);
  mkdirSync(join(folder, 'directory'));
  execFileSync('mkfifo', [join(folder, 'fifo')]);
  await assert.rejects(readCredentialFile(join(folder, 'directory')), rejectsWith('NET_TOKEN_MISSING', /a directory, not a file/));
  await assert.rejects(readCredentialFile(join(folder, 'fifo')), rejectsWith('NET_TOKEN_MISSING', /not a regular file/));
  await assert.rejects(readCredentialFile('/dev/zero'), rejectsWith('NET_TOKEN_MISSING', /not a regular file/));
});

test('refuses a link that leads to itself, and a file that is too large or not UTF-8', async (t) => {
  const folder = temporaryFolder(t);
  symlinkSync(join(folder, 'loop'), join(folder, 'loop'));
  writeFileSync(join(folder, 'large'), Buffer.alloc(1024 * 1024 + 1, 0x20), { mode: 0o600 });
  writeFileSync(join(folder, 'latin1'), Buffer.from('{"a":"\xe9"}', 'latin1'), { mode: 0o600 });
  await assert.rejects(readCredentialFile(join(folder, 'loop')), rejectsWith('NET_TOKEN_MISSING', /ELOOP/));
  await assert.rejects(readCredentialFile(join(folder, 'large')), rejectsWith('NET_TOKEN_MALFORMED', /larger than 1048576 bytes/));
  await assert.rejects(readCredentialFile(join(folder, 'latin1')), rejectsWith('NET_TOKEN_MALFORMED', /not UTF-8/));
});

test('a login makes folders 0700 and a file 0600, and gets to see what was there', async (t) => {
  const folder = temporaryFolder(t);
  const path = join(folder, 'new', 'credentials', 'codex.json');
  await writeCredentialFile(path, (existing) => `${String(existing)}!`);
  assert.equal(readFileSync(path, 'utf8'), 'undefined!');
  assert.equal(statSync(join(folder, 'new')).mode & 0o777, 0o700);
  chmodSync(path, 0o644);
  await writeCredentialFile(path, (existing) => `${String(existing)}?`);
  assert.equal(readFileSync(path, 'utf8'), 'undefined!?');
  assert.equal(statSync(path).mode & 0o777, 0o600);
});

test('a login through a link replaces its target and keeps the link', async (t) => {
  const folder = temporaryFolder(t);
  writeFileSync(join(folder, 'target'), 'old', { mode: 0o600 });
  symlinkSync(join(folder, 'target'), join(folder, 'link'));
  await writeCredentialFile(join(folder, 'link'), () => 'new');
  assert.equal(readFileSync(join(folder, 'target'), 'utf8'), 'new');
  assert.deepEqual(await deleteCredentialFile(join(folder, 'link')), { text: 'new' });
});

test('a logout deletes the file and is content where there is none', async (t) => {
  const folder = temporaryFolder(t);
  const path = join(folder, 'auth.json');
  writeFileSync(path, '{}', { mode: 0o600 });
  assert.deepEqual(await deleteCredentialFile(path), { text: '{}' });
  assert.equal(await deleteCredentialFile(path), undefined);
  assert.equal(await deleteCredentialFile(join(folder, 'no', 'such', 'file')), undefined);
});
