/** Every limit of the package, in one table. The unit is in the name. */
export const limits = {
  /** Explicit caches that live at a time; the one that was not used for longest goes first. */
  cachesMax: 4,
  /** Life of a cache since its last use: what is left behind by a killed process is gone after it. */
  cacheTtlSeconds: 300,
  /** Of a call that makes, extends or deletes a cache. */
  cacheCallTimeoutMs: 20_000,
  /** How long `close` waits for caches that are being made, and after that for their removal. */
  closeWaitMs: 2_000,
  closeDeleteMs: 2_000,
  /** Conversations for which it is remembered that caching failed. */
  failedSessionsMax: 64,
  /** What an image, or a page, counts for where tokens are estimated. */
  mediaTokens: 258,
  charsPerToken: 4,
  /** Requests in a row by which the server goes on with one answer, and those of them that may bring nothing. */
  continuationsMax: 32,
  continuationsIdleMax: 3,
} as const;
