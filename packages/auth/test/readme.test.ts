/** Every program of the README, as it stands there, run by a Node of its own against a local issuer. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { after, test, type TestContext } from 'node:test';

import { jwt, startEndpoint } from './fixture.ts';

const packages = resolve(import.meta.dirname, '../..');
const folder = mkdtempSync(join(tmpdir(), 'sx-readme-auth-'));
mkdirSync(join(folder, 'node_modules', '@sx'), { recursive: true });
for (const name of ['auth', 'net', 'llm']) symlinkSync(join(packages, name), join(folder, 'node_modules', '@sx', name));
after(() => rmSync(folder, { recursive: true }));

function start(t: TestContext, program: string, args: readonly string[]) {
  const text = readFileSync(join(packages, 'auth/README.md'), 'utf8');
  const source = [...text.matchAll(/<!-- program: (\w+) -->\n```js\n([^]*?)```/g)].find((match) => match[1] === program)?.[2];
  assert.ok(source !== undefined, `the README has no program ${program}`);
  const path = join(folder, `${program}.mjs`);
  // Any port, so that tests beside this one keep theirs.
  writeFileSync(path, source.replace('config.redirectPorts', '[0]'));
  const child = spawn(process.execPath, ['--conditions=@sx/source', path, ...args], { env: {}, timeout: 20_000, stdio: ['ignore', 'pipe', 'pipe'] });
  t.after(() => child.kill('SIGKILL'));
  let stderr = '';
  child.stderr.on('data', (bytes) => (stderr += bytes));
  const closed = once(child, 'close');
  return { lines: createInterface({ input: child.stdout })[Symbol.asyncIterator](), ended: async () => ({ code: (await closed)[0], stderr }) };
}

test('a token that stays fresh: refreshed, stored, masked; and signed out', async (t) => {
  let count = 0;
  const issuer = await startEndpoint(t, () => {
    count += 1;
    return count === 1 ? { body: { access_token: jwt({ exp: 4e9 }), refresh_token: 'refresh-2' } } : { status: 401, body: { error: { code: 'refresh_token_reused' } } };
  });
  const file = join(folder, 'auth.json');
  const login = (refreshToken: string): string => JSON.stringify({ tokens: { access_token: jwt({ exp: 1 }), refresh_token: refreshToken, account_id: 'account-1' } });
  writeFileSync(file, login('refresh-1'), { mode: 0o600 });
  const first = start(t, 'token', [file, issuer.origin]);
  assert.equal((await first.lines.next()).value, 'Authorization: Bearer [redacted]');
  assert.equal((await first.lines.next()).value, 'ChatGPT-Account-ID: account-1');
  assert.deepEqual(await first.ended(), { code: 0, stderr: '' });
  assert.match(readFileSync(file, 'utf8'), /refresh-2/);
  writeFileSync(file, login('refresh-1'));
  assert.deepEqual(await start(t, 'token', [file, issuer.origin]).ended(), { code: 41, stderr: `${file}: the login was renewed elsewhere: another program uses the same one; sign in again\n` });
});

test('a login with the browser', async (t) => {
  const issuer = await startEndpoint(t, () => ({ body: { id_token: jwt({ chatgpt_account_id: 'account-1' }), access_token: 'access-1', refresh_token: 'refresh-1' } }));
  const file = join(folder, 'new', 'auth.json');
  const program = start(t, 'login', [file, issuer.origin]);
  const url = new URL(String((await program.lines.next()).value));
  const redirect = new URL(url.searchParams.get('redirect_uri') ?? '');
  assert.equal(`${redirect.hostname}${redirect.pathname}`, 'localhost/auth/callback');
  redirect.search = new URLSearchParams({ code: 'the-code', state: url.searchParams.get('state') ?? '' }).toString();
  redirect.hostname = '127.0.0.1';
  const [answer] = await once(request(redirect, { agent: false }).end(), 'response');
  answer.resume();
  assert.equal(answer.statusCode, 302);
  const [page] = await once(request(String(answer.headers.location).replace('localhost', '127.0.0.1'), { agent: false }).end(), 'response');
  page.resume();
  assert.equal((await program.lines.next()).value, `signed in: ${file}`);
  assert.deepEqual(await program.ended(), { code: 0, stderr: '' });
  assert.equal(JSON.parse(readFileSync(file, 'utf8')).tokens.refresh_token, 'refresh-1');
  assert.equal(statSync(file).mode & 0o777, 0o600);
});
