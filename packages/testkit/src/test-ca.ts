/**
 * A certificate authority for tests: X.509 v3 certificates (RFC 5280) with ECDSA P-256 keys, made when a test asks.
 *
 * In: names, addresses, times. Out: PEM texts for `tls.createServer`, and a file for whoever takes a path. Nothing is committed,
 * no `openssl` runs. Every certificate carries subjectAltName, basicConstraints, keyUsage, extKeyUsage and both key identifiers,
 * so that any verifier takes it; what a test needs wrong (a name, a date, the issuer) it asks for. Left out: RSA, CRLs, OCSP,
 * name constraints.
 */
import { createHash, generateKeyPairSync, randomBytes, sign, type KeyObject } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { isIPv4 } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as der from './der.ts';

const DAY_MS = 86_400_000;
const OID = {
  ecdsaWithSha256: '1.2.840.10045.4.3.2',
  commonName: '2.5.4.3',
  subjectKeyIdentifier: '2.5.29.14',
  keyUsage: '2.5.29.15',
  subjectAltName: '2.5.29.17',
  basicConstraints: '2.5.29.19',
  authorityKeyIdentifier: '2.5.29.35',
  extKeyUsage: '2.5.29.37',
  serverAuth: '1.3.6.1.5.5.7.3.1',
  clientAuth: '1.3.6.1.5.5.7.3.2',
} as const;

export interface CertificateOptions {
  /** DNS names. Default `['localhost']`, and `ips` `['127.0.0.1', '::1']`, when neither is given. */
  readonly names?: readonly string[];
  readonly ips?: readonly string[];
  /** Default: yesterday. */
  readonly notBefore?: Date;
  /** Default: in thirty days. */
  readonly notAfter?: Date;
  /** Default: the first name or address. */
  readonly commonName?: string;
  /** For a client: extKeyUsage clientAuth instead of serverAuth. */
  readonly clientAuth?: boolean;
}

export interface IssuedCertificate {
  /** The certificate and, below it, the intermediate ones: what `tls.createServer({ cert })` takes. */
  readonly certPem: string;
  /** The certificate alone, for a server that forgets its intermediates. */
  readonly leafPem: string;
  /** PKCS#8. */
  readonly keyPem: string;
}

export interface TestCa {
  readonly name: string;
  readonly certPem: string;
  readonly keyPem: string;
  /** The path of a file with `certPem`, written when first read and removed when the process exits. */
  readonly certFile: string;
  issue(options?: CertificateOptions): IssuedCertificate;
  /** An authority signed by this one; what it issues carries it in `certPem`. */
  intermediate(options?: { readonly name?: string }): TestCa;
}

interface Authority {
  readonly name: string;
  readonly privateKey: KeyObject;
  readonly keyIdentifier: Buffer;
  /** The intermediate certificates that a server sends along; empty for a root. */
  readonly chainPem: string;
}

/** Creates a root. Two of them with the same name do not trust each other. */
export function createTestCa(options: { readonly name?: string } = {}): TestCa {
  const name = options.name ?? 'sx test CA';
  return makeCa(name, undefined);
}

/** A certificate signed by its own key: no authority vouches for it. */
export function selfSigned(options: CertificateOptions = {}): IssuedCertificate {
  return certify(options, undefined, false).issued;
}

function makeCa(name: string, parent: Authority | undefined): TestCa {
  const { issued, privateKey, keyIdentifier } = certify({ commonName: name, names: [], ips: [] }, parent, true);
  const chainPem = parent === undefined ? '' : `${issued.leafPem}${parent.chainPem}`;
  const authority: Authority = { name, privateKey, keyIdentifier, chainPem };
  let certFile: string | undefined;
  return {
    name,
    certPem: issued.leafPem,
    keyPem: issued.keyPem,
    get certFile() {
      certFile ??= writeTemporaryFile('ca.pem', issued.leafPem);
      return certFile;
    },
    issue: (options = {}) => certify(options, authority, false).issued,
    intermediate: (options = {}) => makeCa(options.name ?? `${name} intermediate`, authority),
  };
}

function writeTemporaryFile(name: string, text: string): string {
  const folder = mkdtempSync(join(tmpdir(), 'sx-test-ca-'));
  process.once('exit', () => rmSync(folder, { recursive: true, force: true }));
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
}

interface Certified {
  readonly issued: IssuedCertificate;
  readonly privateKey: KeyObject;
  readonly keyIdentifier: Buffer;
}

function certify(options: CertificateOptions, issuer: Authority | undefined, isAuthority: boolean): Certified {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const publicKeyInfo = publicKey.export({ type: 'spki', format: 'der' });
  const keyIdentifier = createHash('sha1').update(publicKeyInfo).digest();
  const isDefault = options.names === undefined && options.ips === undefined;
  const names = options.names ?? (isDefault ? ['localhost'] : []);
  const ips = options.ips ?? (isDefault ? ['127.0.0.1', '::1'] : []);
  const commonName = options.commonName ?? names[0] ?? ips[0] ?? 'sx test';
  const algorithm = der.sequence(der.objectIdentifier(OID.ecdsaWithSha256));
  const toBeSigned = der.sequence(
    der.explicitTag(0, der.integer(2)),
    der.integer(randomBytes(16)),
    algorithm,
    distinguishedName(issuer?.name ?? commonName),
    der.sequence(
      der.time(options.notBefore ?? new Date(Date.now() - DAY_MS)),
      der.time(options.notAfter ?? new Date(Date.now() + 30 * DAY_MS)),
    ),
    distinguishedName(commonName),
    publicKeyInfo,
    der.explicitTag(
      3,
      der.sequence(
        ...(isAuthority ? authorityExtensions() : leafExtensions(names, ips, options.clientAuth === true)),
        extension(OID.subjectKeyIdentifier, false, der.octetString(keyIdentifier)),
        extension(
          OID.authorityKeyIdentifier,
          false,
          der.sequence(der.implicitTag(0, issuer?.keyIdentifier ?? keyIdentifier)),
        ),
      ),
    ),
  );
  const signature = sign('sha256', toBeSigned, issuer?.privateKey ?? privateKey);
  const leafPem = toPem('CERTIFICATE', der.sequence(toBeSigned, algorithm, der.bitString(signature)));
  const keyPem = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
  return { issued: { certPem: `${leafPem}${issuer?.chainPem ?? ''}`, leafPem, keyPem }, privateKey, keyIdentifier };
}

function distinguishedName(commonName: string): Buffer {
  return der.sequence(der.setOf(der.sequence(der.objectIdentifier(OID.commonName), der.utf8String(commonName))));
}

function authorityExtensions(): Buffer[] {
  // keyCertSign is bit 5 and cRLSign bit 6, counted from the left.
  return [
    extension(OID.basicConstraints, true, der.sequence(der.boolean(true))),
    extension(OID.keyUsage, true, der.bitString(Buffer.from([0b0000_0110]), 1)),
  ];
}

function leafExtensions(names: readonly string[], ips: readonly string[], clientAuth: boolean): Buffer[] {
  const alternatives = [
    ...names.map((name) => der.implicitTag(2, Buffer.from(name, 'ascii'))),
    ...ips.map((ip) => der.implicitTag(7, addressBytes(ip))),
  ];
  return [
    extension(OID.basicConstraints, true, der.sequence()),
    // digitalSignature is bit 0: all that an ECDSA key does in TLS.
    extension(OID.keyUsage, true, der.bitString(Buffer.from([0b1000_0000]), 7)),
    extension(OID.extKeyUsage, false, der.sequence(der.objectIdentifier(clientAuth ? OID.clientAuth : OID.serverAuth))),
    // An empty sequence of names is forbidden (RFC 5280, section 4.2.1.6); without one, verifiers fall back to the common name.
    ...(alternatives.length === 0 ? [] : [extension(OID.subjectAltName, false, der.sequence(...alternatives))]),
  ];
}

function extension(id: string, critical: boolean, value: Buffer): Buffer {
  return der.sequence(der.objectIdentifier(id), ...(critical ? [der.boolean(true)] : []), der.octetString(value));
}

/** Four bytes, or sixteen. The URL parser brings every spelling of an IPv6 address into one form. */
function addressBytes(ip: string): Buffer {
  if (isIPv4(ip)) return Buffer.from(ip.split('.').map(Number));
  const [head = '', tail = ''] = new URL(`http://[${ip}]/`).hostname.slice(1, -1).split('::');
  const toGroups = (text: string): string[] => (text === '' ? [] : text.split(':'));
  const left = toGroups(head);
  const right = toGroups(tail);
  const zeros = Array.from({ length: 8 - left.length - right.length }, () => '0');
  return Buffer.from([...left, ...zeros, ...right].map((group) => group.padStart(4, '0')).join(''), 'hex');
}

function toPem(label: string, bytes: Buffer): string {
  const lines = bytes.toString('base64').match(/.{1,64}/g) ?? [];
  return `-----BEGIN ${label}-----\n${lines.join('\n')}\n-----END ${label}-----\n`;
}
