/** The embedding interface: an agent that remembers its conversation, as an async iterator of typed events per prompt. */
import { randomUUID } from 'node:crypto';
import { realpathSync } from 'node:fs';

import type { JsonObject, Message, UserPart } from '@sx/llm';
import { monotonicMs } from '@sx/net/monotonic-ms';

import { AgentError } from './agent-error.ts';
import { contextTokens } from './compaction/context-size.ts';
import type { AgentEvent } from './events.ts';
import { createFileChanges, type UndoReport } from './file-changes.ts';
import { type RunOptions, runAgent } from './loop.ts';
import { createPermissions } from './permissions/permissions.ts';
import { createProtectedPaths } from './permissions/protected-paths.ts';
import type { Permissions } from './permissions/permissions.ts';
import { runToolCalls } from './tool-calls.ts';
import type { ToolContext } from './tool.ts';

export interface AgentOptions extends Omit<RunOptions, 'messages' | 'context' | 'permissions' | 'sessionId' | 'turnId' | 'signal'> {
  /** Tools see this directory. */
  readonly workingDirectory: string;
  /** Default: mode `default` without rules, that is, reading in the working directory and nothing else. */
  readonly permissions?: Permissions;
  /** Overrides single members of what tools see. Default: no environment, no further directory, no redaction. */
  readonly context?: Partial<ToolContext>;
  /** Where whole outputs of tools are kept. */
  readonly outputDirectory: string;
  /** An earlier conversation. */
  readonly messages?: readonly Message[];
  /** Default: a new UUID. */
  readonly sessionId?: string;
}

export interface Agent {
  readonly sessionId: string;
  /** Grows when a run has ended; shrinks only by compaction. The same array for the life of the agent. */
  readonly messages: readonly Message[];
  /** @throws {AgentError} `AGENT_BUSY` while another run of this agent goes on. Anything else is in `run-end`. */
  run(prompt: string | readonly UserPart[], options?: { readonly signal?: AbortSignal }): AsyncGenerator<AgentEvent, void, undefined>;
  /** Who answers, and how, from the next run on. */
  use(model: ModelChoice): void;
  /**
   * Replaces the conversation by a summary: `compaction-start`, `compaction`. Nothing, where there is nothing to replace.
   *
   * @param options.focus - What the user wants the summary to look at.
   * @throws {AgentError} `AGENT_BUSY`; what the stream throws after an abort, and then nothing was replaced.
   */
  compact(options?: { readonly focus?: string | undefined; readonly signal?: AbortSignal | undefined }): AsyncGenerator<AgentEvent, void, undefined>;
  /**
   * Runs a tool for the user, outside of the conversation: what the rules would ask for is approved, what they forbid is not.
   *
   * @throws {AgentError} `AGENT_BUSY`
   */
  callTool(name: string, input: JsonObject, options?: { readonly signal?: AbortSignal | undefined }): AsyncGenerator<AgentEvent, void, undefined>;
  /** Gives the files that the last run changed what they held before. Undefined: none did. @throws {AgentError} `AGENT_BUSY` */
  undo(): UndoReport | undefined;
  /** Files that were changed and not taken back, with what they held at first (`FileChanges.originals`). */
  changedFiles(): ReadonlyMap<string, Uint8Array | undefined | 'too-large'>;
}

export type ModelChoice = Pick<RunOptions, 'stream' | 'origin' | 'settings' | 'costUsd' | 'compaction'>;

export function createAgent(options: AgentOptions): Agent {
  const messages: Message[] = [...(options.messages ?? [])];
  const sessionId = options.sessionId ?? randomUUID();
  const workingDirectory = realpathSync(options.workingDirectory);
  const context: ToolContext = {
    workingDirectory,
    additionalDirectories: [],
    childEnvironment: {},
    outputDirectory: options.outputDirectory,
    readFiles: new Map(),
    redact: (text) => text,
    ...options.context,
  };
  const permissions =
    options.permissions ?? createPermissions({ mode: 'default', rules: [], workingDirectory, protectedPaths: createProtectedPaths({ workingDirectory }) });
  const fileChanges = options.fileChanges ?? createFileChanges();
  let choice: ModelChoice = options;
  let busy = false;
  const refuseWhileBusy = (): void => {
    if (busy) throw new AgentError('AGENT_BUSY', 'this agent is still running: wait for its run-end');
  };
  return {
    sessionId,
    messages,
    use: ({ stream, origin, settings, costUsd, compaction }) => void (choice = { stream, origin, settings, costUsd, compaction }),
    undo() {
      refuseWhileBusy();
      return fileChanges.undo();
    },
    changedFiles: fileChanges.originals,
    async *compact({ focus, signal = new AbortController().signal } = {}) {
      refuseWhileBusy();
      if (messages.length === 0) return;
      busy = true;
      try {
        const tokens = contextTokens(messages);
        yield { type: 'compaction-start', trigger: 'manual', tokens };
        const { stream, origin, compaction } = choice;
        const limit = typeof compaction === 'object' ? compaction.contextTokens : undefined;
        const { compactMessages } = await import('./compaction/compact.ts');
        const { message, usage, failure } = await compactMessages(messages, { stream, origin, sessionId, turnId: randomUUID(), focus, signal, contextTokens: limit });
        // Nothing overflows: what is there is better than facts alone.
        if (failure !== undefined) throw failure;
        messages.splice(0, messages.length, message);
        yield { type: 'compaction', trigger: 'manual', message, kept: 0, tokens, usage };
      } finally {
        busy = false;
      }
    },
    async *callTool(name, input, { signal } = {}) {
      refuseWhileBusy();
      busy = true;
      const stop = new AbortController();
      try {
        yield* runToolCalls([{ type: 'tool-call', id: randomUUID(), name, input, inputText: JSON.stringify(input) }], {
          tools: new Map(options.tools.map((tool) => [tool.definition.name, tool])),
          permissions,
          context,
          ask: () => Promise.resolve({ behavior: 'allow' }),
          signal: signal === undefined ? stop.signal : AbortSignal.any([signal, stop.signal]),
          stop: () => stop.abort(),
          now: options.now ?? monotonicMs,
          onDenied: () => undefined,
          onUsage: () => undefined,
          remaining: () => ({}),
          fileChanges,
        });
      } finally {
        busy = false;
      }
    },
    async *run(prompt, { signal } = {}) {
      refuseWhileBusy();
      busy = true;
      fileChanges.startRun();
      try {
        const content: readonly UserPart[] = typeof prompt === 'string' ? [{ type: 'text', text: prompt }] : prompt;
        const user: Message = { role: 'user', content };
        for await (const event of runAgent({ ...options, ...choice, fileChanges, context, permissions, sessionId, turnId: randomUUID(), signal, messages: [...messages, user] })) {
          if (event.type === 'run-end') {
            const { conversation } = event.result;
            if (conversation === undefined) messages.push(user, ...event.result.messages);
            else messages.splice(0, messages.length, ...conversation);
          }
          yield event;
        }
      } finally {
        busy = false;
      }
    },
  };
}
