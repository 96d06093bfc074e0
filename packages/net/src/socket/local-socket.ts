/**
 * A stream to a service of this machine, by the path of its Unix socket: the ssh-agent.
 *
 * Beside the dialer, not part of it: there is no host, name, address, proxy or TLS, so the egress policy has nothing to judge.
 * It stands in this folder because nothing else may open a socket. What it reaches is named by the user's own environment, never
 * by a server, a model or a project's files. Left out: abstract sockets and Windows pipes.
 */
import { stat } from 'node:fs/promises';
import { connect, type Socket } from 'node:net';

import { NetError, printable } from '../net-error.ts';

/**
 * @param path - Absolute.
 * @throws {NetError} `NET_CONNECT`, with the system's reason: no such file, no socket, nobody listens, no permission.
 */
export async function openLocalSocket(path: string): Promise<Socket> {
  const where = printable(path);
  const fault = (reason: string, cause?: unknown): NetError =>
    new NetError('NET_CONNECT', `no connection to ${where}: ${reason}`, {
      where,
      got: reason,
      ...(cause === undefined ? {} : { cause }),
    });
  // A path that is no socket fails with ENOTSOCK or ECONNREFUSED, which says less.
  const found = await stat(path).catch((error: unknown) => {
    throw fault(codeOf(error), error);
  });
  if (!found.isSocket()) throw fault('it is not a socket');
  return new Promise((resolve, reject) => {
    const socket = connect({ path });
    const onError = (error: unknown): void => reject(fault(codeOf(error), error));
    socket.once('error', onError);
    socket.once('connect', () => {
      socket.off('error', onError);
      // Whoever reads hears of a later fault by 'close'; without a listener it would end the process.
      socket.on('error', () => undefined);
      resolve(socket);
    });
  });
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : 'unknown';
}
