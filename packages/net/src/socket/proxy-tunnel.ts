/** Opens a tunnel through a connected proxy: CONNECT or SOCKS5. */
import type { Socket } from 'node:net';

import { NetError } from '../net-error.ts';
import type { ProxyServer } from './proxy-server.ts';

export function openTunnel(_socket: Socket, options: { readonly proxy: ProxyServer; readonly proxyOnly: boolean; readonly signal: AbortSignal; readonly facts: object }): Promise<void> {
  return Promise.reject(new NetError('NET_PROXY_CONFIG', `tunnels through ${options.proxy.label} are not built yet`));
}
