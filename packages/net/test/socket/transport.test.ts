import assert from 'node:assert/strict';
import { test } from 'node:test';

import { createTestCa, response, receiveRequest, send, startScriptedServer, watchHandles } from '@sx/testkit';
import { createTransport } from '../../src/create-transport.ts';
import { readText } from '../../src/read-body.ts';
import { createPlainDialer } from './plain-dialer.ts';

test('sends a GET over TLS and reads the answer, twice on one connection', async () => {
  const handles = watchHandles();
  const ca = createTestCa();
  const server = await startScriptedServer({ scripts: [[receiveRequest, send(response('one')), receiveRequest, send(response('two'))]], tls: ca.issue() });
  const transport = createTransport({ dialer: createPlainDialer({ ca: ca.certPem }) });
  const first = await transport.send({ method: 'GET', url: `${server.origin}/a` });
  assert.equal(first.status, 200);
  assert.equal(await readText(first.body), 'one');
  const second = await transport.send({ method: 'POST', url: `${server.origin}/b`, body: Buffer.from('{}') });
  assert.equal(await readText(second.body), 'two');
  assert.equal(second.connectionId, first.connectionId);
  transport.close();
  await server.close();
  await handles.assertNone();
});
