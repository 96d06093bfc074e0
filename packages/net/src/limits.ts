/**
 * Every limit of the package, in one table. The unit is in the name, or it is a count. A caller may lower or raise each one.
 *
 * The figures were chosen against those of Node (16 KiB head), curl (300 KB), Go (10 MiB) and hyper (100 fields):
 * generous for real servers, small enough that a hostile one gains nothing.
 */
export interface Limits {
  /** Response heads in sum: all interim responses and the final one. */
  readonly headBytesMax: number;
  /** One line of a head: the status line, or one field line with its folded continuations. */
  readonly lineBytesMax: number;
  /** Field lines of one head, and of one trailer section. */
  readonly fieldsMax: number;
  /** 1xx responses before the final one. */
  readonly interimResponsesMax: number;
  /** Size lines of chunks may cost 16 bytes plus twice the chunk's data; what goes beyond adds up to this at most. */
  readonly chunkOverheadBytesMax: number;
  /** The trailer section of a chunked body. */
  readonly trailerBytesMax: number;
  /** Bodies read whole: error bodies, tokens, JSON answers. */
  readonly bufferedBodyBytesMax: number;
  /** One line of an event stream. */
  readonly sseLineBytesMax: number;
  /** The `data` of one event in sum. */
  readonly sseEventBytesMax: number;
  /** Request heads that we encode. */
  readonly requestHeadBytesMax: number;
  /** Persistent connections kept idle, per pool key and in sum. */
  readonly idleConnectionsPerKeyMax: number;
  /** In sum over all keys. */
  readonly idleConnectionsMax: number;
  /** Addresses of one name that are tried. */
  readonly addressesMax: number;
  /** What a proxy says beside a refusal, kept for the message. */
  readonly proxyRefusalBytesMax: number;
  /** One file of certificate authorities. */
  readonly trustBundleBytesMax: number;
  /** A credentials file or a remote token answer. */
  readonly credentialBytesMax: number;
  /** The head of a request that reaches our loop-back redirect server. */
  readonly loopbackHeadBytesMax: number;
  /** Refused connections that are remembered for the report at exit. */
  readonly refusalsMax: number;
}

/** The limits where a caller sets none. */
export const defaultLimits: Limits = {
  headBytesMax: 256 * 1024,
  lineBytesMax: 64 * 1024,
  fieldsMax: 1_000,
  interimResponsesMax: 64,
  chunkOverheadBytesMax: 16 * 1024,
  trailerBytesMax: 16 * 1024,
  bufferedBodyBytesMax: 1024 * 1024,
  sseLineBytesMax: 8 * 1024 * 1024,
  sseEventBytesMax: 64 * 1024 * 1024,
  requestHeadBytesMax: 64 * 1024,
  idleConnectionsPerKeyMax: 8,
  idleConnectionsMax: 32,
  addressesMax: 16,
  proxyRefusalBytesMax: 4 * 1024,
  trustBundleBytesMax: 16 * 1024 * 1024,
  credentialBytesMax: 1024 * 1024,
  loopbackHeadBytesMax: 8 * 1024,
  refusalsMax: 100,
};

/** How long each phase of an exchange may take. Zero is not "no limit": it is refused. */
export interface Deadlines {
  /** Name resolution and TCP connection, all addresses and the proxy's CONNECT included. */
  readonly connectTimeoutMs: number;
  /** One TLS handshake. */
  readonly tlsTimeoutMs: number;
  /** From the first byte of the request to the end of the final response head, in sum over interim responses. */
  readonly headTimeoutMs: number;
  /** Silence between two pieces of a response body. Comments of an event stream count as life. */
  readonly idleTimeoutMs: number;
  /** Silence while the peer does not take what we write. */
  readonly writeTimeoutMs: number;
  /** How long an unused persistent connection is kept, unless the server's `Keep-Alive: timeout` is shorter. */
  readonly keepAliveTimeoutMs: number;
  /** How long a closing TLS connection may take to send its closure alert before it is destroyed. */
  readonly closeTimeoutMs: number;
  /** Happy Eyeballs: head start of one address before the next is tried beside it (RFC 8305, section 5). */
  readonly attemptDelayMs: number;
}

/** The deadlines where a caller sets none. */
export const defaultDeadlines: Deadlines = {
  connectTimeoutMs: 30_000,
  tlsTimeoutMs: 15_000,
  headTimeoutMs: 600_000,
  idleTimeoutMs: 300_000,
  writeTimeoutMs: 60_000,
  keepAliveTimeoutMs: 4_000,
  closeTimeoutMs: 1_000,
  attemptDelayMs: 250,
};

/** How the token sources wait and when they renew. */
export interface TokenTimings {
  /** A token is renewed when it has less than this left. Of a token that lives shorter than twice this, half its life. */
  readonly renewBeforeExpiryMs: number;
  /** A token whose expiry nobody can read is renewed when its last refresh is older than this. */
  readonly renewAfterRefreshMs: number;
  /** A remote token whose expiry nobody tells is asked for again after this. */
  readonly remoteCacheMs: number;
  /** One refresh, from the request to the end of its answer. */
  readonly refreshTimeoutMs: number;
  /** After a refresh that failed in passing, a token that is still good is used for this long before the next try. */
  readonly renewBackoffMs: number;
  /** How long a process waits for another one that refreshes. */
  readonly lockTimeoutMs: number;
  /** How often the holder of a lock shows that it lives. */
  readonly lockHeartbeatMs: number;
  /** A lock that showed no life for this long is taken over, though its holder's process may exist. */
  readonly lockStaleMs: number;
  /** A file that is empty or cut is read again after this, a few times: vendors' tools write theirs in place. */
  readonly tornReadRetryMs: number;
  /** How many times such a file is read again. */
  readonly tornReadRetriesMax: number;
}

/** The timings where a caller sets none. */
export const defaultTokenTimings: TokenTimings = {
  renewBeforeExpiryMs: 5 * 60_000,
  renewAfterRefreshMs: 8 * 24 * 60 * 60_000,
  remoteCacheMs: 5 * 60_000,
  refreshTimeoutMs: 30_000,
  renewBackoffMs: 30_000,
  lockTimeoutMs: 60_000,
  lockHeartbeatMs: 1_000,
  lockStaleMs: 10_000,
  tornReadRetryMs: 50,
  tornReadRetriesMax: 3,
};
