/**
 * Everything that can go wrong between us and an MCP server, as one class with a closed set of codes. Compare `code`, never the
 * text.
 */
export const MCP_ERROR_CODES = [
  /** A server of the configuration that cannot be read. */
  'MCP_BAD_CONFIG',
  /** The program of a stdio server cannot be started. */
  'MCP_SPAWN',
  /** The server ended, or closed its output. */
  'MCP_EXITED',
  'MCP_TIMEOUT',
  'MCP_ABORTED',
  /** The client was closed by us. */
  'MCP_CLOSED',
  /** What came is no JSON-RPC, or not what the method promises. */
  'MCP_BAD_MESSAGE',
  'MCP_MESSAGE_TOO_LARGE',
  /** Too much that nobody asked for. */
  'MCP_FLOOD',
  /** The server answered with an error. */
  'MCP_SERVER_ERROR',
  'MCP_PROTOCOL_VERSION',
  /** An HTTP status that is no answer. */
  'MCP_HTTP',
  /** The HTTP server forgot the session. */
  'MCP_SESSION_LOST',
] as const;

export type McpErrorCode = (typeof MCP_ERROR_CODES)[number];

export interface McpErrorDetails {
  /** The server, as the configuration names it. */
  readonly server?: string | undefined;
  /** HTTP status, or the code of a JSON-RPC error. */
  readonly status?: number | undefined;
  readonly hint?: string | undefined;
  readonly cause?: unknown;
}

const MARK = Symbol.for('@sx/mcp.McpError');

export class McpError extends Error {
  override readonly name = 'McpError';
  readonly code: McpErrorCode;
  readonly server: string | undefined;
  readonly status: number | undefined;
  readonly hint: string | undefined;
  readonly [MARK] = true;

  constructor(code: McpErrorCode, message: string, details: McpErrorDetails = {}) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
    this.code = code;
    this.server = details.server;
    this.status = details.status;
    this.hint = details.hint;
  }
}

/** Works across two copies of this package, where `instanceof` would not. */
export function isMcpError(value: unknown): value is McpError {
  return typeof value === 'object' && value !== null && MARK in value;
}
