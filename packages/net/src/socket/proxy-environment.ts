/**
 * Which proxy a target goes through: by the environment's variables, or one fixed proxy. Pure: the environment is passed in.
 *
 * `https:` takes HTTPS_PROXY, `http:` HTTP_PROXY, each else ALL_PROXY; `tcp:` (ssh) takes ALL_PROXY. There is no fall-back from
 * https to http. Lower case wins over upper case. HTTP_PROXY in upper case is ignored under CGI (REQUEST_METHOD is set): there a
 * request header `Proxy:` would set it. An empty variable is an unset one. Loopback targets never go through a proxy: it would
 * reach its own loopback.
 */
import { comparableHost, isLoopbackHost } from '../policy.ts';
import type { DialTarget } from './dialer-contract.ts';
import { parseNoProxy } from './proxy-bypass.ts';
import { parseProxy, type ProxyResolver, type ProxyServer } from './proxy-server.ts';

/** How strictly proxies are used. */
export interface ProxyOptions {
  /** `--proxy-only`: what has no proxy is refused, names are resolved by the proxy, NO_PROXY opens no way out. Default false. */
  readonly proxyOnly?: boolean;
}

/** `HTTPS_PROXY`, `HTTP_PROXY`, `ALL_PROXY` and `NO_PROXY`, in upper or lower case; other names are ignored. */
export type ProxyEnvironment = Readonly<Record<string, string | undefined>>;

/** @throws {NetError} `NET_PROXY_CONFIG` for a proxy that cannot be used, with the variable's name. */
export function proxyFromEnvironment(env: ProxyEnvironment, options: ProxyOptions = {}): ProxyResolver {
  const { proxyOnly = false } = options;
  const all = readProxy(env, 'ALL_PROXY');
  const https = readProxy(env, 'HTTPS_PROXY') ?? all;
  const http = readProxy(env, 'HTTP_PROXY') ?? all;
  const proxies: Readonly<Record<DialTarget['scheme'], ProxyServer | undefined>> = {
    'https:': https,
    'http:': http,
    'tcp:': all ?? (proxyOnly ? https : undefined),
  };
  const bypass = parseNoProxy(read(env, 'NO_PROXY')?.value ?? '');
  return {
    proxyOnly,
    proxyFor(target) {
      const proxy = proxies[target.scheme];
      if (proxy === undefined || isLoopbackHost(target.hostname)) return undefined;
      return bypass(comparableHost(target.hostname), target.port) ? undefined : proxy;
    },
    whyDirect: (target) => whyDirect(target, proxies[target.scheme]),
  };
}

export interface FixedProxyOptions extends ProxyOptions {
  /** The key that holds the URL, for messages. Default `the proxy URL`. */
  readonly from?: string;
  /** As `NO_PROXY`. Default none. */
  readonly noProxy?: string;
}

/** One proxy for every target but loopback ones. @throws {NetError} `NET_PROXY_CONFIG` */
export function fixedProxy(url: string, options: FixedProxyOptions = {}): ProxyResolver {
  const proxy = parseProxy(url, options.from ?? 'the proxy URL');
  const bypass = parseNoProxy(options.noProxy ?? '');
  return {
    proxyOnly: options.proxyOnly ?? false,
    proxyFor: (target) =>
      isLoopbackHost(target.hostname) || bypass(comparableHost(target.hostname), target.port) ? undefined : proxy,
    whyDirect: (target) => whyDirect(target, proxy),
  };
}

function whyDirect({ scheme, hostname }: DialTarget, proxy: ProxyServer | undefined): string {
  if (proxy === undefined) return `no proxy is set for ${scheme}`;
  return isLoopbackHost(hostname) ? 'loopback is never proxied' : `NO_PROXY takes it out of ${proxy.from}`;
}

function readProxy(env: ProxyEnvironment, name: string): ProxyServer | undefined {
  const found = read(env, name);
  return found === undefined ? undefined : parseProxy(found.value, found.name);
}

function read(env: ProxyEnvironment, name: string): { readonly name: string; readonly value: string } | undefined {
  const isCgi = (env['REQUEST_METHOD'] ?? '') !== '';
  const names = name === 'HTTP_PROXY' && isCgi ? [name.toLowerCase()] : [name.toLowerCase(), name];
  for (const candidate of names) {
    const value = env[candidate]?.trim() ?? '';
    if (value !== '') return { name: candidate, value };
  }
  return undefined;
}
