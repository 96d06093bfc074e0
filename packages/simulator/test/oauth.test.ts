import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { after, before, suite, test } from 'node:test';
import { createSimulator, type Simulator } from '../src/index.ts';
import { CLIENT_ID } from '../src/oauth/routes.ts';
import { ask, type Answer } from './client.ts';

let simulator: Simulator;
before(async () => {
  simulator = await createSimulator();
});
after(() => simulator.close());

const FORM = 'application/x-www-form-urlencoded';
const JSON_TYPE = 'application/json';
const REDIRECT = 'http://localhost:1455/auth/callback';
type Fields = Record<string, string>;

function postToken(fields: Fields, { type = JSON_TYPE, scenario }: { type?: string; scenario?: string } = {}): Promise<Answer> {
  const base = scenario === undefined ? simulator.urls.oauth : simulator.urlsFor(scenario).oauth;
  return ask(simulator, `${base}/oauth/token`, { method: 'POST', headers: { 'content-type': type }, body: type === FORM ? new URLSearchParams(fields).toString() : fields });
}

const refresh = (refreshToken: string, options: Parameters<typeof postToken>[1] = {}): Promise<Answer> =>
  postToken({ client_id: CLIENT_ID, grant_type: 'refresh_token', refresh_token: refreshToken }, options);

async function stateOf(accessToken: string, accountId: string): Promise<number> {
  const headers = { authorization: `Bearer ${accessToken}`, 'chatgpt-account-id': accountId, originator: 'sx', 'user-agent': 'sx/1' };
  return (await ask(simulator, `${simulator.urls.codex}/models?client_version=1.0.0`, { headers })).status;
}

suite('the browser login', () => {
  const verifier = randomBytes(64).toString('base64url');
  const challenge = createHash('sha256').update(verifier).digest('base64url');
  const good: Fields = {
    response_type: 'code', client_id: CLIENT_ID, redirect_uri: REDIRECT, scope: 'openid profile email offline_access', code_challenge: challenge, code_challenge_method: 'S256', state: 'a'.repeat(43),
  };
  const authorize = async (more: Fields = {}, scenario?: string): Promise<URL | Answer> => {
    const base = scenario === undefined ? simulator.urls.oauth : simulator.urlsFor(scenario).oauth;
    const answer = await ask(simulator, `${base}/oauth/authorize?${new URLSearchParams({ ...good, ...more }).toString()}`);
    return answer.status === 302 ? new URL(answer.headers['location'] ?? '') : answer;
  };
  const code = async (): Promise<string> => {
    const target = await authorize();
    assert.ok(target instanceof URL);
    assert.equal(target.searchParams.get('state'), good['state']);
    return target.searchParams.get('code') ?? '';
  };

  test('gives a code that buys tokens once', async () => {
    const fields = { grant_type: 'authorization_code', client_id: CLIENT_ID, code: await code(), redirect_uri: REDIRECT, code_verifier: verifier };
    const first = await postToken(fields, { type: FORM });
    assert.equal(first.status, 200);
    const claims = JSON.parse(Buffer.from(first.json.access_token.split('.')[1], 'base64url').toString());
    assert.equal(typeof claims.exp, 'number');
    assert.equal(await stateOf(first.json.access_token, claims['https://api.openai.com/auth'].chatgpt_account_id), 200);
    assert.equal((await postToken(fields, { type: FORM })).json.error, 'invalid_grant');
  });

  for (const [rule, change] of [
    ['another verifier', { code_verifier: randomBytes(64).toString('base64url') }],
    ['a verifier that is too short', { code_verifier: 'short' }],
    ['another redirect_uri', { redirect_uri: 'http://localhost:1457/auth/callback' }],
    ['another client', { client_id: 'app_other' }],
    ['another grant', { grant_type: 'password' }],
  ] as const) {
    test(`refuses ${rule}`, async () => {
      const answer = await postToken({ grant_type: 'authorization_code', client_id: CLIENT_ID, code: await code(), redirect_uri: REDIRECT, code_verifier: verifier, ...change });
      assert.ok(answer.status >= 400 && answer.status < 500);
    });
  }

  for (const [rule, change] of [
    ['the plain challenge', { code_challenge_method: 'plain' }],
    ['a challenge of another length', { code_challenge: 'abc' }],
    ['a short state', { state: 'x' }],
    ['a scope without offline_access', { scope: 'openid' }],
    ['a token response', { response_type: 'token' }],
  ] as const) {
    test(`refuses ${rule}`, async () => {
      const target = await authorize(change);
      assert.ok(target instanceof URL && target.searchParams.get('error') === 'invalid_request');
    });
  }

  test('never redirects to an address that is not registered', async () => {
    for (const redirect_uri of ['https://evil.test/auth/callback', 'http://localhost:1455/other', 'http://localhost.evil.test:1/auth/callback']) {
      const answer = await authorize({ redirect_uri });
      assert.ok(!(answer instanceof URL) && answer.status === 400);
    }
  });

  test('can be denied, or come back with the state of somebody else', async () => {
    const denied = await authorize({}, 'denied');
    assert.ok(denied instanceof URL && denied.searchParams.get('error') === 'access_denied');
    const forged = await authorize({}, 'wrong-state');
    assert.ok(forged instanceof URL && forged.searchParams.get('state') === 'someone-elses');
  });
});

suite('refresh', () => {
  test('rotates, in JSON and as a form', async () => {
    const { tokens } = simulator.credentials({ expiresInSeconds: -5 });
    assert.equal(await stateOf(tokens.accessToken, tokens.accountId), 401);
    const before = simulator.counters.tokenRefreshes;
    const first = await refresh(tokens.refreshToken);
    assert.equal(await stateOf(first.json.access_token, tokens.accountId), 200);
    assert.notEqual(first.json.refresh_token, tokens.refreshToken);
    assert.equal((await refresh(first.json.refresh_token, { type: FORM })).status, 200);
    assert.equal(simulator.counters.tokenRefreshes, before + 2);
  });

  test('a second use voids every token of the login', async () => {
    const { tokens } = simulator.credentials();
    const first = await refresh(tokens.refreshToken);
    const second = await refresh(tokens.refreshToken);
    assert.equal(second.status, 401);
    assert.equal(second.json.error.code, 'refresh_token_reused');
    assert.equal(await stateOf(first.json.access_token, tokens.accountId), 401);
    assert.equal((await refresh(first.json.refresh_token)).json.error.code, 'refresh_token_invalidated');
  });

  test('an unknown token is expired, a revoked one invalidated', async () => {
    assert.equal((await refresh('rt_unknown')).json.error.code, 'refresh_token_expired');
    const { tokens } = simulator.credentials();
    const answer = await ask(simulator, `${simulator.urls.oauth}/oauth/revoke`, {
      method: 'POST', headers: { 'content-type': JSON_TYPE }, body: { token: tokens.refreshToken, token_type_hint: 'refresh_token', client_id: CLIENT_ID },
    });
    assert.equal(answer.status, 200);
    assert.equal((await refresh(tokens.refreshToken)).json.error.code, 'refresh_token_invalidated');
    assert.equal(await stateOf(tokens.accessToken, tokens.accountId), 401);
  });

  for (const [mode, status] of [['server-error', 500], ['html-200', 200], ['html-403', 403], ['redirect', 307], ['garbage', 200]] as const) {
    test(`${mode} costs no token`, async () => {
      const { tokens } = simulator.credentials();
      assert.equal((await refresh(tokens.refreshToken, { scenario: mode })).status, status);
      assert.equal((await refresh(tokens.refreshToken)).status, 200);
    });
  }

  test('may leave out all but the access token', async () => {
    const { tokens } = simulator.credentials();
    assert.deepEqual(Object.keys((await refresh(tokens.refreshToken, { scenario: 'no-refresh-token' })).json), ['access_token', 'token_type', 'scope']);
  });

  test('may be reset, and may be slow', async () => {
    const { tokens } = simulator.credentials();
    await assert.rejects(refresh(tokens.refreshToken, { scenario: 'reset' }));
    assert.equal((await refresh(tokens.refreshToken, { scenario: 'slow,delayMs=5' })).status, 200);
  });
});

suite('the device login', () => {
  const call = (path: string, body: Fields, scenario?: string): Promise<Answer> => {
    const base = scenario === undefined ? simulator.urls.oauth : simulator.urlsFor(scenario).oauth;
    return ask(simulator, `${base}/api/accounts/deviceauth/${path}`, { method: 'POST', headers: { 'content-type': JSON_TYPE }, body });
  };

  test('is pending twice, then gives a code and its verifier', async () => {
    const { json: device } = await call('usercode', { client_id: CLIENT_ID });
    assert.equal(device.interval, '1', 'a string');
    const poll = (): Promise<Answer> => call('token', { device_auth_id: device.device_auth_id, user_code: device.user_code });
    assert.deepEqual([(await poll()).status, (await poll()).status], [403, 404]);
    const { json } = await poll();
    const answer = await postToken({
      grant_type: 'authorization_code', client_id: CLIENT_ID, code: json.authorization_code, code_verifier: json.code_verifier, redirect_uri: `${simulator.urls.oauth}/deviceauth/callback`,
    });
    assert.equal(answer.status, 200);
  });

  test('may be disabled, denied, or unknown', async () => {
    assert.equal((await call('usercode', { client_id: CLIENT_ID }, 'device-disabled')).status, 404);
    const { json: device } = await call('usercode', { client_id: CLIENT_ID });
    assert.equal((await call('token', { device_auth_id: device.device_auth_id, user_code: device.user_code }, 'denied')).status, 401);
    assert.equal((await call('token', { device_auth_id: 'dev_other', user_code: 'X' })).status, 400);
  });

  test('may ask to be polled more slowly, expire, or stay pending', async () => {
    const { json: device } = await call('usercode', { client_id: CLIENT_ID });
    const poll = (scenario: string): Promise<Answer> => call('token', { device_auth_id: device.device_auth_id, user_code: device.user_code }, scenario);
    assert.equal((await poll('device-slow-down')).json.error, 'slow_down');
    assert.equal((await poll('device-expired')).json.error, 'expired_token');
    assert.deepEqual([(await poll('device-pending')).status, (await poll('device-pending')).status], [403, 403]);
  });
});

suite('the remote token server', () => {
  test('serves every shape', async () => {
    const at = async (shape: string): Promise<Answer> => ask(simulator, `${simulator.url}/token/${shape}`);
    assert.ok((await at('codex')).json.tokens.access_token);
    assert.ok((await at('claude-code')).json.claudeAiOauth.expiresAt > Date.now());
    assert.ok((await at('flat')).json.expires_at < Date.now());
    assert.equal((await at('relative')).json.expires_in, 3600);
    assert.match((await at('text')).text, /^ey/);
    assert.equal((await at('none')).status, 404);
  });

  for (const [mode, status] of [['missing', 404], ['server-error', 500], ['no-token', 200], ['not-json', 200], ['html-200', 200], ['html-403', 403], ['redirect', 307], ['huge', 200]] as const) {
    test(`fails as ${mode}`, async () => assert.equal((await ask(simulator, simulator.urlsFor(mode).token)).status, status));
  }

  test('asks for its key, if it has one', async () => {
    const own = await createSimulator({ tokenServerKey: 'k' });
    assert.equal((await ask(own, own.urls.token)).status, 401);
    assert.equal((await ask(own, own.urls.token, { headers: { authorization: 'Bearer k' } })).status, 200);
    assert.equal(own.counters.remoteTokenFetches, 2);
    await own.close();
  });
});
