/**
 * The issuer knows two ports for its redirects and no others, so logins cannot run beside each other on one machine. Whoever uses them
 * holds a third port meanwhile, which the system takes back whatever becomes of the holder.
 */
import { once } from 'node:events';
import { createServer, type Server } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';

const LOCK_PORT = 1456;
const ATTEMPTS_MAX = 1_200;
const RETRY_MS = 50;

/** Undefined where it is taken. */
export async function tryListen(port: number): Promise<Server | undefined> {
  const server = createServer((socket) => socket.on('error', () => undefined).destroy());
  server.listen({ host: '127.0.0.1', port, exclusive: true });
  try {
    await once(server, 'listening');
    return server;
  } catch {
    return undefined;
  }
}

export async function holdLoginPorts(): Promise<Server> {
  for (let attempt = 0; attempt < ATTEMPTS_MAX; attempt += 1) {
    const lock = await tryListen(LOCK_PORT);
    if (lock !== undefined) return lock;
    await delay(RETRY_MS);
  }
  throw new Error(`port ${LOCK_PORT} stayed taken`);
}
