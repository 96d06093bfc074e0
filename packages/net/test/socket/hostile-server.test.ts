import assert from 'node:assert/strict';
import { describe, test } from 'node:test';

import { receiveRequest, send, sendRepeatedly, type Step } from '@sx/testkit';
import { decode } from '../../src/decoder.ts';
import { defaultLimits } from '../../src/limits.ts';
import type { NetErrorCode } from '../../src/net-error.ts';
import { readBytes } from '../../src/read-body.ts';
import { createSseDecoder } from '../../src/sse/sse-decoder.ts';
import type { HttpBody } from '../../src/transport.ts';
import { codeOf, faultOf, withServer } from './transport-fixture.ts';

const head = 'HTTP/1.1 200 OK\r\n\r\n';
const MIB = 1024 * 1024;

/** How far the memory outside of the heap, where bytes of sockets live, has grown at the most. */
function watchMemory(): { sample(): void; grownMib(): number } {
  const startBytes = process.memoryUsage.rss();
  let peakBytes = startBytes;
  return {
    sample: () => void (peakBytes = Math.max(peakBytes, process.memoryUsage.rss())),
    grownMib: () => (peakBytes - startBytes) / MIB,
  };
}

describe('back-pressure', () => {
  test('a server that sends without end fills no memory while nobody reads', async () => {
    await withServer({
      scripts: [[receiveRequest, send(head), sendRepeatedly(Buffer.alloc(MIB))]],
      tls: true,
    }, async ({ transport, url, server, dialer }) => {
      const { body } = await transport.send({ method: 'GET', url });
      const [connection] = server.connections;
      // The server stops when its own buffers and the kernel's are full.
      let before = -1;
      for (let turn = 0; turn < 300; turn += 1) {
        before = connection?.socket.bytesWritten ?? 0;
        await new Promise((resolve) => setImmediate(resolve));
      }
      assert.equal(connection?.socket.bytesWritten, before);
      assert.ok((dialer.sockets[0]?.bytesRead ?? 0) < 2 * MIB, `${dialer.sockets[0]?.bytesRead} bytes were read`);
      body.cancel();
    });
  });

  test('memory stays flat while a slow consumer reads 200 MB', async () => {
    const bytes = 200 * MIB;
    const script = [
      receiveRequest,
      send(`HTTP/1.1 200 OK\r\nContent-Length: ${bytes}\r\n\r\n`),
      sendRepeatedly(Buffer.alloc(MIB), 200),
    ];
    await withServer({ scripts: [script] }, async ({ transport, url }) => {
      const { body } = await transport.send({ method: 'GET', url });
      const memory = watchMemory();
      let length = 0;
      let pieces = 0;
      for await (const piece of body) {
        length += piece.length;
        pieces += 1;
        // Slower than the server, which shares this process: a turn of the loop for each piece.
        if (pieces % 2 === 0) await new Promise((resolve) => setImmediate(resolve));
        if (pieces % 64 === 0) memory.sample();
      }
      assert.equal(length, bytes);
      assert.equal(body.state, 'complete');
      assert.ok(memory.grownMib() < 100, `grew by ${memory.grownMib().toFixed(0)} MiB`);
    });
  });
});

describe('a hostile server ends with its own code, at its limit', () => {
  const bytesOf = (body: HttpBody): Promise<unknown> => readBytes(body, Infinity);
  const rows: readonly (readonly [name: string, steps: readonly Step[], code: NetErrorCode, bytesMax: number])[] = [
    [
      'an endless head',
      [send('HTTP/1.1 200 OK\r\n'), sendRepeatedly('X-Filler: 0123456789\r\n'.repeat(100))],
      'NET_TOO_MANY_FIELDS',
      200_000,
    ],
    [
      'an endless head of long lines',
      [send('HTTP/1.1 200 OK\r\n'), sendRepeatedly(`X: ${'x'.repeat(60_000)}\r\n`)],
      'NET_HEAD_TOO_LARGE',
      400_000,
    ],
    ['an endless line', [send('HTTP/1.1 200 OK\r\nX: '), sendRepeatedly('x'.repeat(10_000))], 'NET_LINE_TOO_LONG', 200_000],
    [
      'endless interim responses',
      [sendRepeatedly('HTTP/1.1 102 Processing\r\n\r\n'.repeat(10))],
      'NET_TOO_MANY_INTERIM_RESPONSES',
      200_000,
    ],
    [
      'chunk extensions without end',
      [send('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n'), sendRepeatedly(`1;${'x'.repeat(1_000)}\r\na\r\n`)],
      'NET_CHUNK_OVERHEAD',
      200_000,
    ],
    [
      'trailers without end',
      [send('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n'), sendRepeatedly(`X: ${'x'.repeat(1_000)}\r\n`)],
      'NET_TRAILERS_TOO_LARGE',
      200_000,
    ],
    ['something that is not HTTP, without end', [sendRepeatedly('SSH-2.0-x\r\n')], 'NET_NOT_HTTP', 200_000],
  ];
  for (const [name, steps, code, bytesMax] of rows) {
    test(name, async () => {
      await withServer({ scripts: [[receiveRequest, ...steps]] }, async ({ transport, url, server, dialer }) => {
        const fault = await faultOf(transport.send({ method: 'GET', url }).then(({ body }) => bytesOf(body)));
        assert.equal(fault.code, code);
        assert.ok((fault.bytesRead ?? Infinity) <= bytesMax, `${fault.bytesRead} bytes were read`);
        assert.equal(dialer.sockets[0]?.destroyed, true);
        await server.finished(0);
      });
    });
  }

  test('a body that is larger than what may be read whole', async () => {
    await withServer({
      scripts: [[receiveRequest, send(head), sendRepeatedly('x'.repeat(10_000))]],
    }, async ({ transport, url, server }) => {
      const { body } = await transport.send({ method: 'GET', url });
      const fault = await faultOf(readBytes(body));
      assert.deepEqual([fault.code, fault.limit], ['NET_BODY_TOO_LARGE', defaultLimits.bufferedBodyBytesMax]);
      await server.finished(0);
    });
  });

  test('an event of 1 GiB, refused at its limit in bounded memory', async () => {
    const line = `data: ${'x'.repeat(MIB - 7)}\n`;
    await withServer({ scripts: [[receiveRequest, send(head), sendRepeatedly(line, 1024)]] }, async ({ transport, url }) => {
      const { body } = await transport.send({ method: 'GET', url });
      const memory = watchMemory();
      const limits = { ...defaultLimits, sseEventBytesMax: 16 * MIB };
      const code = await codeOf(
        (async () => {
          const events = decode(body, createSseDecoder({ limits }));
          for await (const { data } of events) assert.fail(`an event of ${data.length} characters`);
        })(),
      );
      memory.sample();
      assert.equal(code, 'NET_SSE_EVENT_TOO_LARGE');
      assert.equal(body.state, 'failed');
      assert.ok(memory.grownMib() < 150, `grew by ${memory.grownMib().toFixed(0)} MiB`);
    });
  });
});
