/**
 * The client side of one TLS handshake over a connected socket: the target's, or that of an `https:` proxy.
 *
 * In: a socket and the host that the certificate must prove. Out: a verified TLSSocket, or a NetError; the socket is destroyed
 * then.
 * - `rejectUnauthorized: true` is always passed: where it is absent, `NODE_TLS_REJECT_UNAUTHORIZED=0` would turn checking off.
 * - Node sends SNI only when told to; a name goes in without its trailing dot, an address never does (RFC 6066, section 3).
 * - ALPN offers `http/1.1` alone; a server that chose anything else is refused.
 * - The name is checked against subjectAltName only (RFC 9110, section 4.3.4); Node would fall back to the common name.
 * - No session is ever resumed: a resumed session skips certificate checks made under other options.
 */
import type { Socket } from 'node:net';
import { checkServerIdentity, connect, type DetailedPeerCertificate, type SecureContext, type TLSSocket } from 'node:tls';

import { literalAddress } from './address.ts';
import { abortReason } from './dialer-deadline.ts';
import type { SeenCertificate } from './dialer-contract.ts';
import { tlsAlpnError, tlsError } from './tls-error.ts';

export interface TlsOptions {
  /** As in the URL. */
  readonly hostname: string;
  readonly port: number;
  /** Absent: Node's default roots, no client certificate. */
  readonly secureContext: SecureContext | undefined;
  readonly signal: AbortSignal;
  /** Told what the server sent, also where it was refused. */
  readonly onChain?: (chain: readonly SeenCertificate[]) => void;
}

/**
 * @throws {NetError} `NET_TLS`, `NET_TLS_UNTRUSTED`, `NET_TLS_NAME`, `NET_TLS_EXPIRED`, `NET_TLS_ALPN`, or the signal's reason.
 */
export function startTls(socket: Socket, options: TlsOptions): Promise<TLSSocket> {
  const { signal } = options;
  const identity = options.hostname.replace(/\.$/, '');
  const address = literalAddress(identity);
  return new Promise<TLSSocket>((resolve, reject) => {
    if (signal.aborted) {
      socket.destroy();
      return reject(abortReason(signal));
    }
    let chain: readonly SeenCertificate[] = [];
    const tls = connect({
      socket,
      servername: address === undefined ? identity : '',
      ALPNProtocols: ['http/1.1'],
      rejectUnauthorized: true,
      checkServerIdentity: (_name, certificate) => checkIdentity(address ?? identity, certificate),
      ...(options.secureContext === undefined ? {} : { secureContext: options.secureContext }),
    });
    // Node verifies in its own listener of this event and destroys the socket there, chain and all: look before it does.
    const look = (): void => {
      chain = seenChain(tls.getPeerCertificate(true));
      options.onChain?.(chain);
    };
    const settle = (): void => {
      signal.removeEventListener('abort', abort);
      tls.off('secure', look).off('secureConnect', secured).off('error', failed).off('close', closed);
    };
    const fail = (error: Error): void => {
      settle();
      tls.on('error', ignore); // a destroyed socket may still report why
      tls.destroy();
      socket.destroy();
      reject(error);
    };
    const abort = (): void => fail(abortReason(signal));
    const failed = (error: Error): void => fail(tlsError(error, options.hostname, options.port, chain));
    const closed = (): void => failed(new Error('the connection closed during the TLS handshake'));
    const secured = (): void => {
      if (tls.alpnProtocol !== false && tls.alpnProtocol !== 'http/1.1') {
        return fail(tlsAlpnError(options.hostname, options.port, tls.alpnProtocol));
      }
      settle();
      resolve(tls);
    };
    signal.addEventListener('abort', abort, { once: true });
    tls.prependListener('secure', look);
    tls.once('secureConnect', secured).once('error', failed).once('close', closed);
  });
}

function checkIdentity(identity: string, certificate: Parameters<typeof checkServerIdentity>[1]): Error | undefined {
  if (certificate.subjectaltname !== undefined) return checkServerIdentity(identity, certificate);
  return Object.assign(new Error('the certificate has no subjectAltName'), { code: 'ERR_TLS_CERT_ALTNAME_INVALID' });
}

/** Leaf first. Node links a root to itself. */
function seenChain(leaf: DetailedPeerCertificate): readonly SeenCertificate[] {
  const chain: SeenCertificate[] = [];
  let certificate: DetailedPeerCertificate | undefined = leaf;
  while (certificate?.raw !== undefined && chain.length < CHAIN_LENGTH_MAX) {
    chain.push({
      subject: distinguishedName(certificate.subject),
      issuer: distinguishedName(certificate.issuer),
      validFrom: certificate.valid_from,
      validTo: certificate.valid_to,
      names: certificate.subjectaltname ?? '',
      fingerprint256: certificate.fingerprint256,
    });
    const issuer: DetailedPeerCertificate | undefined = certificate.issuerCertificate;
    certificate = issuer === certificate || issuer?.fingerprint256 === certificate.fingerprint256 ? undefined : issuer;
  }
  return chain;
}

const CHAIN_LENGTH_MAX = 16;
const ignore = (): void => undefined;

/** `CN=example.com, O=Example`, most telling part first. */
function distinguishedName(name: object): string {
  const parts = Object.entries(name).map(([key, value]) => `${key}=${Array.isArray(value) ? value.join('+') : String(value)}`);
  const rank = (part: string): number => ['CN=', 'O=', 'OU='].findIndex((prefix) => part.startsWith(prefix)) >>> 0;
  return parts.toSorted((a, b) => rank(a) - rank(b)).join(', ');
}
