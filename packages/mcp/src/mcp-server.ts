/**
 * One server over the life of a session: started when it is first needed, started again where it died, ended at the close.
 *
 * States: pending → connected ⇄ failed. A call starts the server where it is not running, at most `startsMax` times; after that
 * it says why not. A call that failed is not repeated, since it may have acted; only one that met a forgotten HTTP session is,
 * because nothing ran. Whatever happens to a call, its result is something that the model reads.
 */
import { orAbort, type ToolOutput } from '@sx/agent';
import type { JsonObject, JsonValue } from '@sx/llm';

import type { Channel } from './channel.ts';
import { createMcpClient, type CallOptions, type McpClient } from './client.ts';
import { type McpLimits, mcpLimits } from './limits.ts';
import { isMcpError, McpError } from './mcp-error.ts';
import { quoted } from './quoted.ts';
import { type McpToolDefinition, readTools } from './tool-definition.ts';
import { toOutput } from './tool-result.ts';

export type McpServerStatus = 'pending' | 'connected' | 'failed';

export interface McpServerOptions {
  readonly name: string;
  /** A new way to the server, for each start. */
  readonly createChannel: () => Channel;
  readonly clientInfo: { readonly name: string; readonly version: string };
  /** Tools from an earlier session, as the server gave them. */
  readonly known?: readonly JsonValue[] | undefined;
  readonly limits?: McpLimits | undefined;
  /** The server told its tools; `values` as it gave them. */
  readonly onTools?: ((values: readonly JsonValue[]) => void) | undefined;
  /** One line for a person. */
  readonly onNotice?: ((text: string) => void) | undefined;
}

export interface McpServer {
  readonly name: string;
  readonly status: McpServerStatus;
  /** What is known of them; the latest list. */
  readonly tools: readonly McpToolDefinition[];
  /** Starts it where it is not running, and asks for its tools. @throws {McpError} */
  connect(): Promise<void>;
  /** Never rejects. */
  call(tool: string, args: JsonObject, options?: CallOptions): Promise<ToolOutput>;
  close(): Promise<void>;
}

export function createMcpServer(options: McpServerOptions): McpServer {
  const { name, limits = mcpLimits } = options;
  let status: McpServerStatus = 'pending';
  let tools = options.known === undefined ? [] : readTools(options.known, limits).tools;
  let client: McpClient | undefined;
  let starting: Promise<McpClient> | undefined;
  let listing: Promise<void> | undefined;
  let listings = 0;
  let starts = 0;
  let lastError: McpError | undefined;
  let closed = false;
  const running = new Set<McpClient>();

  const list = (from: McpClient): Promise<void> => {
    listing ??= (async () => {
      const values = await from.listTools();
      const read = readTools(values, limits);
      tools = read.tools;
      options.onTools?.(values);
      for (const fault of read.faults.slice(0, 3)) options.onNotice?.(`MCP server ${name}: ${fault}`);
    })().finally(() => (listing = undefined));
    return listing;
  };
  const relist = (from: McpClient): void => {
    // A server that changes its tools all the time is not asked all the time.
    if (listings++ < limits.toolPagesMax) void list(from).catch(() => undefined);
  };

  async function start(): Promise<McpClient> {
    if (closed) throw new McpError('MCP_CLOSED', `${name}: closed`, { server: name });
    if (starts >= limits.startsMax) {
      throw lastError ?? new McpError('MCP_EXITED', `${name}: started ${starts} times`, { server: name });
    }
    starts += 1;
    const created: McpClient = createMcpClient({
      name,
      channel: options.createChannel(),
      clientInfo: options.clientInfo,
      limits,
      onToolsChanged: () => relist(created),
      onLost: (error) => {
        lastError = error;
        status = 'failed';
        if (client === created) client = undefined;
      },
    });
    running.add(created);
    try {
      await created.start();
    } catch (error) {
      const text = error instanceof Error ? quoted(error.message) : 'cannot be started';
      lastError = isMcpError(error) ? error : new McpError('MCP_SPAWN', `${name}: ${text}`, { server: name, cause: error });
      status = 'failed';
      await created.close();
      running.delete(created);
      throw lastError;
    }
    client = created;
    status = 'connected';
    return created;
  }
  const ready = (): Promise<McpClient> => {
    if (client !== undefined) return Promise.resolve(client);
    starting ??= start().finally(() => (starting = undefined));
    return starting;
  };

  return {
    name,
    get status() {
      return status;
    },
    get tools() {
      return tools;
    },
    async connect() {
      try {
        await list(await ready());
      } catch (error) {
        status = 'failed';
        throw error;
      }
    },
    async call(tool, args, callOptions = {}) {
      try {
        const wasRunning = client !== undefined;
        const first = await orAborted(ready(), callOptions.signal, name);
        // Its tools may have changed since they were noted; the call does not wait for that.
        if (!wasRunning) relist(first);
        try {
          return toOutput(await first.callTool(tool, args, callOptions), limits);
        } catch (error) {
          if (!isMcpError(error) || error.code !== 'MCP_SESSION_LOST') throw error;
          client = undefined;
          return toOutput(await (await ready()).callTool(tool, args, callOptions), limits);
        }
      } catch (error) {
        return { isError: true, content: [{ type: 'text', text: explain(error, name) }] };
      }
    },
    async close() {
      closed = true;
      client = undefined;
      await Promise.all([...running].map((each) => each.close()));
    },
  };
}

function explain(error: unknown, name: string): string {
  if (isMcpError(error)) return `MCP server ${error.message} [${error.code}]`;
  return `MCP server ${name} failed: ${error instanceof Error ? quoted(error.message) : 'unknown'}`;
}

/** A start is shared, so a call that is aborted leaves it alone. */
async function orAborted<Value>(promise: Promise<Value>, signal: AbortSignal | undefined, name: string): Promise<Value> {
  if (signal === undefined) return promise;
  try {
    return await orAbort(promise, signal);
  } catch (error) {
    if (signal.aborted && !isMcpError(error)) throw new McpError('MCP_ABORTED', `${name}: aborted`, { server: name });
    throw error;
  }
}
