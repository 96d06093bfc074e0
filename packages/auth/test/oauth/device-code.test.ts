import assert from 'node:assert/strict';
import { test } from 'node:test';

import { isNetError } from '@sx/net';
import { isProviderError } from '@sx/llm';

import { codexOAuthConfig, finishDeviceLogin, startDeviceLogin } from '../../src/index.ts';
import { startEndpoint, testTransport } from '../fixture.ts';

const GRANT = { authorization_code: 'code', code_challenge: 'ch', code_verifier: 'verifier' };

test('shows the code, polls through 403 and 404, exchanges with the verifier of the server', async (t) => {
  let polls = 0;
  const { origin, seen } = await startEndpoint(t, ({ path }) => {
    if (path.endsWith('/usercode')) return { body: { device_auth_id: 'device', user_code: 'ABCD-1234', interval: '7' } };
    if (path === '/oauth/token') return { body: { access_token: 'a', refresh_token: 'r', id_token: 'i' } };
    polls += 1;
    return polls < 3 ? { status: polls === 1 ? 403 : 404, body: {} } : { body: GRANT };
  });
  const config = codexOAuthConfig({ issuer: origin });
  const secrets: string[] = [];
  const context = { transport: testTransport(t), now: () => 0, redactor: { addSecret: (value: string) => void secrets.push(value) } };
  const login = await startDeviceLogin(config, context);
  assert.deepEqual(login, { userCode: 'ABCD-1234', deviceAuthId: 'device', pageUrl: `${origin}/codex/device`, intervalMs: 7_000, expiresAtMs: 900_000 });
  const waits: number[] = [];
  const tokens = await finishDeviceLogin(config, login, context, async (ms) => void waits.push(ms));
  assert.deepEqual(tokens, { accessToken: 'a', refreshToken: 'r', idToken: 'i' });
  assert.deepEqual(waits, [7_000, 7_000]);
  assert.deepEqual(seen.map(({ path }) => path), [
    '/api/accounts/deviceauth/usercode',
    ...Array.from({ length: 3 }, () => '/api/accounts/deviceauth/token'),
    '/oauth/token',
  ]);
  assert.deepEqual(JSON.parse(seen[0]?.body ?? ''), { client_id: config.clientId });
  assert.deepEqual(JSON.parse(seen[1]?.body ?? ''), { device_auth_id: 'device', user_code: 'ABCD-1234' });
  const exchanged = new URLSearchParams(seen.at(-1)?.body);
  assert.equal(exchanged.get('code_verifier'), 'verifier');
  assert.equal(exchanged.get('redirect_uri'), `${origin}/deviceauth/callback`);
  assert.ok(secrets.includes('device') && secrets.includes('verifier'));
});

for (const [name, interval, expected] of [
  ['a number', 3, 3_000],
  ['absent', undefined, 5_000],
  ['empty', '', 5_000],
  ['a word', 'soon', 5_000],
  ['zero', '0', 5_000],
  ['negative', -1, 5_000],
  ['an hour', '3600', 60_000],
] as const) {
  test(`an interval that is ${name} means ${expected} ms; the other name of the code is read`, async (t) => {
    const { origin } = await startEndpoint(t, () => ({ body: { device_auth_id: 'd', usercode: 'U', interval } }));
    const login = await startDeviceLogin(codexOAuthConfig({ issuer: origin }), { transport: testTransport(t) });
    assert.equal(login.intervalMs, expected);
    assert.equal(login.userCode, 'U');
  });
}

const login = { userCode: 'U', deviceAuthId: 'd', pageUrl: '', intervalMs: 1_000, expiresAtMs: 10_000 };

test('gives up when the time is over', async (t) => {
  const { origin, seen } = await startEndpoint(t, () => ({ status: 403, body: {} }));
  let nowMs = 0;
  const wait = finishDeviceLogin(codexOAuthConfig({ issuer: origin }), login, { transport: testTransport(t), now: () => nowMs }, async (ms) => void (nowMs += ms));
  await assert.rejects(wait, (error) => isProviderError(error) && error.code === 'PROVIDER_AUTHENTICATION' && /not used in time/.test(error.message));
  assert.equal(seen.length, 10);
});

test('waits longer from slow_down on, whatever its status, and after a bare 429', async (t) => {
  const answers = [{ status: 400, body: { error: 'slow_down' } }, { status: 400, body: { error: 'authorization_pending' } }, { status: 429, body: {} }];
  const { origin } = await startEndpoint(t, ({ path }) => (path === '/oauth/token' ? { body: { access_token: 'a' } } : (answers.shift() ?? { body: GRANT })));
  const waits: number[] = [];
  await finishDeviceLogin(codexOAuthConfig({ issuer: origin }), { ...login, expiresAtMs: 900_000 }, { transport: testTransport(t), now: () => 0 }, async (ms) => void waits.push(ms));
  assert.deepEqual(waits, [6_000, 6_000, 11_000]);
});

for (const [name, answer, says] of [
  ['access_denied', { status: 403, body: { error: 'access_denied' } }, /it was declined/],
  ['access_denied inside of an object', { status: 401, body: { error: { code: 'access_denied' } } }, /it was declined/],
  ['expired_token', { status: 400, body: { error: 'expired_token' } }, /not used in time/],
] as const) {
  test(`${name} ends the login, although the status would mean pending`, async (t) => {
    const { origin, seen } = await startEndpoint(t, () => answer);
    await assert.rejects(finishDeviceLogin(codexOAuthConfig({ issuer: origin }), login, { transport: testTransport(t), now: () => 0 }), (error) => isProviderError(error) && error.code === 'PROVIDER_AUTHENTICATION' && says.test(error.message));
    assert.equal(seen.length, 1);
  });
}

for (const [name, answer, code] of [
  ['400', { status: 400, body: { error: 'expired' } }, 'PROVIDER_AUTHENTICATION'],
  ['500', { status: 500, body: {} }, 'PROVIDER_SERVER'],
  ['an HTML page with 403: not pending', { status: 403, fields: { 'content-type': 'text/html' }, body: '<p>' }, 'PROVIDER_NOT_API'],
  ['no code', { body: {} }, 'PROVIDER_MALFORMED_RESPONSE'],
] as const) {
  test(`a poll that is answered with ${name} ends the login`, async (t) => {
    const { origin } = await startEndpoint(t, () => answer);
    await assert.rejects(finishDeviceLogin(codexOAuthConfig({ issuer: origin }), login, { transport: testTransport(t), now: () => 0 }), (error) => isProviderError(error) && error.code === code);
  });
}

test('404 on the first request means that the issuer has no device login', async (t) => {
  const { origin } = await startEndpoint(t, () => ({ status: 404, body: {} }));
  await assert.rejects(startDeviceLogin(codexOAuthConfig({ issuer: origin }), { transport: testTransport(t) }), (error) => isProviderError(error) && error.code === 'PROVIDER_UNSUPPORTED');
});

test('an abort ends the wait between polls', async (t) => {
  const controller = new AbortController();
  const { origin } = await startEndpoint(t, () => {
    setTimeout(() => controller.abort(), 30);
    return { status: 403, body: {} };
  });
  const context = { transport: testTransport(t), now: () => 0, signal: controller.signal };
  await assert.rejects(finishDeviceLogin(codexOAuthConfig({ issuer: origin }), { ...login, intervalMs: 60_000 }, context), (error) => isNetError(error) && error.code === 'NET_ABORTED');
});
