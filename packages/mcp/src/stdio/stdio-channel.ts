/**
 * A server as a child process: JSON-RPC lines on its standard input and output.
 *
 * The child gets exactly the environment that it is given, and a process group of its own. To end it: its input is closed,
 * after `closeGraceMs` the group is sent SIGTERM, after as much again SIGKILL; leaving the program kills the group at once. Its
 * standard error is read and thrown away but for the last `stderrBytesMax`, which go into the message where it fails.
 * Backpressure: a message counts as sent when the pipe took it; one that the server does not read runs into the caller's
 * deadline.
 */
import type { ChildProcessByStdio } from 'node:child_process';
import type { Readable, Writable } from 'node:stream';

import { killGroupOnExit, signalGroup } from '@sx/agent';

import type { Channel, Receiver } from '../channel.ts';
import { createLineDecoder } from '../json-rpc/line-decoder.ts';
import { type McpLimits, mcpLimits } from '../limits.ts';
import { isMcpError, McpError, type McpErrorCode } from '../mcp-error.ts';
import { quoted } from '../quoted.ts';

export interface StdioChannelOptions {
  /** For messages. */
  readonly server: string;
  readonly command: string;
  readonly args: readonly string[];
  readonly cwd: string;
  /** All of it; secrets already removed. */
  readonly environment: Readonly<Record<string, string>>;
  readonly limits?: McpLimits | undefined;
}

type Child = ChildProcessByStdio<Writable, Readable, Readable>;

export function createStdioChannel(options: StdioChannelOptions): Channel {
  const { server, limits = mcpLimits } = options;
  let child: Child | undefined;
  let exited: Promise<void> = Promise.resolve();
  let stderr = Buffer.alloc(0);
  let receiver: Receiver | undefined;
  let gone: McpError | undefined;

  const fault = (code: McpErrorCode, text: string, cause?: unknown): McpError =>
    new McpError(code, `${server}: ${text}`, { server, cause });
  const killGroup = (signal: NodeJS.Signals): void => signalGroup(child?.pid, signal);
  const lose = (error: McpError): void => {
    if (gone !== undefined) return;
    gone = error;
    receiver?.lost(error);
  };
  const said = (): string => (stderr.length === 0 ? '' : `; it said: ${quoted(stderr.toString('utf8'))}`);

  return {
    async open(toReceiver) {
      receiver = toReceiver;
      const { spawn } = await import('node:child_process');
      const started: Child = spawn(
        options.command,
        [...options.args],
        { cwd: options.cwd, env: { ...options.environment }, stdio: ['pipe', 'pipe', 'pipe'], detached: true },
      );
      child = started;
      const release = killGroupOnExit(started.pid);
      exited = new Promise<void>((resolve) => {
        started.once('close', () => resolve());
        started.once('error', () => resolve());
      }).then(release);
      started.stderr.on('data', (bytes: Buffer) => {
        stderr = Buffer.concat([stderr, bytes]).subarray(-limits.stderrBytesMax);
      });
      for (const stream of [started.stdin, started.stdout, started.stderr]) stream.on('error', () => undefined);
      listen(started, limits, (message) => receiver?.message(message), (code, text, cause) => lose(fault(code, text, cause)), said);
      await new Promise<void>((resolve, reject) => {
        started.once('spawn', resolve);
        started.once('error', (cause) => {
          gone = fault('MCP_SPAWN', `${quoted(options.command)} cannot be started (${codeOf(cause)})`, cause);
          reject(gone);
        });
      });
    },
    send(message) {
      const stdin = child?.stdin;
      if (gone !== undefined || stdin === undefined) {
        return Promise.reject(gone ?? fault('MCP_CLOSED', 'not started'));
      }
      return new Promise((resolve, reject) => {
        stdin.write(`${message}\n`, (error) => {
          if (error === null || error === undefined) resolve();
          else reject(gone ?? fault('MCP_EXITED', `the server takes no input any more (${codeOf(error)})${said()}`, error));
        });
      });
    },
    negotiated: () => undefined,
    async close() {
      gone ??= fault('MCP_CLOSED', 'closed');
      if (child === undefined) return;
      child.stdin.end();
      const timers = [
        setTimeout(killGroup, limits.closeGraceMs, 'SIGTERM'),
        setTimeout(killGroup, 2 * limits.closeGraceMs, 'SIGKILL'),
      ];
      // A grandchild may hold the output open for ever: the group is killed, then what is left is not waited for.
      let last: ReturnType<typeof setTimeout> | undefined;
      await Promise.race([exited, new Promise((resolve) => (last = setTimeout(resolve, 3 * limits.closeGraceMs)))]);
      for (const timer of [...timers, last]) clearTimeout(timer);
      killGroup('SIGKILL');
      for (const stream of [child.stdin, child.stdout, child.stderr]) stream.destroy();
    },
  };
}

function listen(
  child: Child,
  limits: McpLimits,
  emit: Receiver['message'],
  lose: (code: McpErrorCode, text: string, cause?: unknown) => void,
  said: () => string,
): void {
  const decoder = createLineDecoder(limits);
  let over = false;
  child.stdout.on('data', (bytes: Buffer) => {
    if (over) return;
    try {
      decoder.push(bytes, emit);
    } catch (error) {
      over = true;
      child.stdout.destroy();
      if (isMcpError(error)) lose(error.code, error.message);
      else lose('MCP_BAD_MESSAGE', 'its output cannot be read', error);
    }
  });
  // `close` comes after the exit and after the last output.
  child.once('close', (code, signal) => {
    lose('MCP_EXITED', `the server ended (${signal ?? `exit code ${code ?? 'unknown'}`})${said()}`);
  });
  // One that closed its output and stays would never be heard of again.
  child.stdout.once('end', () => {
    setTimeout(() => lose('MCP_EXITED', `the server closed its output${said()}`), limits.closeGraceMs).unref();
  });
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : 'unknown';
}
