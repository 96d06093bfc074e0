import assert from 'node:assert/strict';
import { getEventListeners } from 'node:events';
import { createServer } from 'node:net';
import { describe, test } from 'node:test';

import { awaitClose, receiveRequest, response, send, sendRepeatedly, type Step, watchHandles } from '@sx/testkit';
import { createTransport } from '../../src/create-transport.ts';
import { readText } from '../../src/read-body.ts';
import type { HttpBody } from '../../src/transport.ts';
import { createPlainDialer } from './plain-dialer.ts';
import { codeOf, faultOf, withServer } from './transport-fixture.ts';

const begun = 'HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhi';

describe('abort', () => {
  test('before anything: no socket is opened', async () => {
    await withServer({ scripts: [[]] }, async ({ transport, url, dialer }) => {
      const signal = AbortSignal.abort(new Error('enough'));
      const fault = await faultOf(transport.send({ method: 'GET', url }, { signal }));
      assert.equal(fault.code, 'NET_ABORTED');
      assert.equal(dialer.sockets.length, 0);
    });
  });

  test('while the connection is made: the socket is destroyed', async () => {
    await withServer({ scripts: [[awaitClose]] }, async ({ transport, url, dialer }) => {
      const controller = new AbortController();
      const sent = transport.send({ method: 'GET', url }, { signal: controller.signal });
      assert.equal(dialer.sockets.length, 1);
      controller.abort();
      assert.equal(await codeOf(sent), 'NET_ABORTED');
      assert.equal(getEventListeners(controller.signal, 'abort').length, 0);
    });
  });

  test('within the TLS handshake: the socket is destroyed', async () => {
    const handles = watchHandles();
    // It takes the connection and never answers the ClientHello.
    const server = createServer((socket) => socket.once('data', () => controller.abort()).on('error', () => undefined));
    const controller = new AbortController();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const address = server.address();
    const port = typeof address === 'object' && address !== null ? address.port : 0;
    const dialer = createPlainDialer();
    const transport = createTransport({ dialer });
    assert.equal(
      await codeOf(transport.send({ method: 'GET', url: `https://localhost:${port}/` }, { signal: controller.signal })),
      'NET_ABORTED',
    );
    assert.equal(dialer.sockets[0]?.destroyed, true);
    await new Promise((resolve) => server.close(resolve));
    await handles.assertNone();
  });

  const phases: readonly (readonly [name: string, script: readonly Step[]])[] = [
    ['before the response head', [receiveRequest, awaitClose]],
    ['within the response head', [receiveRequest, send('HTTP/1.1 200 OK\r\nA: '), awaitClose]],
  ];
  for (const [name, script] of phases) {
    test(`${name}: NET_ABORTED, the socket destroyed, no listener left`, async () => {
      for (const tls of [false, true]) {
        await withServer({
          scripts: [[...script.slice(0, -1), () => controller.abort(), awaitClose]],
          tls,
        }, async ({ transport, url, server, dialer }) => {
          controller = new AbortController();
          assert.equal(await codeOf(transport.send({ method: 'GET', url }, { signal: controller.signal })), 'NET_ABORTED');
          assert.equal(dialer.sockets[0]?.destroyed, true);
          assert.equal(getEventListeners(controller.signal, 'abort').length, 0);
          await server.finished(0);
        });
      }
    });
  }
  let controller = new AbortController();

  test('while the request is sent', async () => {
    await withServer({
      scripts: [[({ tcp }) => void tcp.pause(), () => controller.abort(), awaitClose]],
    }, async ({ transport, url }) => {
      controller = new AbortController();
      assert.equal(
        await codeOf(transport.send({ method: 'POST', url, body: Buffer.alloc(50_000_000) }, { signal: controller.signal })),
        'NET_ABORTED',
      );
    });
  });

  test('within the body, while nobody reads and while somebody waits', async () => {
    for (const tls of [false, true]) {
      await withServer({ scripts: [[receiveRequest, send(begun), awaitClose]], tls }, async ({ transport, url, server }) => {
        controller = new AbortController();
        const { body } = await transport.send({ method: 'GET', url }, { signal: controller.signal });
        const iterator = body[Symbol.asyncIterator]();
        const first = await iterator.next();
        assert.equal(Buffer.from(first.value ?? []).toString(), 'hi');
        const pending = codeOf(iterator.next());
        controller.abort();
        assert.equal(await pending, 'NET_ABORTED');
        assert.equal(await codeOf(iterator.next()), 'NET_ABORTED');
        assert.equal(body.state, 'failed');
        assert.equal(getEventListeners(controller.signal, 'abort').length, 0);
        await server.finished(0);

        controller = new AbortController();
        const unread = await transport.send({ method: 'GET', url }, { signal: controller.signal });
        controller.abort();
        assert.equal(await codeOf(readText(unread.body)), 'NET_ABORTED');
      });
    }
  });

  test('after the end: does nothing, and the connection is used again', async () => {
    await withServer({
      scripts: [[receiveRequest, send(response('one')), receiveRequest, send(response('two'))]],
    }, async ({ transport, url }) => {
      controller = new AbortController();
      const first = await transport.send({ method: 'GET', url }, { signal: controller.signal });
      assert.equal(await readText(first.body), 'one');
      assert.equal(getEventListeners(controller.signal, 'abort').length, 0);
      controller.abort();
      const second = await transport.send({ method: 'GET', url });
      assert.deepEqual([await readText(second.body), second.connectionId], ['two', 1]);
    });
  });

  test('before an idle connection is used again', async () => {
    await withServer({ scripts: [[receiveRequest, send(response('one')), awaitClose]] }, async ({ transport, url, dialer }) => {
      await readText((await transport.send({ method: 'GET', url })).body);
      controller = new AbortController();
      const sent = transport.send({ method: 'GET', url }, { signal: controller.signal });
      controller.abort();
      assert.equal(await codeOf(sent), 'NET_ABORTED');
      assert.equal(dialer.sockets.length, 1);
    });
  });
});

describe('leaving a body', () => {
  const left: readonly (readonly [name: string, leave: (body: HttpBody) => Promise<void>])[] = [
    ['break', async (body) => {
      for await (const piece of body) {
        assert.ok(piece.length > 0);
        break;
      }
    }],
    ['a throw', async (body) => {
      await assert.rejects(async () => {
        for await (const piece of body) throw new Error(`left after ${piece.length}`);
      }, /left after/);
    }],
    ['cancel', async (body) => body.cancel()],
  ];
  for (const [name, leave] of left) {
    test(`by ${name} closes the connection`, async () => {
      await withServer({
        scripts: [[receiveRequest, send('HTTP/1.1 200 OK\r\n\r\n'), sendRepeatedly('x'.repeat(10_000))]],
        tls: true,
      }, async ({ transport, url, server }) => {
        const { body } = await transport.send({ method: 'GET', url });
        await leave(body);
        await server.finished(0);
        assert.equal(body.state, 'failed');
      });
    });
  }

  test('that has ended keeps the connection', async () => {
    await withServer({
      scripts: [[receiveRequest, send(response('one')), receiveRequest, send(response('two'))]],
    }, async ({ transport, url }) => {
      const first = await transport.send({ method: 'GET', url });
      first.body.cancel();
      const second = await transport.send({ method: 'GET', url });
      assert.equal(second.connectionId, 1);
    });
  });
});
