/**
 * Happy Eyeballs, version 2 (RFC 8305): a race of TCP connections to the addresses of one host.
 *
 * In: addresses in the resolver's order. The families are interleaved; each attempt has a head start of `attemptDelayMs`, then
 * the next runs *beside* it (Node's `autoSelectFamily` gives up on an address instead, and fails on slow links). A failed attempt
 * starts the next at once. Out: the first socket that connects; all others are destroyed. The signal ends all of them. When every
 * attempt has failed: one error that names each address with its errno. Left out: resolution delay (getaddrinfo answers both
 * families at once).
 */
import { connect, type Socket } from 'node:net';

import { NetError, type NetErrorCode } from '../net-error.ts';
import { abortReason } from './dialer-deadline.ts';

export interface ConnectFailure {
  readonly address: string;
  /** `ECONNREFUSED`, `ENETUNREACH`, … */
  readonly code: string;
}

export interface Connected {
  readonly socket: Socket;
  readonly address: string;
  /** Addresses that failed before this one connected. */
  readonly failures: readonly ConnectFailure[];
}

export interface RaceOptions {
  /** The host as the user knows it, for the message. */
  readonly hostname: string;
  readonly attemptDelayMs: number;
  readonly signal: AbortSignal;
  /** `NET_CONNECT`, or `NET_PROXY_CONNECT` where the host is a proxy. */
  readonly failureCode: Extract<NetErrorCode, 'NET_CONNECT' | 'NET_PROXY_CONNECT'>;
}

/** @throws {NetError} `failureCode`, or the signal's reason. */
export function raceConnect(addresses: readonly string[], port: number, options: RaceOptions): Promise<Connected> {
  const queue = interleaveFamilies(addresses);
  const running = new Set<Attempt>();
  const failures: ConnectFailure[] = [];
  const { signal } = options;
  return new Promise<Connected>((resolve, reject) => {
    let timer: NodeJS.Timeout | undefined;
    const settle = (winner?: Attempt): void => {
      clearTimeout(timer);
      signal.removeEventListener('abort', abort);
      for (const attempt of running) {
        attempt.detach();
        if (attempt === winner) continue;
        attempt.socket.on('error', ignore); // a destroyed socket may still report why
        attempt.socket.destroy();
      }
    };
    const abort = (): void => {
      settle();
      reject(abortReason(signal));
    };
    const startNext = (): void => {
      clearTimeout(timer);
      const address = queue.shift();
      if (address === undefined) {
        if (running.size > 0) return;
        settle();
        return reject(connectError(failures, port, options));
      }
      const attempt = startAttempt(address, port, (error) => {
        if (error === undefined) {
          settle(attempt);
          return resolve({ socket: attempt.socket, address, failures });
        }
        running.delete(attempt);
        failures.push({ address, code: error.code ?? error.message });
        startNext();
      });
      running.add(attempt);
      if (queue.length > 0) timer = setTimeout(startNext, options.attemptDelayMs);
    };
    if (signal.aborted) return reject(abortReason(signal));
    signal.addEventListener('abort', abort, { once: true });
    startNext();
  });
}

interface Attempt {
  readonly socket: Socket;
  /** Takes our listeners off. */
  detach(): void;
}

function startAttempt(address: string, port: number, done: (error?: NodeJS.ErrnoException) => void): Attempt {
  const socket = connect({ host: address, port, noDelay: true, keepAlive: true, keepAliveInitialDelay: KEEP_ALIVE_PROBE_MS });
  const connected = (): void => done();
  socket.once('connect', connected).once('error', done);
  return { socket, detach: () => void socket.off('connect', connected).off('error', done) };
}

/** The first address's family first, then in turn (RFC 8305, section 4), each family in the order it came. */
export function interleaveFamilies(addresses: readonly string[]): string[] {
  const isIpv6 = (address: string): boolean => address.includes(':');
  const first = addresses.filter((address) => isIpv6(address) === isIpv6(addresses[0] ?? ''));
  const second = addresses.filter((address) => !first.includes(address));
  const longer = Math.max(first.length, second.length);
  return Array.from({ length: longer }, (_, i) => [first[i], second[i]]).flat().filter((address) => address !== undefined);
}

/** `192.0.2.1:443`, `[2001:db8::1]:443`. */
export function hostAndPort(host: string, port: number): string {
  return `${host.includes(':') && !host.startsWith('[') ? `[${host}]` : host}:${port}`;
}

const KEEP_ALIVE_PROBE_MS = 30_000;
const ignore = (): void => undefined;

function connectError(failures: readonly ConnectFailure[], port: number, options: RaceOptions): NetError {
  const isSaid = (address: string): boolean => hostAndPort(address, port) === hostAndPort(options.hostname, port);
  const each = failures.map(({ address, code }) => (isSaid(address) ? code : `${hostAndPort(address, port)} ${code}`)).join(', ');
  const role = options.failureCode === 'NET_PROXY_CONNECT' ? 'proxy ' : '';
  return new NetError(options.failureCode, `cannot connect to ${role}${hostAndPort(options.hostname, port)}: ${each}`, {
    where: hostAndPort(options.hostname, port),
    got: failures[0]?.code ?? 'no address',
  });
}
