/** Which key would help against a fault of the way, beside what the error itself says. Pure. */
import type { NetErrorCode } from '@sx/net';

export interface Circumstances {
  /** The key that holds the URL. */
  readonly urlKey: string | undefined;
  /** The key of the provider's own authorities. */
  readonly caFileKey: string;
  /** Keys of the authorities in use, with their paths. */
  readonly authorities: readonly string[];
  /** The key of the proxy that the way goes through. */
  readonly proxyKey: string | undefined;
}

export function remedies(code: NetErrorCode | undefined, { urlKey, caFileKey, authorities, proxyKey }: Circumstances): readonly string[] {
  const url = urlKey === undefined ? 'the URL' : urlKey;
  const named = `${url} names this server`;
  const anyProxy = proxyKey ?? 'HTTPS_PROXY';
  switch (code) {
    case 'NET_DNS':
      return proxyKey === undefined ? [named] : [`${proxyKey} names the proxy`];
    case 'NET_CONNECT':
      return [named, 'nothing listens there, or a firewall refuses: where only a proxy leads out, set HTTPS_PROXY'];
    case 'NET_CONNECT_TIMEOUT':
      return proxyKey === undefined ? [named, 'a firewall may drop what we send: where only a proxy leads out, set HTTPS_PROXY', 'CONNECT_TIMEOUT_MS is the limit'] : [`${proxyKey} names the proxy`, 'CONNECT_TIMEOUT_MS is the limit'];
    case 'NET_PROXY_CONNECT':
      return [`${anyProxy} names the proxy; NO_PROXY takes hosts out of it`];
    case 'NET_PROXY_AUTH':
      return [`the URL is that of ${anyProxy}`];
    case 'NET_PROXY_REFUSED':
      return ['the proxy does not let us through: ask who runs it to allow this host', `${anyProxy} names the proxy; NO_PROXY takes hosts out of it`];
    case 'NET_PROXY_PROTOCOL':
      return [`${anyProxy} names the proxy: scheme and port have to fit`];
    case 'NET_TLS_TIMEOUT':
      return [`${named}: is its port one that speaks TLS?`, 'TLS_TIMEOUT_MS is the limit'];
    case 'NET_TLS_UNTRUSTED':
      return [
        authorities.length === 0 ? `only Node's own roots and the system's are trusted now; ${caFileKey} adds one for this provider alone` : `trusted now: Node's own roots and ${authorities.join(', ')}; none of them vouches for it`,
      ];
    case 'NET_TLS_NAME':
    case 'NET_TLS':
    case 'NET_NOT_HTTP':
    case 'NET_TLS_ON_PLAIN_PORT':
      return [named];
    case 'NET_HEAD_TIMEOUT':
      return [`${named}: it took the connection and the request, and said nothing`, 'HEAD_TIMEOUT_MS is the limit, here 15,000 ms at most'];
    default:
      return [];
  }
}
