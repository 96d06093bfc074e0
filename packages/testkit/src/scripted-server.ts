/**
 * A server that follows a script byte by byte, on raw sockets: right answers, wrong ones, silence, FIN, RST.
 *
 * In: one list of steps for each connection, in the order they come; the last list serves all that follow. Out: what each
 * connection received. It listens on 127.0.0.1, port 0, with TLS where it is given a certificate. A step that waits ends
 * with the connection, so closing a client never leaves a script behind. What a step throws, `close()` throws.
 */
import { createServer as createTcpServer, type Server, type Socket } from 'node:net';
import { createServer as createTlsServer } from 'node:tls';

export interface ScriptedConnection {
  readonly socket: Socket;
  /** The TCP socket under TLS, or the same one: `resetAndDestroy` on it sends an RST. */
  readonly tcp: Socket;
  /** Everything received so far. */
  received(): Buffer;
  /** Received since the last request was taken; `takeRequest` empties it. */
  unread: Buffer;
  /** Resolves when more arrived; false where nothing more will. */
  more(): Promise<boolean>;
  /** Resolves when the connection is gone. */
  readonly closed: Promise<void>;
}

export type Step = (connection: ScriptedConnection) => Promise<void> | void;

export interface ScriptedServer {
  readonly port: number;
  /** `http://127.0.0.1:1234` or `https://localhost:1234` */
  readonly origin: string;
  /** In the order they were accepted. */
  readonly connections: readonly ScriptedConnection[];
  /** Resolves with the connection of that index, counted from 0, when its script has run to the end. */
  finished(index: number): Promise<ScriptedConnection>;
  close(): Promise<void>;
}

export interface ScriptedServerOptions {
  readonly scripts: readonly (readonly Step[])[];
  readonly tls?: {
    readonly certPem: string;
    readonly keyPem: string;
    readonly minVersion?: 'TLSv1.2';
    readonly maxVersion?: 'TLSv1.2';
  };
}

/** Waits until `text` arrived, and takes everything up to its end. */
export function receive(text: string): Step {
  return async (connection) => {
    let at = connection.unread.indexOf(text);
    while (at === -1 && (await connection.more())) at = connection.unread.indexOf(text);
    if (at !== -1) connection.unread = connection.unread.subarray(at + Buffer.byteLength(text));
  };
}

/** Waits for a request: its head, and as many bytes of body as its Content-Length says. */
export const receiveRequest: Step = async (connection) => {
  for (;;) {
    const end = connection.unread.indexOf('\r\n\r\n');
    const length = Number(/^content-length: *(\d+)/im.exec(connection.unread.toString('latin1', 0, Math.max(0, end)))?.[1] ?? 0);
    if (end !== -1 && connection.unread.length >= end + 4 + length) {
      connection.unread = connection.unread.subarray(end + 4 + length);
      return;
    }
    if (!(await connection.more())) return;
  }
};

/** Waits until this many bytes have come in sum. */
export function receiveBytes(count: number): Step {
  return async (connection) => {
    while (connection.received().length < count && (await connection.more()));
  };
}

export function send(bytes: string | Uint8Array): Step {
  return ({ socket }) => void socket.write(bytes);
}

/** Sends the same bytes again and again, as fast as the client takes them; for ever where no number is given. */
export function sendRepeatedly(bytes: string | Uint8Array, times = Infinity): Step {
  return async ({ socket, closed }) => {
    let over = false;
    void closed.then(() => (over = true));
    for (let count = 0; count < times && !over; count += 1) {
      if (socket.write(bytes)) continue;
      await Promise.race([closed, new Promise((resolve) => socket.once('drain', resolve))]);
    }
  };
}

/** Sends one byte at a time, with a pause after each. */
export function drip(text: string, everyMs: number): Step {
  return async (connection) => {
    for (const octet of Buffer.from(text, 'latin1')) {
      connection.socket.write(Uint8Array.of(octet));
      await delay(everyMs)(connection);
    }
  };
}

/** Ends with the connection, if that comes first. */
export function delay(ms: number): Step {
  return async ({ closed }) => {
    let timer: NodeJS.Timeout | undefined;
    await Promise.race([closed, new Promise((resolve) => (timer = setTimeout(resolve, ms)))]);
    clearTimeout(timer);
  };
}

/** Waits for the test, which resolves `event`. */
export function until(event: Promise<unknown>): Step {
  return async ({ closed }) => {
    await Promise.race([closed, event]);
  };
}

/** Ends the stream: FIN, after a closure alert where TLS is on. */
export const fin: Step = ({ socket }) => void socket.end();

/** Ends TCP without TLS's closure alert. */
export const bareFin: Step = async ({ socket, tcp }) => {
  // What TLS has written must reach TCP first.
  await new Promise<void>((resolve) => socket.write('', () => resolve()));
  tcp.end();
};

export const rst: Step = ({ tcp }) => void tcp.resetAndDestroy();

/** Waits until the client has gone. */
export const awaitClose: Step = ({ closed }) => closed;

/** A whole response with Content-Length. */
export function response(body: string, options: { readonly status?: string; readonly fields?: string } = {}): string {
  const { status = '200 OK', fields = '' } = options;
  return `HTTP/1.1 ${status}\r\nContent-Length: ${Buffer.byteLength(body)}\r\n${fields}\r\n${body}`;
}

export async function startScriptedServer({ scripts, tls }: ScriptedServerOptions): Promise<ScriptedServer> {
  const connections: ScriptedConnection[] = [];
  const runs: Promise<ScriptedConnection>[] = [];
  const faults: unknown[] = [];
  let accepted: () => void = () => undefined;

  const serve = (socket: Socket, tcp: Socket): void => {
    const connection = watch(socket, tcp);
    const script = scripts[Math.min(connections.length, scripts.length - 1)] ?? [];
    connections.push(connection);
    const run = (async () => {
      for (const step of script) await step(connection);
      return connection;
    })();
    run.catch((error: unknown) => faults.push(error));
    runs.push(run);
    accepted();
  };

  const server = tls === undefined ? createTcpServer((socket) => serve(socket, socket)) : tlsServer(tls, serve);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the server has no port');

  return {
    port: address.port,
    origin: tls === undefined ? `http://127.0.0.1:${address.port}` : `https://localhost:${address.port}`,
    connections,
    async finished(index) {
      for (;;) {
        const run = runs[index];
        if (run !== undefined) return run;
        await new Promise<void>((resolve) => (accepted = resolve));
      }
    },
    async close() {
      const closed = new Promise((resolve) => server.close(resolve));
      for (const { socket, tcp } of connections) {
        socket.destroy();
        tcp.destroy();
      }
      await closed;
      await Promise.allSettled(runs);
      if (faults.length > 0) throw faults[0];
    },
  };
}

function tlsServer(tls: NonNullable<ScriptedServerOptions['tls']>, serve: (socket: Socket, tcp: Socket) => void): Server {
  const { certPem, keyPem, minVersion, maxVersion } = tls;
  const versions = { ...(minVersion !== undefined && { minVersion }), ...(maxVersion !== undefined && { maxVersion }) };
  const server = createTlsServer({ cert: certPem, key: keyPem, ALPNProtocols: ['http/1.1'], ...versions });
  // Both sockets are needed, and the `secureConnection` event gives one: the ports tell which belong together.
  const tcpSockets = new Map<number | undefined, Socket>();
  server.on('connection', (tcp: Socket) => {
    tcpSockets.set(tcp.remotePort, tcp);
    tcp.once('close', () => tcpSockets.delete(tcp.remotePort));
  });
  server.on('secureConnection', (socket) => serve(socket, tcpSockets.get(socket.remotePort) ?? socket));
  server.on('tlsClientError', () => undefined);
  return server;
}

function watch(socket: Socket, tcp: Socket): ScriptedConnection {
  const pieces: Buffer[] = [];
  let wake: (more: boolean) => void = () => undefined;
  let over = false;
  socket.setNoDelay(true);
  const closed = new Promise<void>((resolve) => socket.once('close', () => resolve()));
  const connection: ScriptedConnection = {
    socket,
    tcp,
    closed,
    unread: Buffer.alloc(0),
    received: () => Buffer.concat(pieces),
    more: () => (over ? Promise.resolve(false) : new Promise((resolve) => (wake = resolve))),
  };
  const finish = (): void => {
    over = true;
    wake(false);
  };
  socket.on('data', (bytes: Buffer) => {
    pieces.push(bytes);
    connection.unread = Buffer.concat([connection.unread, bytes]);
    wake(true);
  });
  socket.once('end', finish);
  socket.once('close', finish);
  // What the script does to the client may come back at it.
  socket.on('error', () => undefined);
  tcp.on('error', () => undefined);
  return connection;
}
