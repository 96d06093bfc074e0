/** A TCP front before the simulator that goes silent when told: for programs that are killed at an exact point of their request. */
import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';

export interface IssuerFront {
  /** What `CODEX_OAUTH_URL` takes. */
  readonly url: string;
  /** Resolves when the first bytes were kept back. */
  readonly held: Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}

/**
 * @param origin - Of the simulator.
 * @param holds - Asked for every piece; once it says true, nothing passes in that direction any more.
 */
export async function frontOf(origin: string, holds: (direction: 'request' | 'answer') => boolean): Promise<IssuerFront> {
  const { hostname, port, protocol } = new URL(origin);
  const sockets = new Set<Socket>();
  let hold = (): void => undefined;
  const held = new Promise<void>((resolve) => (hold = resolve));
  const pass = (from: Socket, to: Socket, direction: 'request' | 'answer'): void => {
    let silent = false;
    from.on('data', (bytes: Buffer) => {
      silent ||= holds(direction);
      if (silent) hold();
      else to.write(bytes);
    });
    from.on('error', () => undefined).once('close', () => to.destroy());
    sockets.add(from);
  };
  const server = createServer((client) => {
    const upstream = connect(Number(port), hostname);
    pass(client, upstream, 'request');
    pass(upstream, client, 'answer');
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  return {
    url: `${protocol}//127.0.0.1:${typeof address === 'object' && address !== null ? address.port : 0}`,
    held,
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}
