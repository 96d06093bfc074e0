/** Runs the program on a real pseudo-terminal, made by `script` (util-linux), and checks that it leaves the terminal as it was. */
import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import { COMMAND, type Sandbox } from './run-sx.ts';

export interface Step {
  /** Waits for this in what came since the last step; the whole of it so far is looked at. */
  readonly until: RegExp;
  readonly write?: string | ((output: string) => string | Promise<string>);
  /** Changes the size of the terminal, as a window does. */
  readonly resize?: { readonly rows: number; readonly columns: number };
  /** Sent to the program itself. */
  readonly signal?: NodeJS.Signals;
}

export interface TerminalRun {
  readonly output: string;
  readonly code: number | null;
}

export interface TerminalOptions {
  readonly env?: Readonly<Record<string, string>>;
  readonly rows?: number;
  readonly columns?: number;
  readonly steps?: readonly Step[];
  /** Default: the executable, or the sources where it is stale. */
  readonly command?: readonly string[];
}

const TIMEOUT_MS = 10_000;

export async function onTerminal(sandbox: Sandbox, args: readonly string[], { env = {}, rows = 24, columns = 80, steps = [], command = COMMAND }: TerminalOptions = {}): Promise<TerminalRun> {
  const quoted = [...command, ...args].map((word) => `'${word.replaceAll("'", "'\\''")}'`).join(' ');
  const state = (when: string): string => join(sandbox.home, `stty-${when}`);
  // The shell forgoes its own handling of signals, so that Ctrl-C reaches the program alone. `exec` would lose the second stty.
  const line = `trap '' INT TERM; stty rows ${rows} cols ${columns}; stty -g > '${state('before')}'; (trap - INT TERM; echo $BASHPID; exec ${quoted}); code=$?; stty -g > '${state('after')}'; exit $code`;
  const child = spawn('script', ['-qefc', `exec bash -c ${JSON.stringify(line).replaceAll('$', '\\$')}`, '/dev/null'], {
    cwd: sandbox.project,
    env: { PATH: process.env['PATH'] ?? '', HOME: sandbox.home, TERM: 'xterm-256color', SHELL: '/bin/sh', ...env },
    stdio: ['pipe', 'pipe', 'inherit'],
    timeout: TIMEOUT_MS,
    killSignal: 'SIGKILL',
  });
  let output = '';
  let pid = 0;
  let from = 0;
  const waiting = [...steps];
  const advance = async (): Promise<void> => {
    const [step] = waiting;
    if (step === undefined || !step.until.test(output.slice(from))) return;
    waiting.shift();
    from = output.length;
    if (step.resize !== undefined) execFileSync('stty', ['-F', `/proc/${pid}/fd/0`, 'rows', String(step.resize.rows), 'cols', String(step.resize.columns)]);
    if (step.signal !== undefined) process.kill(pid, step.signal);
    if (step.write !== undefined) child.stdin.write(typeof step.write === 'string' ? step.write : await step.write(output));
    await advance();
  };
  child.stdin.on('error', () => undefined);
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    output += text;
    if (pid === 0) {
      const first = /^(\d+)\r\n/.exec(output);
      if (first === null) return;
      pid = Number(first[1]);
      output = output.slice(first[0].length);
    }
    void advance();
  });
  const code = await new Promise<number | null>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', resolve);
  });
  assert.deepEqual(waiting.map(({ until }) => until.source), [], `never came, after:\n${JSON.stringify(output.slice(-2_000))}`);
  assert.equal(readFileSync(state('after'), 'utf8'), readFileSync(state('before'), 'utf8'), 'the terminal is as it was');
  return { output, code };
}
