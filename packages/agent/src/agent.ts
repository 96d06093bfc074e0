/** The embedding interface: an agent that remembers its conversation, as an async iterator of typed events per prompt. */
import { randomUUID } from 'node:crypto';
import { realpathSync } from 'node:fs';

import type { Message, UserPart } from '@sx/llm';

import { AgentError } from './agent-error.ts';
import type { AgentEvent } from './events.ts';
import { type RunOptions, runAgent } from './loop.ts';
import { createPermissions } from './permissions/permissions.ts';
import { createProtectedPaths } from './permissions/protected-paths.ts';
import type { Permissions } from './permissions/permissions.ts';
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
  /** Grows when a run has ended; shrinks only by compaction. */
  readonly messages: readonly Message[];
  /** @throws {AgentError} `AGENT_BUSY` while another run of this agent goes on. Anything else is in `run-end`. */
  run(prompt: string | readonly UserPart[], options?: { readonly signal?: AbortSignal }): AsyncGenerator<AgentEvent, void, undefined>;
}

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
  let busy = false;
  return {
    sessionId,
    messages,
    async *run(prompt, { signal } = {}) {
      if (busy) throw new AgentError('AGENT_BUSY', 'this agent is still running: wait for its run-end');
      busy = true;
      try {
        const content: readonly UserPart[] = typeof prompt === 'string' ? [{ type: 'text', text: prompt }] : prompt;
        const user: Message = { role: 'user', content };
        for await (const event of runAgent({ ...options, context, permissions, sessionId, turnId: randomUUID(), signal, messages: [...messages, user] })) {
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
