import assert from 'node:assert/strict';
import { test } from 'node:test';

import { createChildEnvironment } from '../src/child-environment.ts';

const secret = [
  'OPENAI_API_KEY', 'ANTHROPIC_API_KEY', 'GITHUB_TOKEN', 'GH_TOKEN', 'CODEX_ACCESS_TOKEN', 'CLAUDE_CODE_OAUTH_TOKEN', 'AWS_SECRET_ACCESS_KEY', 'AWS_ACCESS_KEY_ID', 'CLIENT_SECRET', 'DB_PASS', 'DB_PASSWORD',
  'MYSQL_PWD', 'PGPASSWORD', 'SSH_PASSPHRASE', 'GOOGLE_APPLICATION_CREDENTIALS', 'NPM_TOKEN', 'npm_config__authToken', 'CODEX_SSH_PASS', 'SESSION_COOKIE', 'API_KEYS', 'apikey', 'SENTRY_DSN', 'TOKEN', 'SECRET', 'PASSWORD', 'MY_TOKENS',
];
const plain = ['PATH', 'HOME', 'LANG', 'PWD', 'OLDPWD', 'SSH_AUTH_SOCK', 'SHELL', 'TERM', 'NODE_ENV', 'KEYBOARD', 'TOKENIZERS_PARALLELISM', 'MONKEY_PATCH', 'AUTHOR', 'PASSIVE', 'COMPASS'];

for (const name of secret) test(`${name} does not reach a child`, () => assert.deepEqual(createChildEnvironment({ environment: { [name]: 'x' }, secretKeys: [] }), {}));
for (const name of plain) test(`${name} does`, () => assert.deepEqual(createChildEnvironment({ environment: { [name]: 'x' }, secretKeys: [] }), { [name]: 'x' }));

test('a key that the configuration marks secret goes whatever its name, also against an exception', () => {
  assert.deepEqual(createChildEnvironment({ environment: { ROUTER_URL: 'x', OTHER: 'y' }, secretKeys: ['router_url'], exceptions: ['ROUTER_URL'] }), { OTHER: 'y' });
});

test('an exception lets a name through that looks like a secret', () => {
  assert.deepEqual(createChildEnvironment({ environment: { GITHUB_TOKEN: 'x', NPM_TOKEN: 'y' }, secretKeys: [], exceptions: ['GITHUB_TOKEN'] }), { GITHUB_TOKEN: 'x' });
});

test('a variable that holds a known secret goes, whatever its name', () => {
  assert.deepEqual(createChildEnvironment({ environment: { NOTE: 'Bearer hunter2hunter2', SHORT: 'abc' }, secretKeys: [], secretValues: ['hunter2hunter2', 'abc'] }), { SHORT: 'abc' });
});

test('a URL with a password goes, one without stays', () => {
  const environment = { HTTP_PROXY: 'http://u:p@proxy:1', HTTPS_PROXY: 'http://proxy:1', NO_PROXY: undefined };
  assert.deepEqual(createChildEnvironment({ environment, secretKeys: [] }), { HTTPS_PROXY: 'http://proxy:1' });
});
