import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';

import { CIPHERS, fingerprint, HOST_KEYS, KEX, MACS, readFileOverSsh, type SshOptions } from '@sx/ssh';

import { CONTENT, KEY_TYPES, PASSWORD, plainDialer, prepare, type SshServer, startOpenSsh, USER } from './servers.ts';

const here = prepare();
after(() => here.remove());

function optionsFor(server: SshServer, more: Partial<SshOptions>): SshOptions {
  return { dialer: plainDialer, host: '127.0.0.1', port: server.port, user: USER, knownHosts: [server.knownHosts], ...more };
}

const read = async (server: SshServer, more: Partial<SshOptions>, file = here.file): Promise<string> => (await readFileOverSsh(file, optionsFor(server, more))).toString('utf8');

describe('with OpenSSH', () => {
  let server: SshServer;
  let serverKex: string[] = [];
  before(async () => {
    server = await startOpenSsh(here.folder);
    serverKex = execFileSync('ssh', ['-Q', 'kex'], { encoding: 'utf8' }).split('\n');
  });
  after(() => server.stop());

  it('reads the file with every combination of key exchange, cipher, MAC, host key and user key that both know', async () => {
    let combinations = 0;
    for (const kex of KEX.filter((name) => serverKex.includes(name))) {
      for (const cipher of CIPHERS) {
        for (const mac of cipher === 'aes256-ctr' ? MACS : MACS.slice(0, 1)) {
          for (const hostKey of HOST_KEYS.filter((name) => !/nistp(384|521)/.test(name))) {
            for (const type of KEY_TYPES) {
              const offer = { kex: [kex], ciphers: [cipher], macs: [mac], hostKeys: [hostKey] };
              assert.equal(await read(server, { privateKey: here.key(type), offer }), CONTENT, `${kex} ${cipher} ${mac} ${hostKey} ${type}`);
              combinations += 1;
            }
          }
        }
      }
    }
    assert.ok(combinations >= 96, `${combinations} combinations`);
  });

  it('logs in with a password', async () => {
    assert.equal(await read(server, { password: PASSWORD }), CONTENT);
  });

  it('logs in with keyboard-interactive', async () => {
    const only = await startOpenSsh(here.folder, ['PasswordAuthentication no', 'KbdInteractiveAuthentication yes']);
    try {
      assert.equal(await read(only, { password: PASSWORD }), CONTENT);
    } finally {
      await only.stop();
    }
  });

  it('goes on after a partial success: key, then password', async () => {
    const both = await startOpenSsh(here.folder, ['AuthenticationMethods publickey,password']);
    try {
      assert.equal(await read(both, { privateKey: here.key('ed25519'), password: PASSWORD }), CONTENT);
    } finally {
      await both.stop();
    }
  });

  it('lets an ssh-agent sign, also with a key whose file is encrypted', async () => {
    const socketPath = join(here.folder, 'agent.sock');
    const agent = spawn('ssh-agent', ['-D', '-a', socketPath], { stdio: ['ignore', 'pipe', 'ignore'] });
    try {
      await new Promise<void>((ready) => agent.stdout.once('data', () => ready()));
      execFileSync('ssh-add', ['-q', join(here.folder, 'id_rsa'), join(here.folder, 'id_ecdsa')], { env: { SSH_AUTH_SOCK: socketPath }, stdio: 'ignore' });
      const openAgent = (): Promise<import('node:stream').Duplex> => Promise.resolve(connect(socketPath));
      assert.equal(await read(server, { openAgent }), CONTENT);
    } finally {
      agent.kill();
    }
  });

  it('survives re-keying in the middle of the file', async () => {
    const rekeying = await startOpenSsh(here.folder, ['RekeyLimit 64K']);
    const large = join(here.folder, 'large');
    writeFileSync(large, 'x'.repeat(700_000), { mode: 0o644 });
    try {
      assert.equal((await read(rekeying, { privateKey: here.key('ed25519') }, large)).length, 700_000);
    } finally {
      await rekeying.stop();
    }
  });

  it('finds the host in a hashed known_hosts file', async () => {
    const hashed = join(here.folder, 'hashed_hosts');
    writeFileSync(hashed, server.knownHosts);
    execFileSync('ssh-keygen', ['-q', '-H', '-f', hashed], { stdio: 'ignore' });
    const text = readFileSync(hashed, 'utf8');
    assert.doesNotMatch(text, /127\.0\.0\.1/);
    assert.equal(await read(server, { password: PASSWORD, knownHosts: [text] }), CONTENT);
  });

  it('prefers the type of key that is known for the host', async () => {
    const rsaOnly = server.knownHosts.split('\n').filter((line) => line.includes('ssh-rsa')).join('\n');
    assert.equal(await read(server, { password: PASSWORD, knownHosts: [rsaOnly] }), CONTENT);
  });

  it('accepts a pinned fingerprint in place of known_hosts', async () => {
    const blob = Buffer.from(readFileSync(join(here.folder, 'host_ed25519.pub'), 'utf8').split(' ')[1] ?? '', 'base64');
    assert.equal(await read(server, { password: PASSWORD, knownHosts: [], hostKeyFingerprint: fingerprint(blob) }), CONTENT);
  });

  const refused: readonly { name: string; more: Partial<SshOptions>; code: string; text: RegExp; file?: string }[] = [
    { name: 'an unknown host key, and says its fingerprint', more: { password: PASSWORD, knownHosts: [] }, code: 'NET_SSH_HOST_KEY', text: /unknown: SHA256:/ },
    { name: 'a wrong pinned fingerprint', more: { password: PASSWORD, hostKeyFingerprint: 'SHA256:AAAA' }, code: 'NET_SSH_HOST_KEY', text: /not the pinned/ },
    { name: 'a wrong password, without repeating it', more: { password: 'wrong-secret-word' }, code: 'NET_SSH_AUTH', text: /^(?!.*wrong-secret-word).*refused user/ },
    { name: 'a user without any credential', more: {}, code: 'NET_SSH_AUTH', text: /tried nothing/ },
    { name: 'a file that is not there', more: { password: PASSWORD }, file: '/nonexistent/file', code: 'NET_SSH_COMMAND', text: /No such file/ },
    { name: 'a file above the limit', more: { password: PASSWORD, limits: { fileBytesMax: 10 } }, code: 'NET_SSH_COMMAND', text: /larger than 10 bytes/ },
    { name: 'a server without a common key exchange', more: { password: PASSWORD, offer: { kex: ['mlkem768x25519-sha256'] } }, code: 'NET_SSH_ALGORITHMS', text: /is needed/ },
  ];
  for (const { name, more, code, text, file } of refused) {
    it(`refuses ${name}`, async () => {
      await assert.rejects(read(server, more, file), (error: unknown) => {
        assert.ok(error instanceof Error);
        assert.equal(Reflect.get(error, 'code'), code, error.message);
        assert.match(error.message, text);
        return true;
      });
    });
  }

  it('refuses a changed host key and a revoked one', async () => {
    const other = readFileSync(join(here.folder, 'id_ed25519.pub'), 'utf8');
    const changed = `[127.0.0.1]:${server.port} ${other}`;
    await assert.rejects(read(server, { password: PASSWORD, knownHosts: [changed] }), /CHANGED/);
    const revoked = server.knownHosts.split('\n').filter((line) => line.includes('ed25519')).map((line) => `@revoked ${line.replace(/^\S+/, '*')}`);
    await assert.rejects(read(server, { password: PASSWORD, knownHosts: [server.knownHosts, revoked.join('\n')] }), /@revoked/);
  });

  it('says what the server would have to offer where it has weak or foreign algorithms only', async () => {
    const foreign = await startOpenSsh(here.folder, ['Ciphers chacha20-poly1305@openssh.com']);
    try {
      await assert.rejects(read(foreign, { password: PASSWORD }), /no cipher in common .*chacha20-poly1305@openssh\.com, and one of aes256-gcm@openssh\.com/);
    } finally {
      await foreign.stop();
    }
  });
});
