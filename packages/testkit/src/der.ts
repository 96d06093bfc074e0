/**
 * A DER encoder (X.690) as small as an X.509 certificate needs: in values, out bytes; nothing is decoded.
 *
 * Definite lengths only. Object identifiers with a second arc over 39 are left out: no certificate of ours has one.
 */

const UTC_TIME_BEFORE = Date.UTC(2050, 0, 1);

export function encodeDer(tag: number, ...contents: readonly Uint8Array[]): Buffer {
  const content = Buffer.concat(contents);
  return Buffer.concat([Buffer.from([tag]), encodeLength(content.length), content]);
}

function encodeLength(length: number): Buffer {
  if (length < 0x80) return Buffer.from([length]);
  const bytes = minimalBytes(length);
  return Buffer.concat([Buffer.from([0x80 | bytes.length]), bytes]);
}

function minimalBytes(value: number): Buffer {
  const hex = value.toString(16);
  return Buffer.from(hex.length % 2 === 0 ? hex : `0${hex}`, 'hex');
}

export const sequence = (...members: readonly Uint8Array[]): Buffer => encodeDer(0x30, ...members);
export const setOf = (...members: readonly Uint8Array[]): Buffer => encodeDer(0x31, ...members);
export const octetString = (bytes: Uint8Array): Buffer => encodeDer(0x04, bytes);
export const utf8String = (text: string): Buffer => encodeDer(0x0c, Buffer.from(text, 'utf8'));
export const boolean = (value: boolean): Buffer => encodeDer(0x01, Buffer.from([value ? 0xff : 0x00]));

/** A bit string; `unusedBits` counts the bits at its end that mean nothing. */
export const bitString = (bytes: Uint8Array, unusedBits = 0): Buffer => encodeDer(0x03, Buffer.from([unusedBits]), bytes);

/** `[number] EXPLICIT`: the members inside a constructed context tag. */
export const explicitTag = (number: number, ...members: readonly Uint8Array[]): Buffer => encodeDer(0xa0 | number, ...members);

/** `[number] IMPLICIT` of a primitive type: the content octets under a context tag. */
export const implicitTag = (number: number, content: Uint8Array): Buffer => encodeDer(0x80 | number, content);

/** A non-negative integer from its big-endian bytes; a zero octet keeps a set high bit from meaning a negative one. */
export function integer(bytes: Uint8Array | number): Buffer {
  const content = Buffer.from(typeof bytes === 'number' ? minimalBytes(bytes) : bytes);
  const firstByte = content.findIndex((byte) => byte !== 0);
  const trimmed = firstByte < 0 ? Buffer.from([0]) : content.subarray(firstByte);
  return (trimmed[0] ?? 0) >= 0x80 ? encodeDer(0x02, Buffer.from([0]), trimmed) : encodeDer(0x02, trimmed);
}

/** `1.2.840.10045.4.3.2` */
export function objectIdentifier(dotted: string): Buffer {
  const [first = 0, second = 0, ...rest] = dotted.split('.').map(Number);
  return encodeDer(0x06, Buffer.from([first * 40 + second, ...rest.flatMap(base128)]));
}

function base128(arc: number): number[] {
  const digits = [arc & 0x7f];
  for (let left = arc >>> 7; left > 0; left >>>= 7) digits.unshift((left & 0x7f) | 0x80);
  return digits;
}

/** UTCTime before 2050 and GeneralizedTime from then on, as RFC 5280, section 4.1.2.5, demands. Whole seconds. */
export function time(date: Date): Buffer {
  const digits = `${date.toISOString().slice(0, 19).replaceAll(/[-:T]/g, '')}Z`;
  const isUtcTime = date.getTime() < UTC_TIME_BEFORE && date.getUTCFullYear() >= 1950;
  return isUtcTime ? encodeDer(0x17, Buffer.from(digits.slice(2))) : encodeDer(0x18, Buffer.from(digits));
}
