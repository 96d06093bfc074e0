/**
 * What people add to the program: MCP servers, skills, hooks. Planned before the network is made, since servers are places to go to;
 * opened once there is one. Code of each is loaded only where there is something of it.
 */
import type { Tool } from '@sx/agent';
import type { Redactor, Transport } from '@sx/net';

import type { Arguments } from '../cli/parse-arguments.ts';
import type { Invocation } from '../invocation.ts';
import type { Settings } from '../settings.ts';
import { readMcpSources } from './mcp-sources.ts';

/** What the first event of a run tells of them. */
export interface ExtensionFacts {
  readonly mcpServers: readonly { readonly name: string; readonly status: string }[];
  readonly skills: readonly string[];
}

export interface ExtensionParts {
  readonly redactor: Redactor;
  readonly transport: Transport;
  readonly notice: (text: string) => Promise<void>;
}

export interface ExtensionPlan {
  /** Origins that MCP servers are at. */
  readonly serverUrls: readonly string[];
  open(parts: ExtensionParts): Promise<Extensions>;
}

export interface Extensions {
  readonly facts: ExtensionFacts;
  /** Waits for servers that are not known yet, at most as long as the configuration says. */
  settled(): Promise<void>;
  /** All tools of the next run. They do not change within one: caches live on them. */
  tools(own: readonly Tool[]): Tool[];
  close(): Promise<void>;
}

/** @throws {McpError} `MCP_BAD_CONFIG`, {CliError} `CLI_BAD_VALUE`: a file that was named for this call. */
export async function planExtensions(invocation: Invocation, args: Arguments, settings: Settings): Promise<ExtensionPlan> {
  const { config } = settings;
  // Without tools there is nothing that any of them could add to.
  const { sources, notices } = config.on('TOOLS') ? readMcpSources(args, settings) : { sources: [], notices: [] };
  const mcp = sources.length === 0 ? undefined : await import('./mcp.ts');
  const plan = mcp?.planMcp(sources, invocation, settings);
  return {
    serverUrls: plan?.urls ?? [],
    async open(parts) {
      for (const text of [...notices, ...(plan?.notices ?? [])]) await parts.notice(text);
      const servers = plan === undefined ? undefined : mcp?.openMcp(plan, { invocation, settings, ...parts });
      return {
        get facts() {
          return { mcpServers: servers?.statuses ?? [], skills: [] };
        },
        settled: async () => servers?.settled(config.integer('MCP_WAIT_MS') ?? 0),
        tools: (own) => [...own, ...(servers?.tools() ?? [])],
        close: async () => servers?.close(),
      };
    },
  };
}
