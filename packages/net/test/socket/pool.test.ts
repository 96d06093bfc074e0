import assert from 'node:assert/strict';
import { describe, test } from 'node:test';

import { awaitClose, fin, receiveRequest, response, rst, send, type Step, until } from '@sx/testkit';
import { readText } from '../../src/read-body.ts';
import type { Transport } from '../../src/transport.ts';
import { codeOf, withServer } from './transport-fixture.ts';

const get = async (transport: Transport, url: string): Promise<{ text: string; connectionId: number }> => {
  const { body, connectionId } = await transport.send({ method: 'GET', url });
  return { text: await readText(body), connectionId };
};

/** Resolved by the test, awaited by a script. */
function signalOf(): { readonly event: Promise<void>; fire(): void } {
  let fire = (): void => undefined;
  const event = new Promise<void>((resolve) => (fire = resolve));
  return { event, fire: () => fire() };
}

describe('reuse', () => {
  test('never takes a second response in one segment for the answer of the next request', async () => {
    const poisoned = [receiveRequest, send(response('one') + response('POISON')), awaitClose];
    for (const tls of [false, true]) {
      await withServer({ scripts: [poisoned, [receiveRequest, send(response('two'))]], tls }, async ({ transport, url }) => {
        assert.deepEqual(await get(transport, url), { text: 'one', connectionId: 1 });
        assert.deepEqual(await get(transport, url), { text: 'two', connectionId: 2 });
      });
    }
  });

  const idleEnds: readonly (readonly [name: string, step: Step])[] = [
    ['stray bytes', send(response('POISON'))],
    ['FIN', fin],
    ['RST', rst],
    ['a 408', send('HTTP/1.1 408 Request Timeout\r\nConnection: close\r\n\r\n')],
  ];
  for (const [name, step] of idleEnds) {
    test(`takes a fresh connection after ${name} on an idle one`, async () => {
      for (const tls of [false, true]) {
        const idle = signalOf();
        const scripts = [
          [receiveRequest, send(response('one')), until(idle.event), step],
          [receiveRequest, send(response('two'))],
        ];
        await withServer({ scripts, tls }, async ({ transport, url, server, dialer }) => {
          await get(transport, url);
          const closed = new Promise((resolve) => dialer.sockets[0]?.once('close', resolve));
          idle.fire();
          await server.finished(0);
          await closed;
          assert.deepEqual(await get(transport, url), { text: 'two', connectionId: 2 });
        });
      }
    });

    test(`sees ${name} that lies in the kernel when the next request begins, and loses no request`, async () => {
      for (const tls of [false, true]) {
        const idle = signalOf();
        const scripts = [
          [receiveRequest, send(response('one')), until(idle.event), step],
          [receiveRequest, send(response('two'))],
        ];
        await withServer({ scripts, tls }, async ({ transport, url, server }) => {
          await get(transport, url);
          idle.fire();
          // Two microtask turns: the server's step has run, and this process has not polled its sockets since.
          await Promise.resolve();
          await Promise.resolve();
          const { body, connectionId } = await transport.send({ method: 'POST', url, body: Buffer.from('once') });
          assert.equal(await readText(body), 'two');
          assert.equal(connectionId, 2);
          const posts = server.connections.map((connection) => connection.received().toString().split('POST ').length - 1);
          assert.deepEqual(posts, [0, 1]);
        });
      }
    });
  }

  test('does not repeat a POST on a reused connection that dies after it was written', async () => {
    const scripts = [[receiveRequest, send(response('one')), receiveRequest, fin], [receiveRequest, send(response('two'))]];
    await withServer({ scripts }, async ({ transport, url, server }) => {
      await get(transport, url);
      assert.equal(await codeOf(transport.send({ method: 'POST', url, body: Buffer.from('x') })), 'NET_CLOSED_BEFORE_RESPONSE');
      assert.equal(server.connections.length, 1);
    });
  });

  test('does not repeat a GET either: that is for whoever knows what it means', async () => {
    const scripts = [[receiveRequest, send(response('one')), receiveRequest, rst], [receiveRequest, send(response('two'))]];
    await withServer({ scripts }, async ({ transport, url, server }) => {
      await get(transport, url);
      assert.equal(await codeOf(transport.send({ method: 'GET', url })), 'NET_RESET');
      assert.equal(server.connections.length, 1);
    });
  });

  const finals: readonly (readonly [name: string, answer: string])[] = [
    ['Connection: close', response('x', { fields: 'Connection: close\r\n' })],
    ['close among other options', response('x', { fields: 'Connection: foo, Close\r\n' })],
    ['HTTP/1.0 without keep-alive', 'HTTP/1.0 200 OK\r\nContent-Length: 1\r\n\r\nx'],
    ['Keep-Alive: timeout=1', response('x', { fields: 'Keep-Alive: timeout=1, max=5\r\n' })],
    ['bytes after the end', `${response('x')}y`],
  ];
  for (const [name, answer] of finals) {
    test(`closes after ${name}`, async () => {
      await withServer({
        scripts: [[receiveRequest, send(answer), awaitClose], [receiveRequest, send(response('two'))]],
      }, async ({ transport, url, server }) => {
        assert.deepEqual(await get(transport, url), { text: 'x', connectionId: 1 });
        await server.finished(0);
        assert.deepEqual(await get(transport, url), { text: 'two', connectionId: 2 });
      });
    });
  }

  test('says goodbye to TLS: the server sees an orderly end, not a broken one', async () => {
    await withServer({
      scripts: [[receiveRequest, send(response('x', { fields: 'Connection: close\r\n' })), awaitClose]],
      tls: true,
    }, async ({ transport, url, server }) => {
      const broken: unknown[] = [];
      const ended = transport.send({ method: 'GET', url }).then(({ body }) => readText(body));
      await server.finished(0).then(({ socket }) => socket.on('error', (error) => broken.push(error)));
      await ended;
      assert.equal(server.connections[0]?.socket.readableEnded, true);
      assert.deepEqual(broken, []);
    });
  });

  test('destroys a connection whose server does not answer the goodbye', async () => {
    const scripts = [
      [
        receiveRequest,
        send(response('x', { fields: 'Connection: close\r\n' })),
        ({ tcp }: { tcp: { pause(): unknown } }) => void tcp.pause(),
      ],
    ];
    await withServer({ scripts, tls: true, deadlines: { closeTimeoutMs: 20 } }, async ({ transport, url, dialer }) => {
      await get(transport, url);
      const [socket] = dialer.sockets;
      if (socket?.closed === false) await new Promise((resolve) => socket.once('close', resolve));
      assert.equal(socket?.destroyed, true);
    });
  });
});

test('uses one connection for many requests in a row, however fast the answers are', async () => {
  const script: Step[] = Array.from({ length: 300 }, () => [receiveRequest, send(response('x'))]).flat();
  await withServer({ scripts: [script], tls: true }, async ({ transport, url, server }) => {
    for (let count = 0; count < 300; count += 1) await get(transport, url);
    assert.equal(server.connections.length, 1);
  });
});

describe('idle connections', () => {
  const endless = (body: string): Step[] => Array.from({ length: 20 }, () => [receiveRequest, send(response(body))]).flat();

  test('takes the one used last', async () => {
    await withServer({ scripts: [endless('x')] }, async ({ transport, url }) => {
      const both = await Promise.all([get(transport, url), get(transport, url)]);
      assert.deepEqual(both.map(({ connectionId }) => connectionId).sort(), [1, 2]);
      const { connectionId } = await get(transport, url);
      assert.equal((await get(transport, url)).connectionId, connectionId);
    });
  });

  test('closes one that was not used for keepAliveTimeoutMs', async () => {
    await withServer({ scripts: [endless('x')], deadlines: { keepAliveTimeoutMs: 20 } }, async ({ transport, url, dialer }) => {
      await get(transport, url);
      await new Promise((resolve) => dialer.sockets[0]?.once('close', resolve));
      assert.equal((await get(transport, url)).connectionId, 2);
    });
  });

  test('keeps no more than the limits say, and closes the oldest', async () => {
    for (const limits of [{ idleConnectionsPerKeyMax: 2 }, { idleConnectionsMax: 2 }]) {
      await withServer({ scripts: [endless('x')], limits }, async ({ transport, url, server }) => {
        await Promise.all([1, 2, 3, 4].map(() => get(transport, url)));
        const open = (): number => server.connections.filter(({ socket }) => !socket.readableEnded && !socket.destroyed).length;
        while (open() > 2) await new Promise((resolve) => setImmediate(resolve));
        await Promise.all([1, 2].map(() => get(transport, url)));
        assert.equal(server.connections.length, 4);
      });
    }
  });

  test('keeps none where the limit is zero', async () => {
    await withServer({ scripts: [endless('x')], limits: { idleConnectionsMax: 0 } }, async ({ transport, url }) => {
      assert.equal((await get(transport, url)).connectionId, 1);
      assert.equal((await get(transport, url)).connectionId, 2);
    });
  });

  test('does not keep the process alive', async () => {
    await withServer({ scripts: [endless('x')] }, async ({ transport, url, server }) => {
      await get(transport, url);
      // The client's idle socket is not among the resources that hold the process; the server's socket and listener are.
      const holding = process.getActiveResourcesInfo().filter((kind) => kind === 'TCPSocketWrap').length;
      assert.equal(holding, server.connections.length);
    });
  });
});
