/**
 * One request and its response on one connection.
 *
 * In: the encoded request, bytes of the socket. Out: the response head by promise, interim heads by callback, the body by
 * pull. States: `head` → `body` → `over`. Reading goes on while the request is sent, so an early final response (413, 401)
 * reaches the caller; what was not sent then stays so, and the connection is closed after the body.
 *
 * The decoder runs inside the socket's `data` callback, on memory that is ours: it joins the chunks of one read to one piece, so that a
 * consumer pays one promise for each read, not one for each chunk.
 */
import type { Fields } from '../fields.ts';
import { createResponseDecoder, type HttpEvent, type ResponseDecoder } from '../http1/response-decoder.ts';
import type { Deadlines, Limits } from '../limits.ts';
import { isNetError, NetError, type NetErrorCode } from '../net-error.ts';
import type { HttpResponse } from '../transport.ts';
import { type BodySource, ResponseBody } from './body.ts';
import type { Clock } from './connection-deadline.ts';
import type { Connection, ConnectionUser } from './connection.ts';
import { clientCertificateHint } from './tls-error.ts';

export interface ExchangeOptions {
  readonly method: string;
  /** Number of the request, as the wire trace counts them. */
  readonly request: number;
  readonly head: Uint8Array;
  readonly body: Uint8Array;
  /** What the head says about the body: its owner may take the memory away while we wait. */
  readonly bodyBytes: number;
  readonly limits: Limits;
  readonly deadlines: Deadlines;
  readonly signal: AbortSignal | undefined;
  readonly onInterim: ((status: number, fields: Fields) => void) | undefined;
  /** Takes the connection back; only where RFC 9112, section 9.3 lets it be used again. */
  readonly onReusable: (connection: Connection, keepAliveMs: number) => void;
}

type ResponseEnd = Extract<HttpEvent, { readonly type: 'end' }>;

interface RequestSlice {
  /** Of the first one: with the head. */
  readonly bytes: Uint8Array;
  readonly bodyBytes: number;
}

/** A request goes out in slices of this size, the next when the operating system has taken the last. */
const WRITE_BYTES = 64 * 1024;

export function runExchange(connection: Connection, options: ExchangeOptions): Promise<HttpResponse> {
  return new Promise((resolve, reject) => {
    new Exchange(connection, options, resolve, reject).start();
  });
}

class Exchange implements ConnectionUser, BodySource {
  readonly #connection: Connection;
  readonly #options: ExchangeOptions;
  readonly #resolve: (response: HttpResponse) => void;
  readonly #reject: (error: unknown) => void;
  readonly #decoder: ResponseDecoder;
  readonly #body: ResponseBody;
  #state: 'head' | 'body' | 'over' = 'head';
  #bytesRead = 0;
  /** Bytes of the body that were not given to the socket yet. */
  #unsentBytes: number;
  /** What goes out next; undefined where the body was taken away. */
  #next: RequestSlice | undefined;
  /** The final response began before every byte of the request was written. */
  #early = false;
  #keepAliveMs: number;
  /** Body that the current read brought. */
  #piece: Uint8Array | undefined;
  #end: ResponseEnd | undefined;

  constructor(
    connection: Connection,
    options: ExchangeOptions,
    resolve: (response: HttpResponse) => void,
    reject: (error: unknown) => void,
  ) {
    this.#connection = connection;
    this.#options = options;
    this.#resolve = resolve;
    this.#reject = reject;
    this.#decoder = createResponseDecoder({ method: options.method, limits: options.limits, ownsInput: true });
    this.#body = new ResponseBody(this);
    this.#unsentBytes = options.bodyBytes;
    this.#keepAliveMs = options.deadlines.keepAliveTimeoutMs;
  }

  start(): void {
    const { head, signal, request, deadlines } = this.#options;
    this.#connection.begin(this, request);
    signal?.addEventListener('abort', this.#onAbort, { once: true });
    this.#connection.deadline.start('head', deadlines.headTimeoutMs);
    this.#next = this.#slice(head);
    this.#write();
  }

  /** Head and small body go in one write. @param head - Empty for every slice but the first. */
  #slice(head: Uint8Array): RequestSlice | undefined {
    const { body, bodyBytes } = this.#options;
    // A length that was declared is kept, or the connection is of no use to anybody. Memory that is gone has length 0.
    if (body.length !== bodyBytes) return undefined;
    const from = bodyBytes - this.#unsentBytes;
    const slice = body.subarray(from, from + Math.max(0, WRITE_BYTES - head.length));
    // A copy: the memory of the body is not ours, and what is in flight must neither change nor go away.
    return { bytes: slice.length === 0 ? head : Buffer.concat([head, slice]), bodyBytes: slice.length };
  }

  #failForLength(): void {
    const { where, bytesRead } = this.#facts();
    const { bodyBytes: limit } = this.#options;
    const got = limit - this.#unsentBytes;
    const message = `the body of the request to ${where} was taken away after ${got} of ${limit} bytes`;
    this.#fail(new NetError('NET_BODY_LENGTH_MISMATCH', message, { where, got, limit, bytesRead }));
  }

  readonly #onTaken = (): void => {
    if (this.#state === 'over') return;
    this.#connection.deadline.stop('write');
    if (this.#unsentBytes === 0 || this.#state === 'body') return;
    // A server that refuses a body may reset the connection right after its answer, and a write that runs into the reset makes
    // Node drop what was not read. So the loop turns before each slice, which lies ready: an answer that came is read first.
    this.#next = this.#slice(NOTHING);
    setImmediate(this.#write);
  };

  readonly #write = (): void => {
    // After an early final response nobody reads the rest of the request.
    if (this.#state !== 'head') return;
    const slice = this.#next;
    this.#next = undefined;
    if (slice === undefined) return this.#failForLength();
    this.#unsentBytes -= slice.bodyBytes;
    this.#connection.deadline.start('write', this.#options.deadlines.writeTimeoutMs);
    this.#connection.write(slice.bytes, this.#onTaken);
    if (this.#unsentBytes === 0) this.#connection.requestSent();
  };

  receive(bytes: Uint8Array): void {
    this.#bytesRead += bytes.length;
    if (this.#state === 'body') this.#connection.deadline.start('idle', this.#options.deadlines.idleTimeoutMs);
    try {
      this.#decoder.push(bytes, this.#onEvent);
    } catch (error) {
      this.#handOver();
      this.#fail(this.#located(error));
      return;
    }
    this.#handOver();
    if (this.#end !== undefined) this.#finish(this.#end);
  }

  ended(): void {
    try {
      this.#decoder.end(this.#onEvent);
    } catch (error) {
      this.#fail(this.#located(error));
      return;
    }
    if (this.#end !== undefined) this.#finish(this.#end);
  }

  broke(error: Error | undefined): void {
    const { where, bytesRead } = this.#facts();
    const code = error !== undefined && isTlsFault(error) ? 'NET_TLS' : 'NET_RESET';
    const what = code === 'NET_TLS' ? 'failed in TLS' : 'was reset';
    const beforeHead = this.#unsentBytes === 0 ? 'before the response head' : 'while the request was sent';
    const phase = this.#state === 'body' ? 'within the response body' : beforeHead;
    const message = `the connection to ${where} ${what} ${phase} (${bytesRead} bytes read)`;
    const got = codeOf(error);
    this.#fail(new NetError(code, message, { where, bytesRead, got, ...clientCertificateHint(got), cause: error }));
  }

  due(clock: Clock): void {
    const { deadlines } = this.#options;
    const { where, bytesRead } = this.#facts();
    const expired = (code: NetErrorCode, limit: number, what: string): void =>
      this.#fail(new NetError(code, `${what} in ${limit} ms (${bytesRead} bytes read)`, { where, limit, bytesRead }));
    switch (clock) {
      case 'head':
        return expired('NET_HEAD_TIMEOUT', deadlines.headTimeoutMs, `no complete response head from ${where}`);
      case 'idle':
        return expired('NET_IDLE_TIMEOUT', deadlines.idleTimeoutMs, `nothing more of the response body from ${where}`);
      case 'write':
        return expired('NET_WRITE_TIMEOUT', deadlines.writeTimeoutMs, `${where} took nothing more of the request`);
      case 'keep-alive':
      case 'close':
        // The connection's own.
        return undefined;
      default:
        return clock satisfies never;
    }
  }

  pause(): void {
    // All that comes after the end is a reason to close, and should be seen.
    if (this.#state !== 'body' || this.#end !== undefined) return;
    // Silence is not the server's while nobody reads.
    this.#connection.deadline.stop('idle');
    this.#connection.pause();
  }

  resume(): void {
    if (this.#state !== 'body') return;
    this.#connection.deadline.start('idle', this.#options.deadlines.idleTimeoutMs);
    this.#connection.resume();
  }

  cancel(): void {
    if (this.#state === 'over') return;
    const { where, bytesRead } = this.#facts();
    this.#leave();
    this.#connection.close('body not read to its end');
    this.#body.fail(
      new NetError('NET_ABORTED', `the response body of ${where} was left (${bytesRead} bytes read)`, { where, bytesRead }),
      true,
    );
  }

  readonly #onEvent = (event: HttpEvent): void => {
    switch (event.type) {
      case 'interim':
        this.#options.onInterim?.(event.status, event.fields);
        return;
      case 'response':
        this.#state = 'body';
        this.#early = this.#unsentBytes > 0;
        this.#connection.deadline.stop('head');
        this.#connection.deadline.start('idle', this.#options.deadlines.idleTimeoutMs);
        this.#keepAliveMs = Math.min(this.#keepAliveMs, keepAliveHintMs(event.fields));
        this.#resolve({
          status: event.status,
          reason: event.reason,
          fields: event.fields,
          body: this.#body,
          connectionId: this.#connection.id,
        });
        return;
      case 'data':
        this.#piece = this.#piece === undefined ? event.bytes : Buffer.concat([this.#piece, event.bytes]);
        return;
      case 'end':
        this.#end = event;
        return;
      case 'tunnel':
        throw new NetError('NET_BAD_REQUEST', 'CONNECT is the business of the dialer');
      default:
        return event satisfies never;
    }
  };

  #handOver(): void {
    const piece = this.#piece;
    if (piece === undefined) return;
    this.#piece = undefined;
    this.#body.push(piece);
  }

  #finish(end: ResponseEnd): void {
    // RFC 9112, section 9.3: both messages complete, nothing left over, nobody said `close`.
    const reusable = end.reusable && !this.#early && this.#decoder.leftover === undefined && this.#keepAliveMs > 0;
    this.#leave();
    if (reusable) this.#options.onReusable(this.#connection, this.#keepAliveMs);
    else this.#connection.close(end.outcome === 'closed' ? 'closed by the server' : 'not to be used again');
    this.#body.finish(end.outcome, end.trailers);
  }

  #fail(error: unknown): void {
    if (this.#state === 'over') return;
    const awaitsHead = this.#state === 'head';
    this.#leave();
    this.#connection.destroy(isNetError(error) ? error.code : 'fault');
    if (awaitsHead) this.#reject(error);
    else this.#body.fail(error, isNetError(error) && error.code === 'NET_ABORTED');
  }

  /** Lets go of everything the exchange held. */
  #leave(): void {
    this.#state = 'over';
    this.#options.signal?.removeEventListener('abort', this.#onAbort);
    this.#connection.release();
  }

  readonly #onAbort = (): void => {
    const { where, bytesRead } = this.#facts();
    const cause: unknown = this.#options.signal?.reason;
    this.#fail(
      new NetError('NET_ABORTED', `the request to ${where} was aborted (${bytesRead} bytes read)`, { where, bytesRead, cause }),
    );
  };

  #facts(): { readonly where: string; readonly bytesRead: number } {
    return { where: this.#connection.host, bytesRead: this.#bytesRead };
  }

  /** The decoder knows the fault; only we know the host. */
  #located(error: unknown): unknown {
    if (!isNetError(error)) return error;
    const { where, bytesRead } = this.#facts();
    const { code, message, got, limit, offset, hint } = error;
    const details = {
      ...(got !== undefined && { got }),
      ...(limit !== undefined && { limit }),
      ...(offset !== undefined && { offset }),
    };
    return new NetError(code, `${where}: ${message}`, {
      where,
      bytesRead,
      ...details,
      ...(hint !== undefined && { hint }),
      cause: error,
    });
  }
}

const NOTHING = new Uint8Array(0);

/** `Keep-Alive: timeout=n`, less the second that a FIN may take to reach us. Infinity where the server gives none. */
function keepAliveHintMs(fields: Fields): number {
  for (const [name, value] of fields) {
    if (name.length !== 10 || name.toLowerCase() !== 'keep-alive') continue;
    const seconds = /(?:^|[,;\s])timeout=([0-9]{1,9})/i.exec(value)?.[1];
    if (seconds !== undefined) return (Number(seconds) - 1) * 1_000;
  }
  return Infinity;
}

function codeOf(error: Error | undefined): string {
  return error !== undefined && 'code' in error && typeof error.code === 'string' ? error.code : 'closed';
}

function isTlsFault(error: Error): boolean {
  return /^ERR_(?:SSL|TLS)_|^EPROTO$/.test(codeOf(error));
}
