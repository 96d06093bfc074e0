/** Every limit of the package, in one table. The unit is in the name. A caller may lower or raise each one. */
export interface McpLimits {
  /** One JSON-RPC message, in either direction: a line of a stdio server, a body or an event of an HTTP one. */
  readonly messageBytesMax: number;
  /** Nesting of one message. */
  readonly messageDepthMax: number;
  /** Lines that are no JSON-RPC, answers that nobody waits for, notifications and requests, in so much time. */
  readonly strayMessagesMax: number;
  readonly strayWindowMs: number;
  /** Answers of ours to requests of the server that are under way. */
  readonly repliesMax: number;
  /** What a server writes on standard error, kept for the message when it fails: the last of it. */
  readonly stderrBytesMax: number;
  readonly serversMax: number;
  readonly toolsMax: number;
  /** Tools of all servers that the model is offered: vendors take 128 in sum. */
  readonly offeredToolsMax: number;
  readonly toolPagesMax: number;
  readonly toolDescriptionCharsMax: number;
  /** Input schema of one tool, as JSON. */
  readonly toolSchemaBytesMax: number;
  /** All definitions of one server, as JSON. */
  readonly definitionsBytesMax: number;
  /** What the model sees of the text of one result, and how many parts of it. */
  readonly resultCharsMax: number;
  readonly resultPartsMax: number;
  /** One image of a result, as base64. */
  readonly resultMediaBytesMax: number;
  readonly progressCharsMax: number;
  /** Start, `initialize` and the first list of tools, in sum. */
  readonly startTimeoutMs: number;
  /** Silence of a call; progress counts as life. */
  readonly callTimeoutMs: number;
  /** One call in sum, whatever progress it reports. */
  readonly callTimeoutMsMax: number;
  /** How long a stdio server may take to leave once its input is closed, then again after SIGTERM. */
  readonly closeGraceMs: number;
  /** The DELETE that ends an HTTP session, and notifications of ours. */
  readonly deleteTimeoutMs: number;
  /** Times that one server is started in a session. */
  readonly startsMax: number;
}

export const mcpLimits: McpLimits = {
  messageBytesMax: 16 * 1024 * 1024,
  messageDepthMax: 128,
  strayMessagesMax: 10_000,
  strayWindowMs: 10_000,
  repliesMax: 16,
  stderrBytesMax: 4 * 1024,
  serversMax: 16,
  toolsMax: 128,
  offeredToolsMax: 100,
  toolPagesMax: 64,
  toolDescriptionCharsMax: 1_024,
  toolSchemaBytesMax: 8 * 1024,
  definitionsBytesMax: 64 * 1024,
  resultCharsMax: 60_000,
  resultPartsMax: 100,
  resultMediaBytesMax: 5 * 1024 * 1024,
  progressCharsMax: 500,
  startTimeoutMs: 30_000,
  callTimeoutMs: 120_000,
  callTimeoutMsMax: 1_800_000,
  closeGraceMs: 500,
  deleteTimeoutMs: 2_000,
  startsMax: 4,
};
