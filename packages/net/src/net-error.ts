/**
 * Everything that can go wrong between a request and its last byte, as one class with a closed set of codes.
 *
 * Compare `code`, never the text. The message says what, where, got and limit; it never holds a secret, because callers
 * pass only hosts, counts and field names. `docs/errors.md` has a heading for every code; `npm run check` proves it.
 */
export const NET_ERROR_CODES = [
  // Request encoding (we were asked to send something that must not be sent)
  'NET_BAD_REQUEST',
  'NET_BODY_LENGTH_MISMATCH',
  // Response decoding (the server broke a rule)
  'NET_NOT_HTTP',
  'NET_TLS_ON_PLAIN_PORT',
  'NET_BAD_STATUS_LINE',
  'NET_BAD_VERSION',
  'NET_BAD_FIELD',
  'NET_BAD_CONTENT_LENGTH',
  'NET_BAD_TRANSFER_ENCODING',
  'NET_BAD_CHUNK',
  'NET_UNEXPECTED_UPGRADE',
  'NET_CONTENT_ENCODING',
  'NET_HEAD_TOO_LARGE',
  'NET_LINE_TOO_LONG',
  'NET_TOO_MANY_FIELDS',
  'NET_TOO_MANY_INTERIM_RESPONSES',
  'NET_CHUNK_OVERHEAD',
  'NET_TRAILERS_TOO_LARGE',
  'NET_BODY_TOO_LARGE',
  'NET_CLOSED_BEFORE_RESPONSE',
  'NET_TRUNCATED_HEAD',
  'NET_TRUNCATED_BODY',
  // Server-sent events
  'NET_SSE_LINE_TOO_LONG',
  'NET_SSE_EVENT_TOO_LARGE',
  // Sockets
  'NET_ABORTED',
  'NET_DNS',
  'NET_CONNECT',
  'NET_CONNECT_TIMEOUT',
  'NET_TLS_TIMEOUT',
  'NET_HEAD_TIMEOUT',
  'NET_IDLE_TIMEOUT',
  'NET_WRITE_TIMEOUT',
  'NET_RESET',
  'NET_CLOSED',
  'NET_TLS',
  'NET_TLS_UNTRUSTED',
  'NET_TLS_NAME',
  'NET_TLS_EXPIRED',
  'NET_TLS_ALPN',
  'NET_BAD_TRUST',
  // Where a socket may go
  'NET_BAD_URL',
  'NET_PLAIN_HTTP_REFUSED',
  'NET_EGRESS_DENIED',
  'NET_EGRESS_ADDRESS',
  'NET_PROXY_CONFIG',
  'NET_PROXY_CONNECT',
  'NET_PROXY_AUTH',
  'NET_PROXY_REFUSED',
  'NET_PROXY_PROTOCOL',
  // Tokens
  'NET_TOKEN_MISSING',
  'NET_TOKEN_MALFORMED',
  'NET_TOKEN_EXPIRED',
  'NET_TOKEN_PERMISSIONS',
  'NET_TOKEN_LOCKED',
  'NET_TOKEN_NOT_WRITABLE',
  'NET_TOKEN_REMOTE',
  'NET_TOKEN_REFRESH',
  'NET_TOKEN_SIGNED_OUT',
  'NET_TOKEN_ACCOUNT',
  // SSH (made by @sx/ssh, declared here because an error class has one set of codes)
  'NET_SSH_PROTOCOL',
  'NET_SSH_ALGORITHMS',
  'NET_SSH_HOST_KEY',
  'NET_SSH_AUTH',
  'NET_SSH_KEY_FILE',
  'NET_SSH_COMMAND',
  'NET_SSH_TIMEOUT',
] as const;

/** Stable names of all errors; `docs/errors.md` has a paragraph for each. */
export type NetErrorCode = (typeof NET_ERROR_CODES)[number];

/** Facts beside the message, for programs. Nothing here may hold a secret. */
export interface NetErrorDetails {
  /** Host, host:port, file or field name where it happened. */
  readonly where?: string;
  /** What was seen, shortened to 200 characters and without control characters. */
  readonly got?: string | number;
  /** The limit that was passed, in the unit that the message names. */
  readonly limit?: number;
  /** Offset of the offending byte in the input of the decoder. */
  readonly offset?: number;
  /** Bytes of the response that had arrived. */
  readonly bytesRead?: number;
  /** What a user can do about it: the configuration key that would change it, for instance. */
  readonly hint?: string;
  /** What the platform threw, if that was the reason. It is not masked: print it through a redactor. */
  readonly cause?: unknown;
}

const MARK = Symbol.for('@sx/net.NetError');

/** Every error of this package. `message` is one line and says what, where, what was got and which limit; it holds no secret. */
export class NetError extends Error {
  override readonly name = 'NetError';
  /** What went wrong, for programs. */
  readonly code: NetErrorCode;
  /** See {@link NetErrorDetails.where}. */
  readonly where: string | undefined;
  /** See {@link NetErrorDetails.got}; shortened here. */
  readonly got: string | number | undefined;
  /** See {@link NetErrorDetails.limit}. */
  readonly limit: number | undefined;
  /** See {@link NetErrorDetails.offset}. */
  readonly offset: number | undefined;
  /** See {@link NetErrorDetails.bytesRead}. */
  readonly bytesRead: number | undefined;
  /** See {@link NetErrorDetails.hint}. */
  readonly hint: string | undefined;
  readonly [MARK] = true;

  constructor(code: NetErrorCode, message: string, details: NetErrorDetails = {}) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
    this.code = code;
    this.where = details.where;
    this.got = typeof details.got === 'string' ? printable(details.got, GOT_CHARS_MAX) : details.got;
    this.limit = details.limit;
    this.offset = details.offset;
    this.bytesRead = details.bytesRead;
    this.hint = details.hint;
  }
}

const GOT_CHARS_MAX = 200;

/** Text from outside as it may stand in a message: control characters escaped, shortened. */
export function printable(text: string, charsMax = GOT_CHARS_MAX): string {
  const cut = text.length > charsMax ? `${text.slice(0, charsMax)}…` : text;
  // C0, DEL and C1 controls, line separators and bidirectional overrides would act on a terminal.
  return cut.replace(/[\u0000-\u001f\u007f-\u009f\u2028\u2029\u202a-\u202e\u2066-\u2069]/g, (character) =>
    `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

/** Works across two copies of this package, where `instanceof` would not. */
export function isNetError(value: unknown): value is NetError {
  return typeof value === 'object' && value !== null && MARK in value;
}
