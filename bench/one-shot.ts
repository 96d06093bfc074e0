/**
 * A one-shot turn of `dist/sx -p` against the simulator, beside `node -e 0`: wall time, CPU, peak memory of the whole process. With two tools it is three
 * requests, a file that is read and a shell command that runs.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { createSimulator } from '@sx/simulator';

import { compare, printTable } from './measure.ts';

const ROUNDS = 15;
const TWO_TOOLS = 'go\n[script]\ncall read {"path":"notes.txt"}\nthen\ncall shell {"command":"echo ok"}\nthen\nsay done';

export async function benchOneShot(sx: string, node: string): Promise<void> {
  // Plain HTTP on loopback beside TLS: what TLS and a private CA cost is a figure of its own.
  const secure = await createSimulator({ scenario: 'text' });
  const plain = await createSimulator({ scenario: 'text', tls: false });
  const home = mkdtempSync(join(tmpdir(), 'sx-bench-home-'));
  try {
    writeFileSync(join(home, 'notes.txt'), 'A line of a file that the model reads.\n'.repeat(40));
    const scripted = { secure: secure.urlsFor('auto').codex, plain: plain.urlsFor('auto').codex };
    const turn = (name: string, simulator: typeof secure, env: Record<string, string>, ...words: string[]): { name: string; command: string[]; env: Record<string, string>; cwd: string } => {
      const file = join(home, `${name.replaceAll(' ', '-')}.json`);
      writeFileSync(file, JSON.stringify(simulator.credentials().codexAuthFile), { mode: 0o600 });
      return { name, command: [sx, '-p', ...(words.length === 0 ? ['hi'] : words), '--provider', 'codex'], cwd: home, env: { HOME: home, CODEX_API_URL: simulator.urls.codex, CODEX_CREDENTIALS_FILE: file, ...env } };
    };
    const samples = await compare(
      [
        { name: 'node -e 0', command: [node, '-e', '0'] },
        turn('sx -p over TLS', secure, { CA_FILE: secure.caFile }),
        turn('sx -p over plain loopback', plain, {}),
        turn('two tools over TLS', secure, { CA_FILE: secure.caFile, CODEX_API_URL: scripted.secure, PATH: '/usr/bin:/bin' }, TWO_TOOLS, '--allow', 'shell(echo:*)'),
        turn('two tools over plain loopback', plain, { CODEX_API_URL: scripted.plain, PATH: '/usr/bin:/bin' }, TWO_TOOLS, '--allow', 'shell(echo:*)'),
      ],
      ROUNDS,
    );
    printTable(`one-shot turn, median of ${ROUNDS} interleaved runs`, samples, { 'sx -p over TLS': '≤ 3 × wall, ≤ 1.7 × rss', 'two tools over TLS': '≤ 4 × wall, ≤ 1.8 × rss' });
  } finally {
    await Promise.all([secure.close(), plain.close()]);
    rmSync(home, { recursive: true, force: true });
  }
}
