/** What the rest of the system sees of the dialer: the only thing that opens sockets. */
import type { Socket } from 'node:net';

import type { Deadlines } from '../limits.ts';
import type { Field } from '../fields.ts';
import type { NetError } from '../net-error.ts';

/** Where a connection is to lead. */
export interface DialTarget {
  /** `https:` gives a TLS socket, `http:` and `tcp:` a plain one (`tcp:` is for ssh: always tunnelled by a proxy). */
  readonly scheme: 'http:' | 'https:' | 'tcp:';
  /** As `new URL()` gives it: lower-case ASCII, IPv6 in brackets. */
  readonly hostname: string;
  /** 1 to 65535. */
  readonly port: number;
}

/** What holds for one connection alone. */
export interface DialOptions {
  /** Aborting destroys what there is of the connection: `NET_ABORTED`. */
  readonly signal?: AbortSignal | undefined;
  /** Overrides single deadlines of the dialer, in milliseconds. */
  readonly deadlines?: Partial<Deadlines> | undefined;
  /** Called at the end of each step, the failed one included: what `sx doctor` prints. */
  readonly onStep?: ((step: DialStep) => void) | undefined;
}

/** One step on the way to a connected socket. */
export interface DialStep {
  /** `dns` and `tcp` are the proxy's where one is used; `tunnel` is its CONNECT or SOCKS exchange. */
  readonly name: 'policy' | 'proxy' | 'dns' | 'tcp' | 'proxy-tls' | 'tunnel' | 'tls';
  /** False for the step that ended the way, or was followed by a second try. */
  readonly ok: boolean;
  /** Milliseconds of this step alone, with fractions. */
  readonly elapsedMs: number;
  /** One line for people: addresses, protocol, issuer. */
  readonly detail: string;
  /** `tls` and `proxy-tls`: what the peer sent, leaf first, also where it was refused. */
  readonly chain?: readonly SeenCertificate[];
  /** Where not `ok`. */
  readonly error?: NetError;
}

/** One certificate of the chain that a TLS server sent. */
export interface SeenCertificate {
  /** `CN=…, O=…`. */
  readonly subject: string;
  /** In the same form. */
  readonly issuer: string;
  /** As OpenSSL writes it, `Jan  1 00:00:00 2027 GMT`. */
  readonly validFrom: string;
  /** In the same form; the certificate is refused from then on. */
  readonly validTo: string;
  /** `DNS:example.com, IP Address:192.0.2.1`; empty without subjectAltName. */
  readonly names: string;
  /** SHA-256 of the certificate, upper-case hexadecimal with colons. */
  readonly fingerprint256: string;
}

/** A connected socket, ready for the first byte of the application's protocol. */
export interface Dialed {
  /** Nobody else reads or writes it. Plain or TLS, the handshake done and the peer verified. */
  readonly socket: Socket;
  /** Number of this connection, counted from 1 over the dialer's life. */
  readonly connectionId: number;
  /** `absolute` where a plain-`http:` request goes to a proxy (RFC 9112, section 3.2.2). */
  readonly requestForm: 'origin' | 'absolute';
  /** Fields for the proxy alone, with its credentials; only with `absolute`. */
  readonly proxyFields: readonly Field[];
  /** `192.0.2.1:443`, or the proxy's. */
  readonly remoteAddress: string;
}

/** An attempt that the policy refused. */
export interface EgressRefusal {
  /** The host, the address that it resolved to, or plain `http:` to it. */
  readonly code: 'NET_EGRESS_DENIED' | 'NET_EGRESS_ADDRESS' | 'NET_PLAIN_HTTP_REFUSED';
  /** As in the URL. */
  readonly host: string;
  /** 1 to 65535. */
  readonly port: number;
  /** Epoch milliseconds. */
  readonly atMs: number;
}

/** The one opener of sockets; `createDialer` makes it. */
export interface Dialer {
  /**
   * @throws {NetError} `NET_EGRESS_*`, `NET_PLAIN_HTTP_REFUSED`, `NET_DNS`, `NET_CONNECT*`, `NET_TLS*`, `NET_PROXY_*`,
   * `NET_ABORTED`.
   */
  dial(target: DialTarget, options?: DialOptions): Promise<Dialed>;
  /**
   * Everything that changes whom or how we talk to for this target (scheme, host, port, server name, CA set, client
   * certificate, proxy and its credentials), as an opaque string: the pool's key. Never logged.
   */
  poolKey(target: DialTarget): string;
  /** Attempts that the egress policy refused, oldest first, at most `refusalsMax`. */
  readonly refusals: readonly EgressRefusal[];
}
