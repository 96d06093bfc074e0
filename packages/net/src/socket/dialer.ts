/**
 * The only opener of sockets in the system.
 *
 * In: scheme, host and port. Out: a connected socket, through the proxy and inside TLS where they apply. The way is always the
 * same: target against the policy → proxy or direct → name to addresses → addresses against the policy → Happy Eyeballs → proxy's
 * TLS → tunnel → target's TLS. Whatever fails destroys what was opened; no socket, timer or listener is left.
 *
 * Deadlines: `connectTimeoutMs` spans everything before the target's TLS, `tlsTimeoutMs` each handshake. After an unknown issuer
 * the whole way is gone once more with the system's certificates, at most once for either leg.
 */
import { type Deadlines, defaultDeadlines, defaultLimits, type Limits } from '../limits.ts';
import { NetError } from '../net-error.ts';
import { comparableHost, type EgressPolicy } from '../policy.ts';
import { basicAuthorization } from './basic-authorization.ts';
import { createDefaultTrust } from './default-trust.ts';
import type { Dialed, Dialer, DialOptions, DialStep, DialTarget, EgressRefusal } from './dialer-contract.ts';
import { abortedError, withDeadline } from './dialer-deadline.ts';
import { checkTarget, chooseProxy } from './dialer-decisions.ts';
import { connectTo, owning, secure, type Way } from './dialer-legs.ts';
import { createStepRunner } from './dialer-steps.ts';
import { hostAndPort } from './happy-eyeballs.ts';
import type { ProxyResolver, ProxyServer } from './proxy-server.ts';
import { type Resolve, systemResolve } from './resolve.ts';
import { isUnknownIssuer } from './tls-error.ts';
import type { Trust } from './trust.ts';

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
  /** Hosts for which the system's certificates were added. */
  const widened = new Set<string>();
  let connections = 0;

  /** Whether a refused issuer may be known now: the store was added since `before`, here or by a dial beside this one. */
  const widen = (hostname: string, before: ReadonlySet<string>): boolean => {
    const host = comparableHost(hostname);
    if (trust.addSystemStore(host)) widened.add(host);
    return widened.has(host) && !before.has(host);
  };

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
        const before = new Set(widened);
        try {
          return { ...(await open(way, proxies?.proxyOnly === true)), connectionId };
        } catch (error) {
          if (!isUnknownIssuer(error) || !widen(refusedHost(error, target, proxy), before)) throw error;
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
    // Most programs have no proxy, and need not load what speaks to one.
    const { connectThroughProxy } = await import('./dial-through-proxy.ts');
    const resolvesHere = proxy.scheme === 'socks5:' && !proxyOnly;
    return connectThroughProxy(way, proxy, { resolvesHere, tunnels: !isAbsolute }, inner);
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

/** Which leg's certificate was refused: that of the proxy, or of the target. */
function refusedHost(error: unknown, target: DialTarget, proxy: ProxyServer | undefined): string {
  const isProxy = proxy !== undefined && error instanceof NetError && error.where === `${proxy.hostname}:${proxy.port}`;
  return isProxy ? proxy.hostname : target.hostname;
}
