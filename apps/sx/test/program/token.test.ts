import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';

import { isObject, parseJson } from '@sx/llm';

import { simulate } from './simulated.ts';

test('the token of each source is one JSON line', async () => {
  using simulated = await simulate();
  for (const args of [[], ['--source', 'local'], ['--source', 'remote'], ['--source', 'http']]) {
    const { code, stdout, stderr } = await simulated.sx(['token', 'codex', ...args]);
    assert.equal(stderr, '');
    const token = parseJson(stdout);
    assert.ok(isObject(token) && stdout.endsWith('}\n'));
    assert.match(String(token['access_token']), /^eyJ/);
    assert.equal(code, 0);
  }
});

test('a token in the environment wins, unless a source is asked for', async () => {
  using simulated = await simulate();
  const env = { CODEX_ACCESS_TOKEN: 'given-token' };
  assert.match((await simulated.sx(['token', 'codex'], { env })).stdout, /given-token/);
  assert.match((await simulated.sx(['token', 'codex', '--source', 'local'], { env })).stdout, /eyJ/);
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
  ['missing', undefined, 0o600, /^sx: no codex login found: .*\/\.codex\/auth\.json \[NET_TOKEN_MISSING\]\n/],
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
      assert.match(stderr, content === undefined ? /\[NET_TOKEN_MISSING\]/ : says);
      assert.deepEqual([code, stdout], [41, '']);
      assert.doesNotMatch(stderr, /\n\s+at /);
    });
  }
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
