import assert from 'node:assert/strict';
import { test } from 'node:test';

import { isNetError } from '../../src/net-error.ts';
import { readCredential } from '../../src/token/credential.ts';
import { readJwtClaims } from '../../src/token/jwt-claims.ts';
import { accountClaims, HOUR_MS, jwt } from './fixture.ts';

const NOW_MS = Date.UTC(2026, 10, 23, 12);
const AT_S = NOW_MS / 1000 + 3600;
const SECRET = 'sk-SECRET-value';

test('reads the Codex shape: expiry from the access token, account from the file', () => {
  const access = jwt({ exp: AT_S, iat: AT_S - 7200 });
  const id = jwt({ ...accountClaims('claimed'), email: 'a@example.com' });
  const text = JSON.stringify({ tokens: { id_token: id, access_token: access, refresh_token: 'r', account_id: 'acc' }, last_refresh: '2026-11-23T10:00:00.123456Z' });
  assert.deepEqual(readCredential(text, 'f', NOW_MS), {
    shape: 'codex',
    accessToken: access,
    refreshToken: 'r',
    idToken: id,
    accountId: 'acc',
    claimedAccountId: 'claimed',
    expiresAtMs: AT_S * 1000,
    issuedAtMs: (AT_S - 7200) * 1000,
    lastRefreshMs: Date.UTC(2026, 10, 23, 10) + 123,
    fedramp: false,
  });
});

test('reads the Claude shape in milliseconds and leaves its siblings alone', () => {
  const text = JSON.stringify({ mcpOAuth: {}, claudeAiOauth: { accessToken: 'a', refreshToken: 'r', expiresAt: AT_S * 1000, scopes: ['user:inference'] } });
  const { accessToken, refreshToken, expiresAtMs, scopes, shape } = readCredential(text, 'f', NOW_MS);
  assert.deepEqual({ accessToken, refreshToken, expiresAtMs, scopes, shape }, { accessToken: 'a', refreshToken: 'r', expiresAtMs: AT_S * 1000, scopes: ['user:inference'], shape: 'claude' });
});

const clocks: readonly (readonly [name: string, members: object, expiresAtMs: number | undefined])[] = [
  ['expires_at in seconds', { expires_at: AT_S }, AT_S * 1000],
  ['expires_at in milliseconds', { expires_at: AT_S * 1000 }, AT_S * 1000],
  ['expires_at with a fraction', { expires_at: AT_S + 0.5 }, AT_S * 1000 + 500],
  ['expires_at as digits', { expires_at: String(AT_S) }, AT_S * 1000],
  ['expires_at as RFC 3339', { expires_at: '2026-11-23T13:00:00Z' }, AT_S * 1000],
  ['expires_at before now', { expires_at: 1 }, 1000],
  ['expires_at null, then expires_in', { expires_at: null, expires_in: 60 }, NOW_MS + 60_000],
  ['expires_in relative to when it was obtained', { expires_in: 3600 }, NOW_MS + HOUR_MS],
  ['expires_in as digits', { expires_in: '3600' }, NOW_MS + HOUR_MS],
  ['expires_at wins over expires_in', { expires_at: AT_S, expires_in: 1 }, AT_S * 1000],
  ['nothing', {}, undefined],
];
for (const [name, members, expected] of clocks) {
  test(`reads the flat shape: ${name}`, () => {
    assert.equal(readCredential(JSON.stringify({ access_token: 'opaque', ...members }), 'f', NOW_MS).expiresAtMs, expected);
  });
}

test('reads a flat token that is a JWT by its exp, and a byte order mark', () => {
  const credential = readCredential(`\ufeff${JSON.stringify({ access_token: jwt({ exp: AT_S, chatgpt_account_id: 'top' }) })}`, 'f', NOW_MS);
  assert.equal(credential.expiresAtMs, AT_S * 1000);
  assert.equal(credential.accountId, 'top');
});

const broken: readonly (readonly [name: string, text: string, code: string, message: RegExp])[] = [
  ['an empty text', '', 'NET_TOKEN_MALFORMED', /^f: empty$/],
  ['white space', ' \n', 'NET_TOKEN_MALFORMED', /^f: empty$/],
  ['no JSON', `{"access_token": "${SECRET}`, 'NET_TOKEN_MALFORMED', /^f: not JSON/],
  ['a bare token', SECRET, 'NET_TOKEN_MALFORMED', /^f: not JSON/],
  ['cut JSON', '{"tokens":{"access_token":"a"', 'NET_TOKEN_MALFORMED', /^f: not JSON/],
  ['HTML', '<!doctype html><p>', 'NET_TOKEN_MALFORMED', /^f: not JSON/],
  ['an array', '[1]', 'NET_TOKEN_MALFORMED', /\$ should be an object, got an array/],
  ['a string', `"${SECRET}"`, 'NET_TOKEN_MALFORMED', /\$ should be an object, got a string/],
  ['null', 'null', 'NET_TOKEN_MALFORMED', /\$ should be an object, got null/],
  ['no known shape', '{"token":"a"}', 'NET_TOKEN_MALFORMED', /none of \$\.tokens, \$\.claudeAiOauth and \$\.access_token/],
  ['an inherited name', '{"__proto__":{"access_token":"a"}}', 'NET_TOKEN_MALFORMED', /none of/],
  ['tokens that are a string', `{"tokens":"${SECRET}"}`, 'NET_TOKEN_MALFORMED', /\$\.tokens should be an object, got a string/],
  ['claudeAiOauth that is a list', '{"claudeAiOauth":[]}', 'NET_TOKEN_MALFORMED', /\$\.claudeAiOauth should be an object, got an array/],
  ['tokens null with an API key', `{"OPENAI_API_KEY":"${SECRET}","tokens":null}`, 'NET_TOKEN_MISSING', /\$\.tokens is null/],
  ['no access token', '{"tokens":{"refresh_token":"r"}}', 'NET_TOKEN_MISSING', /\$\.tokens\.access_token is missing/],
  ['an empty access token', '{"claudeAiOauth":{"accessToken":""}}', 'NET_TOKEN_MISSING', /\$\.claudeAiOauth\.accessToken is missing/],
  ['an access token that is a number', '{"access_token":12345}', 'NET_TOKEN_MALFORMED', /\$\.access_token should be a string, got a number/],
  ['an access token with a line break', '{"access_token":"a\\r\\nX: y"}', 'NET_TOKEN_MALFORMED', /\$\.access_token has characters/],
  ['an access token with a space', '{"access_token":"Bearer a"}', 'NET_TOKEN_MALFORMED', /\$\.access_token has characters/],
  ['an account id with a line break', '{"access_token":"a","account_id":"x\\n"}', 'NET_TOKEN_MALFORMED', /\$\.account_id has characters/],
  ['a refresh token that is a list', '{"tokens":{"access_token":"a","refresh_token":[]}}', 'NET_TOKEN_MALFORMED', /\$\.tokens\.refresh_token should be a string/],
  ['an expiry that is a word', '{"access_token":"a","expires_at":"soon"}', 'NET_TOKEN_MALFORMED', /\$\.expires_at should be a time/],
  ['an expiry beyond all dates', '{"access_token":"a","expires_at":1e300}', 'NET_TOKEN_MALFORMED', /\$\.expires_at should be a time/],
  ['an expiry that is infinite', '{"access_token":"a","expires_in":1e999}', 'NET_TOKEN_MALFORMED', /\$\.expires_in should be a number of seconds/],
  ['a Claude expiry that is true', '{"claudeAiOauth":{"accessToken":"a","expiresAt":true}}', 'NET_TOKEN_MALFORMED', /\$\.claudeAiOauth\.expiresAt should be a time/],
  ['a last refresh that is no time', '{"tokens":{"access_token":"a"},"last_refresh":"yesterday"}', 'NET_TOKEN_MALFORMED', /\$\.last_refresh should be a time/],
];
for (const [name, text, code, message] of broken) {
  test(`refuses ${name}`, () => {
    assert.throws(
      () => readCredential(text, 'f', NOW_MS),
      (error) => isNetError(error) && error.code === code && message.test(error.message) && !`${error.stack}${error.hint}${error.got}`.includes(SECRET),
    );
  });
}

test('deep nesting is no fault of the stack', () => {
  const deep = `${'['.repeat(100_000)}${']'.repeat(100_000)}`;
  assert.equal(readCredential(`{"access_token":"a","x":${deep}}`, 'f', NOW_MS).accessToken, 'a');
});

const NO_CLAIMS = { fedramp: false };
for (const [name, token] of [
  ['an opaque token', 'sk-ant-oat01-abc'],
  ['two parts', 'a.e30'],
  ['four parts', 'a.e30.c.d'],
  ['an empty payload', 'a..c'],
  ['a padded payload', 'a.e30=.c'],
  ['a payload that is no base64url', 'a.{}.c'],
  ['a payload that is no JSON', `a.${Buffer.from('hello').toString('base64url')}.c`],
  ['a payload that is not UTF-8', `a.${Buffer.from([0x7b, 0xff, 0x7d]).toString('base64url')}.c`],
  ['a payload that is a list', `a.${Buffer.from('[1]').toString('base64url')}.c`],
] as const) {
  test(`a JWT without claims: ${name}`, () => assert.deepEqual(readJwtClaims(token), NO_CLAIMS));
}

test('a JWT that lies about its expiry has none', () => {
  for (const exp of ['1790000000', -1, 0, 1e300, 1_790_000_000_000, null, [1], true]) assert.equal(readJwtClaims(jwt({ exp })).expiresAtMs, undefined, String(exp));
});

test('decodes a payload with the letters that base64 does not have', () => {
  const token = jwt({ email: '>>>???~~~ü' });
  assert.match(token, /[-_]/);
  assert.equal(readJwtClaims(token).email, '>>>???~~~ü');
});

test('finds the account: top level, then the auth claim, then the first organization', () => {
  assert.equal(readJwtClaims(jwt({ chatgpt_account_id: 'top', ...accountClaims('auth') })).accountId, 'top');
  assert.equal(readJwtClaims(jwt({ ...accountClaims('auth'), organizations: [{ id: 'org' }] })).accountId, 'auth');
  assert.equal(readJwtClaims(jwt({ organizations: [{ id: 'org' }, { id: 'second' }] })).accountId, 'org');
  assert.equal(readJwtClaims(jwt({ 'https://api.openai.com/auth': { organizations: [{ id: 'nested' }] } })).accountId, 'nested');
  assert.equal(readJwtClaims(jwt({ chatgpt_account_id: 7, organizations: 'x' })).accountId, undefined);
});

test('the id token names the account before the access token does', () => {
  const text = JSON.stringify({ tokens: { id_token: jwt(accountClaims('id')), access_token: jwt(accountClaims('access')), account_id: null } });
  assert.equal(readCredential(text, 'f', NOW_MS).accountId, 'id');
});

test('reads the government flag', () => {
  const claims = { 'https://api.openai.com/auth': { chatgpt_account_is_fedramp: true } };
  assert.equal(readCredential(JSON.stringify({ tokens: { access_token: jwt(claims) } }), 'f', NOW_MS).fedramp, true);
});
