/**
 * Private keys in OpenSSH's own format (`-----BEGIN OPENSSH PRIVATE KEY-----`; OpenSSH's PROTOCOL.key), unencrypted: ed25519, ECDSA, RSA.
 *
 * Out: something that signs. An encrypted key is not opened here (its key derivation, bcrypt, is not in `node:crypto`): the error points to the
 * ssh-agent. Other formats (PKCS#1, PKCS#8, PuTTY) are refused with the command that converts them.
 */
import { createPrivateKey, type JsonWebKey, type KeyObject, sign } from 'node:crypto';
import { NetError } from '@sx/net/net-error';

import { curveHash } from './host-key.ts';
import { SshReader, SshWriter } from './wire.ts';

/** A key that can sign: of a file, or of an agent. */
export interface Signer {
  readonly type: string;
  readonly blob: Uint8Array;
  /** For messages: a path, or the agent's comment. */
  readonly origin: string;
  /** A signature blob (`string` algorithm, `string` signature). */
  sign(algorithm: string, data: Uint8Array): Promise<Uint8Array>;
}

const MAGIC = 'openssh-key-v1\0';
const PEM = /-----BEGIN OPENSSH PRIVATE KEY-----([A-Za-z0-9+/=\s]+)-----END OPENSSH PRIVATE KEY-----/;

export function decodePrivateKey(text: string, path: string): Signer {
  const body = PEM.exec(text)?.[1];
  if (body === undefined) throw badKey(path, 'not a private key in OpenSSH format', 'convert it with `ssh-keygen -p -N "" -f FILE`');
  const bytes = Buffer.from(body.replace(/\s+/g, ''), 'base64');
  if (bytes.subarray(0, MAGIC.length).toString('latin1') !== MAGIC) throw badKey(path, 'not a private key in OpenSSH format');
  const reader = new SshReader(bytes.subarray(MAGIC.length), `key file ${path}`);
  const cipher = reader.text();
  reader.bytes();
  reader.bytes();
  if (cipher !== 'none') throw badKey(path, 'the key is encrypted', 'add it to an ssh-agent with `ssh-add` and set SSH_AUTH_SOCK: the agent then signs');
  if (reader.uint32() !== 1) throw badKey(path, 'not exactly one key in the file');
  const blob = Buffer.from(reader.bytes());
  const inner = new SshReader(reader.bytes(), `key file ${path}`);
  if (inner.uint32() !== inner.uint32()) throw badKey(path, 'its check numbers differ');
  const { type, jwk } = readPrivate(inner, path);
  return { type, blob, origin: path, sign: (algorithm, data) => Promise.resolve(signature(privateKeyOf(jwk, path), algorithm, data)) };
}

function readPrivate(reader: SshReader, path: string): { type: string; jwk: JsonWebKey } {
  const base64 = (bytes: Uint8Array): string => Buffer.from(bytes).toString('base64url');
  const type = reader.text();
  if (type === 'ssh-ed25519') {
    const x = reader.bytes();
    // The private part is the 32-byte seed followed by the public key.
    const d = reader.bytes().subarray(0, 32);
    return { type, jwk: { kty: 'OKP', crv: 'Ed25519', x: base64(x), d: base64(d) } };
  }
  const curve = type.startsWith('ecdsa-sha2-') ? curveHash(type) : undefined;
  if (curve !== undefined) {
    reader.text();
    const point = reader.bytes();
    const d = reader.mpint();
    const crv = { 32: 'P-256', 48: 'P-384', 66: 'P-521' }[curve.bytes];
    const [x, y] = [point.subarray(1, 1 + curve.bytes), point.subarray(1 + curve.bytes)];
    const padded = Buffer.concat([Buffer.alloc(curve.bytes - d.length), d]);
    return { type, jwk: { kty: 'EC', ...(crv === undefined ? {} : { crv }), x: base64(x), y: base64(y), d: base64(padded) } };
  }
  if (type === 'ssh-rsa') {
    const [n, e, d, qi, p, q] = [reader.mpint(), reader.mpint(), reader.mpint(), reader.mpint(), reader.mpint(), reader.mpint()];
    return { type, jwk: { kty: 'RSA', n: base64(n), e: base64(e), d: base64(d), p: base64(p), q: base64(q), dp: base64(remainder(d, p)), dq: base64(remainder(d, q)), qi: base64(qi) } };
  }
  throw badKey(path, `keys of type ${type} are not supported`);
}

/** The format leaves out `d mod (p-1)`, which JSON Web Keys demand. */
function remainder(d: Uint8Array, prime: Uint8Array): Buffer {
  const number = (bytes: Uint8Array): bigint => BigInt(`0x${Buffer.from(bytes).toString('hex') || '0'}`);
  const hex = (number(d) % (number(prime) - 1n)).toString(16);
  return Buffer.from(hex.length % 2 === 0 ? hex : `0${hex}`, 'hex');
}

function privateKeyOf(jwk: JsonWebKey, path: string): KeyObject {
  try {
    return createPrivateKey({ key: jwk, format: 'jwk' });
  } catch (cause) {
    throw new NetError('NET_SSH_KEY_FILE', `${path}: the key's numbers do not fit together`, { where: path, cause });
  }
}

function signature(key: KeyObject, algorithm: string, data: Uint8Array): Buffer {
  const wrapped = (bytes: Uint8Array): Buffer => new SshWriter().string(algorithm).string(bytes).done();
  if (algorithm === 'ssh-ed25519') return wrapped(sign(null, data, key));
  if (algorithm === 'rsa-sha2-512') return wrapped(sign('sha512', data, key));
  if (algorithm === 'rsa-sha2-256') return wrapped(sign('sha256', data, key));
  const curve = curveHash(algorithm);
  if (curve === undefined) throw new Error(`no signature algorithm ${algorithm}`);
  const fixed = sign(curve.hash, data, { key, dsaEncoding: 'ieee-p1363' });
  return wrapped(new SshWriter().mpint(fixed.subarray(0, curve.bytes)).mpint(fixed.subarray(curve.bytes)).done());
}

function badKey(path: string, got: string, hint?: string): NetError {
  return new NetError('NET_SSH_KEY_FILE', `${path}: ${got}`, { where: path, got, ...(hint === undefined ? {} : { hint }) });
}
