/**
 * A failed TLS handshake as one error that says what the server showed and what would make it trusted.
 *
 * In: Node's error (OpenSSL's code) and the chain that the server sent. Out: a NetError. Names in certificates come from the
 * network and are escaped. Pure.
 */
import { NetError, printable } from '../net-error.ts';
import type { SeenCertificate } from './dialer-contract.ts';

/** The chain ends in an issuer that the store does not hold: another store may. */
const UNKNOWN_ISSUER = new Set([
  'UNABLE_TO_GET_ISSUER_CERT',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
  'SELF_SIGNED_CERT_IN_CHAIN',
  'DEPTH_ZERO_SELF_SIGNED_CERT',
]);
const UNTRUSTED = new Set([
  'CERT_REVOKED', 'CERT_REJECTED', 'CERT_UNTRUSTED', 'CERT_SIGNATURE_FAILURE', 'CERT_CHAIN_TOO_LONG', 'INVALID_CA',
  'INVALID_PURPOSE', 'PATH_LENGTH_EXCEEDED', 'CA_MD_TOO_WEAK', 'EE_KEY_TOO_SMALL', 'CA_KEY_TOO_SMALL',
]);
const EXPIRED = new Set(['CERT_HAS_EXPIRED', 'CERT_NOT_YET_VALID']);
const NOT_TLS = new Set([
  'ERR_SSL_WRONG_VERSION_NUMBER',
  'ERR_SSL_PACKET_LENGTH_TOO_LONG',
  'ERR_SSL_HTTP_REQUEST',
  'ERR_SSL_UNEXPECTED_MESSAGE',
]);
const ALPN_ALERT = 'ERR_SSL_TLSV1_ALERT_NO_APPLICATION_PROTOCOL';

export function isUnknownIssuer(error: unknown): boolean {
  return error instanceof NetError && error.code === 'NET_TLS_UNTRUSTED' && UNKNOWN_ISSUER.has(codeOf(error.cause));
}

export function tlsError(cause: Error, hostname: string, port: number, chain: readonly SeenCertificate[]): NetError {
  const code = codeOf(cause);
  const where = `${hostname}:${port}`;
  const leaf = chain[0];
  if (UNKNOWN_ISSUER.has(code) || UNTRUSTED.has(code)) return untrusted(cause, code, hostname, where, chain);
  if (EXPIRED.has(code)) {
    const span = leaf === undefined ? '' : `: valid from ${printable(leaf.validFrom)} to ${printable(leaf.validTo)}`;
    const what = code === 'CERT_HAS_EXPIRED' ? 'has expired' : 'is not valid yet';
    return new NetError('NET_TLS_EXPIRED', `a certificate of ${hostname} ${what}${span}`, {
      where, got: code, hint: "check this machine's clock, then tell the server's operator", cause,
    });
  }
  if (code === 'ERR_TLS_CERT_ALTNAME_INVALID' || code === 'HOSTNAME_MISMATCH' || code === 'IP_ADDRESS_MISMATCH') {
    const names = leaf === undefined || leaf.names === '' ? 'no name (no subjectAltName)' : printable(leaf.names);
    return new NetError('NET_TLS_NAME', `the certificate of ${hostname} is for ${names}`, {
      where, got: names, hint: 'check the host name; a wrong name may mean that the connection is intercepted', cause,
    });
  }
  if (code === ALPN_ALERT) return tlsAlpnError(hostname, port, 'no protocol of ours', cause);
  if (NOT_TLS.has(code)) {
    return new NetError('NET_TLS', `${where} did not answer in TLS: a plain server, or a proxy, listens there`, {
      where, got: code, hint: 'check scheme and port of the URL', cause,
    });
  }
  const said = code === 'ECONNRESET' ? 'the connection was closed during the handshake' : printable(cause.message);
  return new NetError('NET_TLS', `TLS handshake with ${where} failed: ${said}${code === '' ? '' : ` (${code})`}`, {
    where, got: code === '' ? said : code, ...(clientCertificateHint(code)), cause,
  });
}

export function tlsAlpnError(hostname: string, port: number, got: string | null, cause?: unknown): NetError {
  return new NetError('NET_TLS_ALPN', `${hostname}:${port} does not speak http/1.1: ALPN chose ${printable(got ?? 'nothing')}`, {
    where: `${hostname}:${port}`, got: got ?? 'nothing', cause,
  });
}

function untrusted(cause: Error, code: string, hostname: string, where: string, chain: readonly SeenCertificate[]): NetError {
  const issuer = chain.at(-1)?.issuer ?? 'not shown';
  const what =
    code === 'DEPTH_ZERO_SELF_SIGNED_CERT' ? `it is self-signed by "${printable(issuer)}"`
    : UNKNOWN_ISSUER.has(code) ? `its issuer "${printable(issuer)}" is unknown`
    : `issued by "${printable(issuer)}"`;
  return new NetError('NET_TLS_UNTRUSTED', `the certificate of ${hostname} is not trusted: ${what} (${code})`, {
    where,
    got: issuer,
    hint: 'if you trust this issuer (a company proxy, your own CA), set CA_FILE to the path of its certificate in PEM',
    cause,
  });
}

/** TLS 1.3 servers say so only after the handshake, in answer to the first request. */
export function clientCertificateHint(code: string): { readonly hint?: string } {
  const asks = /CERTIFICATE_REQUIRED|BAD_CERTIFICATE|UNKNOWN_CA|HANDSHAKE_FAILURE|CERTIFICATE_UNKNOWN/.test(code);
  return asks ? { hint: 'the server may want a client certificate: CLIENT_CERT_FILE and CLIENT_KEY_FILE' } : {};
}

function codeOf(error: unknown): string {
  return typeof error === 'object' && error !== null && 'code' in error && typeof error.code === 'string' ? error.code : '';
}
