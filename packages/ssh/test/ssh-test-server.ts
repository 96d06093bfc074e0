/**
 * The server side of SSH-2, as far as a test needs it, with every step replaceable: for hostile servers, and for the
 * hybrid key exchange that Debian's OpenSSH does not know yet. Real servers are met in `interop/`.
 *
 * It shares the packet layer with the client under test (proved against real servers) and nothing else.
 */
import * as crypto from 'node:crypto';
import { createServer, type Socket } from 'node:net';

import { MSG } from '../src/message-numbers.ts';
import { createPacketCipher, keySizes } from '../src/packet-cipher.ts';
import { PacketReader, PacketWriter } from '../src/packet-stream.ts';
import { SshReader, SshWriter } from '../src/wire.ts';

export interface ServerScript {
  readonly identification?: string;
  readonly kex?: string;
  readonly cipher?: string;
  readonly mac?: string;
  readonly strict?: boolean;
  /** Payloads sent before KEXINIT. */
  readonly beforeKexInit?: readonly Uint8Array[];
  /** Payloads sent between KEXINIT and the reply. */
  readonly beforeReply?: readonly Uint8Array[];
  readonly breakSignature?: boolean;
  /** Changes one byte of everything that the server sends. */
  readonly corruptByte?: number;
  /** Runs after the key exchange; the default accepts everything and serves the file. */
  readonly session?: (connection: ServerConnection) => Promise<void>;
}

export interface ServerConnection {
  send(payload: Uint8Array): void;
  receive(): Promise<Uint8Array>;
  readonly socket: Socket;
}

export const FILE = Buffer.from('{"access_token":"scripted"}');

export interface TestSshServer {
  readonly port: number;
  readonly knownHosts: string;
  /** Bytes that the last connection was sent, before corruption. */
  sentBytes(): number;
  close(): Promise<void>;
}

export async function startSshServer(script: ServerScript = {}): Promise<TestSshServer> {
  const hostKey = crypto.generateKeyPairSync('ed25519');
  const blob = new SshWriter().string('ssh-ed25519').string(hostKey.publicKey.export({ type: 'spki', format: 'der' }).subarray(-32)).done();
  let sent = 0;
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => {}).once('close', () => sockets.delete(socket));
    sent = 0;
    const write = (bytes: Uint8Array): void => {
      const copy = Buffer.from(bytes);
      const at = (script.corruptByte ?? -1) - sent;
      if (at >= 0 && at < copy.length) copy[at] = (copy[at] ?? 0) ^ 0x55;
      sent += copy.length;
      if (!socket.destroyed) socket.write(copy);
    };
    serve(socket, write, script, hostKey.privateKey, blob).catch(() => socket.destroy());
  });
  await new Promise<void>((ready) => server.listen(0, '127.0.0.1', ready));
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  return {
    port,
    knownHosts: `[127.0.0.1]:${port} ssh-ed25519 ${blob.toString('base64')}\n`,
    sentBytes: () => sent,
    close: () =>
      new Promise((done) => {
        for (const socket of sockets) socket.destroy();
        server.close(() => done());
      }),
  };
}

async function serve(socket: Socket, write: (bytes: Uint8Array) => void, script: ServerScript, hostKey: crypto.KeyObject, blob: Buffer): Promise<void> {
  const version = script.identification ?? 'SSH-2.0-scripted';
  const chunks: AsyncIterator<Buffer> = socket[Symbol.asyncIterator]();
  const reader = new PacketReader(256 * 1024);
  const writer = new PacketWriter();
  const send = (payload: Uint8Array): void => write(writer.seal(payload));
  write(Buffer.from(`${version}\r\n`, 'latin1'));
  let head = Buffer.alloc(0);
  while (!head.includes('\n')) head = Buffer.concat([head, await nextChunk(chunks)]);
  const clientVersion = head.subarray(0, head.indexOf('\r')).toString('latin1');
  reader.push(head.subarray(head.indexOf('\n') + 1));
  const receive = async (): Promise<Uint8Array> => {
    for (;;) {
      const payload = reader.next();
      if (payload !== undefined) return Uint8Array.from(payload);
      reader.push(await nextChunk(chunks));
    }
  };

  for (const payload of script.beforeKexInit ?? []) send(payload);
  const { kex = 'curve25519-sha256', cipher = 'aes256-gcm@openssh.com', mac = 'hmac-sha2-256-etm@openssh.com', strict = true } = script;
  const own = new SshWriter().byte(MSG.KEXINIT).raw(crypto.randomBytes(16)).names([kex, ...(strict ? ['kex-strict-s-v00@openssh.com'] : [])]).names(['ssh-ed25519']);
  own.names([cipher]).names([cipher]).names([mac]).names([mac]).names(['none']).names(['none']).names([]).names([]).boolean(false).uint32(0);
  const ownInit = own.done();
  send(ownInit);
  const clientInit = await receive();
  const init = new SshReader((await receive()).subarray(1), 'KEX_ECDH_INIT');
  const clientPublic = Buffer.from(init.bytes());
  for (const payload of script.beforeReply ?? []) send(payload);

  const { serverPublic, secret } = agree(kex, clientPublic);
  const hashed = new SshWriter().string(clientVersion).string(version).string(clientInit).string(ownInit).string(blob).string(clientPublic).string(serverPublic).raw(secret).done();
  const hash = crypto.createHash('sha256').update(hashed).digest();
  const signed = crypto.sign(null, script.breakSignature === true ? Buffer.from('something else') : hash, hostKey);
  send(new SshWriter().byte(MSG.KEX_ECDH_REPLY).string(blob).string(serverPublic).string(new SshWriter().string('ssh-ed25519').string(signed).done()).done());
  send(Uint8Array.of(MSG.NEWKEYS));
  const keys = (letters: string): { iv: Buffer; key: Buffer; mac: Buffer } => {
    const sizes = keySizes(cipher);
    const derive = (letter: string, bytes: number): Buffer => crypto.createHash('sha256').update(secret).update(hash).update(letter).update(hash).digest().subarray(0, bytes);
    return { iv: derive(letters[0] ?? '', sizes.iv), key: derive(letters[1] ?? '', sizes.key), mac: derive(letters[2] ?? '', sizes.mac) };
  };
  writer.useCipher(createPacketCipher(cipher, mac, keys('BDF')), strict);
  await receive();
  reader.useCipher(createPacketCipher(cipher, mac, keys('ACE')), strict);
  await (script.session ?? serveFile)({ send, receive, socket });
}

function agree(kex: string, clientPublic: Buffer): { serverPublic: Buffer; secret: Buffer } {
  const x25519 = crypto.generateKeyPairSync('x25519');
  const own = x25519.publicKey.export({ type: 'spki', format: 'der' }).subarray(-32);
  const clientX25519 = clientPublic.subarray(-32);
  const jwk = { kty: 'OKP', crv: 'X25519', x: clientX25519.toString('base64url') };
  const classical = crypto.diffieHellman({ privateKey: x25519.privateKey, publicKey: crypto.createPublicKey({ key: jwk, format: 'jwk' }) });
  if (!kex.startsWith('mlkem')) return { serverPublic: own, secret: new SshWriter().mpint(classical).done() };
  // SubjectPublicKeyInfo of ML-KEM-768 (NIST OID 2.16.840.1.101.3.4.4.2) in front of the raw key.
  const prefix = Buffer.from('308204b2300b0609608648016503040402038204a100', 'hex');
  const key = crypto.createPublicKey({ key: Buffer.concat([prefix, clientPublic.subarray(0, 1184)]), format: 'der', type: 'spki' });
  const { sharedKey, ciphertext } = crypto.encapsulate(key);
  const combined = crypto.createHash('sha256').update(sharedKey).update(classical).digest();
  return { serverPublic: Buffer.concat([ciphertext, own]), secret: new SshWriter().string(combined).done() };
}

/** Accepts any user at once, and answers `exec` with the file. */
export async function serveFile({ send, receive }: ServerConnection): Promise<void> {
  await acceptUser({ send, receive });
  await openChannel({ send, receive });
  send(new SshWriter().byte(MSG.CHANNEL_DATA).uint32(0).string(FILE).done());
  send(exitStatus(0));
  send(new SshWriter().byte(MSG.CHANNEL_CLOSE).uint32(0).done());
}

export async function acceptUser({ send, receive }: Pick<ServerConnection, 'send' | 'receive'>): Promise<void> {
  await receive();
  send(new SshWriter().byte(MSG.SERVICE_ACCEPT).string('ssh-userauth').done());
  await receive();
  send(Uint8Array.of(MSG.USERAUTH_SUCCESS));
}

/** Takes CHANNEL_OPEN, exec and EOF; returns the command. */
export async function openChannel({ send, receive }: Pick<ServerConnection, 'send' | 'receive'>): Promise<string> {
  await receive();
  send(new SshWriter().byte(MSG.CHANNEL_OPEN_CONFIRMATION).uint32(0).uint32(7).uint32(1 << 20).uint32(1 << 15).done());
  const request = new SshReader((await receive()).subarray(1), 'exec');
  request.uint32();
  request.text();
  request.boolean();
  const command = request.text();
  await receive();
  send(new SshWriter().byte(MSG.CHANNEL_SUCCESS).uint32(0).done());
  return command;
}

export function exitStatus(status: number): Buffer {
  return new SshWriter().byte(MSG.CHANNEL_REQUEST).uint32(0).string('exit-status').boolean(false).uint32(status).done();
}

async function nextChunk(chunks: AsyncIterator<Buffer>): Promise<Buffer> {
  const { value, done } = await chunks.next();
  if (done === true) throw new Error('the client is gone');
  return value;
}
