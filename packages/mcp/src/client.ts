/**
 * The MCP client: `initialize`, `tools/list`, `tools/call`, over any channel.
 *
 * States: new → open → over. Whatever goes wrong with the way itself (the server ended, flooded us, wrote a line too long) ends
 * the client: every request that waits rejects with that error, and so does every later one. What goes wrong with one request
 * (an error answer, a deadline, an abort) ends that request, and the server is told by `notifications/cancelled`. Progress
 * counts as life: a call has `callTimeoutMs` of silence, and `callTimeoutMsMax` in sum. Answers to ids that nobody waits for,
 * notifications and lines that are none are dropped, up to `strayMessagesMax` in `strayWindowMs`. We offer the server no
 * capability: of its requests only `ping` is answered, the rest with “method not found”, `repliesMax` at a time.
 */
import { isObject, type JsonObject, type JsonValue, objectOr, stringOr } from '@sx/llm';
import { monotonicMs } from '@sx/net/monotonic-ms';
import { isNetError } from '@sx/net/net-error';

import type { Channel } from './channel.ts';
import { encodeError, encodeNotification, encodeRequest, encodeResult, type RpcMessage } from './json-rpc/message.ts';
import { type McpLimits, mcpLimits } from './limits.ts';
import { isMcpError, McpError } from './mcp-error.ts';
import { isSpoken, LATEST_PROTOCOL_VERSION } from './protocol-version.ts';
import { quoted } from './quoted.ts';

export interface McpClientOptions {
  /** The server, as the configuration names it: for messages. */
  readonly name: string;
  readonly channel: Channel;
  readonly clientInfo: { readonly name: string; readonly version: string };
  readonly limits?: McpLimits | undefined;
  /** The server says that its tools are not what they were. */
  readonly onToolsChanged?: (() => void) | undefined;
  /** Once, when the way to the server is gone. Not after `close`. */
  readonly onLost?: ((error: McpError) => void) | undefined;
}

export interface CallOptions {
  readonly signal?: AbortSignal | undefined;
  /** One line, already free of control characters. */
  readonly onProgress?: ((text: string) => void) | undefined;
}

export interface McpClient {
  /** Opens the channel and agrees on a version. @throws {McpError} */
  start(signal?: AbortSignal): Promise<{ readonly protocolVersion: string; readonly serverInfo: JsonObject }>;
  /** All pages, as the server gave them: read them with `readTool`. @throws {McpError} */
  listTools(signal?: AbortSignal): Promise<readonly JsonValue[]>;
  /** The result, as the server gave it: read it with `toOutput`. @throws {McpError} */
  callTool(tool: string, args: JsonObject, options?: CallOptions): Promise<JsonObject>;
  close(): Promise<void>;
}

interface Pending {
  readonly method: string;
  readonly resolve: (result: JsonValue) => void;
  readonly reject: (error: McpError) => void;
  readonly onProgress: (params: JsonObject) => void;
}

interface RequestManner {
  readonly timeoutMs: number;
  /** In sum, where progress prolongs the first. */
  readonly timeoutMsMax: number;
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: ((text: string) => void) | undefined;
  readonly cancellable: boolean;
}

export function createMcpClient(options: McpClientOptions): McpClient {
  const { name, channel, limits = mcpLimits } = options;
  const pending = new Map<number, Pending>();
  let nextId = 1;
  let strays = 0;
  let straysSince = monotonicMs();
  let replies = 0;
  let over: McpError | undefined;
  const fault = (
    code: McpError['code'],
    text: string,
    cause?: unknown,
  ): McpError => new McpError(code, `${name}: ${text}`, { server: name, cause });

  const end = (error: McpError): void => {
    if (over !== undefined) return;
    over = error;
    for (const { reject } of [...pending.values()]) reject(error);
    if (error.code === 'MCP_CLOSED') return;
    void channel.close();
    options.onLost?.(error);
  };
  /** What has no answer. */
  const send = async (message: string, timeoutMs: number): Promise<void> => {
    const controller = new AbortController();
    let timer: ReturnType<typeof setTimeout> | undefined;
    const late = new Promise<never>((_, reject) => {
      timer = setTimeout(() => {
        reject(fault('MCP_TIMEOUT', `a message was not taken in ${timeoutMs.toLocaleString('en-US')} ms`));
        controller.abort();
      }, timeoutMs);
    });
    try {
      await Promise.race([channel.send(message, { signal: controller.signal }), late]);
    } finally {
      clearTimeout(timer);
    }
  };
  const tell = (message: string): void => {
    // Nobody waits for it; where it cannot be sent, the channel is gone and says so itself.
    void send(message, limits.deleteTimeoutMs).catch(() => undefined);
  };
  const reply = (message: string): void => {
    // A server that asks faster than it reads is not answered: it would have us send without end.
    if (replies >= limits.repliesMax) return;
    replies += 1;
    void send(message, limits.deleteTimeoutMs).catch(() => undefined).then(() => (replies -= 1));
  };
  const stray = (what: string): void => {
    const now = monotonicMs();
    if (now - straysSince > limits.strayWindowMs) {
      strays = 0;
      straysSince = now;
    }
    strays += 1;
    if (strays > limits.strayMessagesMax) {
      const figures = `more than ${limits.strayMessagesMax} messages in ${limits.strayWindowMs / 1_000} s`;
      end(fault('MCP_FLOOD', `${figures} that nobody asked for, the last: ${quoted(what, 120)}`));
    }
  };
  const settle = (id: unknown, what: string, outcome: (waiting: Pending) => void): void => {
    // Some servers give our number back as a string.
    const waiting = pending.get(Number(id));
    if (waiting === undefined) return stray(what);
    outcome(waiting);
  };
  const receive = (message: RpcMessage): void => {
    if (over !== undefined) return;
    switch (message.kind) {
      case 'result':
        return settle(message.id, `an answer to the id ${String(message.id)}`, ({ resolve }) => resolve(message.result));
      case 'error':
        return settle(message.id, `an error for the id ${String(message.id)}`, ({ method, reject }) => {
          const text = `${name}: ${method} failed: ${quoted(message.message)} (${message.code})`;
          reject(new McpError('MCP_SERVER_ERROR', text, { server: name, status: message.code }));
        });
      case 'notification':
        stray(message.method);
        if (message.method === 'notifications/tools/list_changed') options.onToolsChanged?.();
        if (message.method === 'notifications/progress') {
          pending.get(Number(message.params['progressToken']))?.onProgress(message.params);
        }
        return;
      case 'request':
        stray(message.method);
        return reply(
          message.method === 'ping' ? encodeResult(message.id, {}) : encodeError(message.id, -32_601, 'method not found'),
        );
      case 'stray':
        return stray(message.text);
      default:
        return message satisfies never;
    }
  };

  function request(method: string, params: JsonObject, how: RequestManner): Promise<JsonValue> {
    if (over !== undefined) return Promise.reject(over);
    if (how.signal?.aborted === true) return Promise.reject(fault('MCP_ABORTED', `${method} was aborted`));
    const id = nextId++;
    const wire = encodeRequest(id, method, how.onProgress === undefined ? params : { ...params, _meta: { progressToken: id } });
    if (Buffer.byteLength(wire) > limits.messageBytesMax) {
      return Promise.reject(fault('MCP_MESSAGE_TOO_LARGE', `the arguments have more than ${limits.messageBytesMax} bytes`));
    }
    const sending = new AbortController();
    let silence: ReturnType<typeof setTimeout> | undefined;
    let whole: ReturnType<typeof setTimeout> | undefined;
    let onAbort: () => void = () => undefined;
    const answer = new Promise<JsonValue>((resolve, reject) => {
      const giveUp = (error: McpError, reason: string): void => {
        if (how.cancellable && pending.has(id)) tell(encodeNotification('notifications/cancelled', { requestId: id, reason }));
        reject(error);
      };
      const timeUp = (ms: number): void => giveUp(
        fault('MCP_TIMEOUT', `no answer to ${method} in ${ms.toLocaleString('en-US')} ms`),
        'timeout',
      );
      const listen = (): void => {
        clearTimeout(silence);
        silence = setTimeout(timeUp, how.timeoutMs, how.timeoutMs);
      };
      onAbort = () => giveUp(fault('MCP_ABORTED', `${method} was aborted`), 'aborted by the user');
      how.signal?.addEventListener('abort', onAbort, { once: true });
      listen();
      if (how.timeoutMsMax > how.timeoutMs) whole = setTimeout(timeUp, how.timeoutMsMax, how.timeoutMsMax);
      const onProgress = (progress: JsonObject): void => {
        listen();
        how.onProgress?.(progressText(progress, limits));
      };
      pending.set(id, { method, resolve, reject, onProgress });
      channel.send(wire, { signal: sending.signal, awaits: id }).catch((error: unknown) => {
        reject(isMcpError(error) ? error : fault('MCP_HTTP', `${method} failed: ${reasonOf(error)}`, error));
      });
    });
    return answer.finally(() => {
      pending.delete(id);
      clearTimeout(silence);
      clearTimeout(whole);
      how.signal?.removeEventListener('abort', onAbort);
      sending.abort();
    });
  }
  const starting = { timeoutMs: limits.startTimeoutMs, timeoutMsMax: limits.startTimeoutMs };

  return {
    async start(signal) {
      await channel.open({ message: receive, lost: end });
      const params = { protocolVersion: LATEST_PROTOCOL_VERSION, capabilities: {}, clientInfo: options.clientInfo };
      const result = objectOr(await request('initialize', params, { ...starting, signal, cancellable: false }), {});
      const version = stringOr(result['protocolVersion'], '');
      if (!isSpoken(version)) {
        const error = fault(
          'MCP_PROTOCOL_VERSION',
          `the server speaks version ${quoted(version, 40) || '(none)'}, which we do not`,
        );
        end(error);
        throw error;
      }
      channel.negotiated(version);
      await send(encodeNotification('notifications/initialized'), limits.startTimeoutMs);
      return { protocolVersion: version, serverInfo: objectOr(result['serverInfo'], {}) };
    },
    async listTools(signal) {
      const tools: JsonValue[] = [];
      const seen = new Set<string>();
      let cursor: string | undefined;
      do {
        const page = await request(
          'tools/list',
          cursor === undefined ? {} : { cursor },
          { ...starting, signal, cancellable: true },
        );
        if (!isObject(page) || !Array.isArray(page['tools'])) throw fault('MCP_BAD_MESSAGE', 'tools/list gave no list of tools');
        tools.push(...page['tools'].slice(0, limits.toolsMax + 1 - tools.length));
        const next: unknown = page['nextCursor'];
        cursor = typeof next === 'string' ? next : undefined;
        // A cursor that comes again would go on for ever.
        if (cursor !== undefined && (seen.has(cursor) || seen.size >= limits.toolPagesMax)) {
          throw fault('MCP_BAD_MESSAGE', `tools/list never ends (${seen.size} pages)`);
        }
        if (cursor !== undefined) seen.add(cursor);
      } while (cursor !== undefined && tools.length <= limits.toolsMax);
      return tools;
    },
    async callTool(tool, args, { signal, onProgress = () => undefined } = {}) {
      const { callTimeoutMs, callTimeoutMsMax } = limits;
      const result = await request(
        'tools/call',
        { name: tool, arguments: args },
        { timeoutMs: callTimeoutMs, timeoutMsMax: callTimeoutMsMax, signal, onProgress, cancellable: true },
      );
      if (!isObject(result)) throw fault('MCP_BAD_MESSAGE', 'tools/call gave no object');
      return result;
    },
    async close() {
      end(fault('MCP_CLOSED', 'closed'));
      await channel.close();
    },
  };
}

function progressText({ message, progress, total }: JsonObject, { progressCharsMax }: McpLimits): string {
  const figure = typeof progress === 'number' ? `${progress}${typeof total === 'number' ? `/${total}` : ''}` : '';
  return quoted([figure, stringOr(message, '')].filter((part) => part !== '').join(' '), progressCharsMax);
}

function reasonOf(error: unknown): string {
  const code = isNetError(error) ? ` [${error.code}]` : '';
  return `${error instanceof Error ? quoted(error.message) : 'unknown'}${code}`;
}
