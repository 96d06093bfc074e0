/**
 * The only opener of sockets in the system.
 *
 * In: scheme, host and port. Out: a connected socket, through the proxy and inside TLS where they apply. The way is always the
 * same: target against the policy → proxy or direct → name to addresses → addresses against the policy → Happy Eyeballs → proxy's
 * TLS → tunnel → target's TLS. Whatever fails destroys what was opened; no socket, timer or listener is left.
 *
 * Deadlines: `connectTimeoutMs` spans everything before the target's TLS, `tlsTimeoutMs` each handshake. After an unknown issuer
 * the whole way is gone once more with the system's certificates, at most once for a host and at most for either leg.
 */
import type { Socket } from 'node:net';
import type { TLSSocket } from 'node:tls';

import { type Deadlines, defaultDeadlines, defaultLimits, type Limits } from '../limits.ts';
import { NetError } from '../net-error.ts';
import { type AddressReach, comparableHost, type EgressPolicy } from '../policy.ts';
import { basicAuthorization } from './basic-authorization.ts';
import { createDefaultTrust } from './default-trust.ts';
import type { Dialed, Dialer, DialOptions, DialStep, DialTarget, EgressRefusal } from './dialer-contract.ts';
import { abortedError, withDeadline } from './dialer-deadline.ts';
import { checkTarget, chooseProxy } from './dialer-decisions.ts';
import { createStepRunner, type RunStep } from './dialer-steps.ts';
import { hostAndPort, raceConnect } from './happy-eyeballs.ts';
import type { ProxyResolver, ProxyServer } from './proxy-server.ts';
import { type Resolve, resolveHost, systemResolve } from './resolve.ts';
import { startTls } from './tls-connect.ts';
import { isUnknownIssuer } from './tls-error.ts';
import type { TlsRole, Trust } from './trust.ts';

/** What a dialer is made of. Only the policy is required. */
export interface DialerOptions {
  /** Required: there is no connection without a decision where connections may go. */
  readonly policy: EgressPolicy;
  /** Default: direct connections. */
  readonly proxy?: ProxyResolver | undefined;
  /** Default: Node's roots, then the system's store. */
  readonly trust?: Trust | undefined;
  /** Changes to `defaultDeadlines`, in milliseconds. */
  readonly deadlines?: Partial<Deadlines> | undefined;
  /** Changes to `defaultLimits`. */
  readonly limits?: Partial<Limits> | undefined;
  /** Default: the system's resolver. */
  readonly resolve?: Resolve | undefined;
  /** Told of every step of every connection. */
  readonly trace?: ((connectionId: number, step: DialStep) => void) | undefined;
}

/** Opens no socket before `dial` is called; holds none afterwards. */
export function createDialer(options: DialerOptions): Dialer {
  const { policy, proxy: proxies, trust = createDefaultTrust(), resolve = systemResolve } = options;
  const limits: Limits = { ...defaultLimits, ...options.limits };
  const refusals: EgressRefusal[] = [];
  let connections = 0;

  const refused = (target: DialTarget, error: unknown): void => {
    if (!(error instanceof NetError)) return;
    const { code } = error;
    if (code !== 'NET_EGRESS_DENIED' && code !== 'NET_EGRESS_ADDRESS' && code !== 'NET_PLAIN_HTTP_REFUSED') return;
    if (refusals.length < limits.refusalsMax) refusals.push({ code, host: target.hostname, port: target.port, atMs: Date.now() });
  };

  const dial = async (target: DialTarget, dialOptions: DialOptions = {}): Promise<Dialed> => {
    connections += 1;
    const connectionId = connections;
    const run = createStepRunner((step) => {
      dialOptions.onStep?.(step);
      options.trace?.(connectionId, step);
    });
    const deadlines: Deadlines = { ...defaultDeadlines, ...options.deadlines, ...dialOptions.deadlines };
    try {
      const reach = await run('policy', (facts) => checkTarget(policy, target, facts));
      const proxy = await run('proxy', (facts) => chooseProxy(proxies, target, facts));
      const way: Way = { target, reach, proxy, deadlines, limits, trust, resolve, run, signal: dialOptions.signal };
      for (;;) {
        try {
          return { ...(await open(way, proxies?.proxyOnly === true)), connectionId };
        } catch (error) {
          if (!isUnknownIssuer(error) || !trust.addSystemStore(refusedHost(error, target, proxy))) throw error;
        }
      }
    } catch (error) {
      refused(target, error);
      throw error;
    }
  };

  return {
    dial,
    poolKey(target) {
      const proxy = proxies?.proxyFor(target);
      const proxyIdentity = proxy?.scheme === 'https:' ? trust.keyFor(proxy.hostname, 'proxy') : '';
      const hop = proxy === undefined ? '' : `${proxy.id} ${proxyIdentity}`;
      const identity = target.scheme === 'https:' ? trust.keyFor(target.hostname, 'target') : '';
      return `${target.scheme}//${comparableHost(target.hostname)}:${target.port} ${identity} ${hop}`;
    },
    refusals,
  };
}

interface Way {
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

interface Host {
  readonly hostname: string;
  readonly port: number;
}

interface Connection {
  readonly socket: Socket;
  readonly remoteAddress: string;
}

async function open(way: Way, proxyOnly: boolean): Promise<Omit<Dialed, 'connectionId'>> {
  const { target, proxy, deadlines, signal } = way;
  const where = hostAndPort(target.hostname, target.port);
  const via = proxy === undefined ? '' : ` through ${proxy.label}`;
  const timedOut = (): NetError =>
    new NetError('NET_CONNECT_TIMEOUT', `no connection to ${where}${via} in ${deadlines.connectTimeoutMs} ms`, {
      where, limit: deadlines.connectTimeoutMs,
    });
  const isAbsolute = target.scheme === 'http:' && (proxy?.scheme === 'http:' || proxy?.scheme === 'https:');
  const connected = await withDeadline(signal, deadlines.connectTimeoutMs, timedOut, async (inner) => {
    if (proxy === undefined) return connectTo(way, target, way.reach, inner);
    // Most programs never need it. Loaded before there is a socket, whose failure would find nobody listening.
    const { openTunnel } = await import('./proxy-tunnel.ts');
    // socks5: wants an address, which is then resolved and checked here; all other proxies resolve names themselves.
    const resolvesHere = proxy.scheme === 'socks5:' && !proxyOnly;
    const hostname = resolvesHere ? preferIpv4(await resolveStep(way, target, way.reach, inner)) : target.hostname;
    const hop = await connectTo(way, proxy, 'any', inner);
    return owning(hop.socket, async () => {
      const socket = proxy.scheme === 'https:' ? await secure(way, hop.socket, proxy, 'proxy', inner) : hop.socket;
      if (!isAbsolute) await tunnel(way, openTunnel, socket, proxy, hostname, inner);
      return { ...hop, socket };
    });
  });
  return owning(connected.socket, async () => {
    const { remoteAddress } = connected;
    const socket = target.scheme === 'https:' ? await secure(way, connected.socket, target, 'target', signal) : connected.socket;
    if (signal?.aborted === true) {
      socket.destroy();
      throw abortedError(signal);
    }
    const authorization = isAbsolute ? basicAuthorization(proxy?.credentials) : undefined;
    return {
      socket,
      requestForm: isAbsolute ? 'absolute' : 'origin',
      proxyFields: authorization === undefined ? [] : [['Proxy-Authorization', authorization]],
      remoteAddress,
    };
  });
}

/** Whoever fails after a socket was opened destroys it. */
async function owning<T>(socket: Socket, run: () => Promise<T>): Promise<T> {
  try {
    return await run();
  } catch (error) {
    socket.on('error', () => undefined);
    socket.destroy();
    throw error;
  }
}

async function connectTo(way: Way, host: Host, reach: AddressReach, signal: AbortSignal): Promise<Connection> {
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

function resolveStep(way: Way, host: Host, reach: AddressReach, signal: AbortSignal): Promise<readonly string[]> {
  return way.run('dns', async (facts) => {
    const { resolve, limits } = way;
    const resolution = await resolveHost(host.hostname, reach, { resolve, addressesMax: limits.addressesMax, signal });
    const refused = resolution.refused.length === 0 ? '' : `; refused by policy: ${resolution.refused.join(', ')}`;
    facts.detail = `${host.hostname} → ${resolution.addresses.join(', ')}${refused}`;
    return resolution.addresses;
  });
}

/** A SOCKS proxy gets one address; more of them reach IPv4 than IPv6. */
function preferIpv4(addresses: readonly string[]): string {
  return addresses.find((address) => !address.includes(':')) ?? addresses[0] ?? '';
}

function tunnel(
  way: Way,
  openTunnel: (typeof import('./proxy-tunnel.ts'))['openTunnel'],
  socket: Socket,
  proxy: ProxyServer,
  hostname: string,
  signal: AbortSignal,
): Promise<void> {
  const { port } = way.target;
  return way.run('tunnel', async (facts) => {
    await openTunnel(socket, { proxy, hostname, port, limits: way.limits, signal });
    facts.detail = `${proxy.label} opened a tunnel to ${hostAndPort(hostname, port)}`;
  });
}

function secure(
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

/** Which leg's certificate was refused: that of the proxy, or of the target. */
function refusedHost(error: unknown, target: DialTarget, proxy: ProxyServer | undefined): string {
  const isProxy = proxy !== undefined && error instanceof NetError && error.where === `${proxy.hostname}:${proxy.port}`;
  return isProxy ? proxy.hostname : target.hostname;
}
