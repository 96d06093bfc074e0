/**
 * The HTTP server below all providers: on `node:https` with a certificate of the test CA, or on `node:http`.
 *
 * It reads the whole request, takes the scenario off the path, finds the route, writes the journal, and turns a thrown
 * `RefusedRequest` into its answer. A fault of the simulator itself is a 599, so that no test takes it for a vendor's 500.
 */
import { once } from 'node:events';
import { createServer as createHttpServer, type IncomingMessage, type RequestListener, type ServerResponse } from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import type { AddressInfo, Socket } from 'node:net';
import { RefusedRequest, sendAnswer, type Exchange, type Route } from './exchange.ts';
import { createJournal } from './journal.ts';
import { parseJson } from './json.ts';
import { parseScenario } from './scenario.ts';

const BODY_BYTES_MAX = 64 * 1024 * 1024;

export interface ServerOptions {
  readonly port: number;
  /** Absent: plain http. */
  readonly tls?: { readonly cert: string; readonly key: string };
  /** How long an idle connection is kept. */
  readonly keepAliveTimeoutMs: number;
  readonly journal: ReturnType<typeof createJournal>;
  readonly routes: readonly Route[];
}

export interface RunningServer {
  readonly origin: string;
  readonly port: number;
  /** Breaks the exchange's connection with RST. */
  reset(exchange: Exchange): void;
  close(): Promise<void>;
}

export async function runServer(options: ServerOptions): Promise<RunningServer> {
  const { journal } = options;
  const listener: RequestListener = (incoming, response) => void serve(options, () => origin, incoming, response);
  const server = options.tls === undefined ? createHttpServer(listener) : createHttpsServer(
    { ...options.tls, ALPNProtocols: ['http/1.1'] },
    listener,
  );
  server.keepAliveTimeout = options.keepAliveTimeoutMs;
  // RST can only be sent on the TCP socket below TLS, which node:https does not show: they share their remote port.
  const rawSockets = new Map<number, Socket>();
  server.on('connection', (socket: Socket) => {
    journal.counters.connections += 1;
    socket.setNoDelay(true);
    const port = socket.remotePort ?? 0;
    rawSockets.set(port, socket);
    socket.once('close', () => rawSockets.delete(port));
  });
  server.on('tlsClientError', (_fault, socket) => socket.destroy());
  server.on('clientError', (_fault, socket) => socket.destroy());
  server.listen(options.port, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const origin = `${options.tls === undefined ? 'http' : 'https'}://127.0.0.1:${port}`;
  return {
    origin,
    port,
    reset: ({ incoming }) => rawSockets.get(incoming.socket.remotePort ?? 0)?.resetAndDestroy(),
    async close() {
      server.close();
      for (const socket of rawSockets.values()) socket.destroy();
      await once(server, 'close');
    },
  };
}

async function serve(
  options: ServerOptions,
  origin: () => string,
  incoming: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const url = new URL(incoming.url ?? '/', 'http://simulator');
  const { scenario, path } = splitPath(url.pathname);
  const route = options.routes.find((candidate) => candidate.method === incoming.method && matches(candidate.path, path));
  const headers = joinHeaders(incoming);
  const journal = options.journal.add({
    method: incoming.method ?? '',
    url: incoming.url ?? '',
    path,
    route: route?.name ?? '',
    scenario: scenario ?? '',
    headers,
    rawHeaders: incoming.rawHeaders,
    body: null,
    status: 0,
    refusal: '',
    remarks: [],
    events: 0,
    closedEarly: false,
    done: false,
  });
  response.once('close', () => {
    journal.closedEarly = !response.writableFinished;
    journal.done = true;
  });
  // A client that hangs up is no fault of ours.
  response.on('error', () => undefined);
  try {
    const bodyText = await readBody(incoming);
    if (bodyText === undefined) {
      return sendAnswer(response, { status: 413, body: { detail: 'Request entity too large' } }, journal);
    }
    const body = bodyText === '' ? undefined : parseJson(bodyText);
    journal.body = body ?? bodyText;
    if (route === undefined) return sendAnswer(response, { status: 404, body: { detail: 'Not Found' } }, journal);
    await route.run({
      method: incoming.method ?? '',
      path,
      query: url.searchParams,
      headers,
      bodyText,
      body,
      scenario: scenario === undefined ? undefined : parseScenario(scenario),
      baseUrl: scenario === undefined ? origin() : `${origin()}/s/${scenario}`,
      journal,
      incoming,
      response,
      answer: (answer) => sendAnswer(response, answer, journal),
    });
  } catch (fault) {
    if (response.headersSent || response.destroyed) return void response.destroy();
    if (fault instanceof RefusedRequest) {
      journal.refusal = fault.message;
      return sendAnswer(response, fault.answer, journal);
    }
    sendAnswer(
      response,
      { status: 599, body: { simulator: fault instanceof Error ? (fault.stack ?? fault.message) : String(fault) } },
      journal,
    );
  }
}

function splitPath(pathname: string): { scenario: string | undefined; path: string } {
  const match = /^\/s\/([^/]+)(\/.*)?$/.exec(pathname);
  if (match === null) return { scenario: undefined, path: pathname };
  return { scenario: decodeURIComponent(match[1] ?? ''), path: match[2] ?? '/' };
}

const matches = (pattern: string | RegExp, path: string): boolean =>
  (typeof pattern === 'string' ? pattern === path : pattern.test(path));

/** Every field, also those that node:http would drop when repeated. */
function joinHeaders({ rawHeaders }: IncomingMessage): Record<string, string> {
  const headers: Record<string, string> = {};
  for (let at = 0; at < rawHeaders.length; at += 2) {
    const name = (rawHeaders[at] ?? '').toLowerCase();
    const value = rawHeaders[at + 1] ?? '';
    const before = headers[name];
    headers[name] = before === undefined ? value : `${before}, ${value}`;
  }
  return headers;
}

async function readBody(incoming: IncomingMessage): Promise<string | undefined> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of incoming as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > BODY_BYTES_MAX) return undefined;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}
