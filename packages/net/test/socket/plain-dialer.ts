/** The least that a transport needs of a dialer: for tests of the transport alone. No policy, no proxy, one address. */
import { connect as connectTcp, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';

import { NetError } from '../../src/net-error.ts';
import type { Dialer } from '../../src/socket/dialer-contract.ts';

export interface PlainDialer extends Dialer {
  /** Every socket that was opened, in order. */
  readonly sockets: readonly Socket[];
}

export function createPlainDialer(options: { readonly ca?: string } = {}): PlainDialer {
  const sockets: Socket[] = [];
  return {
    sockets,
    refusals: [],
    poolKey: ({ scheme, hostname, port }) => `${scheme}//${hostname}:${port}`,
    dial({ scheme, hostname, port }, { signal } = {}) {
      return new Promise((resolve, reject) => {
        const tls = scheme === 'https:';
        const socket = tls
          ? connectTls({
            host: '127.0.0.1',
            port,
            servername: hostname,
            ca: options.ca,
            rejectUnauthorized: true,
            ALPNProtocols: ['http/1.1'],
          })
          : connectTcp({ host: hostname, port });
        sockets.push(socket);
        const connectionId = sockets.length;
        const settle = (): void => {
          socket.removeListener('error', onError);
          signal?.removeEventListener('abort', onAbort);
        };
        const fail = (error: NetError): void => {
          settle();
          socket.on('error', () => undefined);
          socket.destroy();
          reject(error);
        };
        const onError = (cause: Error): void => fail(new NetError('NET_CONNECT', cause.message, { cause }));
        const onAbort = (): void => fail(new NetError('NET_ABORTED', 'aborted'));
        socket.once('error', onError);
        signal?.addEventListener('abort', onAbort, { once: true });
        socket.once(tls ? 'secureConnect' : 'connect', () => {
          settle();
          socket.setNoDelay(true);
          resolve({ socket, connectionId, requestForm: 'origin', proxyFields: [], remoteAddress: `${hostname}:${port}` });
        });
      });
    },
  };
}
