import { existsSync, statSync } from 'node:fs';

import type { Tool, ToolRunContext } from '@sx/agent';
import { monotonicMs } from '@sx/net/monotonic-ms';

import { ToolFailure, defineTool, textOutput } from './define-tool.ts';
import { toolLimits } from './limits.ts';
import { createOutputCapture } from './output-capture.ts';
import type { FoundSandbox, Sandbox } from './sandbox.ts';
import type { ShellJobs } from './shell-jobs.ts';
import { type ShellEnd, type ShellStop, startShell } from './shell-process.ts';
import { BadInput, readCount, readFlag, readText } from './tool-input.ts';

const DESCRIPTION = `Runs a shell command in the working directory and returns its output (stdout and stderr together) and exit code. Each call is a new shell: no directory or variable is kept. Nothing can be typed into it, so use options that do not ask. Stopped after timeoutMs (default ${toolLimits.shellTimeoutMs}, at most ${toolLimits.shellTimeoutMsMax}). Of long output you see start and end, the whole is kept in a file. Prefer the other tools for reading, searching and changing files.`;

export interface ShellOptions {
  /** Default: bash where there is one, else /bin/sh. */
  readonly shellPath?: string | undefined;
  /** Where commands run that go on in the background. Absent: none do. */
  readonly jobs?: ShellJobs | undefined;
  /** The cage for commands, asked for once, before the first; where it gives a reason instead, they run as we do and the result says so. Absent: they run as we do. */
  readonly sandbox?: (() => Promise<FoundSandbox>) | undefined;
}

interface ShellInput {
  readonly command: string;
  readonly timeoutMs: number;
  readonly background: boolean;
}

export function createShellTool({ shellPath, jobs, sandbox }: ShellOptions = {}): Tool {
  let found: Promise<FoundSandbox> | undefined;
  const shell = shellPath ?? ['/bin/bash', '/usr/bin/bash'].find(existsSync) ?? '/bin/sh';
  return defineTool<ShellInput>({
    name: 'shell',
    description: DESCRIPTION,
    properties: {
      command: { type: 'string' },
      timeoutMs: { type: 'integer', description: 'Milliseconds' },
      ...(jobs === undefined ? {} : { background: { type: 'boolean', description: 'For servers and watchers: it runs on, and you look after it with shell_output and shell_stop' } }),
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
        background: readFlag(input, 'background'),
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
      const cage = await (found ??= sandbox?.());
      const inside = cage !== undefined && 'sandbox' in cage ? cage.sandbox : undefined;
      const caged = cage === undefined ? [] : ['reason' in cage ? `not in a sandbox: ${cage.reason}` : cage.sandbox.guarantee];
      if (input.background && jobs !== undefined) {
        const { command } = input;
        const name = await jobs.start({ shell, command, cwd: context.workingDirectory, environment: context.childEnvironment, sandbox: inside }, context);
        return textOutput(`[${[`${name} runs in the background`, ...caged].join('; ')}]`, { summary: name });
      }
      const startedAt = monotonicMs();
      const ended = await runShell(shell, input, inside, context);
      const seconds = ((monotonicMs() - startedAt) / 1_000).toFixed(1);
      const how = `${describeEnd(ended, input.timeoutMs)} after ${seconds} s`;
      const notes = [how, ...caged, ended.note, ...(ended.leftBehind ? ['a process it started is still running and no longer heard'] : [])].filter((note) => note !== '');
      return {
        isError: ended.stopped !== undefined || ended.code !== 0,
        content: [{ type: 'text', text: `${ended.text}${ended.text === '' || ended.text.endsWith('\n') ? '' : '\n'}[${notes.join('; ')}]` }],
        summary: how,
      };
    },
  });
}

interface Ended extends ShellEnd {
  readonly text: string;
  readonly note: string;
}

function describeEnd({ code, signal, stopped }: ShellEnd, timeoutMs: number): string {
  if (stopped === 'timeout') return `stopped: it took longer than ${timeoutMs} ms`;
  if (stopped === 'aborted') return 'stopped: interrupted by the user';
  if (stopped === 'output') return `stopped: more than ${toolLimits.shellOutputBytesMax} bytes of output`;
  return signal === null ? `exit ${code ?? 'unknown'}` : `killed by ${signal}`;
}

async function runShell(shell: string, { command, timeoutMs }: ShellInput, sandbox: Sandbox | undefined, context: ToolRunContext): Promise<Ended> {
  const capture = createOutputCapture(context);
  let stop: (why: ShellStop) => void = () => undefined;
  const { childEnvironment: environment, workingDirectory: cwd, signal } = context;
  const process = await startShell({
    shell, command, cwd, environment, sandbox,
    onOutput(source, bytes) {
      capture.push(source, bytes);
      if (capture.full) stop('output');
    },
  });
  ({ stop } = process);
  const timer = setTimeout(stop, timeoutMs, 'timeout');
  const onAbort = (): void => stop('aborted');
  signal.addEventListener('abort', onAbort, { once: true });
  if (signal.aborted) onAbort();
  try {
    return { ...(await process.ended), ...capture.end() };
  } catch (error) {
    throw new ToolFailure(`The shell ${shell} could not be started: ${error instanceof Error ? error.message : String(error)}`);
  } finally {
    clearTimeout(timer);
    signal.removeEventListener('abort', onAbort);
  }
}
