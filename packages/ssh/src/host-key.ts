/**
 * Public keys and signatures in SSH's own form (RFC 4253 section 6.6, RFC 5656 section 3, RFC 8709, RFC 8332).
 *
 * Known: ed25519, ECDSA over the three NIST curves, RSA from 2,048 bits with SHA-2. Anything else is refused.
 */
import { createHash, createPublicKey, type JsonWebKey, type KeyObject, verify } from 'node:crypto';
import { NetError } from '@sx/net/net-error';

import { SshReader } from './wire.ts';

const RSA_BITS_MIN = 2048;

const CURVES: Readonly<Record<string, { readonly crv: string; readonly bytes: number; readonly hash: string }>> = {
  nistp256: { crv: 'P-256', bytes: 32, hash: 'sha256' },
  nistp384: { crv: 'P-384', bytes: 48, hash: 'sha384' },
  nistp521: { crv: 'P-521', bytes: 66, hash: 'sha512' },
};

export interface SshPublicKey {
  /** `ssh-ed25519`, `ecdsa-sha2-nistp256`, …, `ssh-rsa`: the key's type, not the signature algorithm's name. */
  readonly type: string;
  readonly blob: Uint8Array;
  readonly key: KeyObject;
}

export function decodePublicKey(blob: Uint8Array, what: string): SshPublicKey {
  const reader = new SshReader(blob, what);
  const type = reader.text();
  const jwk = readJwk(type, reader, what);
  try {
    return { type, blob, key: createPublicKey({ key: jwk, format: 'jwk' }) };
  } catch (cause) {
    throw new NetError('NET_SSH_PROTOCOL', `unusable ${what} of type ${type}`, { where: what, cause });
  }
}

function readJwk(type: string, reader: SshReader, what: string): JsonWebKey {
  const base64 = (bytes: Uint8Array): string => Buffer.from(bytes).toString('base64url');
  if (type === 'ssh-ed25519') return { kty: 'OKP', crv: 'Ed25519', x: base64(reader.bytes()) };
  if (type === 'ssh-rsa') {
    const e = reader.mpint();
    const n = reader.mpint();
    if (n.length * 8 < RSA_BITS_MIN) throw unsupported(what, `an RSA key of ${n.length * 8} bits`);
    return { kty: 'RSA', e: base64(e), n: base64(n) };
  }
  if (type.startsWith('ecdsa-sha2-')) {
    const curve = CURVES[reader.text()];
    const point = reader.bytes();
    if (curve !== undefined && point.length === 1 + 2 * curve.bytes && point[0] === 4) {
      return { kty: 'EC', crv: curve.crv, x: base64(point.subarray(1, 1 + curve.bytes)), y: base64(point.subarray(1 + curve.bytes)) };
    }
  }
  throw unsupported(what, `a key of type ${type}`);
}

/** Checks a signature blob (`string` algorithm, `string` signature) that must be of the named algorithm. */
export function verifySignature(publicKey: SshPublicKey, algorithm: string, signature: Uint8Array, data: Uint8Array): boolean {
  const reader = new SshReader(signature, 'signature');
  if (reader.text() !== algorithm || keyTypeOf(algorithm) !== publicKey.type) return false;
  const bytes = reader.bytes();
  if (algorithm === 'ssh-ed25519') return verify(null, data, publicKey.key, bytes);
  if (algorithm === 'rsa-sha2-512') return verify('sha512', data, publicKey.key, bytes);
  if (algorithm === 'rsa-sha2-256') return verify('sha256', data, publicKey.key, bytes);
  const curve = CURVES[algorithm.slice('ecdsa-sha2-'.length)];
  if (curve === undefined) return false;
  const inner = new SshReader(bytes, 'signature');
  const parts = [inner.mpint(), inner.mpint()];
  if (parts.some((part) => part.length > curve.bytes)) return false;
  const fixed = Buffer.concat(parts.flatMap((part) => [Buffer.alloc(curve.bytes - part.length), part]));
  return verify(curve.hash, data, { key: publicKey.key, dsaEncoding: 'ieee-p1363' }, fixed);
}

/** `rsa-sha2-512` signs with a key of type `ssh-rsa`; everywhere else the names are equal. */
export function keyTypeOf(algorithm: string): string {
  return algorithm.startsWith('rsa-sha2-') ? 'ssh-rsa' : algorithm;
}

/** `SHA256:…`, as ssh-keygen prints it. */
export function fingerprint(blob: Uint8Array): string {
  return `SHA256:${createHash('sha256').update(blob).digest('base64').replace(/=+$/, '')}`;
}

export function curveHash(type: string): { hash: string; bytes: number } | undefined {
  return CURVES[type.slice('ecdsa-sha2-'.length)];
}

function unsupported(what: string, got: string): NetError {
  return new NetError('NET_SSH_ALGORITHMS', `${what}: ${got} is not supported`, { where: what, got });
}
