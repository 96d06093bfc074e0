/** The way to one server, whatever carries it: a child's pipes, or HTTP. The client above speaks JSON-RPC and knows neither. */
import type { RpcMessage } from './json-rpc/message.ts';
import type { McpError } from './mcp-error.ts';

export interface Receiver {
  message(message: RpcMessage): void;
  /** The way is gone for good: nothing more comes, nothing can be sent. */
  lost(error: McpError): void;
}

export interface SendOptions {
  readonly signal?: AbortSignal | undefined;
  /** The id that has to be answered: where the answer comes as the response to this very message, its absence is an error. */
  readonly awaits?: number | undefined;
}

export interface Channel {
  /** Opens the way. @throws {McpError} `MCP_SPAWN`, … */
  open(receiver: Receiver): Promise<void>;
  /** Sends one encoded message. Over HTTP it resolves when the whole answer has been received. @throws {McpError}, {NetError} */
  send(message: string, options?: SendOptions): Promise<void>;
  /** From now on this version is spoken. */
  negotiated(version: string): void;
  /** Ends the server, or the session with it. Never rejects. */
  close(): Promise<void>;
}
