import assert from 'node:assert/strict';
import { describe, test } from 'node:test';

import {
  awaitClose,
  bareFin,
  fin,
  receive,
  receiveBytes,
  receiveRequest,
  response,
  rst,
  send,
  type Step,
  until,
} from '@sx/testkit';
import { fieldValue } from '../../src/fields.ts';
import { readBytes, readText } from '../../src/read-body.ts';
import { codeOf, faultOf, withServer } from './transport-fixture.ts';

const chunked = 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n';

/** A turn of the event loop. */
const turn: Step = () => new Promise((resolve) => setImmediate(resolve));

describe('exchange', () => {
  for (const tls of [false, true]) {
    const over = tls ? 'over TLS' : 'in plain text';
    test(`sends head and body and reads the answer ${over}, three times on one connection`, async () => {
      const script = [
        receiveRequest,
        send(response('one')),
        receiveRequest,
        send(response('two')),
        receiveRequest,
        send(`${chunked}3\r\nthr\r\n2\r\nee\r\n0\r\nX-T: y\r\n\r\n`),
      ];
      await withServer({
        scripts: [script],
        tls,
        defaultFields: [['User-Agent', 'sx/0']],
      }, async ({ transport, url, server }) => {
        const first = await transport.send({ method: 'GET', url });
        assert.equal(first.status, 200);
        assert.equal(fieldValue(first.fields, 'content-length'), '3');
        assert.equal(await readText(first.body), 'one');
        assert.equal(first.body.state, 'complete');
        const second = await transport.send({
          method: 'POST',
          url,
          body: Buffer.from('{"a":1}'),
          fields: [['user-agent', 'own']],
        });
        assert.equal(await readText(second.body), 'two');
        const third = await transport.send({ method: 'GET', url });
        assert.equal(await readText(third.body), 'three');
        assert.deepEqual(third.body.trailers, [['X-T', 'y']]);
        assert.deepEqual([first, second, third].map(({ connectionId }) => connectionId), [1, 1, 1]);
        const heads = server.connections[0]?.received().toString().split('\r\n\r\n') ?? [];
        assert.match(heads[0] ?? '', /^GET \/path HTTP\/1\.1\r\nHost: [^\r]+\r\nUser-Agent: sx\/0\r\n/);
        assert.match(heads[1] ?? '', /^POST \/path HTTP\/1\.1\r\n[^]*\r\nuser-agent: own\r\n[^]*Content-Length: 7$/);
        assert.doesNotMatch(heads[1] ?? '', /sx\/0/);
      });
    });
  }

  test('reports interim responses and resolves with the final one', async () => {
    const answer = `HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n${response('ok')}`;
    await withServer({ scripts: [[receiveRequest, send(answer)]] }, async ({ transport, url }) => {
      const interim: number[] = [];
      const { status, body } = await transport.send({ method: 'GET', url }, { onInterim: (code) => interim.push(code) });
      assert.deepEqual([interim, status, await readText(body)], [[100, 103], 200, 'ok']);
    });
  });

  test('has a complete body where there can be none', async () => {
    await withServer({
      scripts: [
        [
          receiveRequest,
          send('HTTP/1.1 204 No Content\r\n\r\n'),
          receiveRequest,
          send('HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n'),
        ],
      ],
    }, async ({ transport, url }) => {
      assert.equal((await transport.send({ method: 'DELETE', url })).body.state, 'complete');
      const head = await transport.send({ method: 'HEAD', url });
      assert.equal(head.body.state, 'complete');
      assert.equal(head.connectionId, 1);
      assert.equal((await readBytes(head.body)).length, 0);
    });
  });

  test('keeps a body that the connection ended apart from one that is complete', async () => {
    for (const tls of [false, true]) {
      for (const end of [fin, bareFin]) {
        await withServer({
          scripts: [[receiveRequest, send('HTTP/1.1 200 OK\r\n\r\nhi'), end]],
          tls,
        }, async ({ transport, url }) => {
          const { body } = await transport.send({ method: 'GET', url });
          assert.equal(await readText(body), 'hi');
          assert.equal(body.state, 'closed');
        });
      }
    }
  });

  test('lets a body be read once', async () => {
    await withServer({ scripts: [[receiveRequest, send(response('once'))]] }, async ({ transport, url }) => {
      const { body } = await transport.send({ method: 'GET', url });
      await readText(body);
      assert.equal(await codeOf(readText(body)), 'NET_BAD_REQUEST');
    });
  });

  test('refuses a bad request, a bad URL and a bad deadline before a socket is opened', async () => {
    await withServer({ scripts: [[]] }, async ({ transport, url, dialer }) => {
      assert.equal(await codeOf(transport.send({ method: 'GE T', url })), 'NET_BAD_REQUEST');
      assert.equal(await codeOf(transport.send({ method: 'GET', url, fields: [['Host', 'x']] })), 'NET_BAD_REQUEST');
      assert.equal(await codeOf(transport.send({ method: 'GET', url: 'ftp://localhost/' })), 'NET_BAD_REQUEST');
      assert.equal(await codeOf(transport.send({ method: 'GET', url }, { deadlines: { idleTimeoutMs: 0 } })), 'NET_BAD_REQUEST');
      assert.equal(
        await codeOf(transport.send({ method: 'GET', url }, { deadlines: { headTimeoutMs: 2 ** 31 } })),
        'NET_BAD_REQUEST',
      );
      assert.equal(dialer.sockets.length, 0);
    });
  });

  test('refuses requests once it is closed, and lets those in progress end', async () => {
    let go = (): void => undefined;
    const answer = new Promise<void>((resolve) => (go = resolve));
    await withServer({
      scripts: [[receiveRequest, send('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n'), until(answer), send('hi'), awaitClose]],
    }, async ({ transport, url }) => {
      const { body } = await transport.send({ method: 'GET', url });
      transport.close();
      assert.equal(await codeOf(transport.send({ method: 'GET', url })), 'NET_CLOSED');
      go();
      assert.equal(await readText(body), 'hi');
    });
  });
});

describe('request body', () => {
  const large = Buffer.alloc(1_000_000, 'x');

  test('sends a large body whole', async () => {
    await withServer({ scripts: [[receiveRequest, send(response('ok'))]], tls: true }, async ({ transport, url, server }) => {
      const { body } = await transport.send({ method: 'POST', url, body: large });
      assert.equal(await readText(body), 'ok');
      const received = server.connections[0]?.received() ?? Buffer.alloc(0);
      assert.equal(received.length - received.indexOf('\r\n\r\n') - 4, large.length);
    });
  });

  test('delivers a final response that comes before the request is sent, and does not use the connection again', async () => {
    const early = [receive('\r\n\r\n'), send(response('too large', { status: '413 Content Too Large' })), awaitClose];
    const deadlines = { keepAliveTimeoutMs: 600_000 };
    await withServer({
      scripts: [early, [receiveRequest, send(response('next'))]],
      deadlines,
    }, async ({ transport, url, server }) => {
      // A server that reads no more: the request can never be sent whole.
      const pausing = server.finished(0);
      const { status, body } = await transport.send({ method: 'POST', url, body: Buffer.alloc(50_000_000) });
      assert.equal(status, 413);
      assert.equal(await readText(body), 'too large');
      await pausing;
      const next = await transport.send({ method: 'GET', url });
      assert.equal(next.connectionId, 2);
      assert.equal(await readText(next.body), 'next');
    });
  });

  test('delivers a 413 that an RST follows', async () => {
    let read = (): void => undefined;
    const seen = new Promise<void>((resolve) => (read = resolve));
    const script = [receive('\r\n\r\n'), send(response('no', { status: '413 Content Too Large' })), until(seen), rst];
    await withServer({ scripts: [script] }, async ({ transport, url }) => {
      const { status, body } = await transport.send({ method: 'POST', url, body: Buffer.alloc(50_000_000) });
      assert.equal(status, 413);
      assert.equal(await readText(body), 'no');
      read();
    });
  });

  test('reads an answer before each further slice of the request, so that an RST behind it finds nothing in flight', async () => {
    const script = [receive('\r\n\r\n'), send(response('no', { status: '413 Content Too Large' })), turn, turn, rst];
    for (const tls of [false, true]) {
      await withServer({ scripts: [script], tls }, async ({ transport, url, server }) => {
        const { status, body } = await transport.send({ method: 'POST', url, body: Buffer.alloc(2_000_000) });
        assert.deepEqual([status, await readText(body)], [413, 'no']);
        const { received } = await server.finished(0);
        // The kernel would have taken all of it.
        assert.ok(received().length <= 4 * 64 * 1024, `${received().length} bytes were sent after the answer`);
      });
    }
  });

  test('fails where the memory of the body is taken away while it is sent, and sends no other bytes for it', async () => {
    let take = (): void => undefined;
    const script: Step[] = [
      receive('\r\n\r\n'),
      ({ tcp }) => void tcp.pause(),
      () => take(),
      ({ tcp }) => void tcp.resume(),
      awaitClose,
    ];
    await withServer({ scripts: [script] }, async ({ transport, url, server }) => {
      const body = Buffer.alloc(50_000_000, 'x');
      take = () => void structuredClone(body.buffer, { transfer: [body.buffer] });
      const fault = await faultOf(transport.send({ method: 'POST', url, body }));
      assert.deepEqual([fault.code, fault.limit], ['NET_BODY_LENGTH_MISMATCH', 50_000_000]);
      const { received } = await server.finished(0);
      assert.match(received().toString('latin1').split('\r\n\r\n')[1] ?? '', /^x+$/);
    });
  });

  test('fails with the phase where the connection is reset while the request is sent', async () => {
    await withServer({ scripts: [[receiveBytes(100_000), rst]] }, async ({ transport, url }) => {
      const fault = await faultOf(transport.send({ method: 'POST', url, body: Buffer.alloc(50_000_000) }));
      assert.equal(fault.code, 'NET_RESET');
      assert.match(fault.message, /^the connection to 127\.0\.0\.1:\d+ was reset while the request was sent \(0 bytes read\)$/);
    });
  });
});

describe('end of the connection', () => {
  const cut: readonly (readonly [name: string, bytes: string, code: string])[] = [
    ['before the response', '', 'NET_CLOSED_BEFORE_RESPONSE'],
    ['within the head', 'HTTP/1.1 200 OK\r\nConte', 'NET_TRUNCATED_HEAD'],
    ['within a body with Content-Length', 'HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhi', 'NET_TRUNCATED_BODY'],
    ['within a chunk', `${chunked}5\r\nhi`, 'NET_TRUNCATED_BODY'],
    ['between two chunks', `${chunked}2\r\nhi\r\n`, 'NET_TRUNCATED_BODY'],
    ['after the last chunk, before the empty line', `${chunked}2\r\nhi\r\n0\r\n`, 'NET_TRUNCATED_BODY'],
  ];
  for (const [name, bytes, code] of cut) {
    test(`FIN ${name} is ${code}, with host and bytes read, with and without TLS`, async () => {
      for (const tls of [false, true]) {
        for (const end of tls ? [fin, bareFin] : [fin]) {
          await withServer({
            scripts: [[receiveRequest, send(bytes), end, awaitClose]],
            tls,
          }, async ({ transport, url, server }) => {
            const fault = await faultOf(transport.send({ method: 'GET', url }).then(({ body }) => readText(body)));
            assert.equal(fault.code, code);
            assert.equal(fault.bytesRead, bytes.length);
            assert.equal(fault.where, new URL(server.origin).host);
          });
        }
      }
    });
    test(`RST ${name} is NET_RESET, with the phase and bytes read`, async () => {
      for (const tls of [false, true]) {
        // The RST may overtake what was sent: the client says when it has it.
        await withServer({ scripts: [[receiveRequest, send(bytes), rst]], tls }, async ({ transport, url }) => {
          const fault = await faultOf(transport.send({ method: 'GET', url }).then(({ body }) => readText(body)));
          assert.equal(fault.code, 'NET_RESET');
          assert.match(fault.message, /was reset (before the response head|within the response body) \(\d+ bytes read\)/);
        });
      }
    });
  }

  test('hands out what had come before the fault', async () => {
    await withServer({
      scripts: [[receiveRequest, send(`${chunked}2\r\nhi\r\nXX\r\n`), awaitClose]],
    }, async ({ transport, url }) => {
      const { body } = await transport.send({ method: 'GET', url });
      let text = '';
      const fault = await faultOf(
        (async () => {
          for await (const piece of body) text += Buffer.from(piece).toString();
        })(),
      );
      assert.deepEqual([text, fault.code, body.state], ['hi', 'NET_BAD_CHUNK', 'failed']);
      assert.match(fault.message, /^127\.0\.0\.1:\d+: /);
    });
  });
});
