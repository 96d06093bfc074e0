/** The client against servers that nobody should meet. Every case ends with its own code, inside its deadline, with nothing left open. */
import assert from 'node:assert/strict';
import { connect } from 'node:net';
import { describe, it } from 'node:test';

import type { Dialer } from '@sx/net';
import { isNetError } from '@sx/net';

import { MSG } from '../src/message-numbers.ts';
import { readFileOverSsh, type SshOptions } from '../src/read-file-over-ssh.ts';
import { SshWriter } from '../src/wire.ts';
import { acceptUser, exitStatus, FILE, openChannel, type ServerConnection, type ServerScript, startSshServer } from './ssh-test-server.ts';

const dialer: Dialer = {
  refusals: [],
  poolKey: () => '',
  dial: ({ hostname, port }) =>
    new Promise((resolve, reject) => {
      const socket = connect(port, hostname, () => resolve({ socket, connectionId: 1, requestForm: 'origin', proxyFields: [], remoteAddress: hostname }));
      socket.once('error', reject);
    }),
};

const LIMITS = { handshakeTimeoutMs: 400, sessionTimeoutMs: 400 };

async function readFrom(script: ServerScript, more: Partial<SshOptions> = {}): Promise<{ text: string; sent: number }> {
  const server = await startSshServer(script);
  try {
    const bytes = await readFileOverSsh('~/file', { dialer, host: '127.0.0.1', port: server.port, user: 'somebody', knownHosts: [server.knownHosts], limits: LIMITS, ...more });
    return { text: bytes.toString('utf8'), sent: server.sentBytes() };
  } finally {
    await server.close();
  }
}

const ignore = new SshWriter().byte(MSG.IGNORE).string('x').done();

describe('readFileOverSsh', () => {
  for (const kex of ['curve25519-sha256', 'mlkem768x25519-sha256']) {
    for (const [cipher, mac] of [['aes256-gcm@openssh.com', 'none'], ['aes128-gcm@openssh.com', 'none'], ['aes256-ctr', 'hmac-sha2-256-etm@openssh.com'], ['aes256-ctr', 'hmac-sha2-256']] as const) {
      for (const strict of [true, false]) {
        it(`reads with ${kex}, ${cipher}, ${mac}, ${strict ? 'strict' : 'not strict'}`, async () => {
          assert.equal((await readFrom({ kex, cipher, mac, strict })).text, FILE.toString());
        });
      }
    }
  }

  it('quotes the path for the remote shell and leaves only the tilde to it', async () => {
    let command = '';
    const session = async (connection: ServerConnection): Promise<void> => {
      await acceptUser(connection);
      command = await openChannel(connection);
      connection.send(exitStatus(0));
      connection.send(new SshWriter().byte(MSG.CHANNEL_CLOSE).uint32(0).done());
    };
    await readFrom({ session });
    assert.equal(command, `cat -- ~/'file'`);
  });

  it('tolerates IGNORE during a key exchange that is not strict', async () => {
    assert.equal((await readFrom({ strict: false, beforeKexInit: [ignore], beforeReply: [ignore] })).text, FILE.toString());
  });

  const hostile: readonly { name: string; script: ServerScript; code: string; text: RegExp; more?: Partial<SshOptions> }[] = [
    { name: 'a packet before KEXINIT where strictness was promised (Terrapin)', script: { beforeKexInit: [ignore] }, code: 'NET_SSH_PROTOCOL', text: /strict/ },
    { name: 'IGNORE inside a strict key exchange (Terrapin)', script: { beforeReply: [ignore] }, code: 'NET_SSH_PROTOCOL', text: /during key exchange/ },
    { name: 'a host that cannot prove its key', script: { breakSignature: true }, code: 'NET_SSH_HOST_KEY', text: /could not prove/ },
    { name: 'protocol version 1', script: { identification: 'SSH-1.5-old' }, code: 'NET_SSH_PROTOCOL', text: /identification/ },
    { name: 'a banner of a megabyte', script: { identification: `${'x'.repeat(1 << 20)}\r\nSSH-2.0-late` }, code: 'NET_SSH_PROTOCOL', text: /no SSH identification/ },
    { name: 'endless lines before the identification', script: { identification: 'hello\r\n'.repeat(100) }, code: 'NET_SSH_PROTOCOL', text: /no SSH identification/ },
    { name: 'an HTTP server', script: { identification: 'HTTP/1.1 400 Bad Request\r\n\r\n' }, code: 'NET_SSH_TIMEOUT', text: /handshake/ },
    { name: 'a DISCONNECT, escaping what it says', script: { strict: false, beforeKexInit: [new SshWriter().byte(MSG.DISCONNECT).uint32(2).string('bye\u001b[2J').string('').done()] }, code: 'NET_SSH_PROTOCOL', text: /bye\\u001b\[2J/ },
    { name: 'a flood of packets without content', script: { strict: false, beforeKexInit: Array.from({ length: 400 }, () => ignore) }, code: 'NET_SSH_PROTOCOL', text: /KEXINIT/ },
    { name: 'a server that says nothing', script: { session: () => new Promise(() => {}) }, code: 'NET_SSH_TIMEOUT', text: /session/ },
    { name: 'a server that closes after the key exchange', script: { session: async ({ socket }) => void socket.destroy() }, code: 'NET_SSH_PROTOCOL', text: /closed/ },
    { name: 'a pin of another key', script: {}, more: { hostKeyFingerprint: 'SHA256:other' }, code: 'NET_SSH_HOST_KEY', text: /not the pinned/ },
  ];
  for (const { name, script, code, text, more } of hostile) {
    it(`refuses ${name}`, async () => {
      await assert.rejects(readFrom(script, more), (error: unknown) => {
        assert.ok(isNetError(error), String(error));
        assert.equal(error.code, code, error.message);
        assert.match(error.message, text);
        return true;
      });
    });
  }

  const sessions: readonly { name: string; run: (connection: ServerConnection) => Promise<void>; code: string; text: RegExp }[] = [
    {
      name: 'more bytes than the file may have',
      run: async (connection) => {
        await acceptUser(connection);
        await openChannel(connection);
        for (let sent = 0; sent < 70; sent += 1) connection.send(new SshWriter().byte(MSG.CHANNEL_DATA).uint32(0).string(Buffer.alloc(16_384)).done());
        await connection.receive();
      },
      code: 'NET_SSH_COMMAND',
      text: /larger than/,
    },
    {
      name: 'a close without an exit status: the file may be half of one',
      run: async (connection) => {
        await acceptUser(connection);
        await openChannel(connection);
        connection.send(new SshWriter().byte(MSG.CHANNEL_DATA).uint32(0).string('half').done());
        connection.send(new SshWriter().byte(MSG.CHANNEL_CLOSE).uint32(0).done());
        await connection.receive();
      },
      code: 'NET_SSH_COMMAND',
      text: /without an exit status/,
    },
    {
      name: 'a command that failed, with what it said',
      run: async (connection) => {
        await acceptUser(connection);
        await openChannel(connection);
        connection.send(new SshWriter().byte(MSG.CHANNEL_EXTENDED_DATA).uint32(0).uint32(1).string('cat: no\u0007 such file\n').done());
        connection.send(exitStatus(1));
        connection.send(new SshWriter().byte(MSG.CHANNEL_CLOSE).uint32(0).done());
        await connection.receive();
      },
      code: 'NET_SSH_COMMAND',
      text: /exit status 1: cat: no\\u0007 such file/,
    },
    {
      name: 'a megabyte of authentication banners',
      run: async ({ send, receive }) => {
        await receive();
        send(new SshWriter().byte(MSG.SERVICE_ACCEPT).string('ssh-userauth').done());
        for (let sent = 0; sent < 64; sent += 1) send(new SshWriter().byte(MSG.USERAUTH_BANNER).string('x'.repeat(16_384)).string('').done());
        await receive();
      },
      code: 'NET_SSH_PROTOCOL',
      text: /banners/,
    },
    {
      name: 'a request to change the password, without sending one',
      run: async ({ send, receive }) => {
        await receive();
        send(new SshWriter().byte(MSG.SERVICE_ACCEPT).string('ssh-userauth').done());
        await receive();
        send(new SshWriter().byte(MSG.USERAUTH_FAILURE).names(['password']).boolean(false).done());
        await receive();
        send(new SshWriter().byte(MSG.USERAUTH_METHOD_REPLY).string('change it').string('').done());
        await receive();
      },
      code: 'NET_SSH_PROTOCOL',
      text: /during authentication/,
    },
  ];
  for (const { name, run, code, text } of sessions) {
    it(`refuses ${name}`, async () => {
      await assert.rejects(readFrom({ session: run }, { password: 'marked-secret' }), (error: unknown) => {
        assert.ok(isNetError(error), String(error));
        assert.equal(error.code, code, error.message);
        assert.match(error.message, text);
        assert.doesNotMatch(`${error.message} ${String(error.hint)} ${String(error.got)}`, /marked-secret/);
        return true;
      });
    });
  }

  it('ends with a typed error whichever byte of the server is wrong', async () => {
    const { sent } = await readFrom({});
    // Padding of the unencrypted packets is all that nobody checks.
    const outcomeOf = (corruptByte: number): Promise<string> =>
      readFrom({ corruptByte }, { limits: { handshakeTimeoutMs: 150, sessionTimeoutMs: 150 } }).then(
        () => 'read',
        (error: unknown) => (isNetError(error) ? error.code : `untyped: ${String(error)}`),
      );
    let survived = 0;
    const AT_ONCE = 32;
    for (let first = 0; first < sent; first += AT_ONCE) {
      const outcomes = await Promise.all(Array.from({ length: Math.min(AT_ONCE, sent - first) }, (_, index) => outcomeOf(first + index)));
      for (const [index, outcome] of outcomes.entries()) {
        if (outcome === 'read') survived += 1;
        else assert.match(outcome, /^NET_(SSH_|RESET)/, `byte ${first + index}: ${outcome}`);
      }
    }
    assert.ok(survived < 40, `${survived} of ${sent} corrupted bytes went unnoticed: more than padding`);
  });

  it('aborts at once and leaves no timer', async () => {
    const abort = new AbortController();
    const pending = readFrom({ session: () => new Promise(() => {}) }, { signal: abort.signal, limits: { handshakeTimeoutMs: 60_000, sessionTimeoutMs: 60_000 } });
    setImmediate(() => abort.abort());
    await assert.rejects(pending, { code: 'NET_ABORTED' });
  });
});
