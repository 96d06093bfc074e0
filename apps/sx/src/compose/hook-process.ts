/**
 * One hook as a process: JSON on its standard input, a process group of its own, killed at the deadline with all it started.
 * What it prints is kept as far as the limit goes, the rest is read and dropped. Never rejects.
 */
import { type HookExit, killGroupOnExit, signalGroup } from '@sx/agent';

export interface HookProcess {
  readonly words: readonly string[];
  readonly cwd: string;
  /** Secrets already removed. */
  readonly environment: Readonly<Record<string, string>>;
  readonly input: string;
  readonly timeoutMs: number;
}

const OUTPUT_CHARS_MAX = 64 * 1024;
const PIPE_GRACE_MS = 250;

export async function runHookProcess(
  { words: [program = '', ...args], cwd, environment, input, timeoutMs }: HookProcess,
): Promise<HookExit> {
  const { spawn } = await import('node:child_process');
  const child = spawn(program, args, { cwd, env: { ...environment }, stdio: ['pipe', 'pipe', 'pipe'], detached: true });
  const killGroup = (): void => signalGroup(child.pid, 'SIGKILL');
  const release = killGroupOnExit(child.pid);
  const output = { stdout: '', stderr: '' };
  let timedOut = false;
  let grace: ReturnType<typeof setTimeout> | undefined;
  const ended = new Promise<HookExit>((resolve) => {
    const end = (fault?: string): void => resolve({
      code: child.exitCode, signal: child.signalCode, timedOut, ...output, ...(fault === undefined ? {} : { fault }),
    });
    for (const name of ['stdout', 'stderr'] as const) {
      child[name].setEncoding('utf8').on('data', (text: string) => {
        output[name] += text.slice(0, OUTPUT_CHARS_MAX - output[name].length);
      });
      child[name].on('error', () => undefined);
    }
    // One that does not read what it is told is none the worse for it.
    child.stdin.on('error', () => undefined);
    child.stdin.end(input);
    child.once('error', (error) => end(`it cannot be started (${'code' in error ? String(error.code) : 'unknown'})`));
    child.once('close', () => end());
    // What it left behind may hold its output open: it has ended all the same.
    child.once('exit', () => void (grace = setTimeout(end, PIPE_GRACE_MS)));
  });
  const timer = setTimeout(() => {
    timedOut = true;
    killGroup();
  }, timeoutMs);
  try {
    return await ended;
  } finally {
    clearTimeout(timer);
    clearTimeout(grace);
    release();
    if (timedOut) killGroup();
    for (const stream of [child.stdin, child.stdout, child.stderr]) stream.destroy();
  }
}
