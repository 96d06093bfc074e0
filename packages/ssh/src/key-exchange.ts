/**
 * Key exchange: `curve25519-sha256` (RFC 8731) and the post-quantum hybrid `mlkem768x25519-sha256`
 * (draft-ietf-sshm-mlkem-hybrid-kex), and the keys that come of it (RFC 4253, section 7.2).
 *
 * The two differ in what is sent and in how the secret enters the hash: as an `mpint` there, as a `string` here.
 * Both hash with SHA-256. An all-zero X25519 secret is refused (RFC 7748, section 6.1).
 */
import * as crypto from 'node:crypto';
import { NetError } from '@sx/net/net-error';

import { MSG } from './message-numbers.ts';
import { type DirectionKeys, keySizes } from './packet-cipher.ts';
import { SshReader, SshWriter } from './wire.ts';

const X25519_BYTES = 32;
const MLKEM768_PUBLIC_BYTES = 1184;
const MLKEM768_CIPHERTEXT_BYTES = 1088;

export interface Exchange {
  /** KEX_ECDH_INIT, to be sent. */
  readonly init: Buffer;
  /** Reads KEX_ECDH_REPLY; `hash` covers everything both sides said. */
  finish(reply: Uint8Array, transcript: Transcript): ExchangeResult;
}

/** What both sides said before: identification strings without CR LF, payloads of both KEXINIT. */
export interface Transcript {
  readonly clientVersion: string;
  readonly serverVersion: string;
  readonly clientKexInit: Uint8Array;
  readonly serverKexInit: Uint8Array;
}

export interface ExchangeResult {
  /** The shared secret as it enters hashes, encoded. */
  readonly secret: Buffer;
  readonly hash: Buffer;
  readonly hostKey: Uint8Array;
  readonly signature: Uint8Array;
}

export function startExchange(method: string): Exchange {
  const x25519 = crypto.generateKeyPairSync('x25519');
  const publicBytes = rawPublic(x25519.publicKey, X25519_BYTES);
  if (!method.startsWith('mlkem768x25519')) {
    return exchange(publicBytes, (server) => {
      if (server.length !== X25519_BYTES) throw malformed(`a public key of ${server.length} bytes`);
      return new SshWriter().mpint(agree(x25519.privateKey, server)).done();
    });
  }
  const mlkem = mlKemKeys();
  return exchange(Buffer.concat([mlkem.publicBytes, publicBytes]), (server) => {
    if (server.length !== MLKEM768_CIPHERTEXT_BYTES + X25519_BYTES) throw malformed(`a reply of ${server.length} bytes`);
    const postQuantum = mlkem.decapsulate(server.subarray(0, MLKEM768_CIPHERTEXT_BYTES));
    const classical = agree(x25519.privateKey, server.subarray(MLKEM768_CIPHERTEXT_BYTES));
    const combined = crypto.createHash('sha256').update(postQuantum).update(classical).digest();
    return new SshWriter().string(combined).done();
  });
}

function exchange(clientPublic: Buffer, secretOf: (serverPublic: Uint8Array) => Buffer): Exchange {
  return {
    init: new SshWriter().byte(MSG.KEX_ECDH_INIT).string(clientPublic).done(),
    finish(reply, said) {
      const reader = new SshReader(reply, 'KEX_ECDH_REPLY');
      reader.take(1);
      const hostKey = reader.bytes();
      const serverPublic = reader.bytes();
      const signature = reader.bytes();
      const secret = secretOf(serverPublic);
      const hashed = new SshWriter()
        .string(said.clientVersion)
        .string(said.serverVersion)
        .string(said.clientKexInit)
        .string(said.serverKexInit)
        .string(hostKey)
        .string(clientPublic)
        .string(serverPublic)
        .raw(secret)
        .done();
      return { secret, hash: crypto.createHash('sha256').update(hashed).digest(), hostKey, signature };
    },
  };
}

function agree(privateKey: crypto.KeyObject, serverPublic: Uint8Array): Buffer {
  const jwk = { kty: 'OKP', crv: 'X25519', x: Buffer.from(serverPublic).toString('base64url') };
  let secret: Buffer;
  try {
    secret = crypto.diffieHellman({ privateKey, publicKey: crypto.createPublicKey({ key: jwk, format: 'jwk' }) });
  } catch (cause) {
    throw new NetError('NET_SSH_PROTOCOL', 'the SSH server sent an unusable X25519 key', { where: 'KEX_ECDH_REPLY', cause });
  }
  if (secret.every((byte) => byte === 0)) throw malformed('an X25519 key of small order');
  return secret;
}

function mlKemKeys(): { publicBytes: Buffer; decapsulate: (ciphertext: Uint8Array) => Buffer } {
  // Newer than the oldest Node this package runs on, so not in every version of the types.
  const generate: unknown = Reflect.get(crypto, 'generateKeyPairSync');
  const decapsulate: unknown = Reflect.get(crypto, 'decapsulate');
  if (typeof generate !== 'function' || typeof decapsulate !== 'function') throw new Error('ML-KEM was offered without being there');
  const { publicKey, privateKey }: { publicKey: crypto.KeyObject; privateKey: crypto.KeyObject } = generate('ml-kem-768');
  return { publicBytes: rawPublic(publicKey, MLKEM768_PUBLIC_BYTES), decapsulate: (ciphertext) => Buffer.from(decapsulate(privateKey, ciphertext)) };
}

/** The raw key is the end of its SubjectPublicKeyInfo, for both kinds. */
function rawPublic(key: crypto.KeyObject, bytes: number): Buffer {
  const spki = key.export({ type: 'spki', format: 'der' });
  return spki.subarray(spki.length - bytes);
}

/** Keys of one direction: letters A, C, E are the client's, B, D, F the server's. */
export function deriveKeys(result: ExchangeResult, sessionId: Uint8Array, cipher: string, direction: 'out' | 'in'): DirectionKeys {
  const sizes = keySizes(cipher);
  const [iv, key, mac] = direction === 'out' ? ['A', 'C', 'E'] : ['B', 'D', 'F'];
  const derive = (letter: string, bytes: number): Buffer => {
    let material = crypto.createHash('sha256').update(result.secret).update(result.hash).update(letter).update(sessionId).digest();
    while (material.length < bytes) {
      material = Buffer.concat([material, crypto.createHash('sha256').update(result.secret).update(result.hash).update(material).digest()]);
    }
    return material.subarray(0, bytes);
  };
  return { iv: derive(iv ?? '', sizes.iv), key: derive(key ?? '', sizes.key), mac: derive(mac ?? '', sizes.mac) };
}

function malformed(got: string): NetError {
  return new NetError('NET_SSH_PROTOCOL', `malformed key exchange from the SSH server: ${got}`, { where: 'KEX_ECDH_REPLY', got });
}
