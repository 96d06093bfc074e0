/**
 * What we offer, and how the two lists become one choice (RFC 4253, section 7.1).
 *
 * Only what `node:crypto` implements: no cryptography of our own. chacha20-poly1305@openssh.com is therefore absent (Node has no
 * bare Poly1305), as are finite-field groups, SHA-1 and DSA (weak). The first name of ours that the server knows is taken.
 */
import * as crypto from 'node:crypto';
import { NetError } from '@sx/net/net-error';

import { MSG } from './message-numbers.ts';
import { SshReader, SshWriter } from './wire.ts';

/** `mlkem768x25519-sha256` needs ML-KEM of Node 24.7 or later. */
export const hasMlKem = typeof Reflect.get(crypto, 'decapsulate') === 'function' && typeof Reflect.get(crypto, 'encapsulate') === 'function';

export const KEX = [...(hasMlKem ? ['mlkem768x25519-sha256'] : []), 'curve25519-sha256', 'curve25519-sha256@libssh.org'] as const;
export const HOST_KEYS = ['ssh-ed25519', 'ecdsa-sha2-nistp256', 'ecdsa-sha2-nistp384', 'ecdsa-sha2-nistp521', 'rsa-sha2-512', 'rsa-sha2-256'] as const;
export const CIPHERS = ['aes256-gcm@openssh.com', 'aes128-gcm@openssh.com', 'aes256-ctr'] as const;
/** For `aes256-ctr`; the GCM ciphers authenticate by themselves. The second, encrypt-and-MAC, is all that older dropbear has. */
export const MACS = ['hmac-sha2-256-etm@openssh.com', 'hmac-sha2-256'] as const;

/** Strict key exchange, the answer to Terrapin (CVE-2023-48795): OpenSSH's PROTOCOL, section 1.10. */
const STRICT_CLIENT = 'kex-strict-c-v00@openssh.com';
const STRICT_SERVER = 'kex-strict-s-v00@openssh.com';
const EXT_INFO_CLIENT = 'ext-info-c';

export interface Offer {
  readonly kex: readonly string[];
  readonly hostKeys: readonly string[];
  readonly ciphers: readonly string[];
  readonly macs: readonly string[];
}

export const defaultOffer: Offer = { kex: KEX, hostKeys: HOST_KEYS, ciphers: CIPHERS, macs: MACS };

export interface ServerKexInit {
  readonly kex: readonly string[];
  readonly hostKeys: readonly string[];
  readonly ciphersClientToServer: readonly string[];
  readonly ciphersServerToClient: readonly string[];
  readonly macsClientToServer: readonly string[];
  readonly macsServerToClient: readonly string[];
  readonly compressionClientToServer: readonly string[];
  readonly compressionServerToClient: readonly string[];
  /** The server sent a guessed key exchange packet after this one. */
  readonly firstKexPacketFollows: boolean;
  readonly strict: boolean;
}

export interface Negotiated {
  readonly kex: string;
  readonly hostKey: string;
  readonly cipherOut: string;
  readonly cipherIn: string;
  readonly macOut: string | undefined;
  readonly macIn: string | undefined;
  /** The server guessed wrong: its next packet is to be thrown away. */
  readonly ignoreNextPacket: boolean;
}

export function encodeKexInit(offer: Offer, first: boolean): Buffer {
  const signs = first ? [EXT_INFO_CLIENT, STRICT_CLIENT] : [];
  return new SshWriter()
    .byte(MSG.KEXINIT)
    .raw(crypto.randomBytes(16))
    .names([...offer.kex, ...signs])
    .names(offer.hostKeys)
    .names(offer.ciphers)
    .names(offer.ciphers)
    .names(offer.macs)
    .names(offer.macs)
    .names(['none'])
    .names(['none'])
    .names([])
    .names([])
    .boolean(false)
    .uint32(0)
    .done();
}

export function decodeKexInit(payload: Uint8Array): ServerKexInit {
  const reader = new SshReader(payload, 'KEXINIT');
  reader.take(17);
  const kex = reader.names();
  return {
    kex,
    hostKeys: reader.names(),
    ciphersClientToServer: reader.names(),
    ciphersServerToClient: reader.names(),
    macsClientToServer: reader.names(),
    macsServerToClient: reader.names(),
    compressionClientToServer: reader.names(),
    compressionServerToClient: reader.names(),
    firstKexPacketFollows: (reader.names(), reader.names(), reader.boolean()),
    strict: kex.includes(STRICT_SERVER),
  };
}

/** @throws {NetError} `NET_SSH_ALGORITHMS`, naming the list, what the server has and what it would have to offer. */
export function negotiate(offer: Offer, server: ServerKexInit, where: string): Negotiated {
  const choose = (what: string, ours: readonly string[], theirs: readonly string[]): string => {
    const chosen = ours.find((name) => theirs.includes(name));
    if (chosen !== undefined) return chosen;
    const got = theirs.join(', ');
    throw new NetError('NET_SSH_ALGORITHMS', `no ${what} in common with ${where}: it offers ${got === '' ? 'none' : got}, and one of ${ours.join(', ')} is needed`, { where, got });
  };
  const mac = (cipher: string, theirs: readonly string[]): string | undefined => (cipher.includes('gcm') ? undefined : choose('MAC', offer.macs, theirs));
  choose('compression', ['none'], server.compressionClientToServer);
  choose('compression', ['none'], server.compressionServerToClient);
  const kex = choose('key exchange', offer.kex, server.kex);
  const hostKey = choose('host key algorithm', offer.hostKeys, server.hostKeys);
  const cipherOut = choose('cipher', offer.ciphers, server.ciphersClientToServer);
  const cipherIn = choose('cipher', offer.ciphers, server.ciphersServerToClient);
  const guessedRight = server.kex[0] === offer.kex[0] && server.hostKeys[0] === offer.hostKeys[0];
  return {
    kex,
    hostKey,
    cipherOut,
    cipherIn,
    macOut: mac(cipherOut, server.macsClientToServer),
    macIn: mac(cipherIn, server.macsServerToClient),
    ignoreNextPacket: server.firstKexPacketFollows && !guessedRight,
  };
}
