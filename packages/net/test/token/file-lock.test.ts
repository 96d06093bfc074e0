import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, readdirSync, readFileSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';

import { isNetError } from '../../src/net-error.ts';
import { acquireFileLock } from '../../src/token/file-lock.ts';
import { ownIdentity } from '../../src/token/process-identity.ts';
import { temporaryFolder } from './fixture.ts';

const QUICK = { lockTimeoutMs: 100, lockHeartbeatMs: 20, lockStaleMs: 10_000 };
const hasCode = (code: string) => (error: unknown) => isNetError(error) && error.code === code;

async function deadPid(): Promise<number> {
  const child = spawn(process.execPath, ['-e', '0']);
  await once(child, 'exit');
  return child.pid ?? 0;
}

test('one holder at a time, and release lets the next one in', async (t) => {
  const path = join(temporaryFolder(t), 'lock');
  const first = await acquireFileLock(path);
  let got = false;
  const second = acquireFileLock(path).then((lock) => {
    got = true;
    return lock;
  });
  await assert.rejects(acquireFileLock(path, { timings: QUICK }), hasCode('NET_TOKEN_LOCKED'));
  assert.equal(got, false);
  await first.release();
  await (await second).release();
  assert.equal(existsSync(path), false);
});

test('names the holder and the file when the wait is over', async (t) => {
  const path = join(temporaryFolder(t), 'lock');
  const lock = await acquireFileLock(path);
  await assert.rejects(acquireFileLock(path, { timings: QUICK }), (error) => {
    assert.ok(isNetError(error));
    assert.match(error.message, new RegExp(`process ${process.pid} on .* more than 100 ms`));
    assert.match(error.hint ?? '', /remove that file/);
    return true;
  });
  await lock.release();
});

test('an abort ends the wait', async (t) => {
  const path = join(temporaryFolder(t), 'lock');
  const lock = await acquireFileLock(path);
  await assert.rejects(acquireFileLock(path, { signal: AbortSignal.timeout(30) }), hasCode('NET_ABORTED'));
  await lock.release();
});

const own = ownIdentity();
const foreign: readonly (readonly [name: string, holder: () => Promise<object> | object])[] = [
  ['a holder that has died', async () => ({ ...own, pid: await deadPid(), startTime: '1' })],
  ['a holder from before the reboot, though its pid lives again', () => ({ ...own, bootId: '00000000-0000-0000-0000-000000000000' })],
  ['a holder whose pid was given to another process', () => ({ ...own, pid: process.ppid, startTime: '1' })],
];
for (const [name, holder] of foreign) {
  test(`takes over at once the lock of ${name}`, async (t) => {
    const path = join(temporaryFolder(t), 'lock');
    writeFileSync(path, JSON.stringify({ id: 'x', ...(await holder()) }));
    const lock = await acquireFileLock(path, { timings: QUICK });
    assert.notEqual(JSON.parse(readFileSync(path, 'utf8')).id, 'x');
    await lock.release();
  });
}

const silent: readonly (readonly [name: string, content: string])[] = [
  ['on another host', JSON.stringify({ id: 'x', pid: 1, host: `not-${hostname()}` })],
  ['in another pid namespace', JSON.stringify({ id: 'x', ...own, pid: 1, pidNamespace: 'pid:[1]' })],
  ['that never wrote its name', ''],
  ['that wrote something else', '\0\0\0\0'],
  ['that lives but hangs', JSON.stringify({ id: 'x', ...own })],
];
for (const [name, content] of silent) {
  test(`takes over the lock of a holder ${name} only after it showed no life for long`, async (t) => {
    const path = join(temporaryFolder(t), 'lock');
    writeFileSync(path, content);
    await assert.rejects(acquireFileLock(path, { timings: QUICK }), hasCode('NET_TOKEN_LOCKED'));
    const lock = await acquireFileLock(path, { timings: { ...QUICK, lockTimeoutMs: 5_000, lockStaleMs: 60 } });
    await lock.release();
  });
}

test('a heartbeat keeps a lock, however long it is held and whatever the clocks say', async (t) => {
  const path = join(temporaryFolder(t), 'lock');
  const lock = await acquireFileLock(path, { timings: { lockHeartbeatMs: 15 } });
  utimesSync(path, 0, 0);
  await assert.rejects(acquireFileLock(path, { timings: { lockTimeoutMs: 400, lockStaleMs: 200 } }), hasCode('NET_TOKEN_LOCKED'));
  await lock.release();
});

test('many waiters of a dead lock get it one after the other', async (t) => {
  const folder = temporaryFolder(t);
  const path = join(folder, 'lock');
  writeFileSync(path, JSON.stringify({ id: 'x', ...own, pid: await deadPid(), startTime: '1' }));
  let holders = 0;
  await Promise.all(
    Array.from({ length: 20 }, async () => {
      const lock = await acquireFileLock(path, { timings: { lockTimeoutMs: 20_000 } });
      holders += 1;
      assert.equal(holders, 1);
      await new Promise((resolve) => setImmediate(resolve));
      holders -= 1;
      await lock.release();
    }),
  );
  assert.deepEqual(readdirSync(folder), []);
});

test('a takeover that was killed half way does not block for ever', async (t) => {
  const folder = temporaryFolder(t);
  const path = join(folder, 'lock');
  writeFileSync(path, JSON.stringify({ id: 'x', ...own, pid: await deadPid(), startTime: '1' }));
  writeFileSync(`${path}-takeover`, '');
  utimesSync(`${path}-takeover`, 1, 1);
  await (await acquireFileLock(path, { timings: { lockTimeoutMs: 5_000, lockStaleMs: 50 } })).release();
  assert.deepEqual(readdirSync(folder), []);
});

test('a holder whose lock was taken over does not remove that of its successor', async (t) => {
  const path = join(temporaryFolder(t), 'lock');
  const lock = await acquireFileLock(path, { timings: QUICK });
  writeFileSync(path, JSON.stringify({ id: 'successor', ...own }));
  await lock.release();
  assert.equal(JSON.parse(readFileSync(path, 'utf8')).id, 'successor');
});

test('says so where no lock can be made, and ends where the lock is no file', async (t) => {
  const folder = temporaryFolder(t);
  await assert.rejects(acquireFileLock(join(folder, 'none', 'lock'), { timings: QUICK }), hasCode('NET_TOKEN_NOT_WRITABLE'));
  await assert.rejects(acquireFileLock('/proc/sx-lock', { timings: QUICK }), hasCode('NET_TOKEN_NOT_WRITABLE'));
  mkdirSync(join(folder, 'directory'));
  await assert.rejects(acquireFileLock(join(folder, 'directory'), { timings: QUICK }), hasCode('NET_TOKEN_NOT_WRITABLE'));
  symlinkSync(join(folder, 'nowhere'), join(folder, 'dangling'));
  await assert.rejects(acquireFileLock(join(folder, 'dangling'), { timings: QUICK }), hasCode('NET_TOKEN_LOCKED'));
});
