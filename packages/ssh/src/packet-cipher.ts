/**
 * One direction of packet protection: sealing and opening whole packets (RFC 4253 section 6, RFC 5647, OpenSSH's `-etm` MACs).
 *
 * Three layouts. Plain (before the first NEWKEYS): everything in clear. GCM: the length in clear as associated data, the rest
 * encrypted, a 16-byte tag; the nonce's last eight octets count packets. CTR: with an `-etm` MAC the length is in clear and the MAC covers
 * the ciphertext; without, the length is encrypted too and the MAC covers the plaintext. A MAC is always compared in constant
 * time, and with GCM and `-etm` before anything decrypted is looked at.
 */
import { type Cipheriv, createCipheriv, createDecipheriv, createHmac, type Decipheriv, timingSafeEqual } from 'node:crypto';
import { NetError } from '@sx/net/net-error';

import { uint32Bytes } from './wire.ts';

/** Key material of one direction, cut to the sizes of `keySizes`. */
export interface DirectionKeys {
  readonly iv: Buffer;
  readonly key: Buffer;
  readonly mac: Buffer;
}

export interface PacketCipher {
  /** Octets that the padded part of a packet must be a multiple of. */
  readonly blockBytes: number;
  /** The length field is inside what has to be padded. */
  readonly lengthIsPadded: boolean;
  /** Octets of tag or MAC behind a packet. */
  readonly tagBytes: number;
  /** How much must have arrived before `peekLength` can answer. */
  readonly headBytes: number;
  /** The packet length, from the first `headBytes`. Called once a packet. */
  peekLength(head: Uint8Array): number;
  /** Opens a packet: `length` octets behind the length field, and the tag. Returns padding length, payload and padding. */
  open(lengthField: Uint8Array, body: Uint8Array, tag: Uint8Array, sequence: number): Uint8Array;
  /** Seals length field and body into what goes out, tag included. */
  seal(lengthField: Uint8Array, body: Uint8Array, sequence: number): Buffer;
}

export function keySizes(cipher: string): { iv: number; key: number; mac: number } {
  if (cipher === 'aes256-gcm@openssh.com') return { iv: 12, key: 32, mac: 0 };
  if (cipher === 'aes128-gcm@openssh.com') return { iv: 12, key: 16, mac: 0 };
  return { iv: 16, key: 32, mac: 32 };
}

export function createPacketCipher(cipher: string, mac: string | undefined, keys: DirectionKeys): PacketCipher {
  if (cipher.includes('gcm')) return gcm(cipher.startsWith('aes256') ? 'aes-256-gcm' : 'aes-128-gcm', keys);
  return ctr(keys, mac?.includes('-etm') === true);
}

export const plainCipher: PacketCipher = {
  blockBytes: 8,
  lengthIsPadded: true,
  tagBytes: 0,
  headBytes: 4,
  peekLength: readUint32,
  open: (_length, body) => body,
  seal: (length, body) => Buffer.concat([length, body]),
};

function gcm(name: 'aes-256-gcm' | 'aes-128-gcm', keys: DirectionKeys): PacketCipher {
  const nonce = Buffer.from(keys.iv);
  // RFC 5647, section 7.1: the invocation counter is the last eight octets, and is increased for every packet.
  const advance = (): void => void nonce.writeBigUInt64BE(BigInt.asUintN(64, nonce.readBigUInt64BE(4) + 1n), 4);
  return {
    blockBytes: 16,
    lengthIsPadded: false,
    tagBytes: 16,
    headBytes: 4,
    peekLength: readUint32,
    open(length, body, tag) {
      const decipher = createDecipheriv(name, keys.key, nonce);
      decipher.setAAD(length);
      decipher.setAuthTag(tag);
      advance();
      try {
        return Buffer.concat([decipher.update(body), decipher.final()]);
      } catch {
        throw badMac();
      }
    },
    seal(length, body) {
      const sealer = createCipheriv(name, keys.key, nonce);
      sealer.setAAD(length);
      advance();
      return Buffer.concat([length, sealer.update(body), sealer.final(), sealer.getAuthTag()]);
    },
  };
}

function ctr(keys: DirectionKeys, encryptThenMac: boolean): PacketCipher {
  // One direction uses one of the two; making the other costs a key schedule and nothing else.
  let encrypt: Cipheriv | undefined;
  let decrypt: Decipheriv | undefined;
  const enciphered = (bytes: Uint8Array): Buffer => (encrypt ??= createCipheriv('aes-256-ctr', keys.key, keys.iv)).update(bytes);
  const deciphered = (bytes: Uint8Array): Buffer => (decrypt ??= createDecipheriv('aes-256-ctr', keys.key, keys.iv)).update(bytes);
  const macOf = (sequence: number, ...parts: Uint8Array[]): Buffer => {
    const hmac = createHmac('sha256', keys.mac).update(uint32Bytes(sequence));
    for (const part of parts) hmac.update(part);
    return hmac.digest();
  };
  if (encryptThenMac) {
    return {
      blockBytes: 16,
      lengthIsPadded: false,
      tagBytes: 32,
      headBytes: 4,
      peekLength: readUint32,
      open(length, body, tag, sequence) {
        if (!timingSafeEqual(tag, macOf(sequence, length, body))) throw badMac();
        return deciphered(body);
      },
      seal(length, body, sequence) {
        const sealed = enciphered(body);
        return Buffer.concat([length, sealed, macOf(sequence, length, sealed)]);
      },
    };
  }
  // The decrypted length field of the packet that is being read: its MAC covers it.
  let opened: Buffer = Buffer.alloc(4);
  return {
    blockBytes: 16,
    lengthIsPadded: true,
    tagBytes: 32,
    headBytes: 4,
    peekLength: (head) => {
      opened = deciphered(head.subarray(0, 4));
      return readUint32(opened);
    },
    open(_length, body, tag, sequence) {
      const plain = deciphered(body);
      if (!timingSafeEqual(tag, macOf(sequence, opened, plain))) throw badMac();
      return plain;
    },
    seal(length, body, sequence) {
      const mac = macOf(sequence, length, body);
      return Buffer.concat([enciphered(Buffer.concat([length, body])), mac]);
    },
  };
}

function readUint32(bytes: Uint8Array): number {
  const [a = 0, b = 0, c = 0, d = 0] = bytes;
  return ((a << 24) | (b << 16) | (c << 8) | d) >>> 0;
}

function badMac(): NetError {
  return new NetError('NET_SSH_PROTOCOL', 'a packet of the SSH server fails its integrity check', { where: 'packet', got: 'a wrong MAC' });
}
