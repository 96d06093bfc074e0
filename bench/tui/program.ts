/**
 * The built program at a pseudo-terminal (`script` of util-linux): start to the first prompt, keystroke to echo, and what it
 * does while nobody does anything.
 *
 * The time of `script` itself is measured with `true` and taken off. Idle is counted in voluntary context switches of every
 * thread (`/proc/PID/task/*`), after V8 has put its heap in order once, which it does some eight seconds after the last
 * allocation.
 */
import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

import { median } from '../measure.ts';

const ROUNDS = 15;
const KEYS = 60;
const SETTLE_MS = 20_000;
const IDLE_MS = 30_000;

interface Pty {
  readonly child: ChildProcessWithoutNullStreams;
  /** Of the program. */
  readonly pid: number;
  write(text: string): void;
  /** Resolves with the time, once the output since the last call matches. */
  until(pattern: RegExp): Promise<number>;
  end(): Promise<void>;
}

async function open(command: string, home: string): Promise<Pty> {
  const line = `stty rows 30 cols 100; echo "PID $$"; exec ${command}`;
  const child = spawn(
    'script',
    ['-qefc', line, '/dev/null'],
    { env: { PATH: process.env['PATH'] ?? '', HOME: home, TERM: 'xterm-256color', SHELL: '/bin/sh' } },
  );
  let output = '';
  let check: () => void = () => undefined;
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    output += text;
    check();
  });
  child.stdin.on('error', () => undefined);
  const closed = new Promise<void>((done) => child.once('close', () => done()));
  const until = (pattern: RegExp): Promise<number> =>
    new Promise((done) => {
      check = () => {
        if (!pattern.test(output)) return;
        output = '';
        check = () => undefined;
        done(performance.now());
      };
      check();
    });
  let pid = 0;
  const pidCame = new Promise<void>((done) => {
    child.stdout.on('data', (text: string) => {
      const found = /PID (\d+)/.exec(text)?.[1];
      if (found !== undefined) pid = Number(found);
      if (found !== undefined) done();
    });
  });
  await Promise.race([pidCame, closed]);
  return {
    child,
    get pid() {
      return pid;
    },
    write: (text) => void child.stdin.write(text),
    until,
    async end() {
      if (pid > 0) {
        try {
          process.kill(pid, 'SIGKILL');
        } catch {
          // It has ended.
        }
      }
      await closed;
    },
  };
}

async function timeTo(command: string, pattern: RegExp, home: string): Promise<number> {
  const startedAt = performance.now();
  const pty = await open(command, home);
  const time = await pty.until(pattern);
  await pty.end();
  return time - startedAt;
}

function switches(pid: number): { voluntary: number; cpuTicks: number } {
  let voluntary = 0;
  let cpuTicks = 0;
  for (const task of readdirSync(`/proc/${pid}/task`)) {
    voluntary += Number(/^voluntary_ctxt_switches:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/task/${task}/status`, 'utf8'))?.[1]);
    const fields = readFileSync(`/proc/${pid}/task/${task}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? [];
    cpuTicks += Number(fields[11]) + Number(fields[12]);
  }
  return { voluntary, cpuTicks };
}

export async function benchProgram(): Promise<void> {
  const sx = resolve(import.meta.dirname, '../../dist/sx');
  const node = realpathSync(process.execPath);
  const home = mkdtempSync(join(tmpdir(), 'sx-bench-tui-'));
  try {
    const rows = [
      { name: 'true (script itself)', command: "printf '%s' '>>'", pattern: />>/ },
      { name: 'node -e 0', command: `${node} -e "process.stdout.write('>>')"`, pattern: />>/ },
      { name: 'sx, first prompt', command: sx, pattern: /› / },
      { name: 'sx demo, first prompt', command: `${sx} demo`, pattern: /› / },
    ];
    const samples = new Map<string, number[]>(rows.map(({ name }) => [name, []]));
    for (let round = 0; round < ROUNDS; round += 1) {
      for (const { name, command, pattern } of rows) samples.get(name)?.push(
        await timeTo(command.startsWith('printf') ? `sh -c "${command}"` : command, pattern, home),
      );
    }
    const own = median(samples.get('true (script itself)') ?? []);
    const base = median(samples.get('node -e 0') ?? []) - own;
    process.stdout.write(
      `\nstart to the first prompt at a pseudo-terminal, median of ${ROUNDS} interleaved, without script's own ${own.toFixed(1)} ms\n`,
    );
    for (const { name } of rows.slice(1)) {
      const time = median(samples.get(name) ?? []) - own;
      process.stdout.write(
        `  ${name.padEnd(24)} ${time.toFixed(1).padStart(7)} ms  ${(time / base).toFixed(2)} ×${name === 'sx, first prompt' ? '  (aim ≤ 2.00 ×)' : ''}\n`,
      );
    }

    const pty = await open(sx, home);
    await pty.until(/provider/);
    pty.write('\u001b');
    await pty.until(/skipped/);
    await sleep(500);
    const echoes: number[] = [];
    for (let index = 0; index < KEYS; index += 1) {
      // Slower than the frame rate: what is measured is one key, not the waiting for the next frame.
      await sleep(50);
      const letter = String.fromCharCode(97 + (index % 26));
      const at = performance.now();
      pty.write(letter);
      echoes.push((await pty.until(new RegExp(letter))) - at);
    }
    echoes.sort((one, other) => one - other);
    process.stdout.write(
      `\nkeystroke to echo: median ${median(echoes).toFixed(1)} ms, 95th percentile ${(echoes[Math.floor(echoes.length * 0.95)] ?? 0).toFixed(1)} ms\n`,
    );
    await sleep(SETTLE_MS);
    const before = switches(pty.pid);
    await sleep(IDLE_MS);
    const after = switches(pty.pid);
    process.stdout.write(
      `\nidle for ${IDLE_MS / 1_000} s: ${after.voluntary - before.voluntary} wake-ups of all threads, ${(after.cpuTicks - before.cpuTicks) * 10} ms of CPU (aim 0)\n`,
    );
    await pty.end();
  } finally {
    rmSync(home, { recursive: true, force: true });
  }
}
