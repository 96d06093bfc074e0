/** MCP client over stdio and Streamable HTTP. */
export {};
