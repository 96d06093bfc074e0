/**
 * `PROXY_URL`: a proxy of providers, to which their base URL is rewritten; path, query and fields pass through as they are.
 *
 * `strict`: the provider itself is never called; the egress policy does not even list it. `soft`: where no connection to the
 * proxy could be made, the same request goes straight to the provider, with one notice. A proxy that answered was reached, whatever
 * it said. Only requests to the provider's own origin are rewritten; tokens have their own servers.
 */
import { type HttpRequest, isNetError, type NetErrorCode, type Transport } from '@sx/net';

export interface BaseUrlProxy {
  /** Origin, and path prefix if any. */
  readonly url: string;
  readonly mode: 'soft' | 'strict';
}

/** Nothing of the request was sent when one of these was thrown. */
const NOT_REACHED: readonly NetErrorCode[] = ['NET_DNS', 'NET_CONNECT', 'NET_CONNECT_TIMEOUT', 'NET_TLS_TIMEOUT', 'NET_TLS', 'NET_TLS_UNTRUSTED', 'NET_TLS_NAME', 'NET_TLS_EXPIRED', 'NET_TLS_ALPN'];

export function throughBaseUrlProxy(transport: Transport, providerBaseUrl: string, proxy: BaseUrlProxy, notice: (text: string) => void): Transport {
  const provider = new URL(providerBaseUrl).origin;
  let told = false;
  return {
    async send(request, options) {
      const rewritten = rewrite(request, provider, proxy.url);
      if (rewritten === undefined) return transport.send(request, options);
      try {
        return await transport.send(rewritten, options);
      } catch (error) {
        if (proxy.mode === 'strict' || !isNetError(error) || !NOT_REACHED.includes(error.code)) throw error;
        if (!told) notice(`PROXY_URL cannot be reached (${error.code}); calling ${new URL(provider).host} directly (PROXY_MODE=strict would not)`);
        told = true;
        return transport.send(request, options);
      }
    },
    close: () => transport.close(),
  };
}

function rewrite(request: HttpRequest, provider: string, proxyUrl: string): HttpRequest | undefined {
  const url = new URL(request.url);
  if (url.origin !== provider) return undefined;
  return { ...request, url: `${proxyUrl.replace(/\/+$/, '')}${url.pathname}${url.search}` };
}
