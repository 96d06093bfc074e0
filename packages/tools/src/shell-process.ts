/**
 * One shell command as a process, for the shell tool and for jobs in the background.
 *
 * In: a command line and where its output goes. Out: how it ended. The command gets a process group of its own; to stop it, the group is
 * sent SIGTERM and, after `shellKillGraceMs`, SIGKILL. It has ended when the shell has exited and its output is closed, or held open
 * by a process left behind for `shellPipeGraceMs`. Leaving the program kills the group: nothing is left running.
 * Standard input is at its end, so that nothing waits for a person.
 */
import type { SpawnOptionsWithStdioTuple } from 'node:child_process';

import { toolLimits } from './limits.ts';
import type { Sandbox } from './sandbox.ts';

export interface ShellCommand {
  readonly shell: string;
  readonly command: string;
  readonly cwd: string;
  /** Secrets already removed. */
  readonly environment: Readonly<Record<string, string>>;
  /** Absent: the command runs as we do. */
  readonly sandbox?: Sandbox | undefined;
  readonly onOutput: (source: 'stdout' | 'stderr', bytes: Buffer) => void;
}

export type ShellStop = 'timeout' | 'aborted' | 'output';

export interface ShellEnd {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stopped: ShellStop | undefined;
  /** A process that it started still holds the output open. */
  readonly leftBehind: boolean;
}

export interface ShellProcess {
  /** Rejects where the shell could not be started. */
  readonly ended: Promise<ShellEnd>;
  stop(why: ShellStop): void;
}

/** Programs must not wait for a person or draw on a screen that is not there. */
const QUIET_ENVIRONMENT: Readonly<Record<string, string>> = {
  TERM: 'dumb',
  PAGER: 'cat',
  GIT_PAGER: 'cat',
  GIT_TERMINAL_PROMPT: '0',
  DEBIAN_FRONTEND: 'noninteractive',
};

/** Process groups that are killed when this program ends, by one listener for all. */
const running = new Set<number>();

function onProgramExit(): void {
  for (const pid of running) killGroup(pid, 'SIGKILL');
}

function killGroup(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(-pid, signal);
  } catch {
    // The group is gone already.
  }
}

export async function startShell({ shell, command, cwd, environment, sandbox, onOutput }: ShellCommand): Promise<ShellProcess> {
  // Loaded when a command runs: most turns run none.
  const { spawn } = await import('node:child_process');
  // BASH_ENV and ENV would run a file first that no rule has seen.
  const { BASH_ENV: _bashEnv, ENV: _env, ...plain } = environment;
  const [program = shell, ...args] = sandbox === undefined ? [shell, '-c', command] : sandbox.wrap([shell, '-c', command], cwd);
  const options: SpawnOptionsWithStdioTuple<'ignore', 'pipe', 'pipe'> = { cwd, env: { ...plain, ...QUIET_ENVIRONMENT, PWD: cwd }, stdio: ['ignore', 'pipe', 'pipe'], detached: true };
  const child = spawn(program, args, options);
  const timers = new Set<ReturnType<typeof setTimeout>>();
  let stopped: ShellStop | undefined;
  let finished = false;

  const { pid } = child;
  const kill = (signal: NodeJS.Signals): void => (pid === undefined ? undefined : killGroup(pid, signal));
  if (running.size === 0) process.once('exit', onProgramExit);
  if (pid !== undefined) running.add(pid);
  const settle = (): void => {
    finished = true;
    for (const timer of timers) clearTimeout(timer);
    if (pid !== undefined) running.delete(pid);
    if (running.size === 0) process.removeListener('exit', onProgramExit);
  };
  const ended = new Promise<ShellEnd>((resolve, reject) => {
    const finish = (leftBehind: boolean): void => {
      if (finished) return;
      settle();
      // What ignored SIGTERM, or came after it, must not outlive the stop.
      if (stopped !== undefined) kill('SIGKILL');
      child.stdout.destroy();
      child.stderr.destroy();
      resolve({ code: child.exitCode, signal: child.signalCode, stopped, leftBehind: leftBehind && stopped === undefined });
    };
    for (const source of ['stdout', 'stderr'] as const) {
      child[source].on('data', (bytes: Buffer) => onOutput(source, bytes));
      child[source].on('error', () => undefined);
    }
    child.once('error', (error) => {
      settle();
      reject(error);
    });
    child.once('exit', () => timers.add(setTimeout(finish, toolLimits.shellPipeGraceMs, true)));
    child.once('close', () => finish(false));
  });
  return {
    ended,
    stop(why) {
      if (stopped !== undefined || finished) return;
      stopped = why;
      kill('SIGTERM');
      timers.add(setTimeout(kill, toolLimits.shellKillGraceMs, 'SIGKILL'));
    },
  };
}
