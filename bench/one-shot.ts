/** A one-shot turn of `dist/sx -p` against the simulator, beside `node -e 0`: wall time, CPU, peak memory of the whole process. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { createSimulator } from '@sx/simulator';

import { compare, printTable } from './measure.ts';

const ROUNDS = 15;

export async function benchOneShot(sx: string, node: string): Promise<void> {
  // Plain HTTP on loopback beside TLS: what TLS and a private CA cost is a figure of its own.
  const secure = await createSimulator({ scenario: 'text' });
  const plain = await createSimulator({ scenario: 'text', tls: false });
  const home = mkdtempSync(join(tmpdir(), 'sx-bench-home-'));
  try {
    const turn = (name: string, simulator: typeof secure, env: Record<string, string>): { name: string; command: string[]; env: Record<string, string>; cwd: string } => {
      const file = join(home, `${name.replaceAll(' ', '-')}.json`);
      writeFileSync(file, JSON.stringify(simulator.credentials().codexAuthFile), { mode: 0o600 });
      return { name, command: [sx, '-p', 'hi', '--provider', 'codex'], cwd: home, env: { HOME: home, CODEX_API_URL: simulator.urls.codex, CODEX_CREDENTIALS_FILE: file, ...env } };
    };
    const samples = await compare(
      [
        { name: 'node -e 0', command: [node, '-e', '0'] },
        turn('sx -p over TLS', secure, { CA_FILE: secure.caFile }),
        turn('sx -p over plain loopback', plain, {}),
      ],
      ROUNDS,
    );
    printTable(`one-shot turn, median of ${ROUNDS} interleaved runs`, samples, { 'sx -p over TLS': '≤ 3 × wall, ≤ 1.7 × rss' });
  } finally {
    await Promise.all([secure.close(), plain.close()]);
    rmSync(home, { recursive: true, force: true });
  }
}
