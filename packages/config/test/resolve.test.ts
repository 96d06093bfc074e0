import assert from 'node:assert/strict';
import { test } from 'node:test';

import { isConfigError, isKeyName, KEYS, type KeyRow, type Tier, type TierName } from '../src/index.ts';
import { builtInTier, environmentTier, resolveTiers } from '../src/resolve.ts';
import { valueFault } from '../src/value.ts';

function tier(name: TierName, values: Record<string, string>, trusted = true): Tier {
  return { tier: name, file: `/${name}`, trusted, entries: Object.entries(values).map(([key, value], index) => ({ key, value, line: index + 1 })) };
}

const valueOf = (tiers: readonly Tier[], key: string): string | undefined => {
  assert.ok(isKeyName(key));
  return resolveTiers(tiers).settings.get(key)?.value;
};

test('the highest tier that has a key sets it, key by key', () => {
  const tiers = [builtInTier(), tier('user', { MODEL: 'u', THINKING: '0' }), tier('project', { MODEL: 'p' }), tier('command-line', { PROVIDER: 'codex' })];
  assert.equal(valueOf(tiers, 'MODEL'), 'p');
  assert.equal(valueOf(tiers, 'THINKING'), '0');
  assert.equal(valueOf(tiers, 'PROVIDER'), 'codex');
  assert.equal(valueOf(tiers, 'TOOLS'), '1');
});

test('an empty value in a file hides what lies below', () => {
  assert.equal(valueOf([builtInTier(), tier('user', { CODEX_REMOTE_URL: '' })], 'CODEX_REMOTE_URL'), '');
});

test('an empty variable of the environment is ignored', () => {
  assert.equal(valueOf([builtInTier(), tier('user', { MODEL: 'u' }), environmentTier({ MODEL: '' })], 'MODEL'), 'u');
});

test('proxy variables have lower-case names in the environment, which win as with curl', () => {
  assert.equal(valueOf([environmentTier({ https_proxy: 'http://b', HTTPS_PROXY: '' })], 'HTTPS_PROXY'), 'http://b');
  assert.equal(valueOf([environmentTier({ https_proxy: 'http://b', HTTPS_PROXY: 'http://a' })], 'HTTPS_PROXY'), 'http://b');
});

test('every setting knows its tier, file and line', () => {
  const setting = resolveTiers([builtInTier(), tier('user', { TOOLS: '1', MODEL: 'u' })]).settings.get('MODEL');
  assert.deepEqual(setting, { value: 'u', tier: 'user', file: '/user', line: 2 });
});

test('an unknown key is a warning that names the nearest one', () => {
  assert.deepEqual(resolveTiers([tier('user', { MDOEL: 'x' })]).warnings, ['/user:1: unknown key MDOEL; did you mean MODEL?']);
  assert.deepEqual(resolveTiers([tier('user', { SOMETHING_ELSE_ENTIRELY: 'x' })]).warnings, ['/user:1: unknown key SOMETHING_ELSE_ENTIRELY']);
});

const BAD: readonly (readonly [key: string, value: string, says: RegExp])[] = [
  ['TOOLS', 'false', /^\/user:1: TOOLS: expected 0 or 1, got "false"$/],
  ['PROVIDER', 'codexx', /expected one of codex, /],
  ['PROVIDER', 'constructor', /expected one of/],
  ['CODEX_SSH_PORT', '0', /from 1 to 65535/],
  ['CODEX_SSH_PORT', '2x', /whole number/],
  ['THINKING_BUDGET', '999', /from 1000 to 128000/],
  ['CODEX_API_URL', 'chatgpt.com', /http: or https: URL/],
  ['CODEX_API_URL', 'ftp://x', /http: or https: URL/],
  ['CODEX_API_URL', 'https://u:p@x', /without user and password/],
];
for (const [key, value, says] of BAD) {
  test(`refuses ${key}=${value}, naming file and line`, () => {
    assert.throws(() => resolveTiers([tier('user', { [key]: value })]), (error: unknown) => isConfigError(error) && error.code === 'CONFIG_BAD_VALUE' && says.test(error.message));
  });
}

test('a broken value that is overridden does not matter', () => {
  assert.equal(valueOf([tier('user', { TOOLS: 'no' }), tier('command-line', { TOOLS: '0' })], 'TOOLS'), '0');
});

test('no value of the built-in tier is refused', () => {
  assert.ok(resolveTiers([builtInTier()]).settings.size > 20);
});

const UNTRUSTED: readonly (readonly [key: string, value: string, counts: boolean])[] = [
  ['MODEL', 'gpt-5.5', true],
  ['REASONING_EFFORT', 'low', true],
  ['TOOLS', '0', true],
  ['TOOLS', '1', false],
  ['TOOLS', '', false],
  ['CONNECT_TIMEOUT_MS', '10', true],
  ['CONNECT_TIMEOUT_MS', '30001', false],
  ['CONNECT_TIMEOUT_MS', '', false],
  ['MAX_TURNS', '3', true],
  ['PROVIDER', 'router', false],
  ['PROVIDER', 'claude_code', false],
  ['CODEX_API_URL', 'https://evil.example', false],
  ['CODEX_OAUTH_URL', 'https://evil.example', false],
  ['HTTPS_PROXY', 'http://evil.example', false],
  ['EGRESS_ALLOW', 'evil.example', false],
  ['CA_FILE', 'evil.pem', false],
  ['SHELL_ENV_ALLOW', 'AWS_SECRET_ACCESS_KEY', false],
  ['ACTIVE_PROFILE', 'evil', false],
];
for (const [key, value, counts] of UNTRUSTED) {
  test(`${key}=${value} ${counts ? 'counts' : 'does not count'} in a file that nobody trusts`, () => {
    assert.ok(isKeyName(key));
    const { settings, warnings } = resolveTiers([builtInTier(), tier('project', { [key]: value }, false)]);
    assert.equal(settings.get(key)?.tier === 'project', counts);
    assert.equal(warnings.some((warning) => warning.includes(`ignored ${key}`)), !counts);
  });
}

test('an untrusted file cannot raise a limit that the user lowered', () => {
  const tiers = [builtInTier(), tier('user', { MAX_TURNS: '2' }), tier('project', { MAX_TURNS: '3' }, false)];
  assert.equal(valueOf(tiers, 'MAX_TURNS'), '2');
});

test('no key that is trusted from anywhere is a URL, a path, a list or a secret', () => {
  const rows: readonly KeyRow[] = KEYS;
  for (const row of rows.filter(({ trust }) => trust === 'any')) {
    assert.ok(!['url', 'path', 'list'].includes(row.type.kind) && row.secret === undefined, row.name);
  }
});

test('every key stands once, and its default is one of its values', () => {
  const rows: readonly KeyRow[] = KEYS;
  assert.equal(new Set(rows.map((row) => row.name)).size, rows.length);
  for (const row of rows) {
    assert.equal(valueFault(row, row.default ?? ''), undefined, row.name);
    if (row.when !== undefined) assert.ok(isKeyName(row.when.key), row.name);
  }
});

test('keys that hold keys, tokens and passwords are secret', () => {
  const rows: readonly KeyRow[] = KEYS;
  for (const row of rows) {
    if (/(_API_KEY|_TOKEN|_PASS)$/.test(row.name)) assert.equal(row.secret, true, row.name);
  }
});
