/**
 * What callers of the package see of HTTP: a request, a response whose body is pulled, and the transport between them.
 *
 * The transport never follows a redirect, never sends cookies, never decompresses, never repeats a request of its own
 * accord, but for one case: a *reused* connection died and `write()` was never called on it for this request.
 */
import type { Deadlines } from './limits.ts';
import type { Fields } from './fields.ts';

/**
 * One request. Nothing in it can add a byte to the head that its grammar does not allow there (`NET_BAD_REQUEST`,
 * `NET_BAD_URL`).
 */
export interface HttpRequest {
  /** A token, case-sensitive (RFC 9110, section 9.1). */
  readonly method: string;
  /** Absolute `http:` or `https:` URL without userinfo. A fragment is dropped. */
  readonly url: string;
  /** Without framing, routing or connection fields: those are ours alone (`NET_BAD_REQUEST`). */
  readonly fields?: Fields;
  /** Sent whole, with its `Content-Length`; not copied, so leave it alone until the answer is there. Default: no content. */
  readonly body?: Uint8Array;
}

/** What holds for one exchange alone. */
export interface SendOptions {
  /** Aborting destroys the connection; what is pending rejects with `NET_ABORTED`. */
  readonly signal?: AbortSignal | undefined;
  /** Overrides single deadlines of the transport for this exchange. */
  readonly deadlines?: Partial<Deadlines> | undefined;
  /** Called for each 1xx response before the final one. */
  readonly onInterim?: ((status: number, fields: Fields) => void) | undefined;
}

/**
 * A response body, pulled. Iterating reads from the socket; leaving the loop early closes the connection. It can be
 * iterated once. Pieces are views that are valid until the next piece is asked for: copy what is kept.
 */
export interface HttpBody extends AsyncIterable<Uint8Array> {
  /**
   * `unread` and `reading` until the end; then `complete` (the framing ended), `closed` (the length was the connection's:
   * nobody can prove that it is whole, since Node hides a missing TLS closure alert) or `failed`.
   */
  readonly state: 'unread' | 'reading' | 'complete' | 'closed' | 'failed';
  /** Trailer section; empty until the body ended. Never merged into the header fields. */
  readonly trailers: Fields;
  /** Ends the exchange without reading on. The connection is closed, unless the body had ended. */
  cancel(): void;
}

/** The final response: its head, and a body that is still to be read or cancelled. A 3xx, 4xx or 5xx is no error here. */
export interface HttpResponse {
  /** 200 to 999 (1xx go to `onInterim`). */
  readonly status: number;
  /** Reason phrase as sent, octets as latin1, possibly empty. It carries no meaning. */
  readonly reason: string;
  /** Field lines of the head, in order, values as latin1. */
  readonly fields: Fields;
  /** Read it to its end, leave its loop, or cancel it: until then it keeps the connection. */
  readonly body: HttpBody;
  /** Which connection carried it, as the wire trace numbers them. */
  readonly connectionId: number;
}

/** HTTP/1.1 over pooled connections. */
export interface Transport {
  /**
   * Sends one request and resolves with the final response's head.
   *
   * @throws {NetError} any code but the token ones.
   */
  send(request: HttpRequest, options?: SendOptions): Promise<HttpResponse>;
  /** Closes idle connections and refuses new requests. Exchanges in progress go on. */
  close(): void;
}
