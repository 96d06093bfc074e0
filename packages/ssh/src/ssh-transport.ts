/**
 * The transport layer: identification, key exchange, re-keying, and the messages that belong to no one else
 * (RFC 4253, RFC 8308, and strict key exchange as OpenSSH's PROTOCOL describes it).
 *
 * In: a connected socket. Out: payloads of the layers above, pulled one at a time with `receive()`.
 * States: `identifying` → `key-exchange` → `open`; a KEXINIT of the server while open runs the exchange inline, since the server may send
 * nothing else meanwhile. We never ask for new keys ourselves: a connection lives for one small file.
 * Every wait is inside one deadline that destroys the socket. Left out: compression, server-initiated channels, port forwarding.
 */
import type { Duplex } from 'node:stream';
import { isNetError, NetError, printable } from '@sx/net/net-error';

import { decodeKexInit, encodeKexInit, type Negotiated, negotiate, type Offer } from './algorithms.ts';
import { decodePublicKey, type SshPublicKey, verifySignature } from './host-key.ts';
import { deriveKeys, startExchange, type Transcript } from './key-exchange.ts';
import type { SshLimits } from './limits.ts';
import { MSG } from './message-numbers.ts';
import { createPacketCipher } from './packet-cipher.ts';
import { PacketReader, PacketWriter } from './packet-stream.ts';
import { SshReader, SshWriter } from './wire.ts';

const LF = 0x0a;

export interface TransportOptions {
  readonly socket: Duplex;
  /** `host:port`, for messages. */
  readonly where: string;
  /** What we call ourselves after `SSH-2.0-`. Printable ASCII without blanks and minus signs. */
  readonly softwareVersion: string;
  readonly offer: Offer;
  readonly limits: SshLimits;
  /** Throws `NET_SSH_HOST_KEY` unless the key may be this host's. Called at the first exchange; later ones must show the same key. */
  readonly checkHostKey: (key: SshPublicKey) => void;
}

export class SshTransport {
  readonly #options: TransportOptions;
  readonly #chunks: AsyncIterator<Uint8Array>;
  readonly #reader: PacketReader;
  readonly #writer = new PacketWriter();
  readonly #clientVersion: string;
  #serverVersion = '';
  #strict = false;
  #hostKey: Uint8Array | undefined;
  #exchanges = 0;
  #sessionId: Buffer = Buffer.alloc(0);
  #serverSignatureAlgorithms: readonly string[] | undefined;
  #fault: NetError | undefined;

  constructor(options: TransportOptions) {
    this.#options = options;
    this.#chunks = options.socket[Symbol.asyncIterator]();
    this.#reader = new PacketReader(options.limits.packetBytesMax);
    this.#clientVersion = `SSH-2.0-${options.softwareVersion}`;
  }

  /** What every authentication signs (RFC 4252, section 7). */
  get sessionId(): Buffer {
    return this.#sessionId;
  }

  /** `server-sig-algs` (RFC 8308, section 3.1), where the server told it. */
  get serverSignatureAlgorithms(): readonly string[] | undefined {
    return this.#serverSignatureAlgorithms;
  }

  async open(): Promise<void> {
    if (this.#fault) throw this.#fault;
    this.#options.socket.write(`${this.#clientVersion}\r\n`);
    await this.#readIdentification();
    const own = encodeKexInit(this.#options.offer, true);
    this.#write(own);
    const theirs = await this.#nextPayload();
    // Strict or not, nothing but KEXINIT may come first where the server promises it; others may send IGNORE before.
    const kexInit = theirs[0] === MSG.KEXINIT ? theirs : await this.#receiveKexInit(theirs);
    await this.#exchange(own, kexInit);
  }

  /** The next payload of a layer above. */
  async receive(): Promise<Uint8Array> {
    for (let idle = 0; idle <= this.#options.limits.idlePacketsMax; idle += 1) {
      const payload = await this.#nextPayload();
      if (payload[0] === MSG.KEXINIT) {
        const own = encodeKexInit(this.#options.offer, false);
        this.#write(own);
        await this.#exchange(own, payload);
      } else if (!this.#isTransportMessage(payload)) return payload;
    }
    throw this.#protocolFault(`${this.#options.limits.idlePacketsMax} packets in a row without content`);
  }

  send(payload: Uint8Array): void {
    this.#write(payload);
  }

  close(reason = 'done'): void {
    if (!this.#options.socket.destroyed && this.#exchanges > 0) {
      const disconnect = new SshWriter().byte(MSG.DISCONNECT).uint32(11).string(reason).string('').done();
      this.#options.socket.end(this.#writer.seal(disconnect));
    }
    this.#options.socket.destroy();
  }

  /** Ends every wait, now and later, with this error. */
  abort(error: NetError): void {
    this.#fault ??= error;
    this.#options.socket.destroy();
  }

  async #receiveKexInit(first: Uint8Array): Promise<Uint8Array> {
    let payload = first;
    for (let idle = 0; idle < this.#options.limits.idlePacketsMax; idle += 1) {
      if (payload[0] === MSG.KEXINIT) {
        if (decodeKexInit(payload).strict) throw this.#protocolFault('a packet before KEXINIT, although strict key exchange was promised');
        return payload;
      }
      if (!this.#isTransportMessage(payload)) break;
      payload = await this.#nextPayload();
    }
    throw this.#protocolFault(`message ${payload[0] ?? 'nothing'} instead of KEXINIT`);
  }

  async #exchange(own: Uint8Array, kexInit: Uint8Array): Promise<void> {
    const { limits, offer, where } = this.#options;
    this.#exchanges += 1;
    if (this.#exchanges > limits.keyExchangesMax) throw this.#protocolFault(`${this.#exchanges} key exchanges on one connection`);
    const theirs = decodeKexInit(kexInit);
    if (this.#exchanges === 1) this.#strict = theirs.strict;
    const chosen = negotiate(offer, theirs, where);
    const exchange = startExchange(chosen.kex);
    this.#write(exchange.init);
    if (chosen.ignoreNextPacket) await this.#nextPayload();
    const reply = await this.#nextKexPayload(MSG.KEX_ECDH_REPLY);
    const said: Transcript = { clientVersion: this.#clientVersion, serverVersion: this.#serverVersion, clientKexInit: own, serverKexInit: kexInit };
    const result = exchange.finish(reply, said);
    this.#authenticate(chosen, result.hostKey, result.signature, result.hash);
    if (this.#sessionId.length === 0) this.#sessionId = result.hash;

    this.#write(Uint8Array.of(MSG.NEWKEYS));
    const keysOut = deriveKeys(result, this.#sessionId, chosen.cipherOut, 'out');
    this.#writer.useCipher(createPacketCipher(chosen.cipherOut, chosen.macOut, keysOut), this.#strict);
    await this.#nextKexPayload(MSG.NEWKEYS);
    const keysIn = deriveKeys(result, this.#sessionId, chosen.cipherIn, 'in');
    this.#reader.useCipher(createPacketCipher(chosen.cipherIn, chosen.macIn, keysIn), this.#strict);
  }

  #authenticate(chosen: Negotiated, blob: Uint8Array, signature: Uint8Array, hash: Uint8Array): void {
    const key = decodePublicKey(blob, 'host key');
    if (this.#hostKey === undefined) {
      this.#options.checkHostKey(key);
      this.#hostKey = Uint8Array.from(blob);
    } else if (!Buffer.from(this.#hostKey).equals(blob)) {
      throw new NetError('NET_SSH_HOST_KEY', `${this.#options.where} showed another host key while re-keying`, { where: this.#options.where });
    }
    if (!verifySignature(key, chosen.hostKey, signature, hash)) {
      throw new NetError('NET_SSH_HOST_KEY', `${this.#options.where} could not prove that it holds its host key`, { where: this.#options.where });
    }
  }

  /** Within a key exchange: nothing but the expected message where it is strict, transport messages aside where it is not. */
  async #nextKexPayload(expected: number): Promise<Uint8Array> {
    for (let idle = 0; idle <= this.#options.limits.idlePacketsMax; idle += 1) {
      const payload = await this.#nextPayload();
      if (payload[0] === expected) return payload;
      const tolerated = !(this.#strict && this.#exchanges === 1) && this.#isTransportMessage(payload);
      if (!tolerated) {
        this.#isTransportMessage(payload);
        throw this.#protocolFault(`message ${payload[0] ?? 'nothing'} during key exchange, expected ${expected}`);
      }
    }
    throw this.#protocolFault('a key exchange that does not go on');
  }

  /** Takes what belongs to the transport itself. A DISCONNECT throws. */
  #isTransportMessage(payload: Uint8Array): boolean {
    switch (payload[0]) {
      case MSG.DISCONNECT: {
        const reader = new SshReader(payload.subarray(1), 'DISCONNECT');
        const reason = reader.uint32();
        const text = printable(reader.text());
        throw new NetError('NET_SSH_PROTOCOL', `${this.#options.where} disconnected: ${text} (reason ${reason})`, { where: this.#options.where, got: text });
      }
      case MSG.IGNORE:
      case MSG.DEBUG:
      case MSG.UNIMPLEMENTED:
        return true;
      case MSG.EXT_INFO:
        this.#readExtensions(payload);
        return true;
      case MSG.GLOBAL_REQUEST: {
        // OpenSSH announces its other host keys (`hostkeys-00@openssh.com`) so; we keep no list, and say so where asked.
        const reader = new SshReader(payload.subarray(1), 'GLOBAL_REQUEST');
        reader.bytes();
        if (reader.boolean()) this.#write(Uint8Array.of(MSG.REQUEST_FAILURE));
        return true;
      }
      default:
        return false;
    }
  }

  #readExtensions(payload: Uint8Array): void {
    const reader = new SshReader(payload.subarray(1), 'EXT_INFO');
    const count = Math.min(reader.uint32(), 32);
    for (let index = 0; index < count; index += 1) {
      const name = reader.text();
      const value = reader.text();
      if (name === 'server-sig-algs') this.#serverSignatureAlgorithms = value.split(',');
    }
  }

  async #nextPayload(): Promise<Uint8Array> {
    for (;;) {
      const payload = this.#reader.next();
      if (payload !== undefined) return payload;
      this.#reader.push(await this.#nextChunk());
    }
  }

  async #nextChunk(): Promise<Uint8Array> {
    try {
      const { value, done } = await this.#chunks.next();
      if (this.#fault) throw this.#fault;
      if (done === true || value === undefined) throw this.#protocolFault('the connection was closed');
      return value;
    } catch (cause) {
      if (this.#fault) throw this.#fault;
      if (isNetError(cause)) throw cause;
      throw new NetError('NET_RESET', `the SSH connection to ${this.#options.where} broke`, { where: this.#options.where, cause });
    }
  }

  /** RFC 4253, section 4.2: other lines may come before the identification; then it is `SSH-2.0-`, at most 255 bytes. */
  async #readIdentification(): Promise<void> {
    const { bannerLinesMax, bannerLineBytesMax } = this.#options.limits;
    let pending: Buffer = Buffer.alloc(0);
    for (let lines = 0; lines <= bannerLinesMax; ) {
      const end = pending.indexOf(LF);
      if (end < 0) {
        if (pending.length > bannerLineBytesMax) break;
        pending = Buffer.concat([pending, await this.#nextChunk()]);
        continue;
      }
      const line = pending.subarray(0, end).toString('latin1').replace(/\r$/, '');
      pending = pending.subarray(end + 1);
      lines += 1;
      if (line.length > bannerLineBytesMax) break;
      if (!line.startsWith('SSH-')) continue;
      if (!/^SSH-(2\.0|1\.99)-[\x20-\x7e]*$/.test(line) || line.length > 253) throw this.#protocolFault(`the identification ${printable(line, 80)}`);
      this.#serverVersion = line;
      if (pending.length > 0) this.#reader.push(pending);
      return;
    }
    throw this.#protocolFault(`no SSH identification in ${bannerLinesMax} lines of at most ${bannerLineBytesMax} bytes`);
  }

  #write(payload: Uint8Array): void {
    if (this.#fault) throw this.#fault;
    this.#options.socket.write(this.#writer.seal(payload));
  }

  #protocolFault(got: string): NetError {
    const { where } = this.#options;
    return new NetError('NET_SSH_PROTOCOL', `SSH with ${where} failed: ${got}`, { where, got });
  }
}
