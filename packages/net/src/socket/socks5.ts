/**
 * The client side of a SOCKS5 handshake (RFC 1928), with user name and password (RFC 1929). Pure.
 *
 * In: octets from the proxy, cut anywhere. Out: octets for it, and in the end whatever followed its last reply. States: `method`
 * → (`password` →) `reply` → `open`. The target goes in as a name (`socks5h:`, the proxy resolves it) or as the address that we
 * resolved and checked (`socks5:`). Left out: BIND, UDP ASSOCIATE, GSSAPI.
 */
import { NetError } from '../net-error.ts';
import { literalAddress, parseAddress } from './address.ts';
import type { ProxyCredentials } from './proxy-server.ts';

export interface Socks5Handshake {
  /** To be sent first. */
  readonly greeting: Uint8Array;
  /** @throws {NetError} `NET_PROXY_AUTH`, `NET_PROXY_REFUSED`, `NET_PROXY_PROTOCOL` */
  push(bytes: Uint8Array): Socks5Step;
}

export interface Socks5Step {
  readonly send: Uint8Array;
  /** The tunnel is open; `leftover` is the target's. */
  readonly open: boolean;
  readonly leftover: Uint8Array;
}

export interface Socks5Options {
  readonly hostname: string;
  readonly port: number;
  readonly credentials: ProxyCredentials | undefined;
  /** The proxy, for messages. */
  readonly label: string;
}

const VERSION = 5;
const PASSWORD_VERSION = 1;
const NO_AUTHENTICATION = 0;
const USER_PASSWORD = 2;
const CONNECT = 1;
const IPV4 = 1;
const NAME = 3;
const IPV6 = 4;

const REPLIES: readonly string[] = [
  'succeeded',
  'general failure',
  'not allowed by its rules',
  'network unreachable',
  'host unreachable',
  'connection refused by the target',
  'time to live expired',
  'command not supported',
  'address type not supported',
];

export function createSocks5Handshake({ hostname, port, credentials, label }: Socks5Options): Socks5Handshake {
  let state: 'method' | 'password' | 'reply' | 'open' = 'method';
  let pending: Uint8Array = new Uint8Array(0);
  const request = encodeRequest(hostname, port);
  const methods = credentials === undefined ? [NO_AUTHENTICATION] : [NO_AUTHENTICATION, USER_PASSWORD];
  const broken = (what: string): NetError =>
    new NetError('NET_PROXY_PROTOCOL', `${label} does not speak SOCKS5: ${what}`, {
      where: label,
      got: what,
      hint: 'is this the port of a SOCKS5 proxy?',
    });

  /** Consumes one message, if it is whole; says what to send. */
  const takeMessage = (): Uint8Array | undefined => {
    switch (state) {
      case 'method': {
        if (pending[0] !== undefined && pending[0] !== VERSION) throw broken(`version ${pending[0]}`);
        if (pending.length < 2) return undefined;
        const method = pending[1] ?? 0xff;
        pending = pending.subarray(2);
        if (method === 0xff) throw authError(label, credentials, 'no acceptable method');
        if (method === USER_PASSWORD && credentials !== undefined) {
          state = 'password';
          return encodePassword(credentials);
        }
        if (method !== NO_AUTHENTICATION) throw broken(`chose method ${method}, which was not offered`);
        state = 'reply';
        return request;
      }
      case 'password': {
        if (pending[0] !== undefined && pending[0] !== PASSWORD_VERSION) throw broken(`password version ${pending[0]}`);
        if (pending.length < 2) return undefined;
        if (pending[1] !== 0) throw authError(label, credentials, `status ${pending[1] ?? ''}`);
        pending = pending.subarray(2);
        state = 'reply';
        return request;
      }
      case 'reply':
        return takeReply();
      case 'open':
        return undefined;
      default:
        return state satisfies never;
    }
  };

  const takeReply = (): Uint8Array | undefined => {
    const [version, code, , type, nameBytes] = pending;
    if (version !== undefined && version !== VERSION) throw broken(`version ${version} in the reply`);
    if (code !== undefined && code !== 0) {
      const said = REPLIES[code] ?? 'unknown reply';
      const message = `${label} refused a tunnel to ${hostname}:${port}: ${said} (${code})`;
      throw new NetError('NET_PROXY_REFUSED', message, { where: label, got: code });
    }
    if (type === undefined || (type === NAME && nameBytes === undefined)) return undefined;
    const addressBytes = type === IPV4 ? 4 : type === IPV6 ? 16 : type === NAME ? 1 + (nameBytes ?? 0) : undefined;
    if (addressBytes === undefined) throw broken(`address type ${type} in the reply`);
    if (pending.length < 4 + addressBytes + 2) return undefined;
    pending = pending.subarray(4 + addressBytes + 2); // the bound address is of no use to us
    state = 'open';
    return new Uint8Array(0);
  };

  return {
    greeting: Uint8Array.of(VERSION, methods.length, ...methods),
    push(bytes) {
      pending = pending.length === 0 ? bytes : Buffer.concat([pending, bytes]);
      const send: Uint8Array[] = [];
      for (let message = takeMessage(); message !== undefined; message = takeMessage()) send.push(message);
      return { send: Buffer.concat(send), open: state === 'open', leftover: state === 'open' ? pending : new Uint8Array(0) };
    },
  };
}

function encodePassword({ username, password }: ProxyCredentials): Uint8Array {
  const parts = [Buffer.from(username), Buffer.from(password)];
  return Buffer.concat([Uint8Array.of(PASSWORD_VERSION), ...parts.flatMap((part) => [Uint8Array.of(part.length), part])]);
}

function encodeRequest(hostname: string, port: number): Uint8Array {
  const address = parseAddress(literalAddress(hostname) ?? '');
  const name = Buffer.from(hostname.replace(/\.$/, ''), 'latin1');
  const named = [NAME, name.length, ...name];
  const destination = address === undefined ? named : [address.family === 4 ? IPV4 : IPV6, ...address.bytes];
  return Uint8Array.from([VERSION, CONNECT, 0, ...destination, port >> 8, port & 0xff]);
}

function authError(label: string, credentials: ProxyCredentials | undefined, got: string): NetError {
  const verb = `${credentials === undefined ? 'asks for a' : 'does not accept the'} user name and password`;
  return new NetError('NET_PROXY_AUTH', `${label} ${verb} (${got})`, {
    where: label, got, hint: "write them into the proxy's URL, percent-encoded: socks5://user:password@host:port",
  });
}
