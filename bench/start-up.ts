/** `dist/sx version` against `node -e 0` of the same Node: what it costs that we are there at all. */
import { compare, printTable } from './measure.ts';

const ROUNDS = 25;

export async function benchStartUp(sx: string, node: string): Promise<void> {
  const samples = await compare(
    [
      { name: 'node -e 0', command: [node, '-e', '0'] },
      { name: 'sx version', command: [sx, 'version'] },
      { name: 'sx --help', command: [sx, '--help'] },
    ],
    ROUNDS,
  );
  printTable(`start-up, median of ${ROUNDS} interleaved runs, empty environment`, samples, { 'sx version': '≤ 1.20 × wall' });
}
