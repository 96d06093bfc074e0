/**
 * Egress policy: which targets a dialer may reach, and at which kind of address. Pure; the dialer asks before it resolves a name,
 * and again for each address.
 *
 * In: scheme, host and port as `new URL()` gives them. Out: refused, with a reason and what would allow it; or allowed within a
 * reach. The reach binds the addresses: `any` but the forbidden ones (the user configured this very host), `public` (a wildcard
 * or a web fetch admitted it, so its name server must not lead us into the local network), or `loopback`. Link-local and
 * unspecified addresses are refused whatever the policy says, since `permitsAddress` is not the policy's to change.
 *
 * The target is judged also when its bytes travel through a proxy. A proxy is not a target: its host is allowed as a proxy only.
 * Plain `http:` goes to loopback, and to the hosts of `plainHttp` (`ALLOW_PLAIN_HTTP`). Left out: paths, methods, time of day.
 */
import { type AddressClass, classifyAddress, literalAddress } from './socket/address.ts';
import { NetError } from './net-error.ts';

/** Where somebody wants to go. */
export interface EgressTarget {
  /** `tcp:` is for ssh. */
  readonly scheme: 'http:' | 'https:' | 'tcp:';
  /** As `new URL()` gives it: lower-case ASCII, IPv6 in brackets. */
  readonly hostname: string;
  /** 1 to 65535. */
  readonly port: number;
}

/** Which addresses the name may resolve to: `any` but link-local and the like, `public` ones, or `loopback`. */
export type AddressReach = 'any' | 'public' | 'loopback';

/** Whether, and to which addresses; or why not. */
export type EgressDecision =
  | { readonly allowed: true; readonly reach: AddressReach }
  | {
      readonly allowed: false;
      readonly code: 'NET_EGRESS_DENIED' | 'NET_PLAIN_HTTP_REFUSED';
      readonly reason: string;
      /** The configuration key that would allow it. */
      readonly hint: string;
    };

/** Decides where connections may lead. It is asked before every one, and for the target also where a proxy is used. */
export interface EgressPolicy {
  /** Pure: no name is resolved here; what it resolves to is judged by the `reach` of the decision. */
  decide(target: EgressTarget): EgressDecision;
}

/**
 * `https://host`, `http://host`, `host`, `host:port`, `*.host`, `*.host:port`, `[::1]:8080`. Port 443 unless given (80 after
 * `http://`). `*.host` admits subdomains, not `host`, and never an address. A path is ignored: an origin is what a socket knows.
 */
export interface OriginRule {
  /** In one of these forms. */
  readonly origin: string;
  /**
   * `direct`: the user's own configuration names this host, it may resolve to private addresses. `public`: it may not. A wildcard
   * is `public` always. Default `direct`.
   */
  readonly reach?: 'direct' | 'public';
}

export interface PlainHttpOptions {
  /** Hosts beside loopback that plain `http:` may reach, `host` (any port) or `host:port`. Default none. */
  readonly plainHttp?: readonly string[];
}

/** Admits the listed origins and nothing else. @throws {NetError} `NET_BAD_URL` for an entry that is not one. */
export function allowOrigins(entries: readonly (string | OriginRule)[], options: PlainHttpOptions = {}): EgressPolicy {
  const rules = entries.map(parseRule);
  return withPlainHttp(options, (target) => {
    const host = comparableHost(target.hostname);
    const matching = rules.filter((rule) => rule.port === target.port && matchesHost(rule, host));
    if (matching.length === 0) return denied(target);
    return { allowed: true, reach: matching.some((rule) => rule.reach === 'direct') ? 'any' : 'public' };
  });
}

/**
 * Admits every host. For programs that embed the package and for web fetch: with `reach: 'public'` no host may be in, or resolve
 * to, a private network. Default `direct`. Forbidden addresses and plain `http:` are refused as everywhere.
 */
export function allowAll(options: PlainHttpOptions & { readonly reach?: 'direct' | 'public' } = {}): EgressPolicy {
  const reach = options.reach === 'public' ? 'public' : 'any';
  return withPlainHttp(options, () => ({ allowed: true, reach }));
}

/** `--offline`: only the named origins, and of these only those whose every address is a loopback address. */
export function loopbackOnly(named: readonly string[]): EgressPolicy {
  const rules = named.map(parseRule).filter((rule) => isLoopbackHost(rule.host));
  return {
    decide(target) {
      const host = comparableHost(target.hostname);
      if (rules.some((rule) => rule.port === target.port && matchesHost(rule, host))) return { allowed: true, reach: 'loopback' };
      return {
        allowed: false,
        code: 'NET_EGRESS_DENIED',
        reason: `--offline allows only loopback targets that the configuration names, not ${target.hostname}:${target.port}`,
        hint: 'run without --offline',
      };
    },
  };
}

/** Whether a socket may be opened to this address under a reach. The address checked must be the address connected. */
export function permitsAddress(reach: AddressReach, address: string): boolean {
  const kind: AddressClass = classifyAddress(address);
  switch (kind) {
    case 'never':
      return false;
    case 'loopback':
      return reach !== 'public';
    case 'private':
      return reach === 'any';
    case 'public':
      return reach !== 'loopback';
    default:
      return kind satisfies never;
  }
}

/** `localhost` and its subdomains (RFC 6761, section 6.3), 127.0.0.0/8, ::1. */
export function isLoopbackHost(hostname: string): boolean {
  const host = comparableHost(hostname);
  const address = literalAddress(host);
  if (address !== undefined) return classifyAddress(address) === 'loopback';
  return host === 'localhost' || host.endsWith('.localhost');
}

/** Lower case, without the dot of an absolute name: the form in which hosts are compared. */
export function comparableHost(hostname: string): string {
  const lower = hostname.toLowerCase();
  return lower.endsWith('.') ? lower.slice(0, -1) : lower;
}

interface ParsedRule {
  readonly host: string;
  readonly subdomains: boolean;
  /** 1 to 65535. */
  readonly port: number;
  readonly reach: 'direct' | 'public';
}

function parseRule(entry: string | OriginRule): ParsedRule {
  const { origin, reach = 'direct' } = typeof entry === 'string' ? { origin: entry } : entry;
  const subdomains = /^(?:[a-z]+:\/\/)?\*\./i.test(origin);
  const parsed = parseHostPort(subdomains ? origin.replace('*.', '') : origin);
  if (parsed === undefined || (subdomains && literalAddress(parsed.host) !== undefined)) {
    const message = 'not an origin: want https://host, host, host:port or *.host';
    throw new NetError('NET_BAD_URL', message, { where: 'egress policy', got: origin });
  }
  return { host: parsed.host, subdomains, port: parsed.port ?? 443, reach: subdomains ? 'public' : reach };
}

/** Reads `[scheme://]host[:port]` through the URL parser, so that every spelling of a host is compared in one form. */
function parseHostPort(text: string): { readonly host: string; readonly port: number | undefined } | undefined {
  const split = /^(?:(https?|tcp|ssh):\/\/)?([^/?#@\s\\]+)(?:[/?#]\S*)?$/i.exec(text.trim());
  const scheme = split?.[1]?.toLowerCase();
  const authority = split?.[2] ?? '';
  // ftp: is "special", so the host gets normalized, and none of the default ports in question is its own.
  const url = URL.canParse(`ftp://${authority}`) ? new URL(`ftp://${authority}`) : undefined;
  if (split === null || url === undefined || authority.endsWith(':')) return undefined;
  if (url.hostname === '' || url.hostname.includes('*')) return undefined;
  const given = /:(\d+)$/.exec(authority.replace(/^\[[^\]]*\]/, ''))?.[1];
  const fallback = scheme === 'http' ? 80 : scheme === 'ssh' ? 22 : scheme === 'https' ? 443 : undefined;
  const port = given === undefined ? fallback : Number(given);
  return port === 0 ? undefined : { host: comparableHost(url.hostname), port };
}

function matchesHost(rule: ParsedRule, host: string): boolean {
  return rule.subdomains ? literalAddress(host) === undefined && host.endsWith(`.${rule.host}`) : host === rule.host;
}

function denied(target: EgressTarget): EgressDecision {
  const origin = target.port === 443 ? target.hostname : `${target.hostname}:${target.port}`;
  return {
    allowed: false,
    code: 'NET_EGRESS_DENIED',
    reason: `the egress policy does not list ${target.hostname}:${target.port}`,
    hint: `to allow it, add ${origin} to EGRESS_ALLOW`,
  };
}

function withPlainHttp(options: PlainHttpOptions, decide: (target: EgressTarget) => EgressDecision): EgressPolicy {
  const plain = (options.plainHttp ?? []).map((entry) => {
    const parsed = parseHostPort(entry);
    if (parsed === undefined) {
      const message = 'not a host for plain HTTP: want host or host:port';
      throw new NetError('NET_BAD_URL', message, { where: 'ALLOW_PLAIN_HTTP', got: entry });
    }
    return parsed;
  });
  return {
    decide(target) {
      const decision = decide(target);
      if (!decision.allowed || target.scheme !== 'http:') return decision;
      const host = comparableHost(target.hostname);
      if (plain.some((rule) => rule.host === host && (rule.port ?? target.port) === target.port)) return decision;
      // A name server that answers for localhost must not make plain text leave the machine.
      if (isLoopbackHost(host)) return decision.reach === 'public' ? decision : { allowed: true, reach: 'loopback' };
      return {
        allowed: false,
        code: 'NET_PLAIN_HTTP_REFUSED',
        reason: `plain http: to ${target.hostname}:${target.port} is refused: anyone on the way could read and change it`,
        hint: `use https:, or add ${target.hostname}:${target.port} to ALLOW_PLAIN_HTTP`,
      };
    },
  };
}
