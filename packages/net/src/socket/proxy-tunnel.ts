/**
 * Opens a tunnel through a connected proxy: CONNECT (RFC 9110, section 9.3.6) or SOCKS5.
 *
 * In: a socket to the proxy. Out: the same socket, from now on the target's. Any 2xx opens it, interim responses may precede; the
 * limits of every head hold. Nothing is sent before the answer is whole: had the proxy refused, the target's bytes would be in
 * clear at it. A refusal becomes an error with status and a shortened, redacted reason. Credentials are in the head that the
 * proxy reads, and in no error: a proxy that repeats them finds them struck out.
 */
import type { Socket } from 'node:net';

import { type Fields, fieldValues } from '../fields.ts';
import { encodeConnect } from '../http1/encode-connect.ts';
import { createResponseDecoder } from '../http1/response-decoder.ts';
import type { Limits } from '../limits.ts';
import { NetError, printable } from '../net-error.ts';
import { basicAuthorization } from './basic-authorization.ts';
import { abortReason } from './dialer-deadline.ts';
import { readReply } from './proxy-exchange.ts';
import type { ProxyServer } from './proxy-server.ts';
import { createSocks5Handshake } from './socks5.ts';

export interface TunnelOptions {
  readonly proxy: ProxyServer;
  /** Host as in a URL, or the address that was resolved and checked. */
  readonly hostname: string;
  readonly port: number;
  readonly limits: Limits;
  readonly signal: AbortSignal;
}

/** @throws {NetError} `NET_PROXY_AUTH`, `NET_PROXY_REFUSED`, `NET_PROXY_PROTOCOL`, or the signal's reason. */
export function openTunnel(socket: Socket, options: TunnelOptions): Promise<void> {
  switch (options.proxy.scheme) {
    case 'http:':
    case 'https:':
      return openConnectTunnel(socket, options);
    case 'socks5:':
    case 'socks5h:':
      return openSocksTunnel(socket, options);
    default:
      return options.proxy.scheme satisfies never;
  }
}

interface ConnectReply {
  readonly status: number;
  readonly reason: string;
  readonly fields: Fields;
  readonly body: string;
}

async function openConnectTunnel(socket: Socket, options: TunnelOptions): Promise<void> {
  const { proxy, signal } = options;
  const authorization = basicAuthorization(proxy.credentials);
  const fields: Fields = authorization === undefined ? [] : [['Proxy-Authorization', authorization]];
  const target = { hostname: options.hostname.replace(/\.$/, ''), port: options.port };
  socket.write(encodeConnect(target, fields, options.limits));
  const reply = await readConnectReply(socket, options);
  if (signal.aborted) throw abortReason(signal);
  if (reply.status < 200 || reply.status > 299) throw refusal(reply, options);
}

function readConnectReply(socket: Socket, options: TunnelOptions): Promise<ConnectReply> {
  const { limits, proxy } = options;
  const decoder = createResponseDecoder({ method: 'CONNECT', limits });
  let head: Omit<ConnectReply, 'body'> | undefined;
  let body = '';
  let over = false;
  let timer: NodeJS.Timeout | undefined;
  const decode = (run: (emit: Parameters<typeof decoder.push>[1]) => void): void =>
    run((event) => {
      if (event.type === 'response') head = event;
      if (event.type === 'data') body += Buffer.from(event.bytes).toString('latin1');
      over ||= event.type === 'end' || event.type === 'tunnel';
    });
  const protocolError = (error: unknown): NetError => {
    const said = error instanceof Error ? error.message : String(error);
    return new NetError('NET_PROXY_PROTOCOL', `${proxy.label} gave no valid answer to CONNECT: ${redact(said, proxy)}`, {
      where: proxy.label,
      got: error instanceof NetError ? error.code : 'error',
      hint: 'is this the port of an HTTP proxy?',
    });
  };
  // A refusal is known from its head. Its body only explains it, and may not hold us up.
  const patience = new AbortController();
  const signal = AbortSignal.any([options.signal, patience.signal]);
  const reading = readReply<ConnectReply>(socket, signal, {
    take(bytes) {
      try {
        decode((emit) => decoder.push(bytes, emit));
      } catch (error) {
        if (head === undefined) throw protocolError(error);
        return { value: { ...head, body } };
      }
      if (head !== undefined && (over || body.length >= limits.proxyRefusalBytesMax)) {
        return { value: { ...head, body }, leftover: decoder.leftover };
      }
      if (head !== undefined) timer ??= setTimeout(() => patience.abort(), REFUSAL_BODY_WAIT_MS);
      return undefined;
    },
    closed(error) {
      if (head !== undefined) return { ...head, body };
      try {
        if (error === undefined) decode((emit) => decoder.end(emit));
      } catch (truncated) {
        throw protocolError(truncated);
      }
      throw protocolError(error ?? new Error('closed'));
    },
  });
  return reading
    .catch((error: unknown) => {
      if (head !== undefined && patience.signal.aborted && !options.signal.aborted) return { ...head, body };
      throw options.signal.aborted ? abortReason(options.signal) : error;
    })
    .finally(() => clearTimeout(timer));
}

const REFUSAL_BODY_WAIT_MS = 500;

function refusal(reply: ConnectReply, { proxy, hostname, port, limits }: TunnelOptions): NetError {
  const text = reply.body.slice(0, limits.proxyRefusalBytesMax).replace(/<(style|script)[\s\S]*?<\/\1>|<[^>]*>?/gi, ' ');
  const said = redact(`${reply.reason}: ${text}`.replace(/\s+/g, ' ').replace(/^[: ]+|[: ]+$/g, ''), proxy);
  if (reply.status === 407) {
    const schemes = fieldValues(reply.fields, 'proxy-authenticate').map((value) => value.trim().split(/[\s,]/, 1)[0] ?? '');
    const offered = redact(schemes.join(', '), proxy) || 'nothing';
    const onlyOthers = schemes.length > 0 && !schemes.some((scheme) => scheme.toLowerCase() === 'basic');
    const verb = `${proxy.credentials === undefined ? 'asks for a' : 'does not accept the'} user name and password`;
    return new NetError('NET_PROXY_AUTH', `${proxy.label} ${verb} (407, offers ${offered})`, {
      where: proxy.label,
      got: offered,
      hint: onlyOthers
        ? 'only Basic is spoken here: put a local proxy that speaks its scheme in between'
        : "write them into the proxy's URL, percent-encoded: http://user:password@host:port",
    });
  }
  const message = `${proxy.label} refused a tunnel to ${hostname}:${port}: ${reply.status} ${said}`.trimEnd();
  return new NetError('NET_PROXY_REFUSED', message, {
    where: proxy.label,
    got: reply.status,
  });
}

async function openSocksTunnel(socket: Socket, { proxy, hostname, port, signal }: TunnelOptions): Promise<void> {
  const handshake = createSocks5Handshake({ hostname, port, credentials: proxy.credentials, label: proxy.label });
  socket.write(handshake.greeting);
  await readReply<void>(socket, signal, {
    take(bytes) {
      const step = handshake.push(bytes);
      if (step.send.length > 0) socket.write(step.send);
      return step.open ? { value: undefined, leftover: step.leftover } : undefined;
    },
    closed(error) {
      throw new NetError('NET_PROXY_PROTOCOL', `${proxy.label} closed the connection during the SOCKS5 handshake`, {
        where: proxy.label,
        got: error === undefined ? 'end of stream' : error.message,
        hint: 'is this the port of a SOCKS5 proxy?',
      });
    },
  });
}

/** What a proxy said, without our credentials in any form in which it could repeat them. */
function redact(text: string, proxy: ProxyServer): string {
  const { credentials } = proxy;
  if (credentials === undefined) return printable(text);
  const basic = basicAuthorization(credentials)?.slice('Basic '.length) ?? '';
  const secrets = [basic, credentials.password, encodeURIComponent(credentials.password), `${credentials.username}:`];
  const strike = (clean: string, secret: string): string => (secret.length > 1 ? clean.replaceAll(secret, '[redacted]') : clean);
  return printable(secrets.reduce(strike, text));
}
