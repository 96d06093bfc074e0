/**
 * Turns the lines of a wire trace into an HTTP archive (HAR 1.2), which browsers' network panels and proxies open. Pure.
 *
 * In: lines as `createWireTrace` wrote them. Out: one object, ready for `JSON.stringify`. The trace is masked already, and
 * masking changes lengths; so messages are taken apart by their empty lines, not by Content-Length, and chunk size lines are
 * dropped wherever they stand. What a HAR has no place for (interim responses, trailers, failed dials) is left out or, where
 * the exchange broke, named in `_reason`. Lines that are no trace lines are ignored.
 */
import type { TraceLine } from './trace.ts';

/** An HTTP archive, version 1.2. */
export interface Har {
  /** The one member of the root. */
  readonly log: {
    readonly version: '1.2';
    readonly creator: { readonly name: string; readonly version: string };
    readonly entries: readonly HarEntry[];
  };
}

interface NameValue {
  readonly name: string;
  readonly value: string;
}

/** One exchange. */
export interface HarEntry {
  /** Wall clock, ISO 8601 in UTC. */
  readonly startedDateTime: string;
  /** Milliseconds from the first event of the request to its last byte. */
  readonly time: number;
  /** As it was sent, masked: so its sizes are those of the masked text, in characters. */
  readonly request: {
    readonly method: string;
    readonly url: string;
    readonly httpVersion: string;
    readonly cookies: readonly [];
    readonly headers: readonly NameValue[];
    readonly queryString: readonly NameValue[];
    readonly postData?: { readonly mimeType: string; readonly text: string };
    readonly headersSize: number;
    readonly bodySize: number;
  };
  /** As it was received, masked likewise. */
  readonly response: {
    /** 0 where none came. */
    readonly status: number;
    readonly statusText: string;
    readonly httpVersion: string;
    readonly cookies: readonly [];
    readonly headers: readonly NameValue[];
    readonly content: { readonly size: number; readonly mimeType: string; readonly text: string };
    readonly redirectURL: string;
    readonly headersSize: number;
    readonly bodySize: number;
  };
  /** There is no cache. */
  readonly cache: Record<string, never>;
  /** Milliseconds; -1 where it does not apply. */
  readonly timings: {
    readonly blocked: number;
    readonly dns: number;
    readonly connect: number;
    readonly ssl: number;
    readonly send: number;
    readonly wait: number;
    readonly receive: number;
  };
  /** The target's, or the proxy's where one was used; absent where no connection was made. */
  readonly serverIPAddress?: string;
  /** Its number in the trace. */
  readonly connection: string;
  /** Why the connection ended, where the exchange was the last on it. */
  readonly _reason?: string;
}

/** @param creatorVersion - Of the program that exports. */
export function toHar(lines: Iterable<string>, creatorVersion = '0'): Har {
  const requests = new Map<number, Collected>();
  const connections = new Map<number, Connection>();
  for (const text of lines) {
    const line = readLine(text);
    if (line !== undefined) collect(line, requests, connections);
  }
  const entries = [...requests.values()]
    .filter(({ sent }) => sent !== '')
    .map((request) => toEntry(request, connections.get(request.connection)));
  return { log: { version: '1.2', creator: { name: 'sx', version: creatorVersion }, entries } };
}

interface Collected {
  readonly startMs: number;
  readonly startedDateTime: string;
  connection: number;
  scheme: string;
  /** The connection was made for this request. */
  fresh: boolean;
  sent: string;
  received: string;
  firstSentMs: number;
  lastSentMs: number;
  firstReceivedMs: number;
  lastMs: number;
  reason: string | undefined;
}

interface Connection {
  readonly stepMs: Map<string, number>;
  remoteAddress: string;
  scheme: string;
  lastRequest: Collected | undefined;
}

function collect(line: TraceLine, requests: Map<number, Collected>, connections: Map<number, Connection>): void {
  const requestOf = (id: number): Collected => {
    const known = requests.get(id);
    if (known !== undefined) return known;
    const { atMs, time } = line;
    const begun: Collected = {
      startMs: atMs, startedDateTime: time, connection: 0, scheme: 'https:', fresh: false, sent: '', received: '',
      firstSentMs: atMs, lastSentMs: atMs, firstReceivedMs: -1, lastMs: atMs, reason: undefined,
    };
    requests.set(id, begun);
    return begun;
  };
  const connectionOf = (id: number): Connection => {
    const known = connections.get(id) ?? { stepMs: new Map(), remoteAddress: '', scheme: 'https:', lastRequest: undefined };
    connections.set(id, known);
    return known;
  };
  switch (line.type) {
    case 'dial':
      requestOf(line.request).scheme = line.scheme;
      return;
    case 'dial-failed':
      requestOf(line.request).reason = line.code;
      return;
    case 'step':
      connectionOf(line.connection).stepMs.set(line.name, line.elapsedMs);
      return;
    case 'open': {
      const request = requestOf(line.request);
      request.fresh = true;
      const connection = connectionOf(line.connection);
      connection.remoteAddress = line.remoteAddress;
      connection.scheme = request.scheme;
      return;
    }
    case 'sent':
    case 'received': {
      const request = requestOf(line.request);
      const connection = connectionOf(line.connection);
      if (request.sent === '' && line.type === 'sent') request.firstSentMs = line.atMs;
      if (line.type === 'sent') request.lastSentMs = line.atMs;
      else if (request.firstReceivedMs < 0) request.firstReceivedMs = line.atMs;
      request[line.type] += line.text ?? binaryText(line.base64 ?? '');
      request.lastMs = line.atMs;
      request.connection = line.connection;
      request.scheme = connection.scheme;
      connection.lastRequest = request;
      return;
    }
    case 'close': {
      const last = connectionOf(line.connection).lastRequest;
      if (last !== undefined) last.reason = line.reason;
      return;
    }
    default:
      return line satisfies never;
  }
}

function toEntry(request: Collected, connection: Connection | undefined): HarEntry {
  const sent = parseMessage(request.sent);
  const received = parseMessage(withoutInterim(request.received));
  const [method = '', target = '', httpVersion = 'HTTP/1.1'] = sent.startLine.split(' ');
  const [responseVersion = '', status = '0', ...reason] = received.startLine.split(' ');
  const url = URL.canParse(target) ? target : `${request.scheme}//${valueOf(sent.headers, 'host')}${target}`;
  const step = (name: string): number => (request.fresh ? (connection?.stepMs.get(name) ?? -1) : -1);
  const dialMs = request.fresh ? request.firstSentMs - request.startMs : -1;
  const answered = request.firstReceivedMs >= 0;
  const body = isChunked(received.headers) ? withoutChunks(received.body) : received.body;
  return {
    startedDateTime: request.startedDateTime,
    time: request.lastMs - request.startMs,
    request: {
      method, url, httpVersion, cookies: [], headers: sent.headers,
      queryString: URL.canParse(url) ? [...new URL(url).searchParams].map(([name, value]) => ({ name, value })) : [],
      ...(sent.body !== '' && { postData: { mimeType: valueOf(sent.headers, 'content-type'), text: sent.body } }),
      headersSize: sent.headChars, bodySize: sent.body.length,
    },
    response: {
      status: Number(status) || 0, statusText: reason.join(' '), httpVersion: responseVersion, cookies: [],
      headers: received.headers,
      content: { size: body.length, mimeType: valueOf(received.headers, 'content-type'), text: body },
      redirectURL: valueOf(received.headers, 'location'), headersSize: received.headChars, bodySize: received.body.length,
    },
    cache: {},
    timings: {
      blocked: -1, dns: step('dns'), connect: dialMs, ssl: step('tls'),
      send: request.lastSentMs - request.firstSentMs,
      wait: answered ? Math.max(0, request.firstReceivedMs - request.lastSentMs) : -1,
      receive: answered ? request.lastMs - request.firstReceivedMs : -1,
    },
    ...(connection !== undefined && connection.remoteAddress !== '' && { serverIPAddress: addressOf(connection.remoteAddress) }),
    connection: String(request.connection),
    ...(request.reason !== undefined && { _reason: request.reason }),
  };
}

interface Message {
  readonly startLine: string;
  readonly headers: readonly NameValue[];
  readonly body: string;
  readonly headChars: number;
}

function parseMessage(text: string): Message {
  const end = /\r?\n\r?\n/.exec(text);
  const headChars = end === null ? text.length : end.index + end[0].length;
  const [startLine = '', ...lines] = text.slice(0, headChars).trimEnd().split(/\r?\n(?![ \t])/);
  const headers = lines.map((line) => {
    const colon = line.indexOf(':');
    return { name: line.slice(0, colon), value: line.slice(colon + 1).trim() };
  });
  return { startLine, headers, body: text.slice(headChars), headChars };
}

function withoutInterim(text: string): string {
  const interim = /^HTTP\/1\.\d 1\d\d[^]*?\r?\n\r?\n/.exec(text);
  return interim === null ? text : withoutInterim(text.slice(interim[0].length));
}

/** Sizes may be wrong after masking: every line that is one goes, with the line ends around it, and the end of the body. */
function withoutChunks(body: string): string {
  return body
    .replace(/^[0-9a-f]{1,16}[ \t]*(?:;[^\r\n]*)?\r\n/i, '')
    .replace(/\r\n0+(?:;[^\r\n]*)?\r\n(?:[^\r\n]+\r\n)*\r\n$/, '')
    .replace(/\r\n[0-9a-f]{1,16}[ \t]*(?:;[^\r\n]*)?\r\n/gi, '');
}

function isChunked(headers: readonly NameValue[]): boolean {
  return valueOf(headers, 'transfer-encoding').toLowerCase() === 'chunked';
}

function valueOf(headers: readonly NameValue[], name: string): string {
  return headers.find((header) => header.name.toLowerCase() === name)?.value ?? '';
}

/** Without the port. */
function addressOf(remoteAddress: string): string {
  return remoteAddress.replace(/:\d+$/, '');
}

function binaryText(base64: string): string {
  return atob(base64);
}

const TYPES: ReadonlySet<unknown> = new Set<TraceLine['type']>([
  'dial',
  'dial-failed',
  'step',
  'open',
  'sent',
  'received',
  'close',
]);

function readLine(text: string): TraceLine | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return isTraceLine(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

/** Of lines that another program may have cut or changed: what is read of each has to have its type. */
function isTraceLine(value: unknown): value is TraceLine {
  if (typeof value !== 'object' || value === null) return false;
  const has = (name: string, type: string): boolean => typeof Reflect.get(value, name) === type;
  if (!TYPES.has(Reflect.get(value, 'type')) || !has('atMs', 'number') || !has('time', 'string')) return false;
  switch (Reflect.get(value, 'type')) {
    case 'dial':
      return has('request', 'number') && has('scheme', 'string');
    case 'dial-failed':
      return has('request', 'number') && has('code', 'string');
    case 'step':
      return has('connection', 'number') && has('name', 'string') && has('elapsedMs', 'number');
    case 'open':
      return has('connection', 'number') && has('request', 'number') && has('remoteAddress', 'string');
    case 'close':
      return has('connection', 'number') && has('reason', 'string');
    default:
      return has('connection', 'number') && has('request', 'number') && (has('text', 'string') || has('base64', 'string'));
  }
}
