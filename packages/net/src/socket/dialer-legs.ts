/**
 * The legs of a way to a host, each a step that is timed and told: name to addresses, a connection, a TLS handshake. Whoever fails
 * destroys what was opened.
 */
import type { Socket } from 'node:net';
import type { TLSSocket } from 'node:tls';

import type { Deadlines, Limits } from '../limits.ts';
import { NetError } from '../net-error.ts';
import type { AddressReach } from '../policy.ts';
import type { DialTarget } from './dialer-contract.ts';
import { withDeadline } from './dialer-deadline.ts';
import type { RunStep } from './dialer-steps.ts';
import { hostAndPort, raceConnect } from './happy-eyeballs.ts';
import type { ProxyServer } from './proxy-server.ts';
import { type Resolve, resolveHost } from './resolve.ts';
import { startTls } from './tls-connect.ts';
import type { TlsRole, Trust } from './trust.ts';

/** What holds for all legs of one dial. */
export interface Way {
  readonly target: DialTarget;
  readonly reach: AddressReach;
  readonly proxy: ProxyServer | undefined;
  readonly deadlines: Deadlines;
  readonly limits: Limits;
  readonly trust: Trust;
  readonly resolve: Resolve;
  readonly run: RunStep;
  readonly signal: AbortSignal | undefined;
}

export interface Host {
  readonly hostname: string;
  readonly port: number;
}

export interface Connection {
  readonly socket: Socket;
  readonly remoteAddress: string;
}

/** Whoever fails after a socket was opened destroys it. */
export async function owning<T>(socket: Socket, run: () => Promise<T>): Promise<T> {
  try {
    return await run();
  } catch (error) {
    socket.on('error', () => undefined);
    socket.destroy();
    throw error;
  }
}

export async function connectTo(way: Way, host: Host, reach: AddressReach, signal: AbortSignal): Promise<Connection> {
  const addresses = await resolveStep(way, host, reach, signal);
  return way.run('tcp', async (facts) => {
    const { socket, address, failures } = await raceConnect(addresses, host.port, {
      hostname: host.hostname,
      attemptDelayMs: way.deadlines.attemptDelayMs,
      signal,
      failureCode: host === way.proxy ? 'NET_PROXY_CONNECT' : 'NET_CONNECT',
    });
    const remoteAddress = hostAndPort(address, host.port);
    facts.detail = [remoteAddress, ...failures.map((failure) => `${failure.address} ${failure.code}`)].join('; ');
    return { socket, remoteAddress };
  });
}

export function resolveStep(way: Way, host: Host, reach: AddressReach, signal: AbortSignal): Promise<readonly string[]> {
  return way.run('dns', async (facts) => {
    const { resolve, limits } = way;
    const resolution = await resolveHost(host.hostname, reach, { resolve, addressesMax: limits.addressesMax, signal });
    const refused = resolution.refused.length === 0 ? '' : `; refused by policy: ${resolution.refused.join(', ')}`;
    facts.detail = `${host.hostname} → ${resolution.addresses.join(', ')}${refused}`;
    return resolution.addresses;
  });
}

export function secure(
  way: Way,
  socket: Socket,
  peer: Host,
  role: TlsRole,
  signal: AbortSignal | undefined,
): Promise<TLSSocket> {
  const { tlsTimeoutMs } = way.deadlines;
  const where = hostAndPort(peer.hostname, peer.port);
  const timedOut = (): NetError =>
    new NetError('NET_TLS_TIMEOUT', `no TLS handshake with ${where} in ${tlsTimeoutMs} ms`, { where, limit: tlsTimeoutMs });
  return way.run(role === 'target' ? 'tls' : 'proxy-tls', (facts) =>
    withDeadline(signal, tlsTimeoutMs, timedOut, async (inner) => {
      const tls = await startTls(socket, {
        hostname: peer.hostname,
        port: peer.port,
        secureContext: way.trust.contextFor(peer.hostname, role),
        signal: inner,
        onChain: (chain) => (facts.chain = chain),
      });
      const alpn = tls.alpnProtocol === false ? 'none' : String(tls.alpnProtocol);
      facts.detail = `${tls.getProtocol() ?? ''} ${tls.getCipher().name}, ALPN ${alpn}`;
      return tls;
    }),
  );
}
