/**
 * What the user is promised about logins, on real processes: none of them ever uses up a refresh token that another one used, nor
 * one whose successor could not be stored. `npm run test:refresh-race` has the longer form.
 */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, readdirSync, readFileSync, statSync, watch, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { dirname, join } from 'node:path';
import { test } from 'node:test';

import { isObject, parseJson } from '@sx/llm';

import { frontOf } from './issuer-front.ts';
import type { Finished, RunOptions } from './run-sx.ts';
import { simulate, type Simulated } from './simulated.ts';

const PROVIDERS = [
  { provider: 'codex', file: 'home/.codex/auth.json', issuerKey: 'CODEX_OAUTH_URL' },
  { provider: 'claude_code', file: 'home/.claude/.credentials.json', issuerKey: 'CLAUDE_CODE_OAUTH_URL' },
] as const;

/** A login of which the access token ends in so many seconds; returns the file's path. */
function putLogin(simulated: Simulated, provider: (typeof PROVIDERS)[number], expiresInSeconds: number): string {
  const { codexAuthFile, claudeCredentialsFile } = simulated.simulator.credentials({ expiresInSeconds });
  simulated.simulator.clearJournal();
  const login = provider.provider === 'codex' ? codexAuthFile : claudeCredentialsFile;
  return simulated.put(provider.file, `${JSON.stringify({ kept: { as: ['it', 1e3] }, ...login }, null, 2)}\n`);
}

function accessTokenOf({ code, stdout, stderr }: Finished): string {
  assert.deepEqual([code, stderr], [0, ''], stderr);
  const token = parseJson(stdout);
  assert.ok(isObject(token));
  return String(token['access_token']);
}

/** Refreshes that succeeded, and those for which a spent token was presented. */
function refreshes({ simulator }: Simulated): [done: number, refused: number] {
  return [simulator.counters.tokenRefreshes, simulator.counters.tokenRefreshesRefused];
}

function refused({ code, stdout, stderr }: Finished, says: RegExp): void {
  assert.match(stderr, says);
  assert.deepEqual([code, stdout], [41, '']);
}

for (const provider of PROVIDERS) {
  test(`${provider.provider}: twenty processes at once cause exactly one refresh, and all get the new token`, { timeout: 60_000 }, async () => {
    using simulated = await simulate();
    const file = putLogin(simulated, provider, -60);
    // Slow enough that all of them wait for the one that asks.
    const env = { [provider.issuerKey]: simulated.simulator.urlsFor('slow,delayMs=1000').oauth };
    const finished = await Promise.all(Array.from({ length: 20 }, () => simulated.sx(['token', provider.provider], { env })));
    const tokens = new Set(finished.map(accessTokenOf));
    assert.deepEqual(refreshes(simulated), [1, 0]);
    const text = readFileSync(file, 'utf8');
    assert.ok(tokens.size === 1 && text.includes([...tokens].join()), 'all have the one that was stored');
    assert.match(text, /^\{\n {2}"kept": \{\n {4}"as": \[\n {6}"it",\n {6}1000\n/, 'the rest of the file keeps its bytes');
    assert.equal(statSync(file).mode & 0o777, 0o600);
    assert.deepEqual(readdirSync(dirname(file)), [file.slice(dirname(file).length + 1)], 'no lock and no temporary file is left');
  });
}

const [codex] = PROVIDERS;

test('eight turns that all get a 401 cause exactly one refresh, and all are answered', { timeout: 60_000 }, async () => {
  using simulated = await simulate();
  // Its claims say an hour; the server thinks otherwise.
  putLogin(simulated, codex, 3_600);
  simulated.simulator.expireTokens();
  const env = { CODEX_OAUTH_URL: simulated.simulator.urlsFor('slow,delayMs=700').oauth };
  const finished = await Promise.all(Array.from({ length: 8 }, () => simulated.sx(['-p', 'say hello'], { env })));
  for (const { code, stderr, stdout } of finished) assert.ok(code === 0 && stdout !== '', stderr);
  assert.deepEqual(refreshes(simulated), [1, 0]);
});

test('processes whose clock is ahead of the issuer renew too often, but never with a spent token', { timeout: 60_000 }, async () => {
  using simulated = await simulate({ accessTokenSeconds: -60 });
  putLogin(simulated, codex, -60);
  for (let round = 0; round < 3; round += 1) {
    for (const finished of await Promise.all(Array.from({ length: 4 }, () => simulated.sx(['token', 'codex'])))) accessTokenOf(finished);
  }
  const [done, spent] = refreshes(simulated);
  assert.ok(done >= 3 && done <= 12);
  assert.equal(spent, 0);
});

test('a token that lies about its end is renewed once the server says so', async () => {
  using simulated = await simulate();
  const claims = (value: object): string => `eyJhbGciOiJub25lIn0.${Buffer.from(JSON.stringify(value)).toString('base64url')}.x`;
  for (const lie of [claims({ exp: 99_999_999_999 }), claims({ exp: '3000-01-01' }), claims({ exp: -1 }), claims({ exp: 1e300 }), 'eyJ.%%%.x', 'eyJhbGciOiJub25lIn0..x']) {
    const { tokens } = simulated.simulator.credentials();
    simulated.simulator.clearJournal();
    simulated.put(codex.file, JSON.stringify({ tokens: { access_token: lie, refresh_token: tokens.refreshToken, account_id: tokens.accountId } }));
    const { code, stderr } = await simulated.sx(['-p', 'say hello']);
    assert.equal(code, 0, stderr);
    assert.deepEqual(refreshes(simulated), [1, 0]);
  }
});

test('an answer of another account is not stored', async () => {
  using simulated = await simulate();
  const path = putLogin(simulated, codex, -60);
  const own = parseJson(readFileSync(path, 'utf8'));
  const foreign = simulated.simulator.credentials({ accountId: 'somebody-else' }).tokens;
  assert.ok(isObject(own) && isObject(own['tokens']));
  const text = JSON.stringify({ ...own, tokens: { ...own['tokens'], refresh_token: foreign.refreshToken } });
  writeFileSync(path, text);
  refused(await simulated.sx(['token', 'codex']), /the issuer answered with a token of another account; it was not stored \[NET_TOKEN_ACCOUNT\]/);
  assert.equal(readFileSync(path, 'utf8'), text);
});

test('a holder that is killed before its request loses nothing, and its lock is taken over', { timeout: 30_000 }, async () => {
  using simulated = await simulate();
  const file = putLogin(simulated, codex, -60);
  const before = readFileSync(file, 'utf8');
  await using front = await frontOf(simulated.simulator.url, (direction) => direction === 'answer');
  const { signal } = await simulated.sx(['token', 'codex'], killedWhen(front.held, { CODEX_OAUTH_URL: front.url }));
  assert.equal(signal, 'SIGKILL');
  assert.equal(readFileSync(file, 'utf8'), before);
  assert.ok(readdirSync(dirname(file)).includes('.auth.json.sx-lock'));
  accessTokenOf(await simulated.sx(['token', 'codex']));
  assert.deepEqual(refreshes(simulated), [1, 0]);
});

test('a holder that is killed between request and rename leaves the old file, and the next process says “sign in again”', { timeout: 30_000 }, async () => {
  using simulated = await simulate();
  const file = putLogin(simulated, codex, -60);
  const before = readFileSync(file, 'utf8');
  // The simulator counts a refresh before it answers, and shares this process.
  await using front = await frontOf(simulated.simulator.url, (direction) => direction === 'answer' && simulated.simulator.counters.tokenRefreshes > 0);
  const { signal } = await simulated.sx(['token', 'codex'], killedWhen(front.held, { CODEX_OAUTH_URL: front.url }));
  assert.equal(signal, 'SIGKILL');
  assert.deepEqual(refreshes(simulated), [1, 0]);
  assert.equal(readFileSync(file, 'utf8'), before);
  refused(await simulated.sx(['token', 'codex']), /sign in again.*\[NET_TOKEN_SIGNED_OUT\]/);
  assert.equal(readFileSync(file, 'utf8'), before);
});

test('a holder that is killed after the rename loses nothing', { timeout: 30_000 }, async () => {
  using simulated = await simulate();
  const file = putLogin(simulated, codex, -60);
  const before = readFileSync(file, 'utf8');
  const watcher = watch(dirname(file));
  const renamed = new Promise<void>((resolve) => {
    watcher.on('change', (_, name) => {
      if (name === 'auth.json' && readFileSync(file, 'utf8') !== before) resolve();
    });
  });
  await simulated.sx(['token', 'codex'], killedWhen(renamed, {}));
  watcher.close();
  const stored = readFileSync(file, 'utf8');
  assert.ok(stored.includes(accessTokenOf(await simulated.sx(['token', 'codex']))));
  assert.equal(readFileSync(file, 'utf8'), stored);
  assert.deepEqual(refreshes(simulated), [1, 0]);
});

test('Ctrl-C, also twice, waits for the answer of a renewal that is under way', { timeout: 30_000 }, async () => {
  for (const presses of [1, 2]) {
    using simulated = await simulate();
    const file = putLogin(simulated, codex, -60);
    let interrupt = (): void => undefined;
    const issuer = createServer((request, response) => {
      request.resume().once('end', () => {
        interrupt();
        // Time for the signals to arrive before the answer does.
        setTimeout(() => response.writeHead(200, { 'content-type': 'application/json' }).end('{"access_token":"renewed","refresh_token":"next"}'), 300);
      });
    });
    issuer.listen(0, '127.0.0.1');
    await once(issuer, 'listening');
    const address = issuer.address();
    const url = `http://127.0.0.1:${typeof address === 'object' && address !== null ? address.port : 0}`;
    const { code } = await simulated.sx(['token', 'codex'], {
      env: { CODEX_OAUTH_URL: url },
      onStart: (child) => {
        interrupt = () => {
          child.kill('SIGINT');
          if (presses === 2) setTimeout(() => child.kill('SIGINT'), 50);
        };
      },
    });
    issuer.close();
    assert.equal(code, 130);
    assert.match(readFileSync(file, 'utf8'), /"refresh_token": "next"/);
    assert.deepEqual(readdirSync(dirname(file)), ['auth.json']);
  }
});

test('the lock of the dead is taken over', { timeout: 60_000 }, async (t) => {
  const { pid: dead = 0 } = spawnSync('true');
  const own = { id: 'x', host: readFileSync('/proc/sys/kernel/hostname', 'utf8').trim(), pidNamespace: undefined };
  const bootId = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
  const pidNamespace = spawnSync('readlink', ['/proc/self/ns/pid'], { encoding: 'utf8' }).stdout.trim();
  const locks = {
    'a dead process': JSON.stringify({ ...own, pid: dead, bootId, pidNamespace }),
    'a process of this number that began later': JSON.stringify({ ...own, pid: process.pid, bootId, pidNamespace, startTime: '1' }),
    'another boot': JSON.stringify({ ...own, pid: process.pid, bootId: 'another', pidNamespace }),
  };
  for (const [name, lock] of Object.entries(locks)) {
    await t.test(name, async () => {
      using simulated = await simulate();
      const file = putLogin(simulated, codex, -60);
      writeFileSync(join(dirname(file), '.auth.json.sx-lock'), lock);
      accessTokenOf(await simulated.sx(['token', 'codex']));
      assert.deepEqual(refreshes(simulated), [1, 0]);
      assert.deepEqual(readdirSync(dirname(file)), ['auth.json']);
    });
  }
});

/** A mount namespace of its own, so that nothing stays mounted; undefined where this user may have none. */
const NAMESPACE = [['unshare', '--user', '--map-root-user', '--mount'], ['unshare', '--mount']].find(([command = '', ...args]) => spawnSync(command, [...args, 'mount', '-t', 'tmpfs', 'tmpfs', '/mnt']).status === 0);
const mounted = (prepare: string): readonly string[] => [...(NAMESPACE ?? []), 'sh', '-ec', `cd "$HOME/.codex"; cp -p auth.json ..; ${prepare}; cd "$OLDPWD"; exec "$@"`, 'sh'];
const UNWRITABLE: readonly (readonly [name: string, through: readonly string[], says: RegExp])[] = [
  ['no file may grow', ['sh', '-c', 'ulimit -f 1; exec "$@"', 'sh'], /its new content cannot be stored beside it: the file size limit is reached \(EFBIG\)/],
  ['not even a lock can be stored', ['sh', '-c', 'ulimit -f 0; exec "$@"', 'sh'], /no lock can be made here.*\(EFBIG\)/],
  ['the file is read-only', ['sh', '-c', 'chmod 400 "$HOME/.codex/auth.json"; exec "$@"', 'sh'], /auth\.json: read-only \[NET_TOKEN_NOT_WRITABLE\]\n {4}chmod 600 /],
  ...(NAMESPACE === undefined
    ? []
    : ([
        ['the disk is full', mounted('mount -t tmpfs -o size=64k tmpfs .; cp -p ../auth.json "$HOME/.codex"; cat /dev/zero > "$HOME/.codex/filler" 2>/dev/null || true; truncate -s -16K "$HOME/.codex/filler"'), /the disk is full \(ENOSPC\)/],
        ['the file system is read-only', mounted('mount -t tmpfs tmpfs .; cp -p ../auth.json "$HOME/.codex"; mount -o remount,ro "$HOME/.codex"'), /no lock can be made here.*\(EROFS\)/],
      ] as const)),
];
for (const [name, through, says] of UNWRITABLE) {
  test(`where ${name} there is no refresh, and the error says why; a token that is still good is used`, async () => {
    using simulated = await simulate();
    for (const [secondsLeft, isGood] of [[-60, false], [60, true]] as const) {
      const file = putLogin(simulated, codex, secondsLeft);
      const before = readFileSync(file, 'utf8');
      const finished = await simulated.sx(['token', 'codex'], { through });
      if (isGood) assert.ok(before.includes(accessTokenOf(finished)));
      else refused(finished, says);
      assert.deepEqual(refreshes(simulated), [0, 0]);
      chmodSync(file, 0o600);
      assert.equal(readFileSync(file, 'utf8'), before);
    }
  });
}

const BAD_ISSUERS: readonly (readonly [name: string, mode: string, says: RegExp])[] = [
  ['answers with a web page', 'html-200', /answered with a web page \(status 200\) \[NET_TOKEN_REFRESH\]/],
  ['is blocked by a web page', 'html-403', /answered with a web page \(status 403\) \[NET_TOKEN_REFRESH\]/],
  ['fails', 'server-error', /\(status 500\) \[NET_TOKEN_REFRESH\]/],
  ['redirects', 'redirect', /redirects to elsewhere\.example\.test, which is not followed \[NET_TOKEN_REFRESH\]/],
  ['answers with nonsense', 'garbage', /no JSON object \[NET_TOKEN_REFRESH\]/],
  ['closes', 'reset', /could not be renewed: NET_(RESET|CLOSED_BEFORE_RESPONSE).*\[NET_TOKEN_REFRESH\]/],
  ['says nothing', 'no-answer', /could not be renewed: NET_HEAD_TIMEOUT.*\[NET_TOKEN_REFRESH\]/],
  ['is down', 'down', /could not be renewed: NET_CONNECT: .*ECONNREFUSED \[NET_TOKEN_REFRESH\]/],
];
for (const [name, mode, says] of BAD_ISSUERS) {
  test(`where the issuer ${name} the file is left alone; a token that is still good is used`, async () => {
    using simulated = await simulate();
    const env = { CODEX_OAUTH_URL: mode === 'down' ? 'https://127.0.0.1:1' : simulated.simulator.urlsFor(mode).oauth, HEAD_TIMEOUT_MS: '1000' };
    for (const [secondsLeft, isGood] of [[-60, false], [60, true]] as const) {
      const file = putLogin(simulated, codex, secondsLeft);
      const before = readFileSync(file, 'utf8');
      const finished = await simulated.sx(['token', 'codex'], { env });
      if (isGood) assert.ok(before.includes(accessTokenOf(finished)));
      else refused(finished, says);
      assert.equal(readFileSync(file, 'utf8'), before);
      assert.deepEqual(readdirSync(dirname(file)), ['auth.json']);
    }
  });
}

/** Ends the process the hard way at that moment. */
function killedWhen(moment: Promise<void>, env: Readonly<Record<string, string>>): RunOptions {
  return { env, onStart: (child) => void moment.then(() => child.kill('SIGKILL')) };
}
