/**
 * The binary packet protocol (RFC 4253, section 6): bytes to payloads, and payloads to bytes.
 *
 * In: bytes as the socket delivers them. Out: payloads, one at a time, because the packet after NEWKEYS is opened with other keys than
 * the one before: the caller pulls with `next()` and changes the cipher between two packets.
 * States: waiting for the length field, or for the rest of the packet. Limits: `packetBytesMax`; the length is checked
 * before anything is kept for it. Padding is not looked at. Sequence numbers wrap at 2³².
 */
import { randomBytes } from 'node:crypto';
import { NetError } from '@sx/net/net-error';

import { type PacketCipher, plainCipher } from './packet-cipher.ts';
import { uint32Bytes } from './wire.ts';

const PADDING_BYTES_MIN = 4;
/** Message number alone, with padding: nothing shorter exists (RFC 4253, section 6). */
const PACKET_BYTES_MIN = 5;

export class PacketReader {
  readonly #packetBytesMax: number;
  #cipher: PacketCipher = plainCipher;
  #sequence = 0;
  #pending: Uint8Array[] = [];
  #pendingBytes = 0;
  #length: { readonly field: Uint8Array; readonly packetBytes: number } | undefined;

  constructor(packetBytesMax: number) {
    this.#packetBytesMax = packetBytesMax;
  }

  /** Sequence number of the packet that `next()` gave last. */
  get lastSequence(): number {
    return (this.#sequence - 1) >>> 0;
  }

  push(bytes: Uint8Array): void {
    this.#pending.push(bytes);
    this.#pendingBytes += bytes.length;
  }

  useCipher(cipher: PacketCipher, resetSequence: boolean): void {
    this.#cipher = cipher;
    if (resetSequence) this.#sequence = 0;
  }

  /** The next payload, or undefined where more bytes are needed. */
  next(): Uint8Array | undefined {
    this.#length ??= this.#readLength();
    if (this.#length === undefined) return undefined;
    const { field, packetBytes } = this.#length;
    if (this.#pendingBytes < packetBytes + this.#cipher.tagBytes) return undefined;
    const body = this.#take(packetBytes);
    const tag = this.#take(this.#cipher.tagBytes);
    const opened = this.#cipher.open(field, body, tag, this.#sequence);
    this.#length = undefined;
    this.#sequence = (this.#sequence + 1) >>> 0;
    const padding = opened[0] ?? 0;
    if (padding < PADDING_BYTES_MIN || padding + 1 >= opened.length) throw malformed(`${padding} bytes of padding in a packet of ${opened.length}`);
    return opened.subarray(1, opened.length - padding);
  }

  #readLength(): { field: Uint8Array; packetBytes: number } | undefined {
    if (this.#pendingBytes < this.#cipher.headBytes) return undefined;
    const field = this.#take(4);
    const packetBytes = this.#cipher.peekLength(field);
    const padded = packetBytes + (this.#cipher.lengthIsPadded ? 4 : 0);
    if (packetBytes > this.#packetBytesMax) throw malformed(`a packet of ${packetBytes} bytes, limit ${this.#packetBytesMax}`, this.#packetBytesMax);
    if (packetBytes < PACKET_BYTES_MIN || padded % this.#cipher.blockBytes !== 0) throw malformed(`a packet of ${packetBytes} bytes`);
    return { field, packetBytes };
  }

  #take(count: number): Uint8Array {
    const all = this.#pending.length === 1 ? this.#pending[0] : undefined;
    const joined = all ?? Buffer.concat(this.#pending);
    const rest = joined.subarray(count);
    this.#pending = rest.length > 0 ? [rest] : [];
    this.#pendingBytes -= count;
    return joined.subarray(0, count);
  }
}

export class PacketWriter {
  #cipher: PacketCipher = plainCipher;
  #sequence = 0;

  useCipher(cipher: PacketCipher, resetSequence: boolean): void {
    this.#cipher = cipher;
    if (resetSequence) this.#sequence = 0;
  }

  seal(payload: Uint8Array): Buffer {
    const { blockBytes, lengthIsPadded } = this.#cipher;
    const unpadded = 1 + payload.length + (lengthIsPadded ? 4 : 0);
    let padding = blockBytes - (unpadded % blockBytes);
    if (padding < PADDING_BYTES_MIN) padding += blockBytes;
    const body = Buffer.concat([Uint8Array.of(padding), payload, randomBytes(padding)]);
    const sealed = this.#cipher.seal(uint32Bytes(body.length), body, this.#sequence);
    this.#sequence = (this.#sequence + 1) >>> 0;
    return sealed;
  }
}

function malformed(got: string, limit?: number): NetError {
  const details = { where: 'packet', got, ...(limit === undefined ? {} : { limit }) };
  return new NetError('NET_SSH_PROTOCOL', `malformed packet from the SSH server: ${got}`, details);
}
