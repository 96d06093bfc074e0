/** Servers and questions that the tests of the dialer share. */
import { once } from 'node:events';
import { createServer as createTcpServer, type Server, type Socket } from 'node:net';
import { createServer as createTlsServer, type TlsOptions, type TLSSocket } from 'node:tls';

import { createTestCa, type TestCa } from '@sx/testkit';

import { allowAll } from '../../src/policy.ts';
import { createDialer, type DialerOptions } from '../../src/socket/dialer.ts';
import type { Dialed, DialTarget } from '../../src/socket/dialer-contract.ts';
import { createTrust, type TrustOptions } from '../../src/socket/trust.ts';
import { NetError } from '../../src/net-error.ts';

export const ca: TestCa = createTestCa();
export const caFile = { path: ca.certFile, from: 'CA_FILE' };
export const plain = { plainHttp: ['target.test', 'other.test'] };

export function trustCa(options: TrustOptions = {}) {
  return createTrust({ extraCaFiles: [caFile], systemStore: 'never', ...options });
}

/** Every name is this machine, unless the test says otherwise. */
export function testDialer(options: Partial<DialerOptions> = {}) {
  return createDialer({ policy: allowAll(plain), trust: trustCa(), resolve: () => Promise.resolve(['127.0.0.1']), ...options });
}

export const https = (port: number, hostname = 'target.test'): DialTarget => ({ scheme: 'https:', hostname, port });
export const http = (port: number, hostname = 'target.test'): DialTarget => ({ scheme: 'http:', hostname, port });
export const tcp = (port: number, hostname = 'target.test'): DialTarget => ({ scheme: 'tcp:', hostname, port });

export interface TestServer extends AsyncDisposable {
  readonly port: number;
  /** Sockets accepted, TLS finished where there is TLS. */
  readonly accepted: (Socket | TLSSocket)[];
}

export async function listen(server: Server, host = '127.0.0.1', port = 0): Promise<TestServer> {
  const open = new Set<Socket>();
  const accepted: Socket[] = [];
  server.on('connection', (socket: Socket) => {
    open.add(socket);
    socket.on('error', () => undefined);
    socket.once('close', () => open.delete(socket));
  });
  server.on('secureConnection', (socket: TLSSocket) => {
    accepted.push(socket);
    socket.on('error', () => undefined);
  });
  if (!('setSecureContext' in server)) server.on('connection', (socket: Socket) => accepted.push(socket));
  server.on('tlsClientError', () => undefined);
  server.listen(port, host);
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the server has no port');
  return {
    port: address.port,
    accepted,
    async [Symbol.asyncDispose]() {
      const closed = once(server, 'close');
      server.close();
      for (const socket of open) socket.destroy();
      await closed;
    },
  };
}

/** A TLS server that greets: what a client reads proves which server it reached. */
export function tlsServer(
  options: TlsOptions & { readonly names?: readonly string[]; readonly ips?: readonly string[]; readonly greeting?: string } = {},
  host?: string,
): Promise<TestServer> {
  const { names = ['target.test'], ips = [], greeting = 'hello', ...rest } = options;
  const { certPem, keyPem } = ca.issue({ names, ips });
  const server = createTlsServer(
    { cert: certPem, key: keyPem, ALPNProtocols: ['http/1.1'], ...rest },
    (socket) => void socket.write(greeting),
  );
  return listen(server, host);
}

export function tcpServer(
  onSocket: (socket: Socket) => void = () => undefined,
  host?: string,
  port?: number,
): Promise<TestServer> {
  return listen(createTcpServer(onSocket), host, port);
}

/** A port on which nobody listens. */
export async function deadPort(): Promise<number> {
  const server = await tcpServer();
  await server[Symbol.asyncDispose]();
  return server.port;
}

/** The first bytes that a connection brings; it is closed then. */
export async function greetingOf({ socket }: Dialed): Promise<string> {
  const [bytes]: unknown[] = await once(socket, 'data');
  socket.destroy();
  await once(socket, 'close');
  return String(bytes);
}

export async function failure(dialing: Promise<unknown>): Promise<NetError> {
  const outcome: unknown = await dialing.then((value) => value, (error: unknown) => error);
  if (outcome instanceof NetError) return outcome;
  throw new Error('expected a NetError', { cause: outcome });
}
