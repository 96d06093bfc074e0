/**
 * HTTP/1.1 on the dialer: takes an idle connection or dials one, runs the exchange, keeps the connection if it may.
 *
 * In: a request. Out: its response. The transport holds the pool and nothing else between requests. Before an idle
 * connection is used again the event loop turns once, so that a FIN, an RST or stray bytes that already lie in the kernel
 * are seen first; if it died, nothing was written for this request and the next connection is tried. That is the only
 * repetition: once `write` was called, a failure is the caller's to judge.
 */
import type { Socket } from 'node:net';

import type { Fields } from './fields.ts';
import { type EncodedRequest, encodeRequest } from './http1/encode-request.ts';
import { defaultDeadlines, defaultLimits, type Deadlines, type Limits } from './limits.ts';
import { isNetError, NetError } from './net-error.ts';
import { withDeadlines } from './socket/connection-deadline.ts';
import { Connection } from './socket/connection.ts';
import type { Dialer, DialTarget } from './socket/dialer-contract.ts';
import { type ExchangeOptions, runExchange } from './socket/exchange.ts';
import { createConnectionPool } from './socket/pool.ts';
import type { WireTrace } from './trace.ts';
import type { HttpRequest, HttpResponse, SendOptions, Transport } from './transport.ts';

/** What a transport is made of. Only the dialer is required. */
export interface TransportOptions {
  /** The only opener of sockets: policy, proxy and trust are its. */
  readonly dialer: Dialer;
  /** Changes to `defaultLimits`. */
  readonly limits?: Partial<Limits> | undefined;
  /** Changes to `defaultDeadlines`, in milliseconds. */
  readonly deadlines?: Partial<Deadlines> | undefined;
  /** Sees every byte sent and received after TLS. */
  readonly trace?: WireTrace | undefined;
  /** Fields of every request that does not have a field of that name itself: `User-Agent`, for instance. */
  readonly defaultFields?: Fields | undefined;
}

/**
 * @throws {NetError} `NET_BAD_REQUEST` for a deadline that `setTimeout` cannot count.
 */
export function createTransport(options: TransportOptions): Transport {
  const { dialer, trace, defaultFields = [] } = options;
  const limits: Limits = { ...defaultLimits, ...options.limits };
  const transportDeadlines = withDeadlines(defaultDeadlines, options.deadlines);
  const pool = createConnectionPool(limits);
  let requests = 0;
  let closed = false;
  let lastUrl: string | undefined;
  let lastPoolKey = '';
  let lastTarget: DialTarget = { scheme: 'https:', hostname: '', port: 0 };

  const dial = async (
    target: DialTarget,
    poolKey: string,
    request: number,
    deadlines: Deadlines,
    signal: AbortSignal | undefined,
  ): Promise<Connection> => {
    trace?.dialing(request, target);
    const dialed = await dialer.dial(target, { signal, deadlines }).catch((error: unknown) => {
      trace?.dialFailed(request, isNetError(error) ? error.code : 'unknown');
      throw error;
    });
    const connection = new Connection(dialed, {
      poolKey,
      host: hostOf(target),
      closeTimeoutMs: transportDeadlines.closeTimeoutMs,
      trace,
      onClosed: pool.remove,
    });
    trace?.opened(connection.id, request, { remoteAddress: dialed.remoteAddress, tls: tlsVersionOf(dialed.socket) });
    return connection;
  };

  const send = async (request: HttpRequest, sendOptions: SendOptions = {}): Promise<HttpResponse> => {
    const { signal, onInterim } = sendOptions;
    if (closed) throw new NetError('NET_CLOSED', 'the transport is closed');
    const deadlines = withDeadlines(transportDeadlines, sendOptions.deadlines);
    const whole = withDefaults(request, defaultFields);
    // Before a socket is opened for a request that must not be sent.
    let message = encodedMessage(encodeRequest(whole, { limits }));
    // Most programs ask the same few URLs again and again.
    if (request.url !== lastUrl) {
      lastTarget = targetOf(request.url);
      lastPoolKey = dialer.poolKey(lastTarget);
      lastUrl = request.url;
    }
    const target = lastTarget;
    const poolKey = lastPoolKey;
    requests += 1;
    const number = requests;
    throwIfAborted(target, signal);
    // An idle connection that is alive, or a new one. Abort leaves neither behind.
    let connection = pool.take(poolKey);
    while (connection !== undefined) {
      await eventLoopTurn();
      if (connection.usable) break;
      connection.destroy('died while idle');
      connection = pool.take(poolKey);
    }
    connection ??= await dial(target, poolKey, number, deadlines, signal);
    if (signal?.aborted === true) connection.destroy('aborted');
    throwIfAborted(target, signal);
    const { requestForm: form, proxyFields } = connection.dialed;
    if (form !== 'origin') message = encodedMessage(encodeRequest(whole, { limits, form, proxyFields }));
    return runExchange(connection, {
      method: request.method,
      request: number,
      ...message,
      limits,
      deadlines,
      signal,
      onInterim,
      onReusable: pool.put,
    });
  };

  return {
    send,
    close() {
      closed = true;
      pool.close();
    },
  };
}

function encodedMessage({ head, body }: EncodedRequest): Pick<ExchangeOptions, 'head' | 'body' | 'bodyBytes'> {
  return { head, body, bodyBytes: body.length };
}

/**
 * Two immediates, because the first may run in the turn that asks for it: only between the two is the kernel certainly
 * asked what has arrived.
 */
function eventLoopTurn(): Promise<void> {
  return new Promise((resolve) => {
    if (asked.length === 0) setImmediate(startTurn);
    asked.push(resolve);
  });
}

/** Requests that come in one turn share the next. */
let asked: (() => void)[] = [];

function startTurn(): void {
  const turning = asked;
  asked = [];
  setImmediate(() => {
    for (const resolve of turning) resolve();
  });
}

function throwIfAborted(target: DialTarget, signal: AbortSignal | undefined): void {
  if (signal?.aborted !== true) return;
  const where = hostOf(target);
  throw new NetError('NET_ABORTED', `the request to ${where} was aborted before it was sent`, {
    where,
    bytesRead: 0,
    cause: signal.reason,
  });
}

const DEFAULT_PORTS = { 'http:': 80, 'https:': 443 } as const;

/** Of a URL that the encoder took. */
function targetOf(text: string): DialTarget & { readonly scheme: 'http:' | 'https:' } {
  const { protocol, hostname, port } = new URL(text);
  const scheme = protocol === 'http:' ? 'http:' : 'https:';
  return { scheme, hostname, port: port === '' ? DEFAULT_PORTS[scheme] : Number(port) };
}

/** As a user writes it: without a port that goes without saying. */
function hostOf({ scheme, hostname, port }: DialTarget): string {
  const usual = scheme === 'tcp:' ? undefined : DEFAULT_PORTS[scheme];
  return port === usual ? hostname : `${hostname}:${port}`;
}

/** Adds the fields that the request does not have. What is no list of fields stays as it is: the encoder says what is wrong. */
function withDefaults(request: HttpRequest, defaults: Fields): HttpRequest {
  const fields = Object.hasOwn(request, 'fields') ? (request.fields ?? []) : [];
  if (defaults.length === 0 || !Array.isArray(fields)) return request;
  const present = new Set(fields.map((pair: unknown) => String(Array.isArray(pair) ? pair[0] : '').toLowerCase()));
  return { ...request, fields: [...fields, ...defaults.filter(([name]) => !present.has(name.toLowerCase()))] };
}

function tlsVersionOf(socket: Socket): string | undefined {
  return 'getProtocol' in socket && typeof socket.getProtocol === 'function' ? String(socket.getProtocol()) : undefined;
}
