/** Peak memory of a process that streams 64 MiB and 1 GiB: flat means that the two are equal. A bare socket stands beside it. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { join } from 'node:path';

const MIB = 1024 * 1024;
const BLOCK = Buffer.alloc(MIB, 'x');

export async function benchMemory(node: string): Promise<void> {
  const server = createServer((request, response) => {
    let left = Number(/\d+/.exec(request.url ?? '')?.[0] ?? 0);
    const more = (): void => {
      while (left > 0) {
        left -= 1;
        if (!response.write(BLOCK)) return void response.once('drain', more);
      }
      response.end();
    };
    more();
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  process.stdout.write('\npeak memory of a process that streams (MB)\n');
  for (const how of ['sx', 'bare socket']) {
    const figures: number[] = [];
    for (const mib of [64, 1024]) figures.push(await peak(node, `http://127.0.0.1:${port}/${mib}`, how, mib));
    const [small = 0, large = 0] = figures;
    process.stdout.write(`  ${how.padEnd(14)} 64 MiB ${small.toFixed(1)}   1 GiB ${large.toFixed(1)}   × ${(large / small).toFixed(2)}\n`);
  }
  server.closeAllConnections();
  server.close();
}

async function peak(node: string, url: string, how: string, mib: number): Promise<number> {
  const child = spawn(node, ['--conditions=@sx/source', join(import.meta.dirname, 'memory-client.ts'), url, how], { stdio: ['ignore', 'pipe', 'inherit'] });
  let text = '';
  child.stdout.setEncoding('utf8').on('data', (piece: string) => (text += piece));
  await once(child, 'close');
  const { bytes, peakRssMb }: { bytes: number; peakRssMb: number } = JSON.parse(text);
  if (bytes < mib * MIB) throw new Error(`${how} saw ${bytes} bytes of ${mib} MiB`);
  return peakRssMb;
}
