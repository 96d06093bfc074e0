/** Scripted HTTP endpoints on node:http, and our own transport to reach them. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { TestContext } from 'node:test';

import { allowAll, createDialer, createTransport, type Transport } from '@sx/net';

export interface SeenRequest {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

export interface ScriptedAnswer {
  readonly status?: number;
  readonly fields?: Record<string, string>;
  /** Objects become JSON. Absent: no answer at all. */
  readonly body?: object | string;
}

export interface Endpoint {
  readonly origin: string;
  readonly seen: SeenRequest[];
}

export function testTransport(t: TestContext): Transport {
  const transport = createTransport({ dialer: createDialer({ policy: allowAll() }) });
  t.after(() => transport.close());
  return transport;
}

export async function startEndpoint(t: TestContext, answer: (request: SeenRequest, index: number) => ScriptedAnswer): Promise<Endpoint> {
  const seen: SeenRequest[] = [];
  const server = createServer((request, response) => {
    let body = '';
    request.setEncoding('utf8').on('data', (piece: string) => (body += piece));
    request.on('end', () => {
      const one = { method: request.method ?? '', path: request.url ?? '', headers: request.headers, body };
      seen.push(one);
      const { status = 200, fields, body: content } = answer(one, seen.length - 1);
      if (content === undefined) return;
      const type = typeof content === 'string' ? {} : { 'content-type': 'application/json' };
      response.writeHead(status, { ...type, ...fields }).end(typeof content === 'string' ? content : JSON.stringify(content));
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(async () => {
    server.closeAllConnections();
    server.close();
    await once(server, 'close');
  });
  const address = server.address();
  assert.ok(typeof address === 'object' && address !== null);
  return { origin: `http://127.0.0.1:${address.port}`, seen };
}

export function jwt(claims: object): string {
  return `e30.${Buffer.from(JSON.stringify(claims)).toString('base64url')}.c2ln`;
}
