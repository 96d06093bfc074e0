/**
 * Shell commands that run on while the model does other things, and the two tools that look after them.
 *
 * `shell` with `background` starts a job and answers with its name; `shell_output` gives what came since the last look, waiting for more where
 * asked; `shell_stop` ends it. At most `jobsMax` run at once and are remembered, the oldest ended one going first. Of each, at most
 * `jobOutputCharsMax` unread characters are kept: what goes beyond is dropped from the front and counted. Jobs die with the program,
 * and with `close`.
 */
import type { Tool, ToolContext } from '@sx/agent';
import { StringDecoder } from 'node:string_decoder';

import { defineTool, textOutput, ToolFailure } from './define-tool.ts';
import { toolLimits } from './limits.ts';
import { plainOutput } from './printable.ts';
import { type ShellCommand, type ShellEnd, type ShellProcess, startShell } from './shell-process.ts';
import { readCount, readText } from './tool-input.ts';

export interface ShellJobs {
  /** @returns the job's name. */
  start(command: Omit<ShellCommand, 'onOutput'>, context: Pick<ToolContext, 'redact'>): Promise<string>;
  readonly tools: readonly Tool[];
  close(): Promise<void>;
}

interface Job {
  readonly name: string;
  readonly command: string;
  readonly process: ShellProcess;
  readonly unread: string[];
  unreadChars: number;
  dropped: number;
  end: ShellEnd | undefined;
  /** Called when there is something new. */
  wake: () => void;
}

export function createShellJobs(): ShellJobs {
  const jobs = new Map<string, Job>();
  let count = 0;
  const find = (name: string): Job => {
    const job = jobs.get(name);
    if (job !== undefined) return job;
    throw new ToolFailure(jobs.size === 0 ? 'There is no background job.' : `There is no job ${JSON.stringify(name.slice(0, 60))}. Jobs: ${[...jobs.keys()].join(', ')}.`);
  };

  const makeRoom = (): void => {
    if (jobs.size < toolLimits.jobsMax) return;
    const ended = [...jobs.values()].find(({ end }) => end !== undefined);
    if (ended === undefined) throw new ToolFailure(`${toolLimits.jobsMax} jobs run already: ${[...jobs.keys()].join(', ')}. Stop one with shell_stop.`);
    jobs.delete(ended.name);
  };

  const output = defineTool<{ job: string; waitMs: number }>({
    name: 'shell_output',
    description: 'What a background job has printed since you last looked, and whether it still runs.',
    properties: { job: { type: 'string' }, waitMs: { type: 'integer', description: 'Wait this long for something new' } },
    required: ['job'],
    parallel: false,
    read: (input) => ({ job: readText(input, 'job'), waitMs: readCount(input, 'waitMs', { fallback: 0, min: 0, max: toolLimits.jobWaitMsMax }) }),
    accesses: ({ job }) => ({ list: [], title: `output of ${job}` }),
    async run({ job: name, waitMs }, { signal }) {
      const job = find(name);
      if (waitMs > 0 && job.unreadChars === 0 && job.end === undefined) await news(job, waitMs, signal);
      const dropped = job.dropped === 0 ? '' : `[… ${job.dropped} characters left out …]\n`;
      const text = dropped + job.unread.splice(0).join('');
      job.unreadChars = 0;
      job.dropped = 0;
      const state = stateOf(job);
      return textOutput(`${text}${text === '' || text.endsWith('\n') ? '' : '\n'}[${state}]`, { summary: state });
    },
  });

  const stop = defineTool<{ job: string }>({
    name: 'shell_stop',
    description: 'Stops a background job, with everything it started.',
    properties: { job: { type: 'string' } },
    required: ['job'],
    parallel: false,
    read: (input) => ({ job: readText(input, 'job') }),
    accesses: ({ job }) => ({ list: [], title: `stop ${job}` }),
    async run({ job: name }) {
      const job = find(name);
      job.process.stop('aborted');
      await job.process.ended.catch(() => undefined);
      return textOutput(`[${stateOf(job)}]`);
    },
  });

  return {
    async start(command, { redact }) {
      makeRoom();
      const name = `job-${++count}`;
      const add = (raw: string): void => {
        const text = redact(plainOutput(raw));
        job.unread.push(text);
        job.unreadChars += text.length;
        // In whole pieces, but for the last: what came last is always there.
        while (job.unreadChars > toolLimits.jobOutputCharsMax) {
          const first = job.unread.shift() ?? '';
          const kept = job.unread.length === 0 ? first.slice(-toolLimits.jobOutputCharsMax) : '';
          if (kept !== '') job.unread.push(kept);
          job.unreadChars -= first.length - kept.length;
          job.dropped += first.length - kept.length;
        }
        job.wake();
      };
      const lines = createLines(add);
      const process = await startShell({ ...command, onOutput: lines.push });
      const job: Job = { name, command: command.command, process, unread: [], unreadChars: 0, dropped: 0, end: undefined, wake: () => undefined };
      jobs.set(name, job);
      process.ended.then(
        (end) => {
          lines.end();
          job.end = end;
          job.wake();
        },
        (error: unknown) => {
          add(`could not be started: ${error instanceof Error ? error.message : String(error)}\n`);
          job.end = { code: null, signal: null, stopped: undefined, leftBehind: false };
          job.wake();
        },
      );
      return name;
    },
    tools: [output, stop],
    async close() {
      for (const { process } of jobs.values()) process.stop('aborted');
      await Promise.allSettled([...jobs.values()].map(({ process }) => process.ended));
    },
  };
}

/** Whole lines, so that a secret in two pieces is masked; a line without an end comes in pieces of `shellLineCharsMax`. */
function createLines(add: (text: string) => void): { push: (source: 'stdout' | 'stderr', bytes: Buffer) => void; end: () => void } {
  const decoders = { stdout: new StringDecoder('utf8'), stderr: new StringDecoder('utf8') };
  const unfinished = { stdout: '', stderr: '' };
  return {
    push(source, bytes) {
      const text = unfinished[source] + decoders[source].write(bytes);
      const end = text.length > toolLimits.shellLineCharsMax ? text.length : text.lastIndexOf('\n') + 1;
      unfinished[source] = text.slice(end);
      if (end > 0) add(text.slice(0, end));
    },
    end() {
      const rest = unfinished.stdout + decoders.stdout.end() + unfinished.stderr + decoders.stderr.end();
      if (rest !== '') add(rest);
    },
  };
}

function stateOf({ name, end }: Job): string {
  if (end === undefined) return `${name} still runs`;
  if (end.stopped !== undefined) return `${name} was stopped`;
  return end.signal === null ? `${name} ended with exit ${end.code ?? 'unknown'}` : `${name} was killed by ${end.signal}`;
}

function news(job: Job, waitMs: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      clearTimeout(timer);
      signal.removeEventListener('abort', done);
      job.wake = () => undefined;
      resolve();
    };
    const timer = setTimeout(done, waitMs);
    signal.addEventListener('abort', done, { once: true });
    job.wake = done;
  });
}
