/**
 * The data types of SSH (RFC 4251, section 5): a reader that checks every bound, and a writer.
 *
 * In: bytes of one packet, key or signature. Out: values, as views of the input.
 * A length that reaches past the end is `NET_SSH_PROTOCOL`, with the offset; nothing is allocated from a length alone.
 */
import { NetError } from '@sx/net/net-error';

const utf8 = new TextDecoder('utf-8', { ignoreBOM: true });

export class SshReader {
  readonly #bytes: Uint8Array;
  readonly #what: string;
  #offset = 0;

  /** @param what - Named in errors: `KEXINIT`, `host key`. */
  constructor(bytes: Uint8Array, what: string) {
    this.#bytes = bytes;
    this.#what = what;
  }

  get atEnd(): boolean {
    return this.#offset === this.#bytes.length;
  }

  byte(): number {
    return this.take(1)[0] ?? 0;
  }

  boolean(): boolean {
    return this.byte() !== 0;
  }

  uint32(): number {
    const [a = 0, b = 0, c = 0, d = 0] = this.take(4);
    return ((a << 24) | (b << 16) | (c << 8) | d) >>> 0;
  }

  /** `string`: a length and so many octets. */
  bytes(): Uint8Array {
    return this.take(this.uint32());
  }

  text(): string {
    return utf8.decode(this.bytes());
  }

  /** `name-list`: comma-separated ASCII names. */
  names(): string[] {
    const list = this.text();
    return list === '' ? [] : list.split(',');
  }

  /** `mpint` as its unsigned octets without leading zeros. Negative numbers have no place in any message that we read. */
  mpint(): Uint8Array {
    const bytes = this.bytes();
    if (bytes.length > 0 && ((bytes[0] ?? 0) & 0x80) !== 0) throw this.#fault('a negative number');
    let start = 0;
    while (start < bytes.length && bytes[start] === 0) start += 1;
    return bytes.subarray(start);
  }

  take(count: number): Uint8Array {
    if (count > this.#bytes.length - this.#offset) throw this.#fault(`a length of ${count} with ${this.#bytes.length - this.#offset} bytes left`);
    const taken = this.#bytes.subarray(this.#offset, this.#offset + count);
    this.#offset += count;
    return taken;
  }

  #fault(got: string): NetError {
    return new NetError('NET_SSH_PROTOCOL', `malformed ${this.#what} from the SSH server: ${got}`, { where: this.#what, got, offset: this.#offset });
  }
}

export class SshWriter {
  readonly #parts: Uint8Array[] = [];

  byte(value: number): this {
    return this.raw(Uint8Array.of(value));
  }

  boolean(value: boolean): this {
    return this.byte(value ? 1 : 0);
  }

  uint32(value: number): this {
    return this.raw(uint32Bytes(value));
  }

  string(value: string | Uint8Array): this {
    const bytes = typeof value === 'string' ? Buffer.from(value, 'utf8') : value;
    return this.uint32(bytes.length).raw(bytes);
  }

  names(list: readonly string[]): this {
    return this.string(list.join(','));
  }

  /** A non-negative number, given as big-endian octets. */
  mpint(value: Uint8Array): this {
    let start = 0;
    while (start < value.length && value[start] === 0) start += 1;
    const digits = value.subarray(start);
    const sign = ((digits[0] ?? 0) & 0x80) !== 0 ? Uint8Array.of(0) : new Uint8Array(0);
    return this.string(Buffer.concat([sign, digits]));
  }

  raw(bytes: Uint8Array): this {
    this.#parts.push(bytes);
    return this;
  }

  done(): Buffer {
    return Buffer.concat(this.#parts);
  }
}

export function uint32Bytes(value: number): Uint8Array {
  return Uint8Array.of(value >>> 24, (value >>> 16) & 0xff, (value >>> 8) & 0xff, value & 0xff);
}
