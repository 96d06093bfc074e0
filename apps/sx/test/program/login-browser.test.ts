import assert from 'node:assert/strict';
import { chmodSync, existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import type { Server } from 'node:net';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';

import { issuer, issuerEnvironment, login, LOGIN_FILE, storedLogin } from './login-fixture.ts';
import { holdLoginPorts, tryListen } from './login-ports.ts';
import { createSandbox, type Finished, type Sandbox } from './run-sx.ts';
import { browse, type Page } from './test-browser.ts';

let lock: Server;
before(async () => {
  lock = await holdLoginPorts();
});
after(() => lock.close());

describe('the login with the browser', () => {
  test('shows the address on a line of its own, stores the login 0600, and leaves', async () => {
    using sandbox = createSandbox();
    let pages: Promise<Page[]> | undefined;
    const { code, stdout, stderr } = await login(sandbox, { onAddress: (url) => (pages = browse(url, issuer.caPem)) });
    assert.equal(stderr, '');
    assert.equal(code, 0);
    assert.match(stdout, /^signed in as user@example\.test \(plan pro\)\nstored in .*\/credentials\/codex\.json\n$/m);
    const [authorize, callback, success] = (await pages) ?? [];
    assert.equal(authorize?.url.searchParams.get('originator'), 'sx');
    assert.equal(callback?.url.port, '1455');
    assert.equal(success?.url.pathname, '/success');
    assert.match(success?.text ?? '', /<h1>Signed in<\/h1>/);
    assert.match(String(success?.headers['content-security-policy']), /default-src 'none'/);
    assert.doesNotMatch(success?.text ?? '', /(src|href)=|<script/);
    const { tokens, mode } = storedLogin(sandbox);
    assert.equal(mode, 0o600);
    assert.equal(statSync(join(sandbox.home, '.scorpiox/credentials')).mode & 0o777, 0o700);
    assert.ok(tokens['refresh_token'] !== undefined && !`${stdout}${stderr}`.includes(tokens['refresh_token']));
    assert.match((await sandbox.sx(['token', 'codex'], { env: issuerEnvironment() })).stdout, /"access_token":"eyJ/);
  });

  test('nothing is called but the issuer', async () => {
    using sandbox = createSandbox();
    issuer.clearJournal();
    await login(sandbox, { args: ['--trace', 'trace.jsonl'], onAddress: (url) => void browse(url, issuer.caPem) });
    assert.deepEqual(issuer.requests.map(({ route }) => route), ['oauth.authorize', 'oauth.token']);
    const trace = readFileSync(join(sandbox.project, 'trace.jsonl'), 'utf8');
    const { tokens } = storedLogin(sandbox);
    for (const token of Object.values(tokens).filter((value) => value.length > 40)) assert.ok(!trace.includes(token));
    assert.doesNotMatch(trace, /ac_[\w-]{20}/);
  });

  test('members of the file that we do not know survive, and a broken file is replaced', async () => {
    using sandbox = createSandbox();
    sandbox.put(`home/${LOGIN_FILE}`, '{"agent_identity":"kept","tokens":null}');
    await login(sandbox, { onAddress: (url) => void browse(url, issuer.caPem) });
    assert.match(readFileSync(join(sandbox.home, LOGIN_FILE), 'utf8'), /"agent_identity": "kept"/);
    sandbox.put(`home/${LOGIN_FILE}`, 'not JSON', 0o644);
    assert.equal((await login(sandbox, { onAddress: (url) => void browse(url, issuer.caPem) })).code, 0);
    assert.equal(storedLogin(sandbox).mode, 0o600);
  });

  test("the vendor's own file is not touched; CODEX_CREDENTIALS_FILE is where the login goes, if set", async () => {
    using sandbox = createSandbox();
    sandbox.put('home/.codex/auth.json', '{"tokens":{"access_token":"theirs"}}');
    await login(sandbox, { env: { CODEX_CREDENTIALS_FILE: join(sandbox.home, 'mine.json') }, onAddress: (url) => void browse(url, issuer.caPem) });
    assert.match(readFileSync(join(sandbox.home, '.codex/auth.json'), 'utf8'), /theirs/);
    assert.ok(storedLogin(sandbox, 'mine.json').tokens['access_token'] !== undefined);
    assert.ok(!existsSync(join(sandbox.home, LOGIN_FILE)));
  });

  test('the state of another login is refused, and the right one still works', async () => {
    using sandbox = createSandbox();
    let forged: Page[] = [];
    const { code } = await login(sandbox, {
      scenario: 'wrong-state',
      onAddress: (url) =>
        void browse(url, issuer.caPem).then((pages) => {
          forged = pages;
          return browse(url.replace('/s/wrong-state', ''), issuer.caPem);
        }),
    });
    assert.equal(forged.at(-1)?.status, 400);
    assert.match(forged.at(-1)?.text ?? '', /not the login that is waiting/);
    assert.equal(code, 0);
  });

  test('a workspace without Codex is said so, here and in the browser', async () => {
    using sandbox = createSandbox();
    let pages: Promise<Page[]> | undefined;
    const { code, stderr } = await login(sandbox, { scenario: 'denied', onAddress: (url) => (pages = browse(url, issuer.caPem)) });
    assert.match(stderr, /^sx: Codex is not enabled for this workspace \[PROVIDER_PERMISSION\]\n/);
    assert.equal(code, 62);
    assert.match((await pages)?.at(-1)?.text ?? '', /<h1>Not signed in<\/h1>/);
    assert.ok(!existsSync(join(sandbox.home, LOGIN_FILE)));
  });

  for (const [rule, scenario, exit, says] of [
    ['answers HTML', 'html-200', 62, /answered with a web page \(status 200\) \[PROVIDER_NOT_API\]/],
    ['redirects', 'redirect', 62, /which is not followed \[PROVIDER_REDIRECT\]/],
    ['is down', 'server-error', 62, /\[PROVIDER_SERVER\]/],
    ['gives no refresh token', 'no-refresh-token', 62, /gave no refresh token \[PROVIDER_MALFORMED_RESPONSE\]/],
    ['gives no answer in time', 'no-answer', 61, /\[NET_HEAD_TIMEOUT\]/],
  ] as const) {
    test(`an issuer that ${rule} is one clear error, here and in the browser, and nothing is stored`, async () => {
      using sandbox = createSandbox();
      let pages: Promise<Page[]> | undefined;
      const { code, stderr } = await login(sandbox, { scenario, env: { HEAD_TIMEOUT_MS: '300' }, onAddress: (url) => (pages = browse(url, issuer.caPem)) });
      assert.match(stderr, says);
      assert.equal(code, exit);
      assert.match((await pages)?.at(-1)?.text ?? '', /Not signed in/);
      assert.ok(!existsSync(join(sandbox.home, LOGIN_FILE)));
    });
  }

  test('an issuer whose certificate nobody vouches for is named, with the key that would trust it', async () => {
    using sandbox = createSandbox();
    const { code, stderr } = await login(sandbox, { env: { CA_FILE: '' }, onAddress: (url) => void browse(url, issuer.caPem) });
    assert.equal(code, 61);
    assert.match(stderr, /sx simulator CA.*\[NET_TLS_UNTRUSTED\]\n[^]*CA_FILE/);
  });

  test('a slow issuer is waited for', async () => {
    using sandbox = createSandbox();
    assert.equal((await login(sandbox, { scenario: 'slow,delayMs=300', onAddress: (url) => void browse(url, issuer.caPem) })).code, 0);
  });

  test('a browser that does not come back is an error in time', async () => {
    using sandbox = createSandbox();
    const { code, stderr } = await login(sandbox, { args: ['--timeout', '1'] });
    assert.match(stderr, /^sx: the browser did not come back in 1 s \[PROVIDER_AUTHENTICATION\]\n {4}start the login again, or sign in with a device code\n$/);
    assert.equal(code, 41);
  });

  test('Ctrl-C leaves at once, with one line', async () => {
    using sandbox = createSandbox();
    const { code, stderr } = await login(sandbox, { stdin: null, onAddress: (_url, sx) => sx.kill('SIGINT') });
    assert.equal(code, 130);
    assert.match(stderr, /^sx: the login was aborted \[NET_ABORTED\]\n$/);
    assert.ok(!existsSync(join(sandbox.home, LOGIN_FILE)));
  });

  test('a file that cannot be written is said before the browser is needed', async () => {
    using sandbox = createSandbox();
    sandbox.put('home/plain', 'x');
    const { code, stdout, stderr } = await login(sandbox, { env: { CODEX_CREDENTIALS_FILE: join(sandbox.home, 'plain/auth.json') } });
    assert.deepEqual([code, stdout], [41, '']);
    assert.match(stderr, /a login cannot be kept there \(\w+\) \[NET_TOKEN_NOT_WRITABLE\]/);
  });
});

describe('the port of the login', () => {
  test('1457 where 1455 is busy', async () => {
    using sandbox = createSandbox();
    const busy = await tryListen(1455);
    try {
      let pages: Promise<Page[]> | undefined;
      const { code } = await login(sandbox, { onAddress: (url) => (pages = browse(url, issuer.caPem)) });
      assert.equal(code, 0);
      assert.equal((await pages)?.[1]?.url.port, '1457');
    } finally {
      busy?.close();
    }
  });

  test('both busy: an error that names them and the way without a port', async () => {
    using sandbox = createSandbox();
    const busy = [await tryListen(1455), await tryListen(1457)];
    try {
      const { code, stderr } = await login(sandbox, {});
      assert.equal(code, 61);
      assert.match(stderr, /^sx: no port is free for the login: 1455, 1457 on 127\.0\.0\.1 are in use \[NET_CONNECT\]\n.*device code/);
    } finally {
      for (const server of busy) server?.close();
    }
  });

  test('a newer login takes the place of an older one', async () => {
    using older = createSandbox();
    using newer = createSandbox();
    let second: Promise<Finished> | undefined;
    const first = await login(older, { onAddress: () => (second = login(newer, { onAddress: (url) => void browse(url, issuer.caPem) })) });
    assert.equal(first.code, 130);
    assert.match(first.stderr, /a newer login took the place of this one/);
    assert.equal((await second)?.code, 0);
  });
});

describe('a pasted redirect', () => {
  /** What the address bar shows in the end, on another machine. */
  async function redirectOf(url: string): Promise<URL> {
    const [page] = await browse(url, issuer.caPem, () => undefined);
    return new URL(String(page?.headers['location']));
  }

  for (const [rule, edit] of [
    ['the whole address', (url: URL) => url.href],
    ['the query', (url: URL) => url.search],
    ['code#state', (url: URL) => `${url.searchParams.get('code')}#${url.searchParams.get('state')}`],
    ['the code alone', (url: URL) => url.searchParams.get('code') ?? ''],
  ] as const) {
    test(`${rule} signs in as well`, async () => {
      using sandbox = createSandbox();
      const { code, stdout, stderr } = await login(sandbox, { stdin: null, onAddress: (url, sx) => void redirectOf(url).then((target) => sx.write(`\n  ${edit(target)}\n`)) });
      assert.deepEqual([code, stderr], [0, '']);
      assert.match(stdout, /signed in as/);
      assert.equal(storedLogin(sandbox).mode, 0o600);
    });
  }

  for (const [rule, edit, says] of [
    ['of another login', (url: URL) => url.href.replace(/state=[^&]+/, 'state=other'), /belongs to another login \(its state differs\)/],
    ['without a code', () => 'http://localhost:1455/auth/callback', /no authorization code/],
    ['that is too long', () => 'x'.repeat(20_000), /longer than 16384 characters/],
  ] as const) {
    test(`${rule}: an error where nobody can be asked again`, async () => {
      using sandbox = createSandbox();
      const { code, stderr } = await login(sandbox, { stdin: null, onAddress: (url, sx) => void redirectOf(url).then((target) => sx.write(`${edit(target)}\n`)) });
      assert.equal(code, 41);
      assert.match(stderr, says);
      assert.doesNotMatch(stderr, /ac_/);
    });
  }

  test('input that ends does not end the login', async () => {
    using sandbox = createSandbox();
    assert.equal((await login(sandbox, { stdin: '', onAddress: (url) => void browse(url, issuer.caPem) })).code, 0);
  });
});

describe('the browser', () => {
  function fakeBrowser(sandbox: Sandbox): { readonly env: Record<string, string>; seen(): string } {
    const bin = join(sandbox.home, 'bin');
    mkdirSync(bin);
    const seen = join(sandbox.home, 'seen');
    writeFileSync(join(bin, 'xdg-open'), `#!/bin/sh\n{ echo "$1"; env; } > '${seen}.part'\nmv '${seen}.part' '${seen}'\nsleep 0.1\n`);
    chmodSync(join(bin, 'xdg-open'), 0o755);
    return { env: { PATH: `${bin}:/usr/bin:/bin`, DISPLAY: ':7', OPENAI_API_KEY: 'marked-key', MY_TOKEN: 'marked-token' }, seen: () => (existsSync(seen) ? readFileSync(seen, 'utf8') : '') };
  }

  test('is opened where there is a screen, without our secrets', async () => {
    using sandbox = createSandbox();
    const { env, seen } = fakeBrowser(sandbox);
    let address = '';
    const { stdout } = await login(sandbox, { env, args: ['--timeout', '1'], onAddress: (url) => (address = url) });
    assert.match(stdout, /^Your browser opens/);
    const [first, ...variables] = seen().split('\n');
    assert.equal(first, address);
    assert.ok(variables.includes('DISPLAY=:7'));
    assert.doesNotMatch(seen(), /marked/);
  });

  test('is not opened with --no-browser, nor without a screen', async () => {
    using sandbox = createSandbox();
    const { env, seen } = fakeBrowser(sandbox);
    assert.match((await login(sandbox, { env, args: ['--timeout', '1', '--no-browser'] })).stdout, /^Open this address/);
    assert.match((await login(sandbox, { env: { ...env, DISPLAY: '' }, args: ['--timeout', '1'] })).stdout, /^Open this address/);
    assert.equal(seen(), '');
  });

  test('that is not there is no error', async () => {
    using sandbox = createSandbox();
    assert.equal((await login(sandbox, { env: { DISPLAY: ':7', PATH: '' }, onAddress: (url) => void browse(url, issuer.caPem) })).code, 0);
  });
});
