import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';

import { isObject, parseJson } from '@sx/llm';

import type { RunOptions } from './run-sx.ts';
import { simulate, type Simulated } from './simulated.ts';

const PROVIDERS = [
  { provider: 'codex', tokenKey: 'CODEX_ACCESS_TOKEN', prefix: 'CODEX', file: 'home/.codex/auth.json' },
  { provider: 'claude_code', tokenKey: 'CLAUDE_CODE_OAUTH_TOKEN', prefix: 'CLAUDE_CODE', file: 'home/.claude/.credentials.json' },
] as const;

async function tokenOf(simulated: Simulated, args: readonly string[], options: RunOptions = {}): Promise<string> {
  const { code, stdout, stderr } = await simulated.sx(['token', ...args], options);
  assert.deepEqual([code, stderr], [0, '']);
  const token = parseJson(stdout);
  assert.ok(isObject(token) && /^[^\n]+\}\n$/.test(stdout));
  return String(token['access_token']);
}

for (const { provider, tokenKey, prefix, file } of PROVIDERS) {
  test(`${provider}: the token of each source is one JSON line`, async () => {
    using simulated = await simulate();
    for (const args of [[], ['--source', 'local'], ['--source', 'remote'], ['--source', 'http']]) assert.match(await tokenOf(simulated, [provider, ...args]), /^eyJ/);
    assert.match(await tokenOf(simulated, [provider], { env: { [`${prefix}_TOKEN_SOURCE`]: 'http' } }), /^eyJ/);
  });

  test(`${provider}: a token in the environment wins, unless a source is asked for`, async () => {
    using simulated = await simulate();
    const env = { [tokenKey]: 'given-token' };
    assert.equal(await tokenOf(simulated, [provider], { env }), 'given-token');
    assert.match(await tokenOf(simulated, [provider, '--source', 'local'], { env }), /^eyJ/);
    const { code, stderr } = await simulated.sx(['token', provider, '--refresh'], { env });
    assert.match(stderr, new RegExp(`${tokenKey} \\(environment\\): a token that was given cannot be renewed \\[NET_TOKEN_REFRESH\\]`));
    assert.equal(code, 41);
  });

  test(`${provider}: every source takes every shape of a credential`, async () => {
    using simulated = await simulate();
    const { codexAuthFile, claudeCredentialsFile, flatFile } = simulated.simulator.credentials();
    for (const shape of [codexAuthFile, claudeCredentialsFile, flatFile]) {
      simulated.put(file, JSON.stringify(shape));
      assert.match(await tokenOf(simulated, [provider]), /^eyJ/);
    }
    for (const shape of ['codex', 'claude-code', 'flat', 'relative']) {
      const env = { [`${prefix}_REMOTE_URL`]: simulated.simulator.urls.token.replace(/codex$/, shape) };
      assert.match(await tokenOf(simulated, [provider, '--source', 'remote'], { env }), /^eyJ/);
    }
  });

  test(`${provider}: a token that is due is renewed and stored, a good one only with --refresh`, async () => {
    using simulated = await simulate();
    const due = simulated.simulator.credentials({ expiresInSeconds: 30 });
    const path = simulated.put(file, JSON.stringify(provider === 'codex' ? due.codexAuthFile : due.claudeCredentialsFile));
    const first = await tokenOf(simulated, [provider]);
    assert.notEqual(first, due.tokens.accessToken);
    assert.ok(readFileSync(path, 'utf8').includes(first));
    assert.equal(await tokenOf(simulated, [provider]), first);
    const second = await tokenOf(simulated, [provider, '--refresh']);
    assert.notEqual(second, first);
    assert.ok(readFileSync(path, 'utf8').includes(second));
  });
}

test('a provider without tokens is told from one that does not exist', async () => {
  using simulated = await simulate();
  const { code, stderr } = await simulated.sx(['token', 'nobody']);
  assert.match(stderr, /this version has no provider "nobody" \[CLI_PROVIDER_UNAVAILABLE\]/);
  assert.equal(code, 52);
});

test('--verbose says on standard error where the token came from, and which settings decided that', async () => {
  using simulated = await simulate();
  const { stderr } = await simulated.sx(['token', 'codex', '--verbose', '--source', 'remote'], { env: { TOKEN_HTTP_API_KEY: 'the-bearer-key' } });
  assert.match(stderr, /^sx: remote: 127\.0\.0\.1:\d+$/m);
  assert.match(stderr, /^sx: {3}CODEX_TOKEN_SOURCE=local # built-in$/m);
  assert.match(stderr, /^sx: {3}TOKEN_HTTP_API_KEY=\*{8} # environment$/m);
  assert.doesNotMatch(stderr, /the-bearer-key|CLAUDE_CODE/);
});

test('a token over ssh needs to be told where', async () => {
  using simulated = await simulate();
  const cases: readonly (readonly [env: Record<string, string>, says: RegExp])[] = [
    [{}, /needs CODEX_SSH_HOST, which is not set \[CONFIG_BAD_VALUE\]/],
    [{ CODEX_SSH_HOST: '127.0.0.1' }, /needs CODEX_SSH_USER, which is not set/],
    [{ CODEX_SSH_HOST: 'me@host', CODEX_SSH_USER: 'me' }, /CODEX_SSH_HOST: expected a host name or an address, got "me@host"/],
    [{ CODEX_SSH_HOST: 'host:22', CODEX_SSH_USER: 'me' }, /CODEX_SSH_HOST: expected a host name/],
  ];
  for (const [env, says] of cases) {
    const { code, stderr } = await simulated.sx(['token', 'codex', '--source', 'ssh'], { env });
    assert.match(stderr, says);
    assert.equal(code, 52);
  }
});

test('the wire trace has every request and no token', async () => {
  using simulated = await simulate();
  const { stdout } = await simulated.sx(['token', 'codex', '--source', 'remote', '--trace', 'trace.jsonl']);
  const token = parseJson(stdout);
  assert.ok(isObject(token));
  const trace = readFileSync(join(simulated.project, 'trace.jsonl'), 'utf8');
  assert.match(trace, /GET \/token\/codex HTTP\/1\.1/);
  assert.ok(!trace.includes(String(token['access_token'])));
});

const BAD: readonly (readonly [rule: string, content: string | undefined, mode: number, says: RegExp])[] = [
  ['missing', undefined, 0o600, /^sx: no codex login found: .*\/auth\.json \[NET_TOKEN_MISSING\]\n    sx login codex signs in; /],
  ['empty', '', 0o600, /auth\.json.*\[NET_TOKEN_/],
  ['not JSON', '<html>', 0o600, /auth\.json.*\[NET_TOKEN_MALFORMED\]/],
  ['JSON without a token', '{"tokens":{}}', 0o600, /\[NET_TOKEN_/],
  ['readable by others', '{"access_token":"x"}', 0o644, /other users may read.*\[NET_TOKEN_PERMISSIONS\]\n {4}chmod 600 /],
  ['expired without a way to renew it', '{"access_token":"x","expires_at":1000}', 0o600, /expired.*\[NET_TOKEN_EXPIRED\]/],
];
test('a credentials file that cannot be used is one line, with exit code 41', async (t) => {
  using simulated = await simulate();
  for (const [rule, content, mode, says] of BAD) {
    await t.test(rule, async () => {
      const file = simulated.put('home/creds/auth.json', content ?? '', mode);
      const home = content === undefined ? join(simulated.home, 'nothing') : join(file, '..');
      const { code, stdout, stderr } = await simulated.sx(['token', 'codex'], { env: { CODEX_HOME: home } }).finally(() => simulated.remove('home/creds'));
      assert.match(stderr, says);
      assert.deepEqual([code, stdout], [41, '']);
      assert.doesNotMatch(stderr, /\n\s+at /);
    });
  }
});

const BAD_SERVERS: readonly (readonly [rule: string, mode: string, exit: number, says: RegExp])[] = [
  ['has no token', 'missing', 41, /has no token under this URL \(status 404\) \[NET_TOKEN_REMOTE\]/],
  ['is a login page', 'html-200', 41, /answered with a web page instead of a token \[NET_TOKEN_REMOTE\]/],
  ['is blocked', 'html-403', 41, /refuses to give a token \(status 403\) \[NET_TOKEN_REMOTE\]\n {4}check TOKEN_HTTP_API_KEY/],
  ['answers nothing', 'empty-200', 41, /the answer is empty \[NET_TOKEN_REMOTE\]/],
  ['gives an expired token', 'expired', 41, /gave a token that expired at .*\[NET_TOKEN_EXPIRED\]/],
  ['gives half an answer', 'not-json', 41, /not JSON.*\[NET_TOKEN_MALFORMED\]/],
  ['gives something else', 'no-token', 41, /none of .* is there \[NET_TOKEN_MALFORMED\]/],
  ['gives too much', 'huge', 41, /the answer is larger than \d+ bytes \[NET_TOKEN_REMOTE\]/],
  ['redirects', 'redirect', 41, /redirects to elsewhere\.example\.test, which is not followed \(status 307\) \[NET_TOKEN_REMOTE\]/],
  ['fails', 'server-error', 41, /fails \(status 500\) \[NET_TOKEN_REMOTE\]/],
  ['closes', 'reset', 61, /\[NET_(RESET|CLOSED_BEFORE_RESPONSE)\]/],
  ['says nothing', 'no-answer', 61, /\[NET_HEAD_TIMEOUT\]/],
];
test('a token server that cannot be used is one line, without its path', async (t) => {
  using simulated = await simulate();
  for (const [rule, mode, exit, says] of BAD_SERVERS) {
    await t.test(rule, async () => {
      const env = { CODEX_REMOTE_URL: `${simulated.simulator.urlsFor(mode).token}?key=path-secret`, HEAD_TIMEOUT_MS: '1000' };
      const { code, stdout, stderr } = await simulated.sx(['token', 'codex', '--source', 'remote'], { env });
      assert.match(stderr, says);
      assert.deepEqual([code, stdout], [exit, '']);
      assert.doesNotMatch(stderr, /path-secret|\n\s+at /);
    });
  }
});

test('a token server that wants a key gets it, and a wrong one is told', async () => {
  using simulated = await simulate({ tokenServerKey: 'the-right-key' });
  assert.match(await tokenOf(simulated, ['codex', '--source', 'remote'], { env: { TOKEN_HTTP_API_KEY: 'the-right-key' } }), /^eyJ/);
  const { code, stderr } = await simulated.sx(['token', 'codex', '--source', 'remote'], { env: { TOKEN_HTTP_API_KEY: 'the-wrong-key' } });
  assert.match(stderr, /refuses to give a token \(status 401\) \[NET_TOKEN_REMOTE\]\n {4}check TOKEN_HTTP_API_KEY/);
  assert.doesNotMatch(stderr, /the-wrong-key/);
  assert.equal(code, 41);
});

test('what the egress policy does not list is refused, and named at the end', async () => {
  using simulated = await simulate();
  const { code, stderr } = await simulated.sx(['token', 'codex', '--source', 'remote', '--offline'], { env: { CODEX_REMOTE_URL: 'https://token.example.com/x' } });
  assert.equal(code, 44);
  assert.match(stderr, /^sx: refused to connect to token\.example\.com:443 \[NET_EGRESS_DENIED\]$/m);
});

test('--proxy-only without a proxy opens nothing', async () => {
  using simulated = await simulate();
  const { code, stderr } = await simulated.sx(['token', 'codex', '--source', 'remote', '--proxy-only'], { env: { CODEX_REMOTE_URL: 'https://token.example.com/x' } });
  assert.match(stderr, /\[NET_PROXY_CONFIG\]|\[NET_EGRESS_DENIED\]/);
  assert.ok(code === 52 || code === 44);
});
