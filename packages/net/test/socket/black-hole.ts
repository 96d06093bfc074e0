/**
 * An address on loopback whose SYN packets vanish, as behind a firewall that drops: a listener whose thread never accepts, and
 * whose queue is full (Linux drops the SYN then).
 */
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { Worker } from 'node:worker_threads';

const ADDRESS = '127.0.0.7';
const BACKLOG = 1;
/** Linux queues one more than the backlog says. */
const QUEUED = BACKLOG + 1;

const LISTENER = `
  const { parentPort, workerData } = require('node:worker_threads');
  const server = require('node:net').createServer();
  server.listen({ host: '${ADDRESS}', port: workerData, backlog: ${BACKLOG} }, () => {
    parentPort.postMessage(server.address().port);
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
  });`;

export interface BlackHole extends AsyncDisposable {
  readonly address: string;
  readonly port: number;
}

/** @param wanted - The port, 0 for any. */
export async function createBlackHole(wanted = 0): Promise<BlackHole> {
  const worker = new Worker(LISTENER, { eval: true, workerData: wanted });
  const [port]: unknown[] = await once(worker, 'message');
  if (typeof port !== 'number') throw new Error('the listener has no port');
  const fillers: Socket[] = [];
  for (let i = 0; i < QUEUED; i += 1) {
    const filler = connect({ host: ADDRESS, port });
    filler.on('error', () => undefined);
    fillers.push(filler);
    await once(filler, 'connect');
  }
  return {
    address: ADDRESS,
    port,
    async [Symbol.asyncDispose]() {
      for (const filler of fillers) filler.destroy();
      await worker.terminate();
    },
  };
}
