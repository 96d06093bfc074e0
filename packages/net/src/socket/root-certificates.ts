/** The certificate authorities that are there without any configuration: Node's own, and those of the operating system. */
import * as tls from 'node:tls';

/** Node's, and what `NODE_EXTRA_CA_CERTS` added to them. */
export function defaultRoots(): readonly string[] {
  return typeof tls.getCACertificates === 'function' ? tls.getCACertificates('default') : tls.rootCertificates;
}

/** The operating system's store, where Node can read it (22.15, 23.10); 24 to 67 ms. */
export function systemRoots(): readonly string[] {
  return typeof tls.getCACertificates === 'function' ? tls.getCACertificates('system') : [];
}

/**
 * What makes a context trust more than the defaults. Without anything more there is no `ca` option at all. A partial chain lets a
 * user trust the intermediate or the server certificate itself.
 */
export function authoritiesWith(extra: readonly string[]): tls.SecureContextOptions {
  return extra.length === 0 ? {} : { ca: [...defaultRoots(), ...extra], allowPartialTrustChain: true };
}
