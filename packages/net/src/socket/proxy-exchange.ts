/**
 * The little conversation with a proxy before the tunnel is open: pieces of its answer go to a reader, and what the reader did
 * not need goes back into the socket, since it belongs to the tunnel already.
 *
 * The socket stays paused in between: a byte that arrives early must wait in it for whoever comes next, TLS or a connection.
 */
import type { Socket } from 'node:net';

import { abortReason } from './dialer-deadline.ts';

export interface ReplyReader<T> {
  /** Takes one piece; returns the result once the answer is whole, with the octets behind it. */
  take(bytes: Uint8Array): { readonly value: T; readonly leftover?: Uint8Array | undefined } | undefined;
  /** The proxy closed the connection, or it broke: the result, or a throw. */
  closed(error: Error | undefined): T;
}

/** @throws whatever the reader throws, or the signal's reason. The caller destroys the socket then. */
export function readReply<T>(socket: Socket, signal: AbortSignal, reader: ReplyReader<T>): Promise<T> {
  return new Promise<T>((resolve, reject) => {
    const settle = (finish: () => void): void => {
      signal.removeEventListener('abort', abort);
      socket.off('readable', readable).off('end', ended).off('close', ended).off('error', failed);
      finish();
    };
    const guard = (run: () => void): void => {
      try {
        run();
      } catch (error) {
        settle(() => reject(error));
      }
    };
    const abort = (): void => settle(() => reject(abortReason(signal)));
    const close = (error?: Error): void =>
      guard(() => {
        const value = reader.closed(error);
        settle(() => resolve(value));
      });
    const ended = (): void => close();
    const failed = (error: Error): void => close(error);
    const readable = (): void =>
      guard(() => {
        for (let piece = readPiece(socket); piece !== undefined; piece = readPiece(socket)) {
          const reply = reader.take(piece);
          if (reply === undefined) continue;
          if (reply.leftover !== undefined && reply.leftover.length > 0) socket.unshift(reply.leftover);
          return settle(() => resolve(reply.value));
        }
      });
    if (signal.aborted) return reject(abortReason(signal));
    signal.addEventListener('abort', abort, { once: true });
    socket.on('readable', readable).once('end', ended).once('close', ended).once('error', failed);
    readable();
  });
}

function readPiece(socket: Socket): Uint8Array | undefined {
  const piece: unknown = socket.read();
  return piece instanceof Uint8Array ? piece : undefined;
}
