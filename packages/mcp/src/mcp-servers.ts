/**
 * All servers of a session, and their tools as the agent's.
 *
 * No server delays a turn whose tools are known. A server whose tools were noted in an earlier session (`cache`) is not started
 * at all until one of them is called. One that is not known yet is started in the background as soon as the session is
 * composed; `settled` waits for it at most `waitMs`, once; what comes later is offered from the next prompt on. A note that is
 * old is used, and renewed in the background.
 */
import type { Tool } from '@sx/agent';
import type { JsonValue } from '@sx/llm';

import type { Channel } from './channel.ts';
import { type McpLimits, mcpLimits } from './limits.ts';
import { isMcpError } from './mcp-error.ts';
import { createMcpServer, type McpServer, type McpServerStatus } from './mcp-server.ts';
import { quoted } from './quoted.ts';
import type { ServerSpec } from './server-config.ts';
import { toToolName } from './tool-name.ts';

/** Where lists of tools are noted between sessions. Both may fail in silence: a note is a convenience. */
export interface ToolCache {
  read(spec: ServerSpec): { readonly tools: readonly JsonValue[]; readonly stale: boolean } | undefined;
  write(spec: ServerSpec, tools: readonly JsonValue[]): void;
}

export interface McpServersOptions {
  readonly specs: readonly ServerSpec[];
  readonly createChannel: (spec: ServerSpec) => Channel;
  readonly clientInfo: { readonly name: string; readonly version: string };
  readonly cache?: ToolCache | undefined;
  /** Which tools of a server are offered. Default: all. */
  readonly offers?: ((server: string, tool: string) => boolean) | undefined;
  readonly limits?: McpLimits | undefined;
  readonly onNotice?: ((text: string) => void) | undefined;
}

export interface McpServers {
  readonly statuses: readonly { readonly name: string; readonly status: McpServerStatus }[];
  /** Those that are known now, of one server or in the order of the servers. Names stay the same for the whole session. */
  tools(server?: string): Tool[];
  /** Resolves once every server that had to be asked has answered or failed, or `waitMs` are over. Never rejects. */
  settled(waitMs: number): Promise<void>;
  /** Starts all of them and asks for their tools. Never rejects. */
  connectAll(): Promise<void>;
  close(): Promise<void>;
}

export function createMcpServers(options: McpServersOptions): McpServers {
  const { cache, limits = mcpLimits, offers = () => true } = options;
  const names = new Map<string, string>();
  const taken = new Set<string>();
  const waiting = new Set<string>();
  let cut = false;
  const notice = (text: string): void => options.onNotice?.(text);

  const entries = options.specs.slice(0, limits.serversMax).map((spec) => {
    const noted = cache?.read(spec);
    const server = createMcpServer({
      name: spec.name,
      createChannel: () => options.createChannel(spec),
      clientInfo: options.clientInfo,
      known: noted?.tools,
      limits,
      onTools: (values) => cache?.write(spec, values),
      onNotice: notice,
    });
    return { server, noted };
  });
  const servers = entries.map(({ server }) => server);
  const connect = async (server: McpServer): Promise<void> => {
    try {
      await server.connect();
    } catch (error) {
      if (!isMcpError(error) || error.code !== 'MCP_CLOSED') {
        notice(`MCP server ${error instanceof Error ? quoted(error.message, 500) : server.name}: its tools are not offered`);
      }
    }
  };
  const begun = new Map<McpServer, Promise<void>>();
  for (const { server, noted } of entries) {
    if (noted !== undefined && !noted.stale) continue;
    if (noted === undefined) waiting.add(server.name);
    begun.set(server, connect(server).finally(() => waiting.delete(server.name)));
  }
  const unknown = entries.filter(({ noted }) => noted === undefined).map(({ server }) => begun.get(server));

  const nameOf = (server: string, tool: string): string => {
    const key = `${server}\0${tool}`;
    const name = names.get(key) ?? toToolName(server, tool, taken);
    names.set(key, name);
    return name;
  };

  return {
    get statuses() {
      return servers.map(({ name, status }) => ({ name, status }));
    },
    tools(only) {
      const all = servers.filter(({ name }) => only === undefined || name === only).flatMap((server) => {
        const offered = server.tools.filter(({ tool }) => offers(server.name, tool));
        return offered.map((definition) => toTool(server, definition, nameOf(server.name, definition.tool)));
      });
      if (all.length > limits.offeredToolsMax && !cut) {
        notice(`the MCP servers have ${all.length} tools, the first ${limits.offeredToolsMax} are offered: MCP_ALLOW chooses`);
      }
      cut ||= all.length > limits.offeredToolsMax;
      return all.slice(0, limits.offeredToolsMax);
    },
    async settled(waitMs) {
      if (waiting.size === 0) return;
      let timer: ReturnType<typeof setTimeout> | undefined;
      await Promise.race([Promise.all(unknown), new Promise((resolve) => (timer = setTimeout(resolve, waitMs)))]);
      clearTimeout(timer);
      for (const name of waiting) notice(`MCP server ${name} is still starting: its tools are offered once they are known`);
    },
    connectAll: async () => void (await Promise.all(servers.map((server) => begun.get(server) ?? connect(server)))),
    close: async () => void (await Promise.all(servers.map((server) => server.close()))),
  };
}

function toTool(server: McpServer, { tool, description, inputSchema, readOnly }: McpServer['tools'][number], name: string): Tool {
  const said = description === '' ? '(nothing)' : description;
  return {
    definition: { name, description: `Tool of the MCP server ${quoted(server.name, 64)}, which says of it: ${said}`, inputSchema },
    parallel: readOnly,
    accesses: (input) => ({
      kind: 'accesses',
      list: [{ action: 'tool', name }],
      title: quoted(`${server.name}: ${tool} ${JSON.stringify(input)}`, 300),
    }),
    run: (input, { signal, onProgress }) => server.call(tool, input, { signal, onProgress: (text) => onProgress(`${text}\n`) }),
  };
}
