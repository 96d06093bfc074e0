/**
 * Wire trace: every byte that went over a connection, after TLS, as JSON lines with times; secrets masked when written.
 *
 * In: what the dialer and the transport report. Out: one line for each event. `docs/wire-trace.md` shows how to read them.
 * Bytes pass the redactor's stream of their connection, direction and request, so a secret that is split over two reads,
 * two writes or two chunks is masked too. What may still become a secret is held back until the next bytes, at the latest
 * until the exchange ends: its line then has the later time. Nothing is kept of what was written.
 */
import type { Decoder } from './decoder.ts';
import { createRedactor, type Redactor } from './redact.ts';
import type { DialStep, DialTarget } from './socket/dialer-contract.ts';
import { monotonicMs } from './monotonic-ms.ts';

export interface TraceBase {
  /** Milliseconds since the trace began, with fractions. */
  readonly atMs: number;
  /** The same as wall clock, ISO 8601 in UTC. */
  readonly time: string;
}

/** One line of a trace, as `JSON.parse` gives it. Secrets are masked already. */
export type TraceLine = TraceBase &
  (
    /** A request needs a new connection. Requests are counted from 1 over the life of a transport; a retry is a new one. */
    | { readonly type: 'dial'; readonly request: number; readonly scheme: string; readonly host: string; readonly port: number }
    | { readonly type: 'dial-failed'; readonly request: number; readonly code: string }
    /** One step of making a connection: policy, DNS, TCP, proxy, TLS. */
    | {
        readonly type: 'step';
        readonly connection: number;
        readonly name: string;
        readonly ok: boolean;
        readonly elapsedMs: number;
        readonly detail: string;
      }
    | {
        readonly type: 'open';
        readonly connection: number;
        readonly request: number;
        readonly remoteAddress: string;
        /** `TLSv1.3`; null in plain text. */
        readonly tls: string | null;
      }
    /** Bytes: UTF-8 as `text`, anything else as `base64`. */
    | {
        readonly type: 'sent' | 'received';
        readonly connection: number;
        readonly request: number;
        readonly text?: string;
        readonly base64?: string;
      }
    | { readonly type: 'close'; readonly connection: number; readonly reason: string }
  );

/** What the socket layer tells a trace. */
export interface WireTrace {
  /** For `createDialer({ trace: trace.step })`. */
  readonly step: (connection: number, step: DialStep) => void;
  /** A request needs a new connection. */
  dialing(request: number, target: DialTarget): void;
  /** It did not get one; `code` is that of the error. */
  dialFailed(request: number, code: string): void;
  /** It got one. `tls` is the protocol, undefined in plain text. */
  opened(connection: number, request: number, facts: { readonly remoteAddress: string; readonly tls: string | undefined }): void;
  /** Read at once, not kept. */
  bytes(connection: number, request: number, direction: 'sent' | 'received', bytes: Uint8Array): void;
  /** Nothing more of the request will come: its end need not be held back. */
  requestSent(connection: number): void;
  /** Nothing more of this exchange will come in either direction. */
  exchangeEnded(connection: number): void;
  /** The connection is gone; writes out what was held back of it. */
  closed(connection: number, reason: string): void;
  /** What `write` threw (a full disk): the trace ends there, the requests that it watches go on. */
  readonly fault: unknown;
}

/** Where a trace goes and what it masks. */
export interface WireTraceOptions {
  /** Takes one line without its line feed. Once it has thrown it is not called again: see `fault`. */
  readonly write: (line: string) => void;
  /** Default: one that knows names and shapes, but no values. */
  readonly redactor?: Redactor | undefined;
  /** Milliseconds of a clock that only goes forward. Default: `process.hrtime`. */
  readonly nowMs?: (() => number) | undefined;
  /** The wall clock's time of the beginning. Default: now. */
  readonly startedAt?: Date | undefined;
}

/** A trace for `createTransport({ trace })`. None of its members throws. */
export function createWireTrace(options: WireTraceOptions): WireTrace {
  const { write, redactor = createRedactor(), nowMs = monotonicMs, startedAt = new Date() } = options;
  const startMs = nowMs();
  const streams = new Map<string, TextStream>();
  let fault: unknown;

  const line = (event: DistributiveOmit<TraceLine, keyof TraceBase>): void => {
    const atMs = Math.round((nowMs() - startMs) * 1_000) / 1_000;
    if (fault !== undefined) return;
    try {
      write(JSON.stringify({ atMs, time: new Date(startedAt.getTime() + atMs).toISOString(), ...event }));
    } catch (error) {
      fault = error ?? new Error('the trace could not be written');
    }
  };
  const streamOf = (connection: number, request: number, direction: 'sent' | 'received'): TextStream => {
    const key = `${connection} ${direction}`;
    const open = streams.get(key);
    if (open !== undefined) return open;
    const stream = createTextStream(redactor.stream(), (content) => line({ type: direction, connection, request, ...content }));
    streams.set(key, stream);
    return stream;
  };
  const endStream = (connection: number, direction: 'sent' | 'received'): void => {
    const key = `${connection} ${direction}`;
    const stream = streams.get(key);
    streams.delete(key);
    stream?.end();
  };
  const endStreams = (connection: number): void => {
    endStream(connection, 'sent');
    endStream(connection, 'received');
  };

  return {
    step: (connection, { name, elapsedMs, detail, ok }) =>
      line({
        type: 'step',
        connection,
        name,
        ok,
        elapsedMs: Math.round(elapsedMs * 1_000) / 1_000,
        detail: redactor.redactText(detail),
      }),
    dialing: (request, { scheme, hostname, port }) => line({ type: 'dial', request, scheme, host: hostname, port }),
    dialFailed: (request, code) => line({ type: 'dial-failed', request, code }),
    opened: (connection, request, { remoteAddress, tls }) =>
      line({ type: 'open', connection, request, remoteAddress, tls: tls ?? null }),
    bytes: (connection, request, direction, bytes) => streamOf(connection, request, direction).push(bytes),
    requestSent: (connection) => endStream(connection, 'sent'),
    exchangeEnded: endStreams,
    closed(connection, reason) {
      endStreams(connection);
      line({ type: 'close', connection, reason });
    },
    get fault() {
      return fault;
    },
  };
}

type DistributiveOmit<T, K extends PropertyKey> = T extends unknown ? Omit<T, K> : never;

interface TextStream {
  push(bytes: Uint8Array): void;
  end(): void;
}

/** Redacts octets as latin1, which has a character for each, and shows what comes out as UTF-8 where it is. */
function createTextStream(
  redacting: Decoder<string, string>,
  emit: (content: { text: string } | { base64: string }) => void,
): TextStream {
  /** The beginning of a UTF-8 sequence whose end has not come out yet. */
  let partial = '';
  const show = (octets: string, last: boolean): void => {
    const all = partial + octets;
    partial = last ? '' : (PARTIAL_SEQUENCE.exec(all)?.[0] ?? '');
    const whole = all.slice(0, all.length - partial.length);
    if (whole !== '') emit(contentOf(whole));
  };
  return {
    push: (bytes) => redacting.push(latin1(bytes), (octets) => show(octets, false)),
    end() {
      redacting.end((octets) => show(octets, false));
      show('', true);
    },
  };
}

const PARTIAL_SEQUENCE = /(?:[\xc2-\xdf]|[\xe0-\xef][\x80-\xbf]?|[\xf0-\xf4][\x80-\xbf]{0,2})$/;
const UTF8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

function contentOf(octets: string): { text: string } | { base64: string } {
  try {
    return { text: UTF8.decode(Uint8Array.from(octets, (octet) => octet.charCodeAt(0))) };
  } catch {
    return { base64: btoa(octets) };
  }
}

/** In slices: the arguments of one call are bounded. */
function latin1(bytes: Uint8Array): string {
  let text = '';
  for (let at = 0; at < bytes.length; at += 8_192) text += String.fromCharCode(...bytes.subarray(at, at + 8_192));
  return text;
}
