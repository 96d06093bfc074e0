/** Real SSH servers on a free port of this machine, with keys of their own, for one test file. */
import { execFileSync, spawn } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import type { Dialer } from '@sx/net';

export const USER = 'sxsshtest';
export const PASSWORD = 'correct horse battery';
export const CONTENT = `${JSON.stringify({ access_token: 'from-the-other-host' })}\n`;
export const KEY_TYPES = ['ed25519', 'ecdsa', 'rsa'] as const;

export interface SshServer {
  readonly port: number;
  readonly knownHosts: string;
  stop(): Promise<void>;
}

/** A folder with host keys, user keys and a file whose name needs quoting; and the user that may log in. */
export function prepare(): { folder: string; file: string; key: (type: string) => { text: string; path: string }; remove: () => void } {
  const folder = mkdtempSync(join(tmpdir(), 'sx-ssh-'));
  chmodSync(folder, 0o755);
  for (const type of KEY_TYPES) {
    execFileSync('ssh-keygen', ['-q', '-t', type, '-N', '', '-f', join(folder, `host_${type}`)]);
    execFileSync('ssh-keygen', ['-q', '-t', type, '-N', '', '-f', join(folder, `id_${type}`)]);
  }
  writeFileSync(join(folder, 'authorized_keys'), KEY_TYPES.map((type) => readFileSync(join(folder, `id_${type}.pub`), 'utf8')).join(''));
  const file = join(folder, `it's a "file" $HOME.json`);
  writeFileSync(file, CONTENT, { mode: 0o644 });
  try {
    execFileSync('useradd', ['--no-create-home', '--home-dir', folder, '--shell', '/bin/sh', USER], { stdio: 'ignore' });
  } catch {
    // The user is there from an earlier run.
    execFileSync('usermod', ['--home', folder, USER], { stdio: 'ignore' });
  }
  execFileSync('chpasswd', { input: `${USER}:${PASSWORD}\n` });
  const key = (type: string): { text: string; path: string } => ({ text: readFileSync(join(folder, `id_${type}`), 'utf8'), path: `id_${type}` });
  const remove = (): void => {
    execFileSync('userdel', [USER], { stdio: 'ignore' });
    rmSync(folder, { recursive: true, force: true });
  };
  return { folder, file, key, remove };
}

export async function startOpenSsh(folder: string, settings: readonly string[] = []): Promise<SshServer> {
  const port = await freePort();
  const config = join(folder, `sshd-${port}`);
  const lines = [
    `Port ${port}`,
    'ListenAddress 127.0.0.1',
    ...KEY_TYPES.map((type) => `HostKey ${join(folder, `host_${type}`)}`),
    `AuthorizedKeysFile ${join(folder, 'authorized_keys')}`,
    'StrictModes no',
    'UsePAM yes',
    'PidFile none',
    ...settings,
  ];
  writeFileSync(config, `${lines.join('\n')}\n`);
  mkdirSync('/run/sshd', { recursive: true });
  return start('/usr/sbin/sshd', ['-D', '-e', '-f', config], port, folder);
}

export async function startDropbear(folder: string): Promise<SshServer> {
  const port = await freePort();
  for (const type of KEY_TYPES) execFileSync('dropbearconvert', ['openssh', 'dropbear', join(folder, `host_${type}`), join(folder, `dropbear_${type}`)], { stdio: 'ignore' });
  const keys = KEY_TYPES.flatMap((type) => ['-r', join(folder, `dropbear_${type}`)]);
  mkdirSync(join(folder, '.ssh'), { recursive: true });
  writeFileSync(join(folder, '.ssh/authorized_keys'), readFileSync(join(folder, 'authorized_keys')), { mode: 0o600 });
  execFileSync('chown', ['-R', USER, join(folder, '.ssh')]);
  return start('/usr/sbin/dropbear', ['-F', '-E', '-p', `127.0.0.1:${port}`, '-P', join(folder, 'dropbear.pid'), ...keys], port, folder);
}

async function start(command: string, args: readonly string[], port: number, folder: string): Promise<SshServer> {
  const child = spawn(command, args, { stdio: ['ignore', 'ignore', 'pipe'] });
  let log = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => (log += text));
  const exited = new Promise<void>((done) => child.once('exit', () => done()));
  for (let attempt = 0; !(await accepts(port)); attempt += 1) {
    if (attempt === 200 || child.exitCode !== null) throw new Error(`${command} does not listen: ${log}`);
    await new Promise<void>((next) => setTimeout(next, 25));
  }
  const knownHosts = KEY_TYPES.map((type) => `[127.0.0.1]:${port} ${readFileSync(join(folder, `host_${type}.pub`), 'utf8')}`).join('');
  return {
    port,
    knownHosts,
    stop: () => {
      child.kill('SIGTERM');
      return exited;
    },
  };
}

function accepts(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    socket.once('connect', () => resolve((socket.destroy(), true))).once('error', () => resolve(false));
  });
}

function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' && address !== null ? address.port : 0));
    });
  });
}

/** The policy, proxies and races of the real dialer are tested where it lives. */
export const plainDialer: Dialer = {
  refusals: [],
  poolKey: ({ hostname, port }) => `${hostname}:${port}`,
  dial: ({ hostname, port }) =>
    new Promise((resolve, reject) => {
      const socket = connect(port, hostname, () => resolve({ socket, connectionId: 1, requestForm: 'origin', proxyFields: [], remoteAddress: `${hostname}:${port}` }));
      socket.once('error', reject);
    }),
};
