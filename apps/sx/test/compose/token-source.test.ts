import assert from 'node:assert/strict';
import { test } from 'node:test';

import { credentialFiles } from '../../src/compose/credential-files.ts';
import type { OAuthProviderId } from '../../src/compose/oauth-provider.ts';
import { sshAddress } from '../../src/compose/ssh-address.ts';
import { planTokenSource } from '../../src/compose/token-source.ts';
import { settingsFixture } from './settings-fixture.ts';

const CODEX_SSH = { CODEX_SSH_HOST: 'Keeper.example', CODEX_SSH_USER: 'me' };
const PLANS: readonly (readonly [provider: OAuthProviderId, env: Record<string, string>, asked: string | undefined, kind: string, urls: readonly string[]])[] = [
  ['codex', {}, undefined, 'local', ['https://auth.openai.com']],
  ['codex', { CODEX_OAUTH_URL: 'https://issuer.example' }, undefined, 'local', ['https://issuer.example']],
  ['codex', { CODEX_ACCESS_TOKEN: 't' }, undefined, 'environment', []],
  ['codex', { CODEX_ACCESS_TOKEN: 't', CODEX_TOKEN_SOURCE: 'remote' }, undefined, 'environment', []],
  ['codex', { CODEX_ACCESS_TOKEN: 't' }, 'local', 'local', ['https://auth.openai.com']],
  ['codex', { CODEX_TOKEN_SOURCE: 'remote' }, undefined, 'remote', ['https://token.scorpiox.net/codex']],
  ['codex', { CODEX_TOKEN_SOURCE: 'http' }, undefined, 'remote', ['https://token.scorpiox.net/codex']],
  ['codex', {}, 'http', 'remote', ['https://token.scorpiox.net/codex']],
  ['codex', { CODEX_TOKEN_SOURCE: 'ssh', ...CODEX_SSH }, undefined, 'ssh', ['ssh://keeper.example:22']],
  ['codex', { ...CODEX_SSH, CODEX_SSH_PORT: '2222' }, 'ssh', 'ssh', ['ssh://keeper.example:2222']],
  ['claude_code', {}, undefined, 'local', ['https://platform.claude.com']],
  ['claude_code', { CLAUDE_CODE_OAUTH_TOKEN: 't' }, undefined, 'environment', []],
  ['claude_code', { CLAUDE_CODE_TOKEN_SOURCE: 'remote', CLAUDE_CODE_REMOTE_URL: 'https://t.example/c' }, undefined, 'remote', ['https://t.example/c']],
  ['claude_code', { CLAUDE_CODE_TOKEN_SOURCE: 'ssh', CLAUDE_CODE_SSH_HOST: '::1', CLAUDE_CODE_SSH_USER: 'me' }, undefined, 'ssh', ['ssh://[::1]:22']],
];
test('a source names what it will call, and nothing else', () => {
  using fixture = settingsFixture();
  for (const [provider, env, asked, kind, urls] of PLANS) {
    const plan = planTokenSource(provider, fixture.load(env), asked);
    assert.deepEqual([plan.kind, plan.urls], [kind, urls], JSON.stringify([provider, env, asked]));
  }
});

test('what a source cannot do without is named with its key', () => {
  using fixture = settingsFixture();
  const plan = (provider: OAuthProviderId, asked: string, overrides: { key: string; value: string }[] = []) => () => planTokenSource(provider, fixture.load({}, overrides), asked);
  assert.throws(plan('claude_code', 'remote'), { code: 'NET_BAD_URL', message: /CLAUDE_CODE_REMOTE_URL, which is empty/ });
  assert.throws(plan('claude_code', 'ssh'), { code: 'CONFIG_BAD_VALUE', message: /CLAUDE_CODE_SSH_HOST, which is not set/ });
  // The empty value of a file or flag hides the default.
  assert.throws(plan('codex', 'local', [{ key: 'CODEX_OAUTH_URL', value: '' }]), { code: 'CONFIG_BAD_VALUE', message: /CODEX_OAUTH_URL is empty/ });
});

test('a file on another host is the vendor’s own unless it is named', () => {
  using fixture = settingsFixture();
  const address = sshAddress('codex', fixture.load(CODEX_SSH));
  assert.deepEqual(address, { host: 'keeper.example', port: 22, user: 'me', path: '~/.codex/auth.json', url: 'ssh://keeper.example:22' });
  const claude = { CLAUDE_CODE_SSH_HOST: '[2001:DB8::1]', CLAUDE_CODE_SSH_USER: 'me' };
  assert.deepEqual(sshAddress('claude_code', fixture.load(claude)), { host: '2001:db8::1', port: 22, user: 'me', path: '~/.claude/.credentials.json', url: 'ssh://[2001:db8::1]:22' });
  assert.equal(sshAddress('codex', fixture.load({ ...CODEX_SSH, CODEX_SSH_PATH: '/srv/token.json' })).path, '/srv/token.json');
});

for (const host of ['me@host', 'host:22', 'ssh://host', 'host/path', 'a b', 'host?x', '-oProxyCommand=x y', '::1%eth0', '[::1']) {
  test(`${JSON.stringify(host)} is no host`, () => {
    using fixture = settingsFixture();
    assert.throws(() => sshAddress('codex', fixture.load({ CODEX_SSH_HOST: host, CODEX_SSH_USER: 'me' })), { code: 'CONFIG_BAD_VALUE', message: /^CODEX_SSH_HOST: expected a host name or an address/ });
  });
}

test('a login is looked for among our own, then where the vendor keeps it; a configured file stands alone', () => {
  using fixture = settingsFixture();
  const home = `${fixture.root}/home`;
  assert.deepEqual(credentialFiles(fixture.load(), 'codex'), [`${home}/.scorpiox/credentials/codex.json`, `${home}/.codex/auth.json`]);
  assert.deepEqual(credentialFiles(fixture.load({ CODEX_HOME: '/srv/codex' }), 'codex'), [`${home}/.scorpiox/credentials/codex.json`, '/srv/codex/auth.json']);
  assert.deepEqual(credentialFiles(fixture.load(), 'claude_code'), [`${home}/.scorpiox/credentials/claude_code.json`, `${home}/.claude/.credentials.json`]);
  assert.deepEqual(credentialFiles(fixture.load({ CLAUDE_CODE_CREDENTIALS_FILE: '/x.json' }), 'claude_code'), ['/x.json']);
  assert.deepEqual(credentialFiles(fixture.load(), 'openai'), [`${home}/.scorpiox/credentials/openai.json`]);
});
