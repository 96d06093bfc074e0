/**
 * Idle persistent connections (RFC 9112, section 9.3), by the dialer's pool key.
 *
 * The newest is taken first: it is the one least likely to be closed by the server, and the old ones get a chance to expire.
 * Too many, per key or in sum: the oldest is closed. A connection that dies while idle removes itself. What may enter is
 * decided in `exchange.ts`; whether it is still good when it leaves, in `create-transport.ts`.
 */
import type { Limits } from '../limits.ts';
import type { Connection } from './connection.ts';

export interface ConnectionPool {
  /** The most recently used idle connection. It is the caller's then. */
  take(key: string): Connection | undefined;
  /** @param keepAliveMs - How long it may stay. */
  put(connection: Connection, keepAliveMs: number): void;
  /** Forgets a connection that closed. */
  remove(connection: Connection): void;
  /** Closes what is idle; what is put later is closed at once. */
  close(): void;
}

export function createConnectionPool(limits: Pick<Limits, 'idleConnectionsPerKeyMax' | 'idleConnectionsMax'>): ConnectionPool {
  // In the order they became idle. There are few: a list is searched faster than a map is kept, and leaves no garbage.
  const idle: Connection[] = [];
  let closed = false;

  const remove = (connection: Connection): void => {
    const at = idle.lastIndexOf(connection);
    if (at !== -1) idle.splice(at, 1);
  };
  const evict = (connection: Connection | undefined): void => {
    if (connection === undefined) return;
    remove(connection);
    connection.close('idle limit');
  };

  return {
    take(key) {
      const connection = idle.findLast(({ poolKey }) => poolKey === key);
      if (connection === undefined) return undefined;
      remove(connection);
      connection.leaveIdle();
      return connection;
    },
    put(connection, keepAliveMs) {
      if (closed || limits.idleConnectionsMax < 1 || limits.idleConnectionsPerKeyMax < 1) {
        connection.close(closed ? 'transport closed' : 'idle limit');
        return;
      }
      const sameKey = idle.filter(({ poolKey }) => poolKey === connection.poolKey);
      if (sameKey.length >= limits.idleConnectionsPerKeyMax) evict(sameKey[0]);
      if (idle.length >= limits.idleConnectionsMax) evict(idle[0]);
      idle.push(connection);
      connection.enterIdle(keepAliveMs);
    },
    remove,
    close() {
      closed = true;
      for (const connection of [...idle]) evict(connection);
    },
  };
}
