/** What the dialer decides before it opens anything: whether it may, and through which proxy. Pure. */
import { NetError } from '../net-error.ts';
import { type AddressReach, type EgressPolicy, permitsAddress } from '../policy.ts';
import { literalAddress } from './address.ts';
import type { DialTarget } from './dialer-contract.ts';
import { hostAndPort } from './happy-eyeballs.ts';
import type { ProxyResolver, ProxyServer } from './proxy-server.ts';
import { addressError } from './resolve.ts';

/** @throws {NetError} `NET_BAD_URL`, `NET_EGRESS_DENIED`, `NET_EGRESS_ADDRESS`, `NET_PLAIN_HTTP_REFUSED` */
export function checkTarget(policy: EgressPolicy, target: DialTarget, facts: { detail: string }): AddressReach {
  const where = hostAndPort(target.hostname, target.port);
  // Callers pass what URL made of the text; Node 20 would cut a name at a NUL.
  const isPort = Number.isInteger(target.port) && target.port >= 1 && target.port <= 65_535;
  if (!isPort || !/^[\x21-\x7e]{1,255}$/.test(target.hostname)) {
    throw new NetError('NET_BAD_URL', 'not a host and port', { where: 'dial target', got: where });
  }
  const decision = policy.decide(target);
  if (!decision.allowed) throw new NetError(decision.code, decision.reason, { where, hint: decision.hint });
  // Behind a proxy no address is resolved here: one that the URL itself names is judged now.
  const literal = literalAddress(target.hostname);
  if (literal !== undefined && !permitsAddress(decision.reach, literal)) throw addressError(literal, [literal], decision.reach);
  facts.detail = `${where} allowed, addresses: ${decision.reach}`;
  return decision.reach;
}

/** @throws {NetError} `NET_PROXY_CONFIG` where only a proxy may be used and there is none. */
export function chooseProxy(
  proxies: ProxyResolver | undefined,
  target: DialTarget,
  facts: { detail: string },
): ProxyServer | undefined {
  const proxy = proxies?.proxyFor(target);
  if (proxy === undefined && proxies?.proxyOnly === true) {
    const where = hostAndPort(target.hostname, target.port);
    throw new NetError('NET_PROXY_CONFIG', `no proxy leads to ${where}, and --proxy-only forbids a direct connection`, {
      where, hint: 'set HTTPS_PROXY or ALL_PROXY, or take the host out of NO_PROXY; loopback is never proxied',
    });
  }
  facts.detail = proxy === undefined ? ['direct', proxies?.whyDirect?.(target) ?? ''].filter(Boolean).join(': ') : `${proxy.label} (${proxy.from})`;
  return proxy;
}
