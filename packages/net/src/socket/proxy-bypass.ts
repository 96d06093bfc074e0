/**
 * `NO_PROXY`: which targets are reached without a proxy. Pure.
 *
 * In: entries between commas or blanks. Out: a predicate over host and port. An entry is `*` (everything), a name, `.name` or
 * `*.name` (all three: the name and its subdomains), an address by value, IPv6 with or without brackets, a CIDR range; a name or
 * an address may carry a port. Hosts are compared in lower case, without trailing dot, IDN as ASCII. An entry that is none of
 * these matches nothing.
 *
 * Against Go's httpproxy: `.name` and `*.name` include the name itself, blanks separate. Against curl: ports. Against undici:
 * CIDR.
 */
import { comparableHost } from '../policy.ts';
import { type Cidr, isInCidr, isSameAddress, literalAddress, parseAddress, parseCidr } from './address.ts';

export type ProxyBypass = (hostname: string, port: number) => boolean;

export function parseNoProxy(text: string): ProxyBypass {
  const rules = text.split(/[\s,]+/).filter((entry) => entry !== '').map(parseEntry);
  return (hostname, port) => rules.some((rule) => rule(hostname, port));
}

function parseEntry(entry: string): ProxyBypass {
  if (entry === '*') return () => true;
  const range = parseCidr(entry.replace(/[[\]]/g, ''));
  if (range !== undefined) return (hostname) => isHostInCidr(hostname, range);
  const { host, port } = splitPort(entry);
  if (host === undefined) return () => false;
  const matchesPort = (candidate: number): boolean => port === undefined || port === candidate;
  const address = parseAddress(host.replace(/^\[|\]$/g, ''));
  if (address !== undefined) return (hostname, candidate) => matchesPort(candidate) && isHostAddress(hostname, address);
  const name = comparableName(host.replace(/^\*?\./, ''));
  if (name === undefined) return () => false;
  return (hostname, candidate) => {
    const target = comparableHost(hostname);
    return matchesPort(candidate) && (target === name || target.endsWith(`.${name}`));
  };
}

function isHostInCidr(hostname: string, range: Cidr): boolean {
  const address = parseAddress(literalAddress(comparableHost(hostname)) ?? '');
  return address !== undefined && isInCidr(address, range);
}

function isHostAddress(hostname: string, wanted: NonNullable<ReturnType<typeof parseAddress>>): boolean {
  const address = parseAddress(literalAddress(comparableHost(hostname)) ?? '');
  return address !== undefined && isSameAddress(address, wanted);
}

/** `host`, `host:443`, `[v6]:443`; a bare IPv6 address has no port. A port that is none makes the entry void. */
function splitPort(entry: string): { readonly host?: string; readonly port?: number } {
  if (parseAddress(entry) !== undefined) return { host: entry };
  const split = /^(\[[^\]]*\]|[^:[\]]*)(?::(\d{1,5}))?$/.exec(entry);
  if (split?.[1] === undefined) return {};
  const port = split[2] === undefined ? undefined : Number(split[2]);
  return port === undefined ? { host: split[1] } : { host: split[1], port };
}

/** The name as URL writes it, so that an IDN is compared as ASCII; undefined where it is no host. */
function comparableName(text: string): string | undefined {
  const url = URL.canParse(`http://${text}`) ? new URL(`http://${text}`) : undefined;
  return url === undefined || url.hostname === '' || url.pathname !== '/' ? undefined : comparableHost(url.hostname);
}
