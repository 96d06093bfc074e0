/**
 * Receives the redirect of an OAuth login (RFC 8252, section 7.3) on this machine.
 *
 * 127.0.0.1 only, GET only, one request a connection, a head of at most 8 KiB, five minutes in all. Routes: the callback,
 * `/success`, `/cancel` (by which a newer login asks an older one to make room); everything else is 404. The `Host` must be ours,
 * so that no web page reaches us under a name of its own (DNS rebinding).
 */
import type { Server, Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';

import type { Transport } from '@sx/net';
import { isNetError, NetError } from '@sx/net/net-error';
import { createRequestHeadDecoder, type RequestHead } from '@sx/net/request-head';

import { type AuthLimits, defaultAuthLimits } from './limits.ts';
import { type Answer, createLogin, loginAborted, type LoginOptions } from './loopback-login.ts';
import { plainPage } from './loopback-pages.ts';

export interface LoopbackServerOptions<T> extends LoginOptions<T> {
  /** Tried in order. The issuer knows these and no others. 0 is any, for tests. */
  readonly ports: readonly number[];
  /** Sends `GET /cancel` to an older login on a busy port. */
  readonly transport: Transport;
  readonly limits?: Partial<AuthLimits> | undefined;
}

export interface LoopbackServer<T> {
  readonly port: number;
  /** `http://localhost:1455/auth/callback`: the issuer wants the name, not the address. */
  readonly redirectUri: string;
  /** What `complete` made. Rejects with its fault, the issuer's refusal, the time-out, `NET_ABORTED`. */
  readonly result: Promise<T>;
  /** Shows the last page, then stops. Call it in any case. */
  close(): Promise<void>;
}

/** @throws {NetError} `NET_CONNECT` where every port is busy. */
export async function startLoopbackServer<T>(options: LoopbackServerOptions<T>): Promise<LoopbackServer<T>> {
  const limits = { ...defaultAuthLimits, ...options.limits };
  // Start-up is a design constraint: whoever only reads a token never loads node:net here.
  const { createServer } = await import('node:net');
  const server = createServer({ noDelay: true });
  server.maxConnections = limits.loopbackConnectionsMax;
  const port = await listen(server, options, limits);
  // A connection that could not be accepted is the browser's loss, not ours.
  server.on('error', () => undefined);
  const login = createLogin(options, port, limits);
  const sockets = new Set<Socket>();
  server.on('connection', (socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
    serve(socket, login.answer, limits);
  });
  return {
    port,
    redirectUri: login.redirectUri,
    result: login.result,
    async close() {
      const linger = new AbortController();
      const lingering = delay(limits.loopbackLingerMs, undefined, { signal: linger.signal }).catch(() => undefined);
      await Promise.race([login.pageShown(), lingering]);
      linger.abort();
      login.stop();
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      for (const socket of sockets) socket.destroySoon();
      setTimeout(() => sockets.forEach((socket) => socket.destroy()), limits.loopbackLingerMs).unref();
      await closed;
    },
  };
}

async function listen<T>(server: Server, options: LoopbackServerOptions<T>, limits: AuthLimits): Promise<number> {
  for (const [index, port] of options.ports.entries()) {
    const retries = index === 0 ? limits.portRetriesMax : 0;
    for (let attempt = 0; attempt <= retries; attempt += 1) {
      if (options.signal?.aborted) throw loginAborted(options.signal.reason);
      const listening = await tryListen(server, port);
      if (listening !== undefined) return listening;
      if (index > 0) break;
      if (attempt === 0) await cancelOlderLogin(options.transport, port, limits);
      await delay(limits.portRetryMs);
    }
  }
  throw new NetError('NET_CONNECT', `no port is free for the login: ${options.ports.join(', ')} on 127.0.0.1 are in use`, {
    where: '127.0.0.1',
    hint: 'end the program that uses them, or sign in with a device code',
  });
}

function tryListen(server: Server, port: number): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    const where = `127.0.0.1:${port}`;
    const onError = (error: NodeJS.ErrnoException): void => {
      server.off('listening', onListening);
      const code = error.code ?? 'unknown error';
      if (code === 'EADDRINUSE' || code === 'EACCES') resolve(undefined);
      else reject(new NetError('NET_CONNECT', `cannot listen on ${where} (${code})`, { where, cause: error }));
    };
    const onListening = (): void => {
      server.off('error', onError);
      const address = server.address();
      resolve(typeof address === 'object' && address !== null ? address.port : port);
    };
    server.once('error', onError);
    server.once('listening', onListening);
    server.listen({ host: '127.0.0.1', port, exclusive: true });
  });
}

async function cancelOlderLogin(transport: Transport, port: number, limits: AuthLimits): Promise<void> {
  try {
    const signal = AbortSignal.timeout(limits.portRetryMs * limits.portRetriesMax);
    (await transport.send({ method: 'GET', url: `http://127.0.0.1:${port}/cancel` }, { signal })).body.cancel();
  } catch {
    // Whoever listens there is no login of ours; the next port may be free.
  }
}

function serve(socket: Socket, answer: (head: RequestHead) => Promise<Answer>, limits: AuthLimits): void {
  const decoder = createRequestHeadDecoder();
  let answered = false;
  const timer = setTimeout(() => socket.destroy(), limits.loopbackRequestTimeoutMs);
  const reply = (value: Answer): void => {
    clearTimeout(timer);
    // What comes after the request is not read: the connection ends here. A peer that never closes is cut off.
    socket.end(encodeAnswer(value));
    socket.setTimeout(limits.loopbackLingerMs, () => socket.destroy());
  };
  const refuse = (error: unknown): void => {
    if (answered) return;
    answered = true;
    reply({ status: isNetError(error) && error.code === 'NET_HEAD_TOO_LARGE' ? 431 : 400, page: plainPage('Bad request') });
  };
  socket.on('error', () => socket.destroy());
  socket.once('close', () => clearTimeout(timer));
  socket.on('data', (piece) => {
    if (answered) return;
    try {
      decoder.push(piece, (head) => {
        answered = true;
        clearTimeout(timer);
        answer(head).then(reply, refuse);
      });
    } catch (error) {
      refuse(error);
    }
  });
}

const REASON: Readonly<Record<number, string>> = {
  200: 'OK',
  302: 'Found',
  400: 'Bad Request',
  404: 'Not Found',
  431: 'Request Header Fields Too Large',
};

function encodeAnswer({ status, page, location }: Answer): string {
  return [
    `HTTP/1.1 ${status} ${REASON[status] ?? ''}`,
    ...(location === undefined ? [] : [`Location: ${location}`]),
    'Content-Type: text/html; charset=utf-8',
    `Content-Length: ${Buffer.byteLength(page)}`,
    'Connection: close',
    'Cache-Control: no-store',
    // The address of the callback holds the code: no other place may learn it from us.
    'Referrer-Policy: no-referrer',
    "Content-Security-Policy: default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'",
    'X-Content-Type-Options: nosniff',
    '',
    page,
  ].join('\r\n');
}
