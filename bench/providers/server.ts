/**
 * The server of the provider benchmark, a process of its own, on a bare socket, with answers made beforehand. The base URL says how
 * many pieces of text: `/d1000/…`. Each event is a chunk of its own, as vendors send them. The head, the beginning and the first
 * piece go out in one write, of which the time is kept; `GET /stamps` gives these times (nanoseconds, the machine's monotonic
 * clock) and forgets them. The same is served over TLS. Prints both ports and the file of the authority behind its certificate, and
 * runs until its standard input ends.
 */
import { once } from 'node:events';
import { createServer, type Server, type Socket } from 'node:net';
import { createServer as createTlsServer } from 'node:tls';

import { createTestCa } from '@sx/testkit';

import { type Format, formatOf, PERIOD, STREAMS } from './streams.ts';

const HEAD = 'HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n';
/** What is left of a short answer comes a moment later: the first event must not wait for it. */
const PAUSE_MS = 2;
const BLOCK_EVENTS = 25 * PERIOD;

const framed = (events: string): string => events.split(/(?<=\n\n)/).map((event) => `${Buffer.byteLength(event).toString(16)}\r\n${event}\r\n`).join('');

interface Answer {
  readonly first: Buffer;
  readonly block: Buffer;
  readonly blocks: number;
  readonly last: Buffer;
}

const made = new Map<string, Answer>();
function answerOf(format: Format, deltas: number): Answer {
  const key = `${format} ${deltas}`;
  const known = made.get(key);
  if (known !== undefined) return known;
  const { begin, delta, end } = STREAMS[format];
  const pieces = (from: number, count: number): string => Array.from({ length: count }, (_, index) => framed(delta(from + index))).join('');
  const rest = deltas - 1;
  const blocks = Math.floor(rest / BLOCK_EVENTS);
  const answer = {
    first: Buffer.from(HEAD + (begin === '' ? '' : framed(begin)) + pieces(0, 1)),
    block: Buffer.from(pieces(1, BLOCK_EVENTS)),
    blocks,
    last: Buffer.from(pieces(1, rest - blocks * BLOCK_EVENTS) + framed(end(deltas)) + '0\r\n\r\n'),
  };
  made.set(key, answer);
  return answer;
}

const stamps: string[] = [];

function serve(socket: Socket, path: string): void {
  if (path === '/stamps') {
    const body = JSON.stringify(stamps.splice(0));
    socket.end(`HTTP/1.1 200 OK\r\nContent-Length: ${body.length}\r\nConnection: close\r\n\r\n${body}`);
    return;
  }
  const format = formatOf(path.split('?')[0] ?? '');
  const deltas = Number(/\/d(\d+)\//.exec(path)?.[1] ?? 0);
  if (format === undefined || deltas < 1) return void socket.end('HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n');
  const { first, block, blocks, last } = answerOf(format, deltas);
  stamps.push(String(process.hrtime.bigint()));
  socket.write(first);
  let left = blocks;
  const more = (): void => {
    for (; left > 0 && !socket.destroyed; left -= 1) {
      if (!socket.write(block)) {
        left -= 1;
        socket.once('drain', more);
        return;
      }
    }
    socket.write(last);
  };
  setTimeout(more, PAUSE_MS);
}

const answer = (socket: Socket): void => {
  let received = Buffer.alloc(0);
  socket.on('error', () => socket.destroy());
  socket.on('data', (bytes) => {
    received = Buffer.concat([received, bytes]);
    const headEnd = received.indexOf('\r\n\r\n');
    if (headEnd === -1) return;
    const head = received.toString('latin1', 0, headEnd);
    const bodyBytes = Number(/^content-length: *(\d+)$/im.exec(head)?.[1] ?? 0);
    if (received.length < headEnd + 4 + bodyBytes) return;
    received = received.subarray(headEnd + 4 + bodyBytes);
    serve(socket, head.split(' ')[1] ?? '');
  });
};

async function listen(server: Server): Promise<number> {
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const address = server.address();
  return typeof address === 'object' && address !== null ? address.port : 0;
}

export interface Served {
  readonly port: number;
  readonly tlsPort: number;
  readonly caFile: string;
}

const ca = createTestCa();
const { certPem: cert, keyPem: key } = ca.issue();
const port = await listen(createServer({ noDelay: true }, answer));
const tlsPort = await listen(createTlsServer({ cert, key, ALPNProtocols: ['http/1.1'] }, answer));
process.stdout.write(`${JSON.stringify({ port, tlsPort, caFile: ca.certFile } satisfies Served)}\n`);
process.stdin.resume().on('end', () => process.exit(0));
