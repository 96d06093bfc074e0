/** The server of the runtimes test: node:http and node:https, answers chosen by the path. */
import { createServer as createHttpServer, type RequestListener } from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import type { AddressInfo } from 'node:net';

import { createTestCa } from '@sx/testkit';

export interface RuntimesServer {
  readonly plainOrigin: string;
  readonly secureOrigin: string;
  readonly caFile: string;
  close(): void;
}

const LARGE_BYTES = 20_000_000;

const answer: RequestListener = (request, response) => {
  const { socket } = response;
  switch (request.url) {
    case '/text':
      response.end('hello');
      return;
    case '/length': {
      let length = 0;
      request.on('data', (bytes: Buffer) => (length += bytes.length));
      request.on('end', () => response.end(JSON.stringify({ length })));
      return;
    }
    case '/events':
      response.setHeader('Content-Type', 'text/event-stream');
      response.write('data: one\n\nda');
      setImmediate(() => response.end('ta: two ü\r\n\r\n: comment\ndata: three\n\n'));
      return;
    case '/endless': {
      const timer = setInterval(() => response.write('data: again\n\n'), 5);
      response.once('close', () => clearInterval(timer));
      return;
    }
    case '/large':
      response.end(Buffer.alloc(LARGE_BYTES));
      return;
    case '/bad-chunk':
      socket?.end('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhiXX0\r\n\r\n');
      return;
    case '/cut':
      socket?.end('HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhi');
      return;
    default:
      // Silence.
  }
};

export async function startRuntimesServer(): Promise<RuntimesServer> {
  const ca = createTestCa();
  const { certPem, keyPem } = ca.issue();
  const plain = createHttpServer(answer);
  const secure = createHttpsServer({ cert: certPem, key: keyPem }, answer);
  for (const server of [plain, secure]) await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  const portOf = (address: string | AddressInfo | null): number => {
    if (typeof address !== 'object' || address === null) throw new Error('the server has no port');
    return address.port;
  };
  return {
    plainOrigin: `http://127.0.0.1:${portOf(plain.address())}`,
    secureOrigin: `https://localhost:${portOf(secure.address())}`,
    caFile: ca.certFile,
    close() {
      for (const server of [plain, secure]) {
        server.close();
        server.closeAllConnections();
      }
    },
  };
}
