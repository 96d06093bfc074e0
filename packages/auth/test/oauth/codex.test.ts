import assert from 'node:assert/strict';
import { test } from 'node:test';

import { isNetError, readCredential } from '@sx/net';
import { isProviderError, type ProviderErrorCode } from '@sx/llm';

import { authorizeUrl, challengeOf, claudeOAuthConfig, codexCredentialText, codexOAuthConfig, createPkce, createState, exchangeCode, isSameState, refreshClaudeToken, refreshCodexToken, revokeCodexToken } from '../../src/index.ts';
import { jwt, type ScriptedAnswer, startEndpoint, testTransport } from '../fixture.ts';

const EXCHANGE = { code: 'the-secret-code', redirectUri: 'http://localhost:1455/auth/callback', verifier: 'the-secret-verifier' };

test('PKCE: RFC 7636, appendix B, and our own are long, random, url-safe', () => {
  assert.equal(challengeOf('dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk'), 'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM');
  const { verifier, challenge } = createPkce();
  assert.match(verifier, /^[A-Za-z0-9_-]{86}$/);
  assert.equal(challenge, challengeOf(verifier));
  assert.match(createState(), /^[A-Za-z0-9_-]{43}$/);
  assert.notEqual(createState(), createState());
});

test('state: equal, or with the suffix of the issuer', () => {
  assert.ok(isSameState('abc', 'abc'));
  assert.ok(isSameState('abc', 'abc.onboarding_entrypoint=x'));
  for (const other of ['', 'ab', 'abcd', 'ABC', 'abc.other=x', '.onboarding_entrypoint=abc']) assert.ok(!isSameState('abc', other), other);
});

test('the authorization URL has exactly the parameters that the issuer wants', () => {
  const url = new URL(authorizeUrl(codexOAuthConfig(), { redirectUri: EXCHANGE.redirectUri, challenge: 'ch', state: 'st' }));
  assert.equal(url.origin + url.pathname, 'https://auth.openai.com/oauth/authorize');
  assert.deepEqual(Object.fromEntries(url.searchParams), {
    response_type: 'code',
    client_id: 'app_EMoamEEZ73f0CkXaXp7hrann',
    redirect_uri: 'http://localhost:1455/auth/callback',
    scope: 'openid profile email offline_access',
    code_challenge: 'ch',
    code_challenge_method: 'S256',
    id_token_add_organizations: 'true',
    codex_cli_simplified_flow: 'true',
    state: 'st',
    originator: 'sx',
  });
  const forced = new URL(authorizeUrl(codexOAuthConfig({ originator: 'other' }), { redirectUri: 'r', challenge: 'c', state: 's', allowedWorkspaceIds: ['a', 'b'] }));
  assert.equal(forced.searchParams.get('allowed_workspace_id'), 'a,b');
  assert.equal(forced.searchParams.get('originator'), 'other');
});

test('every URL moves with the issuer, and the revocation with the token endpoint', () => {
  const moved = codexOAuthConfig({ issuer: 'http://localhost:9/base/' });
  for (const url of [moved.authorizeUrl, moved.tokenUrl, moved.revokeUrl, moved.deviceCodeUrl, moved.deviceTokenUrl, moved.devicePageUrl, moved.deviceRedirectUri]) {
    assert.ok(url.startsWith('http://localhost:9/base/'), url);
  }
  assert.equal(codexOAuthConfig({ tokenUrl: 'https://other.example/x/token' }).revokeUrl, 'https://other.example/oauth/revoke');
});

test('exchanges a code by form and announces every secret', async (t) => {
  const { origin, seen } = await startEndpoint(t, () => ({ body: { id_token: 'id', access_token: 'access', refresh_token: 'refresh', expires_in: 60, token_type: 'Bearer' } }));
  const secrets: string[] = [];
  const context = { transport: testTransport(t), now: () => 1_000, redactor: { addSecret: (value: string) => void secrets.push(value) } };
  const tokens = await exchangeCode(codexOAuthConfig({ issuer: origin }), EXCHANGE, context);
  assert.deepEqual(tokens, { idToken: 'id', accessToken: 'access', refreshToken: 'refresh', expiresAtMs: 61_000 });
  assert.equal(seen[0]?.path, '/oauth/token');
  assert.equal(seen[0]?.headers['content-type'], 'application/x-www-form-urlencoded');
  assert.deepEqual(Object.fromEntries(new URLSearchParams(seen[0]?.body)), {
    grant_type: 'authorization_code',
    code: EXCHANGE.code,
    redirect_uri: EXCHANGE.redirectUri,
    client_id: 'app_EMoamEEZ73f0CkXaXp7hrann',
    code_verifier: EXCHANGE.verifier,
  });
  assert.deepEqual(secrets.sort(), ['access', 'id', 'refresh', EXCHANGE.code, EXCHANGE.verifier].sort());
});

test('refreshes with JSON of exactly three members; what is absent stays absent', async (t) => {
  const { origin, seen } = await startEndpoint(t, () => ({ body: { access_token: 'access' } }));
  assert.deepEqual(await refreshCodexToken(codexOAuthConfig({ issuer: origin }), 'the-refresh', { transport: testTransport(t) }), { accessToken: 'access', refreshToken: undefined, idToken: undefined });
  assert.equal(seen[0]?.headers['content-type'], 'application/json');
  assert.equal(seen[0]?.body, '{"client_id":"app_EMoamEEZ73f0CkXaXp7hrann","grant_type":"refresh_token","refresh_token":"the-refresh"}');
});

const HTML = { fields: { 'content-type': 'text/html' }, body: '<html>the-refresh' };
const refusals: readonly (readonly [name: string, answer: ScriptedAnswer, code: string, message: RegExp])[] = [
  ['refresh_token_expired', { status: 401, body: { error: { code: 'refresh_token_expired', message: 'x' } } }, 'NET_TOKEN_SIGNED_OUT', /expired; sign in again/],
  ['refresh_token_reused with 400', { status: 400, body: { error: 'refresh_token_reused' } }, 'NET_TOKEN_SIGNED_OUT', /renewed elsewhere/],
  ['refresh_token_invalidated in code', { status: 401, body: { code: 'refresh_token_invalidated' } }, 'NET_TOKEN_SIGNED_OUT', /revoked/],
  ['invalid_grant', { status: 400, body: { error: 'invalid_grant', error_description: 'the-refresh is bad' } }, 'NET_TOKEN_SIGNED_OUT', /no longer valid/],
  ['any other 401', { status: 401, body: {} }, 'NET_TOKEN_SIGNED_OUT', /refuses the login/],
  ['another 400', { status: 400, body: { error: 'invalid_client', error_description: 'the-refresh is odd' } }, 'NET_TOKEN_REFRESH', /invalid_client: \[redacted\] is odd \(status 400\)/],
  ['403', { status: 403, body: {} }, 'NET_TOKEN_REFRESH', /status 403/],
  ['429', { status: 429, body: {} }, 'NET_TOKEN_REFRESH', /status 429/],
  ['500', { status: 500, body: 'the-refresh' }, 'NET_TOKEN_REFRESH', /status 500/],
  ['refresh_token_reused with 503', { status: 503, body: { error: 'refresh_token_reused' } }, 'NET_TOKEN_REFRESH', /status 503/],
  ['HTML with 200', HTML, 'NET_TOKEN_REFRESH', /a web page \(status 200\)/],
  ['HTML with 401: a network page says nothing about the login', { ...HTML, status: 401 }, 'NET_TOKEN_REFRESH', /a web page \(status 401\)/],
  ['nothing', { body: '' }, 'NET_TOKEN_REFRESH', /answered with nothing/],
  ['no JSON', { body: 'the-refresh' }, 'NET_TOKEN_REFRESH', /no JSON object/],
  ['a list', { body: [1] }, 'NET_TOKEN_REFRESH', /no JSON object/],
  ['no token', { body: { ok: true } }, 'NET_TOKEN_REFRESH', /holds no token/],
  ['a token with a line break', { body: { access_token: 'a\r\nb' } }, 'NET_TOKEN_REFRESH', /characters that no token has/],
  ['a redirect', { status: 302, fields: { location: 'https://elsewhere.example/the-refresh' }, body: '' }, 'NET_TOKEN_REFRESH', /redirects to elsewhere\.example, which is not followed/],
];
for (const [name, answer, code, message] of refusals) {
  test(`a refresh that is answered with ${name} is ${code}`, async (t) => {
    const { origin } = await startEndpoint(t, () => answer);
    await assert.rejects(refreshCodexToken(codexOAuthConfig({ issuer: origin }), 'the-refresh', { transport: testTransport(t) }), (error) => {
      assert.ok(isNetError(error), String(error));
      assert.equal(error.code, code, error.message);
      assert.match(error.message, message);
      assert.ok(!`${error.stack}${error.got}${error.hint}${String(error.cause)}`.includes('the-refresh'));
      return true;
    });
  });
}

const logins: readonly (readonly [name: string, answer: ScriptedAnswer, code: ProviderErrorCode])[] = [
  ['an OAuth error', { status: 400, body: { error: 'invalid_grant', error_description: `bad ${EXCHANGE.code}` } }, 'PROVIDER_AUTHENTICATION'],
  ['a nested error', { status: 403, body: { error: { code: 'x', message: EXCHANGE.verifier } } }, 'PROVIDER_AUTHENTICATION'],
  ['500', { status: 500, body: {} }, 'PROVIDER_SERVER'],
  ['HTML', { ...HTML, status: 403 }, 'PROVIDER_NOT_API'],
  ['a redirect', { status: 307, fields: { location: '/x' }, body: '' }, 'PROVIDER_REDIRECT'],
  ['no access token', { body: { refresh_token: 'r' } }, 'PROVIDER_MALFORMED_RESPONSE'],
];
for (const [name, answer, code] of logins) {
  test(`a login that is answered with ${name} is ${code}`, async (t) => {
    const { origin } = await startEndpoint(t, () => answer);
    await assert.rejects(exchangeCode(codexOAuthConfig({ issuer: origin }), EXCHANGE, { transport: testTransport(t) }), (error) => {
      assert.ok(isProviderError(error), String(error));
      assert.equal(error.code, code, error.message);
      assert.ok(!`${error.stack}${error.hint}${String(error.cause)}`.includes('the-secret'), error.message);
      return true;
    });
  });
}

test('an issuer that is slow ends with the deadline; one that is down is the error of the network', async (t) => {
  const { origin } = await startEndpoint(t, () => ({}));
  const context = { transport: testTransport(t), limits: { tokenRequestTimeoutMs: 50 } };
  await assert.rejects(refreshCodexToken(codexOAuthConfig({ issuer: origin }), 'r', context), (error) => isNetError(error) && error.code === 'NET_HEAD_TIMEOUT' && /no answer in 50 ms/.test(error.message));
  await assert.rejects(refreshCodexToken(codexOAuthConfig({ issuer: 'http://127.0.0.1:1' }), 'r', context), (error) => isNetError(error) && error.code === 'NET_CONNECT');
});

test('credentials never go out in plain text, whatever the policy of the transport', async (t) => {
  const refused = (error: unknown): boolean => isNetError(error) && error.code === 'NET_PLAIN_HTTP_REFUSED';
  await assert.rejects(refreshCodexToken(codexOAuthConfig({ issuer: 'http://auth.example' }), 'r', { transport: testTransport(t) }), refused);
});

test('refreshes a Claude login with the beta that opens OAuth', async (t) => {
  const { origin, seen } = await startEndpoint(t, () => ({ body: { access_token: 'a', refresh_token: 'r', expires_in: 28_800 } }));
  const config = claudeOAuthConfig({ tokenUrl: `${origin}/v1/oauth/token` });
  const answer = await refreshClaudeToken(config, 'the-refresh', { transport: testTransport(t), now: () => 0 });
  assert.deepEqual(answer, { accessToken: 'a', refreshToken: 'r', idToken: undefined, expiresAtMs: 28_800_000 });
  assert.equal(seen[0]?.headers['anthropic-beta'], 'oauth-2025-04-20');
  assert.deepEqual(JSON.parse(seen[0]?.body ?? ''), { grant_type: 'refresh_token', refresh_token: 'the-refresh', client_id: config.clientId });
});

test('revokes by refresh token, or by access token without the client; never fails', async (t) => {
  const { origin, seen } = await startEndpoint(t, (_, index) => (index < 2 ? { body: '' } : { status: 500, body: '' }));
  const config = codexOAuthConfig({ issuer: origin });
  const context = { transport: testTransport(t) };
  assert.equal(await revokeCodexToken(config, { refreshToken: 'r', accessToken: 'a' }, context), true);
  assert.equal(await revokeCodexToken(config, { accessToken: 'a' }, context), true);
  assert.equal(await revokeCodexToken(config, { accessToken: 'a' }, context), false);
  assert.equal(await revokeCodexToken(config, {}, context), false);
  assert.deepEqual(seen.slice(0, 2).map(({ path, body }) => [path, JSON.parse(body)]), [
    ['/oauth/revoke', { token: 'r', token_type_hint: 'refresh_token', client_id: config.clientId }],
    ['/oauth/revoke', { token: 'a', token_type_hint: 'access_token' }],
  ]);
});

test('the file of a login reads back, and unknown members of an older one survive', () => {
  const idToken = jwt({ 'https://api.openai.com/auth': { chatgpt_account_id: 'acc' } });
  const text = codexCredentialText({ idToken, accessToken: 'a', refreshToken: 'r' }, 0, '{"OPENAI_API_KEY":"k","tokens":{"access_token":"old"},"agent_identity":{"x":1}}');
  assert.deepEqual(JSON.parse(text), {
    OPENAI_API_KEY: 'k',
    tokens: { id_token: idToken, access_token: 'a', refresh_token: 'r', account_id: 'acc' },
    agent_identity: { x: 1 },
    auth_mode: 'chatgpt',
    last_refresh: '1970-01-01T00:00:00.000Z',
  });
  assert.equal(readCredential(text, 'f', 0).accountId, 'acc');
  assert.equal(readCredential(codexCredentialText({ idToken, accessToken: 'a', refreshToken: 'r' }, 0, 'broken'), 'f', 0).accessToken, 'a');
  assert.throws(() => codexCredentialText({ accessToken: 'a' }, 0), (error) => isProviderError(error) && /no refresh token/.test(error.message));
});
