import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { test } from 'node:test';
import { watchHandles } from '../src/active-handles.ts';

test('a listener left open is named, and a closed one is none', async () => {
  const watch = watchHandles();
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  assert.deepEqual(watch.left(), ['TCPServerWrap']);
  await assert.rejects(watch.assertNone(1), /still open after 1 ms/);
  server.close();
  await watch.assertNone();
});

test('a timer left running is named', async () => {
  const watch = watchHandles();
  const timer = setTimeout(() => undefined, 60_000);
  assert.deepEqual(watch.left(), ['Timeout']);
  clearTimeout(timer);
  await watch.assertNone();
});
