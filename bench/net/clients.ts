/**
 * The candidates of `bench:net`, each in the way its own documentation shows for the task: one connection pool, keep-alive,
 * certificates checked against the server's own authority. None follows redirects or decompresses.
 */
import { readFileSync } from 'node:fs';
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https';
import type { IncomingMessage } from 'node:http';
import { connect } from 'node:tls';

export interface Client {
  /** GET, body read to the end as text; its length. */
  text(url: string): Promise<number>;
  /** GET; resolves with the time of the first byte of the body, after the rest was read. */
  firstByteMs(url: string): Promise<number>;
  /** GET, body counted piece by piece. */
  count(url: string): Promise<number>;
  /** GET, events counted. */
  events(url: string): Promise<number>;
  close(): void;
}

export type ClientName = 'sx' | 'sx loop' | 'undici' | 'node:https' | 'fetch' | 'bare socket';
export const CLIENT_NAMES: readonly ClientName[] = ['sx', 'sx loop', 'undici', 'node:https', 'fetch', 'bare socket'];

export async function createClient(name: ClientName, caFile: string, connections: number): Promise<Client> {
  switch (name) {
    case 'sx':
    case 'sx loop':
      return sxClient(caFile, connections, name === 'sx loop');
    case 'undici':
      return undiciClient(caFile, connections);
    case 'node:https':
      return httpsClient(caFile, connections);
    case 'fetch':
      return fetchClient();
    case 'bare socket':
      return bareClient(caFile);
    default:
      throw new Error(`no client ${String(name satisfies never)}`);
  }
}

/** Events by callback, as the peers' parser gives them; or by `for await` over `decode`, which costs a promise for each. */
async function sxClient(caFile: string, connections: number, loop: boolean): Promise<Client> {
  const { allowAll, createDialer, createSseDecoder, createTransport, createTrust, decode, readText } = await import('@sx/net');
  const dialer = createDialer({ policy: allowAll(), trust: createTrust({ extraCaFiles: [{ path: caFile, from: 'CA_FILE' }] }) });
  const transport = createTransport({
    dialer,
    limits: { idleConnectionsPerKeyMax: connections, idleConnectionsMax: connections },
  });
  const get = async (url: string) => (await transport.send({ method: 'GET', url })).body;
  return {
    text: async (url) => (await readText(await get(url))).length,
    firstByteMs: async (url) => firstOf(await get(url)),
    count: async (url) => countOf(await get(url)),
    async events(url) {
      let events = 0;
      const decoder = createSseDecoder();
      const body = await get(url);
      if (loop) for await (const event of decode(body, decoder)) events += event.data === '' ? 0 : 1;
      else for await (const piece of body) decoder.push(piece, (event) => (events += event.data === '' ? 0 : 1));
      return events;
    },
    close: () => transport.close(),
  };
}

async function undiciClient(caFile: string, connections: number): Promise<Client> {
  const { Agent, request } = await import('undici');
  const dispatcher = new Agent({ connections, pipelining: 1, connect: { ca: readFileSync(caFile, 'utf8') } });
  const get = async (url: string) => (await request(url, { dispatcher })).body;
  return {
    text: async (url) => (await (await get(url)).text()).length,
    firstByteMs: async (url) => firstOf(await get(url)),
    count: async (url) => countOf(await get(url)),
    events: async (url) => parseEvents(await get(url)),
    close: () => void dispatcher.destroy(),
  };
}

function httpsClient(caFile: string, connections: number): Client {
  const agent = new HttpsAgent({
    keepAlive: true,
    maxSockets: connections,
    maxFreeSockets: connections,
    ca: readFileSync(caFile, 'utf8'),
  });
  const get = (url: string): Promise<IncomingMessage> =>
    new Promise((resolve, reject) => httpsRequest(url, { agent }, resolve).once('error', reject).end());
  return {
    async text(url) {
      const response = await get(url);
      response.setEncoding('utf8');
      let text = '';
      for await (const piece of response) text += piece;
      return text.length;
    },
    firstByteMs: async (url) => firstOf(await get(url)),
    count: async (url) => countOf(await get(url)),
    events: async (url) => parseEvents(await get(url)),
    close: () => agent.destroy(),
  };
}

/** The built-in one. It trusts the server's authority by NODE_EXTRA_CA_CERTS. */
function fetchClient(): Client {
  const get = async (url: string): Promise<ReadableStream<Uint8Array>> => {
    const { body } = await fetch(url);
    if (body === null) throw new Error('no body');
    return body;
  };
  return {
    text: async (url) => (await (await fetch(url)).text()).length,
    firstByteMs: async (url) => firstOf(await get(url)),
    count: async (url) => countOf(await get(url)),
    async events(url) {
      const { EventSourceParserStream } = await import('eventsource-parser/stream');
      let events = 0;
      const stream = (await get(url)).pipeThrough(new TextDecoderStream()).pipeThrough(new EventSourceParserStream());
      for await (const event of stream) {
        events += event.data === '' ? 0 : 1;
      }
      return events;
    },
    close: () => undefined,
  };
}

/** The limit: TLS and nothing else. It does not know where a response ends, so it counts to the length that it was told. */
function bareClient(caFile: string): Client {
  const unsupported = (): Promise<number> => Promise.reject(new Error('a bare socket speaks no HTTP'));
  return {
    text: unsupported,
    firstByteMs: unsupported,
    events: unsupported,
    count: (url) =>
      new Promise((resolve, reject) => {
        const { hostname, port, pathname } = new URL(url);
        const socket = connect({
          host: '127.0.0.1',
          port: Number(port),
          servername: hostname,
          ca: readFileSync(caFile, 'utf8'),
          ALPNProtocols: ['http/1.1'],
        });
        let bytes = 0;
        let expected = Infinity;
        socket.once('error', reject);
        socket.write(`GET ${pathname} HTTP/1.1\r\nHost: ${hostname}\r\n\r\n`);
        socket.on('data', (piece) => {
          if (expected === Infinity) expected = piece.indexOf('\r\n\r\n') + 4 + Number(
            /length: (\d+)/i.exec(piece.toString('latin1', 0, 500))?.[1],
          );
          bytes += piece.length;
          if (bytes < expected) return;
          socket.destroy();
          resolve(bytes);
        });
      }),
    close: () => undefined,
  };
}

async function countOf(body: AsyncIterable<Uint8Array>): Promise<number> {
  let bytes = 0;
  for await (const piece of body) bytes += piece.length;
  return bytes;
}

async function firstOf(body: AsyncIterable<Uint8Array>): Promise<number> {
  let atMs = 0;
  for await (const piece of body) if (atMs === 0 && piece.length > 0) atMs = performance.now();
  return atMs;
}

async function parseEvents(body: AsyncIterable<Uint8Array>): Promise<number> {
  const { createParser } = await import('eventsource-parser');
  let events = 0;
  const parser = createParser({ onEvent: (event) => (events += event.data === '' ? 0 : 1) });
  const utf8 = new TextDecoder();
  for await (const piece of body) parser.feed(utf8.decode(piece, { stream: true }));
  return events;
}
