/** A way through a proxy, up to the target's TLS: to the proxy, into its TLS, through its tunnel. Loaded where there is one. */
import type { Socket } from 'node:net';

import { type Connection, connectTo, owning, resolveStep, secure, type Way } from './dialer-legs.ts';
import { hostAndPort } from './happy-eyeballs.ts';
import type { ProxyServer } from './proxy-server.ts';
import { openTunnel } from './proxy-tunnel.ts';

export interface ThroughProxy {
  /** `socks5:` wants an address, which is then resolved and checked here; all other proxies resolve names themselves. */
  readonly resolvesHere: boolean;
  /** False for a plain `http:` request, which the proxy reads. */
  readonly tunnels: boolean;
}

export async function connectThroughProxy(
  way: Way,
  proxy: ProxyServer,
  { resolvesHere, tunnels }: ThroughProxy,
  signal: AbortSignal,
): Promise<Connection> {
  const { target, reach } = way;
  const hostname = resolvesHere ? preferIpv4(await resolveStep(way, target, reach, signal)) : target.hostname;
  const hop = await connectTo(way, proxy, 'any', signal);
  return owning(hop.socket, async () => {
    const socket = proxy.scheme === 'https:' ? await secure(way, hop.socket, proxy, 'proxy', signal) : hop.socket;
    if (tunnels) await tunnel(way, socket, proxy, hostname, signal);
    return { ...hop, socket };
  });
}

/** A SOCKS proxy gets one address; more of them reach IPv4 than IPv6. */
function preferIpv4(addresses: readonly string[]): string {
  return addresses.find((address) => !address.includes(':')) ?? addresses[0] ?? '';
}

function tunnel(way: Way, socket: Socket, proxy: ProxyServer, hostname: string, signal: AbortSignal): Promise<void> {
  const { port } = way.target;
  return way.run('tunnel', async (facts) => {
    await openTunnel(socket, { proxy, hostname, port, limits: way.limits, signal });
    facts.detail = `${proxy.label} opened a tunnel to ${hostAndPort(hostname, port)}`;
  });
}
