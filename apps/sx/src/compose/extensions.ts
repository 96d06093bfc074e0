/**
 * What people add to the program: MCP servers, skills, hooks. Planned before the network is made, since servers are places to
 * go to, and before the permissions, since skills are places to read; opened once there is a session. Code of each is loaded
 * only where there is something of it.
 */
import { AgentError, type AgentEvent, createSkillTool, hookedRun, hookedTool, skillIndex, type Tool } from '@sx/agent';
import type { UserPart } from '@sx/llm';
import type { Redactor, Transport } from '@sx/net';

import type { Arguments } from '../cli/parse-arguments.ts';
import type { Invocation } from '../invocation.ts';
import type { Settings } from '../settings.ts';
import { hookDirectories } from './hook-directories.ts';
import { readMcpSources } from './mcp-sources.ts';
import { composeSkills } from './skills.ts';

/** What the first event of a run tells of them. */
export interface ExtensionFacts {
  readonly mcpServers: readonly { readonly name: string; readonly status: string }[];
  readonly skills: readonly string[];
}

export interface ExtensionParts {
  readonly sessionId: string;
  readonly redactor: Redactor;
  readonly transport: Transport;
  readonly notice: (text: string) => Promise<void>;
}

export interface ExtensionPlan {
  /** Origins that MCP servers are at. */
  readonly serverUrls: readonly string[];
  /** Directories that the model is told of: it may read there. */
  readonly readable: readonly string[];
  /** For the system prompt; empty where there is no skill. */
  readonly skillIndex: string;
  open(parts: ExtensionParts): Promise<Extensions>;
}

export interface Extensions {
  readonly facts: ExtensionFacts;
  /** Waits for servers that are not known yet, at most as long as the configuration says. */
  settled(): Promise<void>;
  /** All tools of the next run. They do not change within one: caches live on them. */
  tools(own: readonly Tool[]): Tool[];
  /** A run as the hooks have it. @throws {AgentError} `AGENT_HOOK_DENIED`, as the first thing that it does. */
  around(prompt: readonly UserPart[], events: AsyncIterable<AgentEvent>): AsyncIterable<AgentEvent>;
  /** Something else that runs, a compaction for instance. */
  observe(events: AsyncIterable<AgentEvent>): AsyncIterable<AgentEvent>;
  close(): Promise<void>;
}

/** @throws {McpError} `MCP_BAD_CONFIG`, {CliError} `CLI_BAD_VALUE`: a file that was named for this call. */
export async function planExtensions(invocation: Invocation, args: Arguments, settings: Settings): Promise<ExtensionPlan> {
  const { config } = settings;
  // Without tools there is nothing that servers or skills could add to.
  const withTools = config.on('TOOLS');
  const { sources, notices } = withTools ? readMcpSources(args, settings) : { sources: [], notices: [] };
  const mcp = sources.length === 0 ? undefined : await import('./mcp.ts');
  const plan = mcp?.planMcp(sources, invocation, settings);
  const { skills, notices: skillNotices } = (withTools ? composeSkills(settings) : undefined) ?? { skills: [], notices: [] };
  const { own, project } = hookDirectories(settings);
  return {
    serverUrls: plan?.urls ?? [],
    readable: skills.map(({ directory }) => directory),
    skillIndex: skillIndex(skills),
    async open(parts) {
      for (const text of [...notices, ...(plan?.notices ?? []), ...skillNotices.slice(0, NOTICES_MAX)]) await parts.notice(text);
      const servers = plan === undefined ? undefined : mcp?.openMcp(plan, { invocation, settings, ...parts });
      const { redactText: redact } = parts.redactor;
      const hooks = own === undefined && project === undefined ? undefined : (await import('./hooks.ts')).composeHooks({
        invocation, settings, ...parts, redact,
      });
      const skillTools = skills.length === 0 ? [] : [createSkillTool(skills)];
      let begun = false;
      return {
        get facts() {
          return { mcpServers: servers?.statuses ?? [], skills: skills.map(({ name }) => name) };
        },
        settled: async () => servers?.settled(config.integer('MCP_WAIT_MS') ?? 0),
        tools(given) {
          const all = [...given, ...skillTools, ...(servers?.tools() ?? [])];
          return hooks === undefined ? all : all.map((tool) => hookedTool(tool, hooks));
        },
        async *around(prompt, events) {
          if (hooks === undefined) return yield* events;
          if (!begun) await hooks.fire('session_start');
          begun = true;
          const refused = await hooks.fire(
            'user_message',
            { message: prompt.map((part) => (part.type === 'text' ? part.text : `[${part.mediaType}]`)).join('\n') },
          );
          if (refused !== undefined) throw new AgentError('AGENT_HOOK_DENIED', `a hook refused the prompt: ${refused}`);
          yield* hookedRun(events, hooks);
        },
        observe: (events) => (hooks === undefined ? events : hookedRun(events, hooks)),
        async close() {
          if (begun) await hooks?.fire('session_end');
          await Promise.all([servers?.close(), hooks?.settled()]);
        },
      };
    },
  };
}

const NOTICES_MAX = 5;
