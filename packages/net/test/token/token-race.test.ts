import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { test, type TestContext } from 'node:test';

import { readCredential } from '../../src/token/credential.ts';
import { type Issuer, startIssuer, temporaryFolder, writeLogin } from './fixture.ts';

interface TokenProcess {
  readonly child: ChildProcess;
  line(): Promise<string>;
  start(): void;
  kill(): Promise<void>;
}

function startProcess(t: TestContext, file: string, issuer: Issuer, stop = 'nowhere'): TokenProcess {
  const script = new URL('token-process.ts', import.meta.url).pathname;
  const child = spawn(process.execPath, ['--conditions=@sx/source', script, file, issuer.url, stop], { stdio: ['pipe', 'pipe', 'inherit'] });
  const exited = once(child, 'exit');
  t.after(async () => {
    child.kill('SIGKILL');
    await exited;
  });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  return {
    child,
    line: async () => String((await lines.next()).value),
    start: () => void child.stdin?.write('go\n'),
    async kill() {
      child.kill('SIGKILL');
      await exited;
    },
  };
}

const tokenIn = (file: string): string => readCredential(readFileSync(file, 'utf8'), file, Date.now()).accessToken;
const filesOf = (folder: string): string[] => readdirSync(folder).filter((name) => !name.endsWith('.sx-tmp'));

test('twenty processes at once cause exactly one refresh and all get the new token', { timeout: 60_000 }, async (t) => {
  const issuer = await startIssuer();
  t.after(() => issuer.close());
  const folder = temporaryFolder(t);
  const file = writeLogin(folder, { expiresInMs: -1_000 });
  const processes = Array.from({ length: 20 }, () => startProcess(t, file, issuer));
  for (const one of processes) assert.equal(await one.line(), 'ready');
  for (const one of processes) one.start();
  const answers = await Promise.all(processes.map((one) => one.line()));
  assert.deepEqual(issuer.presented, ['refresh-0']);
  assert.deepEqual([...new Set(answers)], [`token ${tokenIn(file)}`]);
  assert.equal(statSync(file).mode & 0o777, 0o600);
  assert.deepEqual(readdirSync(folder), ['auth.json']);
});

test('processes whose tokens expire at once keep the login over three rounds', { timeout: 60_000 }, async (t) => {
  // Tokens that are born expired: each round finds an expired one, so each round refreshes once more.
  const issuer = await startIssuer(0);
  t.after(() => issuer.close());
  const folder = temporaryFolder(t);
  const file = writeLogin(folder, { expiresInMs: -1_000 });
  for (let round = 0; round < 3; round += 1) {
    const processes = Array.from({ length: 4 }, () => startProcess(t, file, issuer));
    for (const one of processes) assert.equal(await one.line(), 'ready');
    for (const one of processes) one.start();
    for (const one of processes) assert.match(await one.line(), /^token /);
  }
  assert.equal(issuer.granted(), issuer.presented.length, 'no refresh token was presented twice');
});

for (const [stop, name, presentedAfter, answer] of [
  ['before-request', 'loses nothing when the holder is killed before the request', ['refresh-0'], /^token /],
  ['after-rename', 'loses nothing when the holder is killed after the rename', ['refresh-0'], /^token /],
  ['after-answer', 'keeps the old file and says signed out when the holder is killed in between', ['refresh-0', 'refresh-0'], /^error NET_TOKEN_SIGNED_OUT /],
] as const) {
  test(name, { timeout: 30_000 }, async (t) => {
    const issuer = await startIssuer();
    t.after(() => issuer.close());
    const folder = temporaryFolder(t);
    const file = writeLogin(folder, { expiresInMs: -1_000 });
    const before = readFileSync(file, 'utf8');
    const holder = startProcess(t, file, issuer, stop);
    assert.equal(await holder.line(), 'ready');
    holder.start();
    assert.equal(await holder.line(), 'stopped');
    assert.ok(filesOf(folder).includes('.auth.json.sx-lock'), 'it holds the lock when it dies');
    await holder.kill();
    if (stop !== 'after-rename') assert.equal(readFileSync(file, 'utf8'), before);
    else assert.notEqual(readFileSync(file, 'utf8'), before);
    const next = startProcess(t, file, issuer);
    await next.line();
    next.start();
    assert.match(await next.line(), answer);
    assert.deepEqual(issuer.presented, presentedAfter);
    if (stop === 'after-answer') assert.equal(readFileSync(file, 'utf8'), before);
    // After the rename nothing is left to renew, so nobody needs the lock of the dead yet.
    if (stop !== 'after-rename') assert.deepEqual(filesOf(folder), ['auth.json'], 'the lock of the dead was taken over and released');
  });
}
