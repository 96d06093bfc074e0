import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';

import { openLocalSocket } from '../../src/socket/local-socket.ts';

function folderOf(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'sx-local-socket-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

test('opens a stream to whoever listens', async (t) => {
  const path = join(folderOf(t), 'agent.sock');
  const server = createServer((socket) => void socket.end('hello'));
  server.listen(path);
  await once(server, 'listening');
  const socket = await openLocalSocket(path);
  let text = '';
  for await (const piece of socket.setEncoding('utf8')) text += String(piece);
  assert.equal(text, 'hello');
  server.close();
  await once(server, 'close');
});

test('says which path cannot be opened and why', async (t) => {
  const folder = folderOf(t);
  const file = join(folder, 'file');
  writeFileSync(file, '');
  await assert.rejects(openLocalSocket(join(folder, 'nothing')), { code: 'NET_CONNECT', message: /nothing: ENOENT$/ });
  await assert.rejects(openLocalSocket(file), { code: 'NET_CONNECT', message: /it is not a socket$/ });
  // What a process that was killed leaves behind.
  const stale = join(folder, 'stale.sock');
  spawnSync(process.execPath, ['-e', `require('node:net').createServer().listen(${JSON.stringify(stale)}, () => process.kill(process.pid, 'SIGKILL'))`]);
  await assert.rejects(openLocalSocket(stale), { code: 'NET_CONNECT', message: /ECONNREFUSED$/ });
});
