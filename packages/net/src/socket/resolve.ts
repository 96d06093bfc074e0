/**
 * Name resolution: a host name to the addresses that a policy lets us connect to.
 *
 * In: the name as URL normalized it. Out: at most `addressesMax` distinct addresses, in the resolver's order, each of which was
 * checked. The name is resolved once and these addresses are the ones connected to, so a name server cannot show one address to
 * the check and another to the socket (DNS rebinding). One forbidden address among permitted ones is left out; none permitted is
 * an error. Left out: a cache (the system's resolver has one), DNS over HTTPS, SRV and HTTPS records.
 */
import { lookup } from 'node:dns/promises';

import { NetError } from '../net-error.ts';
import { type AddressReach, permitsAddress } from '../policy.ts';
import { literalAddress, parseAddress } from './address.ts';
import { abortReason, untilAborted } from './dialer-deadline.ts';

/**
 * Resolves a name to addresses. Default: the system's resolver (`getaddrinfo`: hosts file, DNS, mDNS), all addresses, its order.
 */
export type Resolve = (hostname: string, signal: AbortSignal) => Promise<readonly string[]>;

export const systemResolve: Resolve = async (hostname) => {
  const answers = await lookup(hostname, { all: true });
  return answers.map((answer) => answer.address);
};

export interface Resolution {
  /** Permitted, to be connected to. */
  readonly addresses: readonly string[];
  /** Answered by the resolver and refused by the policy. */
  readonly refused: readonly string[];
}

export interface ResolveOptions {
  readonly resolve: Resolve;
  readonly addressesMax: number;
  readonly signal: AbortSignal;
}

/** @throws {NetError} `NET_DNS`, `NET_EGRESS_ADDRESS`, or the signal's reason. */
export async function resolveHost(
  hostname: string,
  reach: AddressReach,
  options: ResolveOptions,
): Promise<Resolution> {
  const literal = literalAddress(hostname);
  const answers = literal === undefined ? await ask(hostname, options) : [literal];
  const distinct = [...new Set(answers)];
  const permitted = distinct.filter((address) => permitsAddress(reach, address));
  const refused = distinct.filter((address) => !permitted.includes(address));
  if (permitted.length === 0) throw addressError(hostname, refused, reach);
  return { addresses: permitted.slice(0, options.addressesMax), refused };
}

async function ask(hostname: string, options: Pick<ResolveOptions, 'resolve' | 'signal'>): Promise<readonly string[]> {
  let answers: readonly string[];
  try {
    answers = await untilAborted(options.signal, options.resolve(hostname, options.signal));
  } catch (error) {
    if (options.signal.aborted) throw abortReason(options.signal);
    throw dnsError(hostname, error);
  }
  const addresses = answers.filter((answer) => parseAddress(answer.split('%', 1)[0] ?? '') !== undefined);
  if (addresses.length === 0) throw dnsError(hostname, { code: 'ENODATA' });
  return addresses;
}

function dnsError(hostname: string, cause: unknown): NetError {
  const hasCode = typeof cause === 'object' && cause !== null && 'code' in cause;
  const code = hasCode && typeof cause.code === 'string' ? cause.code : 'failed';
  const meaning: Readonly<Record<string, string>> = {
    ENOTFOUND: 'no such host',
    EAI_AGAIN: 'the name server did not answer',
    ENODATA: 'the name has no addresses',
  };
  const said = meaning[code] ?? 'name resolution failed';
  return new NetError('NET_DNS', `cannot resolve ${hostname}: ${said} (${code})`, {
    where: hostname,
    got: code,
    hint: `${code === 'EAI_AGAIN' ? 'is this machine online?' : 'is the host name right?'} Behind a proxy, set HTTPS_PROXY`,
    cause,
  });
}

/** None of the addresses of a host, or the address that the URL names, may be connected to. */
export function addressError(hostname: string, refused: readonly string[], reach: AddressReach): NetError {
  const isLiteral = literalAddress(hostname) !== undefined;
  const shown = refused.slice(0, 4).join(', ');
  const rule: Readonly<Record<AddressReach, string>> = {
    any: 'link-local, unspecified and multicast addresses are never connected to',
    public: 'a host admitted by a wildcard or a web fetch may only have public addresses',
    loopback: 'only loopback addresses are allowed for it',
  };
  return new NetError('NET_EGRESS_ADDRESS', `${isLiteral ? '' : `${hostname} resolves to `}${shown}: ${rule[reach]}`, {
    where: hostname,
    got: shown,
    ...(reach === 'public' ? { hint: `if ${hostname} is yours, list it by its full name in EGRESS_ALLOW` } : {}),
  });
}
