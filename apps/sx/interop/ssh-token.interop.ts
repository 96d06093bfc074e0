/** `sx token --source ssh` against OpenSSH's server, and against servers that break in the middle: exit code, one clear line, nothing written. */
import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { chmodSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';

import { createSimulator, type Simulator } from '@sx/simulator';
import { fingerprint } from '@sx/ssh';

import { PASSWORD, prepare, type SshServer, startOpenSsh, USER } from '../../../packages/ssh/interop/servers.ts';
import { createSandbox, type Finished, type Sandbox } from '../test/program/run-sx.ts';

const PROVIDERS = [
  { provider: 'codex', prefix: 'CODEX', directory: '.codex', file: 'auth.json' },
  { provider: 'claude_code', prefix: 'CLAUDE_CODE', directory: '.claude', file: '.credentials.json' },
] as const;

const here = prepare();
after(() => here.remove());
let simulator: Simulator;
let server: SshServer;
before(async () => {
  simulator = await createSimulator();
  server = await startOpenSsh(here.folder);
});
after(async () => {
  await server.stop();
  await simulator.close();
});

/** A file of the other host, in that user's home. */
function putThere(directory: string, name: string, content: string): string {
  mkdirSync(join(here.folder, directory), { recursive: true });
  const file = join(here.folder, directory, name);
  writeFileSync(file, content);
  execFileSync('chown', ['-R', USER, join(here.folder, directory)]);
  return file;
}

interface Asked {
  readonly provider?: (typeof PROVIDERS)[number];
  readonly env?: Readonly<Record<string, string>>;
  readonly knownHosts?: string;
  readonly port?: number;
  readonly args?: readonly string[];
}

async function ask(sandbox: Sandbox, { provider = PROVIDERS[0], env = {}, knownHosts, port = server.port, args = [] }: Asked): Promise<Finished> {
  sandbox.put('home/.ssh/known_hosts', knownHosts ?? server.knownHosts);
  const before = snapshot(sandbox.home);
  const finished = await sandbox.sx(['token', provider.provider, '--source', 'ssh', ...args], {
    env: { [`${provider.prefix}_SSH_HOST`]: '127.0.0.1', [`${provider.prefix}_SSH_PORT`]: String(port), [`${provider.prefix}_SSH_USER`]: USER, ...env },
  });
  assert.deepEqual(snapshot(sandbox.home), before, 'nothing is written on this machine');
  return finished;
}

function snapshot(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => {
      const path = join(entry.parentPath, entry.name);
      return `${path} ${statSync(path).mtimeMs} ${readFileSync(path, 'latin1')}`;
    })
    .sort();
}

function accessTokenOf({ code, stdout, stderr }: Finished): string {
  assert.deepEqual([code, stderr], [0, ''], stderr);
  const token: unknown = JSON.parse(stdout);
  assert.ok(typeof token === 'object' && token !== null && 'access_token' in token && /^[^\n]+\n$/.test(stdout));
  return String(token.access_token);
}

function refused({ code, stdout, stderr }: Finished, exitCode: number, says: RegExp): void {
  assert.match(stderr, says);
  assert.deepEqual([code, stdout], [exitCode, '']);
  assert.match(stderr, /^sx: [^\n]{1,1100} \[[A-Z_]+\]\n(?: {4}[^\n]*\n)*$/, 'one line, and what to do about it');
  assert.ok(!stderr.includes(PASSWORD));
}

describe('sx token --source ssh, with OpenSSH', () => {
  for (const provider of PROVIDERS) {
    it(`reads each shape of a credential from the vendor's own place: ${provider.provider}`, async () => {
      using sandbox = createSandbox();
      const { codexAuthFile, claudeCredentialsFile, flatFile, tokens } = simulator.credentials();
      for (const shape of [codexAuthFile, claudeCredentialsFile, flatFile]) {
        const file = putThere(provider.directory, provider.file, JSON.stringify(shape));
        assert.equal(accessTokenOf(await ask(sandbox, { provider, env: { [`${provider.prefix}_SSH_PASS`]: PASSWORD } })), tokens.accessToken);
        assert.equal(readFileSync(file, 'utf8'), JSON.stringify(shape), 'the file there is only read');
      }
    });
  }

  describe('with a login on the other host', () => {
    const content = (): string => readFileSync(join(here.folder, '.codex/auth.json'), 'utf8');
    before(() => void putThere('.codex', 'auth.json', JSON.stringify(simulator.credentials().codexAuthFile)));
    const sameToken = (finished: Finished): void => assert.ok(content().includes(accessTokenOf(finished)));

    it('logs in with a password, a key file, and what an ssh-agent holds', async () => {
      using sandbox = createSandbox();
      sameToken(await ask(sandbox, { env: { CODEX_SSH_PASS: PASSWORD } }));
      for (const type of ['ed25519', 'ecdsa', 'rsa']) {
        sandbox.put(`home/.ssh/id_${type}`, here.key(type).text);
        sameToken(await ask(sandbox, { env: { CODEX_SSH_KEY_FILE: `~/.ssh/id_${type}` } }));
      }
      const socket = join(here.folder, 'sx-agent.sock');
      const agent = spawn('ssh-agent', ['-D', '-a', socket], { stdio: ['ignore', 'pipe', 'ignore'] });
      try {
        await new Promise<void>((ready) => agent.stdout.once('data', () => ready()));
        refused(await ask(sandbox, { env: { SSH_AUTH_SOCK: socket } }), 41, /refused user sxsshtest: tried nothing.*\[NET_SSH_AUTH\]/);
        execFileSync('ssh-add', ['-q', join(here.folder, 'id_ed25519')], { env: { SSH_AUTH_SOCK: socket }, stdio: 'ignore' });
        sameToken(await ask(sandbox, { env: { SSH_AUTH_SOCK: socket } }));
      } finally {
        agent.kill();
      }
      refused(await ask(sandbox, { env: { SSH_AUTH_SOCK: join(here.folder, 'gone.sock') } }), 41, /the ssh-agent cannot be reached: .*ENOENT \[NET_SSH_AUTH\]/);
      sameToken(await ask(sandbox, { env: { SSH_AUTH_SOCK: join(here.folder, 'gone.sock'), CODEX_SSH_PASS: PASSWORD } }));
    });

    it('accepts a pinned fingerprint in place of known_hosts', async () => {
      using sandbox = createSandbox();
      const blob = Buffer.from(readFileSync(join(here.folder, 'host_ed25519.pub'), 'utf8').split(' ')[1] ?? '', 'base64');
      sameToken(await ask(sandbox, { knownHosts: '', env: { CODEX_SSH_PASS: PASSWORD, CODEX_SSH_FINGERPRINT: fingerprint(blob) } }));
    });

    it('runs a turn with that token', async () => {
      using sandbox = createSandbox();
      sandbox.put('home/.ssh/known_hosts', server.knownHosts);
      const { code, stdout, stderr } = await sandbox.sx(['-p', 'say hello'], {
        env: {
          PROVIDER: 'codex', CODEX_TOKEN_SOURCE: 'ssh', CODEX_SSH_HOST: '127.0.0.1', CODEX_SSH_PORT: String(server.port), CODEX_SSH_USER: USER, CODEX_SSH_PASS: PASSWORD,
          CODEX_API_URL: simulator.urls.codex, ...(simulator.caFile === undefined ? {} : { CA_FILE: simulator.caFile }),
        },
      });
      assert.equal(code, 0, stderr);
      assert.notEqual(stdout, '');
    });

    const key = (): string => `[127.0.0.1]:${server.port} ${readFileSync(join(here.folder, 'id_ed25519.pub'), 'utf8')}`;
    const cases: readonly { name: string; asked: () => Asked; exit: number; says: RegExp }[] = [
      { name: 'an unknown host key, and says its fingerprint', asked: () => ({ knownHosts: '' }), exit: 61, says: /is unknown: SHA256:\S+ .*\[NET_SSH_HOST_KEY\]\n {4}.*CODEX_SSH_FINGERPRINT=SHA256:/ },
      { name: 'a changed host key', asked: () => ({ knownHosts: key() }), exit: 61, says: /has CHANGED.*\[NET_SSH_HOST_KEY\]/ },
      { name: 'a wrong pinned fingerprint', asked: () => ({ env: { CODEX_SSH_FINGERPRINT: 'SHA256:AAAA' } }), exit: 61, says: /not the pinned SHA256:AAAA \[NET_SSH_HOST_KEY\]/ },
      { name: 'a wrong password, without repeating it', asked: () => ({ env: { CODEX_SSH_PASS: 'wrong-secret-word' } }), exit: 41, says: /^(?![^]*wrong-secret-word)sx: .* refused user sxsshtest.*\[NET_SSH_AUTH\]/ },
      { name: 'a user that is not there', asked: () => ({ env: { CODEX_SSH_USER: 'nobody-here' } }), exit: 41, says: /refused user nobody-here.*\[NET_SSH_AUTH\]/ },
      { name: 'a file that is not there', asked: () => ({ env: { CODEX_SSH_PATH: '~/nothing.json' } }), exit: 41, says: /No such file.*\[NET_SSH_COMMAND\]/ },
      { name: 'no credential at all', asked: () => ({ env: { CODEX_SSH_PASS: '' } }), exit: 41, says: /tried nothing.*\[NET_SSH_AUTH\]/ },
      { name: 'a key file that is not there', asked: () => ({ env: { CODEX_SSH_KEY_FILE: '/nonexistent/id' } }), exit: 52, says: /CODEX_SSH_KEY_FILE: there is no \/nonexistent\/id \[NET_SSH_KEY_FILE\]/ },
      { name: 'a target that --offline forbids', asked: () => ({ env: { CODEX_SSH_HOST: '192.0.2.1' }, args: ['--offline'] }), exit: 44, says: /\[NET_EGRESS_DENIED\]/ },
    ];
    for (const { name, asked, exit, says } of cases) {
      it(`refuses ${name}`, async () => {
        using sandbox = createSandbox();
        const { env, ...rest } = asked();
        const finished = await ask(sandbox, { ...rest, env: { CODEX_SSH_PASS: PASSWORD, ...env } });
        // The egress report is a line of its own.
        refused({ ...finished, stderr: finished.stderr.replace(/^sx: refused to connect to .*\n/m, '') }, exit, says);
      });
    }

    it('refuses a key file that others may read, and one that is encrypted', async () => {
      using sandbox = createSandbox();
      const open = sandbox.put('home/open', here.key('ed25519').text);
      chmodSync(open, 0o644);
      refused(await ask(sandbox, { env: { CODEX_SSH_KEY_FILE: open } }), 41, /other users may read.*\[NET_TOKEN_PERMISSIONS\]\n {4}chmod 600/);
      const encrypted = join(sandbox.home, 'encrypted');
      execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', 'the-passphrase', '-f', encrypted]);
      refused(await ask(sandbox, { env: { CODEX_SSH_KEY_FILE: encrypted } }), 52, /the key is encrypted \[NET_SSH_KEY_FILE\]\n {4}.*ssh-add/);
    });

    for (const [name, text, says] of [
      ['expired', () => JSON.stringify(simulator.credentials({ expiresInSeconds: -60 }).codexAuthFile), /gave a token that expired at .*\[NET_TOKEN_EXPIRED\]\n {4}sign in again on 127\.0\.0\.1/],
      ['no JSON', () => '<html>', /not JSON.*\[NET_TOKEN_MALFORMED\]/],
      ['empty', () => '', /empty \[NET_TOKEN_MALFORMED\]/],
      ['binary', () => '\u0000\u0001', /\[NET_TOKEN_MALFORMED\]/],
      ['two megabytes', () => 'x'.repeat(2_000_000), /larger than \d+ bytes.*\[NET_SSH_COMMAND\]/],
    ] as const) {
      it(`refuses a file that is ${name}`, async () => {
        using sandbox = createSandbox();
        const path = putThere('.broken', 'auth.json', text());
        refused(await ask(sandbox, { env: { CODEX_SSH_PASS: PASSWORD, CODEX_SSH_PATH: path } }), 41, says);
      });
    }

    it('refuses a server that has foreign algorithms only', async () => {
      const foreign = await startOpenSsh(here.folder, ['Ciphers chacha20-poly1305@openssh.com']);
      try {
        using sandbox = createSandbox();
        refused(await ask(sandbox, { knownHosts: foreign.knownHosts, port: foreign.port, env: { CODEX_SSH_PASS: PASSWORD } }), 61, /no cipher in common.*\[NET_SSH_ALGORITHMS\]/);
      } finally {
        await foreign.stop();
      }
    });

    it('ends with one line and exit code 61 or 41 wherever a byte of the server is wrong', { timeout: 300_000 }, async () => {
      // Dense over the identification and the key exchange in plain text, then spread over what is encrypted.
      const offsets = [0, 3, 7, 20, 39, 41, 42, 44, 46, 60, 63, 100, 300, 700, 1_000, 1_050, 1_100, 1_105, 1_110, 1_200, 1_400, 1_600, 1_800, 2_000];
      for (let at = 0; at < offsets.length; at += 8) {
        await Promise.all(offsets.slice(at, at + 8).map(async (offset) => {
          const proxy = await startProxy(server.port, offset);
          using sandbox = createSandbox();
          try {
            const knownHosts = server.knownHosts.replaceAll(`:${server.port} `, `:${proxy.port} `);
            const finished = await ask(sandbox, { knownHosts, port: proxy.port, env: { CODEX_SSH_PASS: PASSWORD } });
            // Where the wrong byte was in a part that nobody needs, the whole file came, or nothing.
            if (finished.code === 0) sameToken(finished);
            else refused(finished, finished.code === 41 ? 41 : 61, /\[NET_(SSH_[A-Z_]+|RESET|CLOSED)\]/);
          } finally {
            await proxy.close();
          }
        }));
      }
    });
  });
});

describe('sx token --source ssh, with servers that are none', () => {
  const MEGABYTE = 1 << 20;
  const cases: readonly { name: string; serve: (socket: Socket) => void; says: RegExp }[] = [
    { name: 'a banner of a megabyte', serve: (socket) => void socket.end('x'.repeat(MEGABYTE)), says: /\[NET_SSH_PROTOCOL\]/ },
    { name: 'a megabyte of banner lines', serve: (socket) => void socket.end('hello\r\n'.repeat(MEGABYTE / 7)), says: /\[NET_SSH_PROTOCOL\]/ },
    { name: 'a web server', serve: (socket) => void socket.end('HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n<html>'), says: /\[NET_SSH_PROTOCOL\]/ },
    { name: 'nothing at all', serve: (socket) => void socket.end(), says: /\[NET_SSH_PROTOCOL\]/ },
    { name: 'a reset', serve: (socket) => void socket.resetAndDestroy(), says: /\[NET_(SSH_PROTOCOL|CONNECT|RESET)\]/ },
    { name: 'version 1', serve: (socket) => void socket.end('SSH-1.5-old\r\n'), says: /\[NET_SSH_PROTOCOL\]/ },
    { name: 'garbage after the identification', serve: (socket) => void socket.end(Buffer.concat([Buffer.from('SSH-2.0-x\r\n'), Buffer.alloc(4_096, 0xa5)])), says: /\[NET_SSH_PROTOCOL\]/ },
    { name: 'a packet of 4 GiB', serve: (socket) => void socket.end(Buffer.concat([Buffer.from('SSH-2.0-x\r\n'), Buffer.alloc(4_096, 0xff)])), says: /\[NET_SSH_PROTOCOL\]/ },
  ];
  for (const { name, serve, says } of cases) {
    it(`refuses ${name}`, async () => {
      const fake = await listen(createServer((socket) => {
        socket.on('error', () => undefined).resume();
        serve(socket);
      }));
      using sandbox = createSandbox();
      try {
        refused(await ask(sandbox, { port: fake.port, env: { CODEX_SSH_PASS: PASSWORD } }), 61, says);
      } finally {
        await fake.close();
      }
    });
  }

  it('refuses a port where nobody listens', async () => {
    const fake = await listen(createServer());
    await fake.close();
    using sandbox = createSandbox();
    refused(await ask(sandbox, { port: fake.port, env: { CODEX_SSH_PASS: PASSWORD } }), 61, /ECONNREFUSED.*\[NET_CONNECT\]/);
  });

  it('gives up on a server that says nothing', { timeout: 30_000 }, async () => {
    const fake = await listen(createServer((socket) => void socket.on('error', () => undefined).resume()));
    using sandbox = createSandbox();
    try {
      refused(await ask(sandbox, { port: fake.port, env: { CODEX_SSH_PASS: PASSWORD } }), 61, /took longer than 15000 ms \[NET_SSH_TIMEOUT\]/);
    } finally {
      await fake.close();
    }
  });
});

interface Listening {
  readonly port: number;
  close(): Promise<void>;
}

async function listen(listener: Server): Promise<Listening> {
  const sockets = new Set<Socket>();
  listener.on('connection', (socket: Socket) => void sockets.add(socket));
  await new Promise<void>((ready) => listener.listen(0, '127.0.0.1', ready));
  const address = listener.address();
  return {
    port: typeof address === 'object' && address !== null ? address.port : 0,
    close: () =>
      new Promise((done) => {
        for (const socket of sockets) socket.destroy();
        listener.close(() => done());
      }),
  };
}

/** Passes everything on, but for one byte of what the server says. */
function startProxy(target: number, wrongAt: number): Promise<Listening> {
  return listen(createServer((client) => {
    const upstream = connect(target, '127.0.0.1');
    let passed = 0;
    client.on('error', () => upstream.destroy()).on('close', () => upstream.destroy()).pipe(upstream);
    upstream.on('error', () => client.destroy()).on('close', () => client.destroy());
    upstream.on('data', (bytes: Buffer) => {
      const at = wrongAt - passed;
      const copy = Buffer.from(bytes);
      if (at >= 0 && at < copy.length) copy[at] = (copy[at] ?? 0) ^ 0x55;
      passed += copy.length;
      client.write(copy);
    });
  }));
}
