import { existsSync, statSync } from 'node:fs';

import type { Tool, ToolRunContext } from '@sx/agent';
import { monotonicMs } from '@sx/net';

import { ToolFailure, defineTool } from './define-tool.ts';
import { toolLimits } from './limits.ts';
import { createOutputCapture } from './output-capture.ts';
import { BadInput, readCount, readText } from './tool-input.ts';

const DESCRIPTION = `Runs a shell command in the working directory and returns its output (stdout and stderr together) and exit code. Each call is a new shell: no directory or variable is kept. Nothing can be typed into it, so use options that do not ask. Stopped after timeoutMs (default ${toolLimits.shellTimeoutMs}, at most ${toolLimits.shellTimeoutMsMax}). Of long output you see start and end, the whole is kept in a file. Prefer the other tools for reading, searching and changing files.`;

export interface ShellOptions {
  /** Default: bash where there is one, else /bin/sh. */
  readonly shellPath?: string | undefined;
}

interface ShellInput {
  readonly command: string;
  readonly timeoutMs: number;
}

/** Programs must not wait for a person or draw on a screen that is not there. */
const QUIET_ENVIRONMENT = {
  TERM: 'dumb',
  PAGER: 'cat',
  GIT_PAGER: 'cat',
  GIT_TERMINAL_PROMPT: '0',
  DEBIAN_FRONTEND: 'noninteractive',
};

export function createShellTool({ shellPath }: ShellOptions = {}): Tool {
  const shell = shellPath ?? ['/bin/bash', '/usr/bin/bash'].find(existsSync) ?? '/bin/sh';
  return defineTool<ShellInput>({
    name: 'shell',
    description: DESCRIPTION,
    properties: {
      command: { type: 'string' },
      timeoutMs: { type: 'integer', description: 'Milliseconds' },
    },
    required: ['command'],
    parallel: false,
    read(input) {
      const command = readText(input, 'command');
      if (command.trim() === '') throw new BadInput('`command` is empty.');
      if (command.includes('\0')) throw new BadInput('`command` holds a NUL character.');
      if (command.length > toolLimits.shellCommandCharsMax) {
        throw new BadInput(
          `\`command\` has ${command.length} characters, at most ${toolLimits.shellCommandCharsMax}. Put it into a file.`,
        );
      }
      return {
        command,
        timeoutMs: readCount(input, 'timeoutMs', { fallback: toolLimits.shellTimeoutMs, min: 1, max: toolLimits.shellTimeoutMsMax }),
      };
    },
    accesses: ({ command }, { workingDirectory }) => ({
      list: [{ action: 'shell', command, cwd: workingDirectory }],
      title: command.length > 200 ? `${command.slice(0, 200)}…` : command,
    }),
    async run(input, context) {
      if (context.approved?.some((access) => access.action === 'shell' && access.command === input.command) === false) {
        throw new ToolFailure('This command was not approved.');
      }
      if (statSync(context.workingDirectory, { throwIfNoEntry: false })?.isDirectory() !== true) {
        throw new ToolFailure(`The working directory ${context.workingDirectory} is gone.`);
      }
      const startedAt = monotonicMs();
      const ended = await runShell(shell, input, context);
      const seconds = ((monotonicMs() - startedAt) / 1_000).toFixed(1);
      const how = `${describeEnd(ended, input.timeoutMs)} after ${seconds} s`;
      const notes = [how, ended.note, ...(ended.leftBehind ? ['a process it started is still running and no longer heard'] : [])].filter((note) => note !== '');
      return {
        isError: ended.stopped !== undefined || ended.code !== 0,
        content: [{ type: 'text', text: `${ended.text}${ended.text === '' || ended.text.endsWith('\n') ? '' : '\n'}[${notes.join('; ')}]` }],
        summary: how,
      };
    },
  });
}

type Stopped = 'timeout' | 'aborted' | 'output';

interface Ended {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stopped: Stopped | undefined;
  readonly leftBehind: boolean;
  readonly text: string;
  readonly note: string;
}

function describeEnd({ code, signal, stopped }: Ended, timeoutMs: number): string {
  if (stopped === 'timeout') return `stopped: it took longer than ${timeoutMs} ms`;
  if (stopped === 'aborted') return 'stopped: interrupted by the user';
  if (stopped === 'output') return `stopped: more than ${toolLimits.shellOutputBytesMax} bytes of output`;
  return signal === null ? `exit ${code ?? 'unknown'}` : `killed by ${signal}`;
}

/**
 * The command gets a process group of its own. To stop it, the group is sent SIGTERM and then SIGKILL. The call ends when
 * the shell has exited and its output is closed, or held open by a process left behind for `shellPipeGraceMs`.
 */
async function runShell(shell: string, { command, timeoutMs }: ShellInput, context: ToolRunContext): Promise<Ended> {
  // BASH_ENV and ENV would run a file first that no rule has seen.
  const { BASH_ENV: _bashEnv, ENV: _env, ...environment } = context.childEnvironment;
  // Loaded when a command runs: most turns run none.
  const { spawn } = await import('node:child_process');
  return new Promise((resolve, reject) => {
    const child = spawn(shell, ['-c', command], {
      cwd: context.workingDirectory,
      env: { ...environment, ...QUIET_ENVIRONMENT, PWD: context.workingDirectory },
      stdio: ['ignore', 'pipe', 'pipe'],
      detached: true,
    });
    const capture = createOutputCapture(context);
    const timers = new Set<ReturnType<typeof setTimeout>>();
    let stopped: Stopped | undefined;

    const killGroup = (signal: NodeJS.Signals): void => {
      if (child.pid === undefined) return;
      try {
        process.kill(-child.pid, signal);
      } catch {
        // The group is gone already.
      }
    };
    // Leaving at once (a second Ctrl-C, a crash) must not leave the command behind.
    const onProgramExit = (): void => killGroup('SIGKILL');
    process.once('exit', onProgramExit);
    const stop = (why: Stopped): void => {
      if (stopped !== undefined) return;
      stopped = why;
      killGroup('SIGTERM');
      timers.add(setTimeout(killGroup, toolLimits.shellKillGraceMs, 'SIGKILL'));
    };
    const onAbort = (): void => stop('aborted');
    timers.add(setTimeout(stop, timeoutMs, 'timeout'));
    context.signal.addEventListener('abort', onAbort, { once: true });
    if (context.signal.aborted) onAbort();

    let finished = false;
    const finish = (leftBehind: boolean): void => {
      if (finished) return;
      finished = true;
      for (const timer of timers) clearTimeout(timer);
      process.removeListener('exit', onProgramExit);
      context.signal.removeEventListener('abort', onAbort);
      // What ignored SIGTERM, or came after it, must not outlive the stop.
      if (stopped !== undefined) killGroup('SIGKILL');
      child.stdout.destroy();
      child.stderr.destroy();
      resolve({ code: child.exitCode, signal: child.signalCode, stopped, leftBehind: leftBehind && stopped === undefined, ...capture.end() });
    };
    for (const source of ['stdout', 'stderr'] as const) {
      child[source].on('data', (bytes: Buffer) => {
        capture.push(source, bytes);
        if (capture.full) stop('output');
      });
      child[source].on('error', () => undefined);
    }
    child.once('error', (error) => {
      for (const timer of timers) clearTimeout(timer);
      process.removeListener('exit', onProgramExit);
      context.signal.removeEventListener('abort', onAbort);
      reject(new ToolFailure(`The shell ${shell} could not be started: ${error.message}`));
    });
    child.once('exit', () => timers.add(setTimeout(finish, toolLimits.shellPipeGraceMs, true)));
    child.once('close', () => finish(false));
  });
}
