/**
 * What a login costs: a token from its file, a start with and without a refresh due, a file on another host beside OpenSSH's own client.
 *
 * The issuer is a server of one fixed answer in this process, so that its work counts for nobody. Without sshd, or without root to make
 * a user for it, the SSH part says that it is absent.
 */
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { createFileTokenSource } from '@sx/net';

import { prepare, startOpenSsh, USER } from '../packages/ssh/interop/servers.ts';
import { compare, median, printTable } from './measure.ts';

const ROUNDS = 15;
const LOADS = 2_000;

export async function benchTokens(sx: string, node: string): Promise<void> {
  const home = mkdtempSync(join(tmpdir(), 'sx-bench-tokens-'));
  try {
    await benchLoad(home);
    await benchStart(sx, node, home);
    await benchSsh(sx, home);
  } finally {
    rmSync(home, { recursive: true, force: true });
  }
}

/** As the vendor writes it: three JWTs of the usual size. */
function loginText(expiresInSeconds: number): string {
  const claims = { exp: Math.floor(Date.now() / 1_000) + expiresInSeconds, 'https://api.openai.com/auth': { chatgpt_account_id: 'bench' }, filler: 'x'.repeat(1_000) };
  const jwt = `eyJhbGciOiJub25lIn0.${Buffer.from(JSON.stringify(claims)).toString('base64url')}.signature`;
  return JSON.stringify({ auth_mode: 'chatgpt', OPENAI_API_KEY: null, tokens: { id_token: jwt, access_token: jwt, refresh_token: 'rt_bench', account_id: 'bench' }, last_refresh: new Date().toISOString() }, null, 2);
}

async function benchLoad(home: string): Promise<void> {
  const file = join(home, 'load.json');
  writeFileSync(file, loginText(3_600), { mode: 0o600 });
  const source = createFileTokenSource({ files: [file], provider: 'codex' });
  const ways: readonly (readonly [name: string, run: () => unknown])[] = [
    ['readFileSync and JSON.parse', () => JSON.parse(readFileSync(file, 'utf8'))],
    ['token source, checked and judged', () => source.get()],
  ];
  const times = new Map(ways.map(([name]) => [name, [] as number[]]));
  for (let round = 0; round < LOADS; round += 1) {
    for (const [name, run] of ways) {
      const started = performance.now();
      await run();
      times.get(name)?.push((performance.now() - started) * 1_000);
    }
  }
  process.stdout.write(`\ntoken from its file (${readFileSync(file).length} bytes), median of ${LOADS} interleaved loads in one process\n`);
  for (const [name, list] of times) process.stdout.write(`  ${name.padEnd(34)} ${median(list).toFixed(0).padStart(8)} µs\n`);
}

async function benchStart(sx: string, node: string, home: string): Promise<void> {
  const issuer = createServer((request, response) => {
    request.resume();
    request.once('end', () => {
      const { tokens } = JSON.parse(loginText(3_600));
      response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify({ ...tokens, refresh_token: 'rt_next', expires_in: 3_600 }));
    });
  });
  issuer.listen(0, '127.0.0.1');
  await once(issuer, 'listening');
  const address = issuer.address();
  const url = `http://127.0.0.1:${typeof address === 'object' && address !== null ? address.port : 0}`;
  const start = (name: string, expiresInSeconds: number): { name: string; command: string[]; env: Record<string, string> } => {
    const login = join(home, `${name.replaceAll(' ', '-')}.json`);
    writeFileSync(login, loginText(expiresInSeconds), { mode: 0o600 });
    // Each run begins with the same file; the copy is in both.
    return { name, command: ['/bin/sh', '-c', 'cp -p "$1" "$1.used" && exec "$0" token codex', sx, login], env: { HOME: home, PATH: '/bin:/usr/bin', CODEX_OAUTH_URL: url, CODEX_CREDENTIALS_FILE: `${login}.used` } };
  };
  try {
    const samples = await compare([{ name: 'node -e 0', command: [node, '-e', '0'] }, start('sx token, no refresh due', 3_600), start('sx token, refresh due', 60)], ROUNDS);
    printTable(`start with a login, median of ${ROUNDS} interleaved runs; the refresh over plain loopback`, samples);
  } finally {
    issuer.close();
    issuer.closeAllConnections();
  }
}

async function benchSsh(sx: string, home: string): Promise<void> {
  const missing = ['/usr/sbin/sshd', '/usr/bin/ssh'].filter((path) => !existsSync(path));
  const reason = missing.length > 0 ? `${missing.join(', ')} missing` : process.getuid?.() === 0 ? undefined : 'it needs root, for a user to log in as';
  if (reason !== undefined) return void process.stdout.write(`\na token over ssh: absent (${reason}; npm run test:ssh installs what it needs)\n`);
  const here = prepare();
  try {
    const server = await startOpenSsh(here.folder);
    try {
      writeFileSync(here.file, loginText(3_600));
      const key = join(home, 'id_ed25519');
      writeFileSync(key, here.key('ed25519').text, { mode: 0o600 });
      const knownHosts = join(home, '.ssh/known_hosts');
      mkdirSync(join(home, '.ssh'));
      writeFileSync(knownHosts, server.knownHosts);
      const options = ['-F', 'none', '-o', 'BatchMode=yes', '-o', 'IdentitiesOnly=yes', '-o', `UserKnownHostsFile=${knownHosts}`, '-o', 'GlobalKnownHostsFile=/dev/null'];
      const env = { HOME: home, CODEX_SSH_HOST: '127.0.0.1', CODEX_SSH_PORT: String(server.port), CODEX_SSH_USER: USER, CODEX_SSH_KEY_FILE: key, CODEX_SSH_PATH: here.file };
      const samples = await compare(
        [
          { name: 'ssh host cat FILE', command: ['/usr/bin/ssh', ...options, '-i', key, '-p', String(server.port), `${USER}@127.0.0.1`, `cat -- '${here.file.replaceAll("'", `'\\''`)}'`], env },
          { name: 'sx token --source ssh', command: [sx, 'token', 'codex', '--source', 'ssh'], env },
          { name: 'sx version', command: [sx, 'version'], env },
        ],
        ROUNDS,
      );
      printTable(`one file over ssh, sshd of OpenSSH on this machine, median of ${ROUNDS} interleaved runs`, samples);
    } finally {
      await server.stop();
    }
  } finally {
    here.remove();
  }
}
