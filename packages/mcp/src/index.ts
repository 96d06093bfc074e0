/** MCP client over stdio and Streamable HTTP. */
export type { Channel, Receiver, SendOptions } from './channel.ts';
export { type CallOptions, createMcpClient, type McpClient, type McpClientOptions } from './client.ts';
export { createHttpChannel, type HttpChannelOptions } from './http/http-channel.ts';
export { createLineDecoder } from './json-rpc/line-decoder.ts';
export { readMessages, type RpcId, type RpcMessage } from './json-rpc/message.ts';
export { type McpLimits, mcpLimits } from './limits.ts';
export { isMcpError, MCP_ERROR_CODES, McpError, type McpErrorCode, type McpErrorDetails } from './mcp-error.ts';
export { createMcpServer, type McpServer, type McpServerOptions, type McpServerStatus } from './mcp-server.ts';
export { createMcpServers, type McpServers, type McpServersOptions, type ToolCache } from './mcp-servers.ts';
export { LATEST_PROTOCOL_VERSION } from './protocol-version.ts';
export {
  type HttpServerSpec,
  type Lookup,
  parseServerLine,
  parseServers,
  type ReadServers,
  type ServerSpec,
  type StdioServerSpec,
} from './server-config.ts';
export { createStdioChannel, type StdioChannelOptions } from './stdio/stdio-channel.ts';
export { type McpToolDefinition, readTool, readTools } from './tool-definition.ts';
export { toNamePart, toToolName } from './tool-name.ts';
export { toOutput } from './tool-result.ts';
