import assert from 'node:assert/strict';
import { generateKeyPairSync, type KeyObject, randomBytes } from 'node:crypto';
import { describe, it } from 'node:test';

import { decodePublicKey, verifySignature } from '../src/host-key.ts';
import { decodePrivateKey } from '../src/private-key.ts';
import { SshWriter } from '../src/wire.ts';

/** OpenSSH's container around a key pair, written from its description and not with the code under test. */
function container(fill: { type: string; publicParts: (writer: SshWriter) => SshWriter; privateParts: (writer: SshWriter) => SshWriter }, cipher = 'none'): string {
  const blob = fill.publicParts(new SshWriter().string(fill.type)).done();
  const check = randomBytes(4);
  const inner = fill.privateParts(new SshWriter().raw(check).raw(check).string(fill.type)).string('a comment').done();
  const padding = Buffer.from(Array.from({ length: (8 - (inner.length % 8)) % 8 }, (_, index) => index + 1));
  const bytes = new SshWriter().raw(Buffer.from('openssh-key-v1\0')).string(cipher).string('none').string('').uint32(1).string(blob).string(Buffer.concat([inner, padding])).done();
  return `-----BEGIN OPENSSH PRIVATE KEY-----\n${bytes.toString('base64').replace(/.{70}/g, '$&\n')}\n-----END OPENSSH PRIVATE KEY-----\n`;
}

const part = (key: KeyObject, name: 'x' | 'y' | 'd' | 'n' | 'e' | 'p' | 'q' | 'qi'): Buffer => Buffer.from(key.export({ format: 'jwk' })[name] ?? '', 'base64url');

function ed25519(): string {
  const { privateKey } = generateKeyPairSync('ed25519');
  const x = part(privateKey, 'x');
  return container({ type: 'ssh-ed25519', publicParts: (writer) => writer.string(x), privateParts: (writer) => writer.string(x).string(Buffer.concat([part(privateKey, 'd'), x])) });
}

function ecdsa(curve: string, name: string): string {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: curve });
  const point = Buffer.concat([Uint8Array.of(4), part(privateKey, 'x'), part(privateKey, 'y')]);
  return container({ type: `ecdsa-sha2-${name}`, publicParts: (writer) => writer.string(name).string(point), privateParts: (writer) => writer.string(name).string(point).mpint(part(privateKey, 'd')) });
}

function rsa(bits: number): string {
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: bits });
  const [n, e, d, qi, p, q] = (['n', 'e', 'd', 'qi', 'p', 'q'] as const).map((name) => part(privateKey, name));
  const write = (writer: SshWriter, ...numbers: (Buffer | undefined)[]): SshWriter => numbers.reduce((to, number) => to.mpint(number ?? Buffer.alloc(0)), writer);
  return container({ type: 'ssh-rsa', publicParts: (writer) => write(writer, e, n), privateParts: (writer) => write(writer, n, e, d, qi, p, q) });
}

describe('decodePrivateKey', () => {
  const keys: readonly [algorithm: string, text: string][] = [
    ['ssh-ed25519', ed25519()],
    ['ecdsa-sha2-nistp256', ecdsa('P-256', 'nistp256')],
    ['ecdsa-sha2-nistp384', ecdsa('P-384', 'nistp384')],
    ['ecdsa-sha2-nistp521', ecdsa('P-521', 'nistp521')],
    ['rsa-sha2-256', rsa(2048)],
    ['rsa-sha2-512', rsa(3072)],
  ];
  for (const [algorithm, text] of keys) {
    it(`signs with ${algorithm}, and the signature holds for that data alone`, async () => {
      const signer = decodePrivateKey(text, 'a file');
      const signature = await signer.sign(algorithm, Buffer.from('data'));
      const publicKey = decodePublicKey(signer.blob, 'key');
      assert.equal(verifySignature(publicKey, algorithm, signature, Buffer.from('data')), true);
      assert.equal(verifySignature(publicKey, algorithm, signature, Buffer.from('Data')), false);
      assert.equal(verifySignature(publicKey, 'ssh-dss', signature, Buffer.from('data')), false);
    });
  }

  const encrypted = container({ type: 'ssh-ed25519', publicParts: (writer) => writer.string('x'), privateParts: (writer) => writer.string('x') }, 'aes256-ctr');
  const refused: readonly [name: string, text: string, message: RegExp, hint?: RegExp][] = [
    ['an encrypted key, pointing to the agent', encrypted, /encrypted/, /ssh-add/],
    ['another format, with the command that converts it', '-----BEGIN RSA PRIVATE KEY-----\nAAAA\n-----END RSA PRIVATE KEY-----', /not a private key/, /ssh-keygen/],
    ['an empty file', '', /not a private key/],
    ['bytes that are cut short', ed25519().replace(/[^-]{60}\n-----END/, '\n-----END'), /malformed key file/],
    ['another content in the armour', `-----BEGIN OPENSSH PRIVATE KEY-----\n${Buffer.from('hello').toString('base64')}\n-----END OPENSSH PRIVATE KEY-----`, /not a private key/],
  ];
  for (const [name, text, message, hint] of refused) {
    it(`refuses ${name}`, () => {
      assert.throws(
        () => decodePrivateKey(text, 'id_test'),
        (error: unknown) => {
          assert.ok(error instanceof Error);
          assert.match(error.message, message);
          if (hint) assert.match(String(Reflect.get(error, 'hint')), hint);
          return true;
        },
      );
    });
  }

  it('refuses RSA keys below 2,048 bits', async () => {
    const signer = decodePrivateKey(rsa(1024), 'id_small');
    assert.throws(() => decodePublicKey(signer.blob, 'key'), /1024 bits/);
  });
});
