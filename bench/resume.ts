/**
 * Resume of a session of 200 turns with `dist/sx -c`, beside a turn of a new one: the difference is what reading it back,
 * sending it and the server's reading of it cost. The session is made by `dist/sx` itself, so that the strict simulator takes
 * its items back.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { globSync, mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { createSessionStore } from '@sx/agent';
import { createSimulator } from '@sx/simulator';

import { compare, median, printTable } from './measure.ts';

const ROUNDS = 11;
/** Each has a call and an answer, so two turns. */
const PROMPTS = 100;
const RESULT_LINES = 40;

export async function benchResume(sx: string, node: string): Promise<void> {
  const simulator = await createSimulator({ tls: false });
  const home = mkdtempSync(join(tmpdir(), 'sx-bench-resume-'));
  const project = join(home, 'project');
  try {
    mkdirSync(join(project, '.git'), { recursive: true });
    writeFileSync(
      join(project, 'notes.txt'),
      'A line of a file that the model reads, as long as such lines are.\n'.repeat(RESULT_LINES),
    );
    writeFileSync(join(home, 'auth.json'), JSON.stringify(simulator.credentials().codexAuthFile), { mode: 0o600 });
    const env = {
      HOME: home,
      PROVIDER: 'codex',
      CODEX_API_URL: simulator.urls.codex,
      CODEX_CREDENTIALS_FILE: join(home, 'auth.json'),
    };
    await makeSession(sx, project, env);
    const turn = (name: string, ...flags: string[]) =>
      ({ name, command: [sx, '-p', 'hi', '--ephemeral', ...flags], cwd: project, env });
    const samples = await compare(
      [{ name: 'node -e 0', command: [node, '-e', '0'] }, turn('a new session'), turn(`resume of ${2 * PROMPTS} turns`, '-c')],
      ROUNDS,
    );
    printTable(
      `resume, median of ${ROUNDS} interleaved runs`,
      samples,
      { [`resume of ${2 * PROMPTS} turns`]: '≤ 300 ms, all told' },
    );
    printReading(home, project);
  } finally {
    await simulator.close();
    rmSync(home, { recursive: true, force: true });
  }
}

async function makeSession(sx: string, cwd: string, env: Readonly<Record<string, string>>): Promise<void> {
  const child = spawn(
    sx,
    ['-p', '--input-format', 'stream-json', '--output-format', 'json'],
    { cwd, env: { ...env }, stdio: ['pipe', 'ignore', 'inherit'] },
  );
  const script = ['[script]', 'think I shall read them first', 'call read {"path":"notes.txt"}', 'then', 'say They say one thing often.'];
  const content = ['Look into the notes.', ...script].join('\n');
  const line = `${JSON.stringify({ type: 'user', message: { role: 'user', content } })}\n`;
  child.stdin.end(line.repeat(PROMPTS));
  const [code]: unknown[] = await once(child, 'close');
  if (code !== 0) throw new Error(`making the session ended with ${String(code)}`);
}

/** In this process, warm: the file alone. */
function printReading(home: string, projectRoot: string): void {
  const [file = ''] = globSync('.scorpiox/sessions/*/*.jsonl', { cwd: home });
  const store = createSessionStore({ directory: join(home, '.scorpiox/sessions'), projectRoot, program: 'bench' });
  const times: number[] = [];
  let messages = 0;
  for (let round = 0; round < ROUNDS; round += 1) {
    const started = performance.now();
    const place = store.latest();
    if (place === undefined) throw new Error('no session');
    messages = store.read(place).messages.length;
    times.push(performance.now() - started);
  }
  const megabytes = (statSync(join(home, file)).size / 1e6).toFixed(2);
  process.stdout.write(`  reading it back: ${median(times).toFixed(1)} ms for ${messages} messages, ${megabytes} MB\n`);
}
