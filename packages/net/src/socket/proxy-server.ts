/**
 * A proxy as configuration names it, and the question which one a target goes through.
 *
 * In: `http://user:pass@proxy:3128`, `https:`, `socks5:`, `socks5h:`; a URL without scheme is `http:`. Out: its parts, the
 * userinfo percent-decoded as UTF-8. What may be shown of a proxy is its `label`; its credentials exist in the head that the
 * proxy reads and nowhere else.
 */
import { createHash } from 'node:crypto';

import { NetError } from '../net-error.ts';
import type { DialTarget } from './dialer-contract.ts';

/** For Basic, and for the user and password of SOCKS5 (RFC 1929). Never in errors or traces. */
export interface ProxyCredentials {
  /** Percent-decoded. */
  readonly username: string;
  /** Percent-decoded. Secret. */
  readonly password: string;
}

/** One proxy. */
export interface ProxyServer {
  /** How the proxy itself is spoken to. `socks5:` gets addresses, `socks5h:` names. */
  readonly scheme: 'http:' | 'https:' | 'socks5:' | 'socks5h:';
  /** As in the URL, IPv6 in brackets. */
  readonly hostname: string;
  /** Default by scheme: 80, 443, 1080. */
  readonly port: number;
  /** From the URL's userinfo. */
  readonly credentials: ProxyCredentials | undefined;
  /** `http://proxy:3128`: without credentials. */
  readonly label: string;
  /** The key or variable that names it. */
  readonly from: string;
  /** Tells proxies, credentials included, apart in pool keys; a digest. */
  readonly id: string;
}

/** Which proxy a target is reached by. */
export interface ProxyResolver {
  /** The proxy for a target, or undefined for a direct connection. */
  proxyFor(target: DialTarget): ProxyServer | undefined;
  /** Why a target has no proxy, in words for people; asked only where `proxyFor` gave none. */
  whyDirect?(target: DialTarget): string;
  /** A target without a proxy is refused, and names are resolved by the proxy (`--proxy-only`). */
  readonly proxyOnly: boolean;
}

const DEFAULT_PORTS: Readonly<Record<ProxyServer['scheme'], number>> = {
  'http:': 80,
  'https:': 443,
  'socks5:': 1080,
  'socks5h:': 1080,
};

/**
 * @param from - The key or variable that holds the text. @throws {NetError} `NET_PROXY_CONFIG`; the text itself is not repeated.
 */
export function parseProxy(text: string, from: string): ProxyServer {
  const written = text.trim();
  const scheme = /^([a-z][a-z\d+.-]*):\/\//i.exec(written)?.[1]?.toLowerCase() ?? 'http';
  const kind = toScheme(`${scheme}:`);
  if (kind === undefined) throw badProxy(from, `unknown scheme ${scheme}:`);
  const rest = written.replace(/^[a-z][a-z\d+.-]*:\/\//i, '');
  // Parsed as ftp: whatever the scheme is: only special schemes get their hosts normalized, and ftp: shares no default port.
  const url = URL.canParse(`ftp://${rest}`) ? new URL(`ftp://${rest}`) : undefined;
  if (url === undefined || url.hostname === '') throw badProxy(from, 'not a URL');
  const given = /:(\d+)$/.exec(rest.split(/[/?#]/, 1)[0]?.replace(/^.*@/, '').replace(/^\[[^\]]*\]/, '') ?? '')?.[1];
  const port = given === undefined ? DEFAULT_PORTS[kind] : Number(given);
  if (port === 0) throw badProxy(from, 'port 0');
  if (url.pathname !== '/' || url.search !== '' || url.hash !== '') throw badProxy(from, 'a path, query or fragment');
  const credentials = toCredentials(url, kind, from);
  return {
    scheme: kind,
    hostname: url.hostname,
    port,
    credentials,
    label: `${kind}//${url.hostname}:${port}`,
    from,
    id: createHash('sha256').update(JSON.stringify([kind, url.hostname, port, credentials])).digest('base64url').slice(0, 22),
  };
}

function toCredentials(url: URL, scheme: ProxyServer['scheme'], from: string): ProxyCredentials | undefined {
  if (url.username === '' && url.password === '') return undefined;
  let credentials: ProxyCredentials;
  try {
    credentials = { username: decodeURIComponent(url.username), password: decodeURIComponent(url.password) };
  } catch {
    throw badProxy(from, 'a user name or password with a bad percent-encoding');
  }
  if (scheme.startsWith('socks')) {
    // One length byte each (RFC 1929, section 2).
    const sizes = [credentials.username, credentials.password].map((part) => Buffer.byteLength(part));
    if (sizes.some((size) => size < 1 || size > 255)) {
      throw badProxy(from, 'a user name or password that is empty or over 255 bytes');
    }
  } else if (credentials.username.includes(':')) {
    throw badProxy(from, 'a user name with a colon'); // it would end the user name there (RFC 7617, section 2)
  }
  return credentials;
}

function toScheme(scheme: string): ProxyServer['scheme'] | undefined {
  switch (scheme) {
    case 'http:':
    case 'https:':
    case 'socks5:':
    case 'socks5h:':
      return scheme;
    case 'socks:':
      return 'socks5:';
    default:
      return undefined;
  }
}

function badProxy(from: string, what: string): NetError {
  return new NetError('NET_PROXY_CONFIG', `the proxy in ${from} cannot be used: ${what}`, {
    where: from,
    got: what,
    hint: `${from} wants http://[user:password@]host:port, https://…, socks5://… or socks5h://…`,
  });
}
