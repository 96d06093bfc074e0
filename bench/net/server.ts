/**
 * The server of `bench:net`, a process of its own, so that its CPU time is nobody's. Raw TLS with answers made beforehand:
 * it must never be what limits.
 *
 * Paths: `/json` 1 KB · `/bulk/<MiB>` with Content-Length · `/events/<chunk bytes>/<MiB>` chunked event stream as fast as the
 * client
 * takes it · `/paced/<events>/<every ms>` one event at a time. Prints `port certFile` and runs until its standard input ends.
 */
import { createServer, type TLSSocket } from 'node:tls';

import { createTestCa } from '@sx/testkit';

const MIB = 1024 * 1024;
/** What a chat completion sends for one token, 187 bytes. */
const EVENT = `data: ${JSON.stringify({
  id: 'chatcmpl-0123456789',
  object: 'chat.completion.chunk',
  created: 1_700_000_000,
  model: 'gpt-x',
  choices: [{ index: 0, delta: { content: ' and so on' }, finish_reason: null }],
})}\n\n`;
const EVENTS = EVENT.repeat(2_000);

const JSON_BODY = JSON.stringify({ text: 'x'.repeat(1_013) });
const JSON_ANSWER = Buffer.from(
  `HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: ${JSON_BODY.length}\r\n\r\n${JSON_BODY}`,
);
const BLOCK = Buffer.alloc(MIB, 'x');

/** The same events, framed in chunks of one size. */
function framed(chunkBytes: number): Buffer {
  const pieces: string[] = [];
  for (let at = 0; at < EVENTS.length; at += chunkBytes) {
    const chunk = EVENTS.slice(at, at + chunkBytes);
    pieces.push(`${chunk.length.toString(16)}\r\n${chunk}\r\n`);
  }
  return Buffer.from(pieces.join(''));
}
const FRAMED = new Map([260, 16_384].map((bytes) => [bytes, framed(bytes)]));
const STREAM_HEAD = 'HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n';
const ONE_EVENT = `${EVENT.length.toString(16)}\r\n${EVENT}\r\n`;

/** Writes one block again and again, waiting for the client. */
function pour(socket: TLSSocket, block: Buffer, times: number, done: () => void): void {
  let left = times;
  const more = (): void => {
    while (left > 0 && !socket.destroyed) {
      left -= 1;
      if (!socket.write(block)) {
        socket.once('drain', more);
        return;
      }
    }
    done();
  };
  more();
}

function answer(socket: TLSSocket, path: string): void {
  const [, kind = '', first = '0', second = '0'] = path.split('/');
  switch (kind) {
    case 'json':
      socket.write(JSON_ANSWER);
      return;
    case 'bulk':
      socket.write(`HTTP/1.1 200 OK\r\nContent-Length: ${Number(first) * MIB}\r\n\r\n`);
      pour(socket, BLOCK, Number(first), () => undefined);
      return;
    case 'events': {
      const block = FRAMED.get(Number(first)) ?? Buffer.alloc(0);
      socket.write(STREAM_HEAD);
      pour(socket, block, Math.ceil((Number(second) * MIB) / EVENTS.length), () => socket.write('0\r\n\r\n'));
      return;
    }
    case 'paced': {
      socket.write(STREAM_HEAD);
      let left = Number(first);
      const timer = setInterval(() => {
        left -= 1;
        socket.write(left > 0 ? ONE_EVENT : `${ONE_EVENT}0\r\n\r\n`);
        if (left <= 0) clearInterval(timer);
      }, Number(second));
      socket.once('close', () => clearInterval(timer));
      return;
    }
    default:
      socket.end('HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n');
  }
}

const ca = createTestCa();
const { certPem, keyPem } = ca.issue();
const server = createServer({ cert: certPem, key: keyPem, ALPNProtocols: ['http/1.1'] }, (socket) => {
  let unread = '';
  socket.setNoDelay(true);
  socket.on('error', () => undefined);
  socket.on('data', (bytes) => {
    unread += bytes.toString('latin1');
    for (let end = unread.indexOf('\r\n\r\n'); end !== -1; end = unread.indexOf('\r\n\r\n')) {
      const path = unread.slice(unread.indexOf(' ') + 1, unread.indexOf(' HTTP/'));
      unread = unread.slice(end + 4);
      answer(socket, path);
    }
  });
});
server.listen(0, '127.0.0.1', 1_024, () => {
  const address = server.address();
  if (typeof address === 'object' && address !== null) process.stdout.write(`${address.port} ${ca.certFile}\n`);
});
process.stdin.resume();
process.stdin.once('end', () => process.exit(0));
