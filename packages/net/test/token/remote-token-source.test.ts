import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type RequestListener } from 'node:http';
import { test, type TestContext } from 'node:test';

import { createTransport } from '../../src/create-transport.ts';
import { isNetError, type NetErrorCode } from '../../src/net-error.ts';
import { allowAll } from '../../src/policy.ts';
import { createDialer } from '../../src/socket/dialer.ts';
import { createRemoteTokenSource, type RemoteTokenSourceOptions } from '../../src/token/remote-token-source.ts';
import { staticTokenSource } from '../../src/token/static-token-source.ts';
import { codexText, HOUR_MS, jwt, MINUTE_MS } from './fixture.ts';

const PATH = '/codex?key=path-secret';

async function serve(t: TestContext, listener: RequestListener, options: Partial<RemoteTokenSourceOptions> = {}) {
  const requests: string[] = [];
  const server = createServer((request, response) => {
    requests.push(`${request.method} ${request.url} ${request.headers.authorization ?? '-'}`);
    listener(request, response);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  const host = `127.0.0.1:${typeof address === 'object' && address !== null ? address.port : 0}`;
  const transport = createTransport({ dialer: createDialer({ policy: allowAll() }) });
  t.after(async () => {
    transport.close();
    server.closeAllConnections();
    server.close();
    await once(server, 'close');
  });
  return { requests, host, source: createRemoteTokenSource({ url: `http://${host}${PATH}`, transport, ...options }) };
}

const json = (text: string | (() => string), fields: Record<string, string> = {}): RequestListener => (_, response) =>
  void response.writeHead(200, { 'content-type': 'application/json', ...fields }).end(typeof text === 'string' ? text : text());

test('asks with the key, gives the token, and asks no more while it is good', async (t) => {
  const secrets: string[] = [];
  const { source, requests, host } = await serve(t, json('{"access_token":"token-1","expires_in":3600,"account_id":"acc"}'), { apiKey: 'the-key', redactor: { addSecret: (value) => void secrets.push(value) } });
  const [a, b] = await Promise.all([source.get(), source.get()]);
  assert.deepEqual(a, b);
  assert.deepEqual({ ...a, expiresAtMs: undefined }, { accessToken: 'token-1', accountId: 'acc', expiresAtMs: undefined, origin: host, fedramp: false });
  await source.get();
  assert.deepEqual(requests, [`GET ${PATH} Bearer the-key`]);
  assert.deepEqual(secrets, ['the-key', 'token-1']);
});

for (const [name, text, accessToken] of [
  ['Codex', codexText(), undefined],
  ['Claude', JSON.stringify({ claudeAiOauth: { accessToken: 'c', expiresAt: Date.now() + HOUR_MS } }), 'c'],
  ['flat', '{"access_token":"f","expires_at":4000000000}', 'f'],
] as const) {
  test(`reads the ${name} shape, without a key`, async (t) => {
    const { source, requests } = await serve(t, json(text));
    const token = await source.get();
    if (accessToken !== undefined) assert.equal(token.accessToken, accessToken);
    else assert.equal(token.accountId, 'account-1');
    assert.deepEqual(requests, [`GET ${PATH} -`]);
  });
}

test('asks again shortly before expiry, and when nobody tells the expiry, after five minutes', async (t) => {
  let nowMs = Date.now();
  let expiry = true;
  let count = 0;
  const { source, requests } = await serve(t, json(() => `{"access_token":"t${(count += 1)}"${expiry ? ',"expires_in":3600' : ''}}`), { now: () => nowMs });
  await source.get();
  nowMs += 54 * MINUTE_MS;
  assert.equal((await source.get()).accessToken, 't1');
  nowMs += 2 * MINUTE_MS;
  expiry = false;
  assert.equal((await source.get()).accessToken, 't2');
  nowMs += 4 * MINUTE_MS;
  assert.equal((await source.get()).accessToken, 't2');
  nowMs += 2 * MINUTE_MS;
  assert.equal((await source.get()).accessToken, 't3');
  assert.equal(requests.length, 3);
});

test('after a 401 asks once more; the same token again is an error', async (t) => {
  let count = 1;
  const { source, requests } = await serve(t, json(() => `{"access_token":"t${count}","expires_in":3600}`));
  await source.get();
  count = 2;
  assert.equal((await source.get({ rejected: 't1' })).accessToken, 't2');
  await assert.rejects(source.get({ rejected: 't2' }), (error) => isNetError(error) && error.code === 'NET_TOKEN_SIGNED_OUT');
  assert.equal(requests.length, 3);
});

const answer = (status: number, body: string, fields: Record<string, string> = {}): RequestListener => (_, response) => void response.writeHead(status, fields).end(body);
const SECRET = 'sk-SECRET';
const refused: readonly (readonly [name: string, listener: RequestListener, code: NetErrorCode, message: RegExp, hint?: RegExp])[] = [
  ['401', answer(401, SECRET), 'NET_TOKEN_REMOTE', /refuses to give a token \(status 401\)/, /TOKEN_HTTP_API_KEY/],
  ['403', answer(403, SECRET), 'NET_TOKEN_REMOTE', /status 403/, /TOKEN_HTTP_API_KEY/],
  ['404', answer(404, SECRET), 'NET_TOKEN_REMOTE', /no token under this URL \(status 404\)/],
  ['500', answer(500, SECRET), 'NET_TOKEN_REMOTE', /fails \(status 500\)/],
  ['204', answer(204, ''), 'NET_TOKEN_REMOTE', /status 204/],
  ['a redirect, naming its host only', answer(302, '', { location: `https://elsewhere.example/${SECRET}` }), 'NET_TOKEN_REMOTE', /redirects to elsewhere\.example, which is not followed/],
  ['HTML by its type', answer(200, 'Sign in', { 'content-type': 'text/html; charset=utf-8' }), 'NET_TOKEN_REMOTE', /a web page/],
  ['HTML by its look', answer(200, '\n<!DOCTYPE html>', { 'content-type': 'application/json' }), 'NET_TOKEN_REMOTE', /a web page/],
  ['an empty body', answer(200, ''), 'NET_TOKEN_REMOTE', /empty/],
  ['a body of blanks', answer(200, ' \r\n'), 'NET_TOKEN_REMOTE', /empty/],
  ['no JSON', answer(200, SECRET), 'NET_TOKEN_MALFORMED', /not JSON/],
  ['not UTF-8', (_, response) => void response.end(Buffer.from([0x7b, 0xff])), 'NET_TOKEN_REMOTE', /not UTF-8/],
  ['a body that is too large', answer(200, ' '.repeat(1024 * 1024 + 1)), 'NET_TOKEN_REMOTE', /larger than 1048576 bytes/],
  ['no access token', answer(200, '{"access_token":null}'), 'NET_TOKEN_MISSING', /\$\.access_token is missing/],
  ['an expired token', answer(200, `{"access_token":"${SECRET}","expires_at":1000}`), 'NET_TOKEN_EXPIRED', /expired at 1970-01-01T00:16:40\.000Z/],
  ['an expired JWT', answer(200, JSON.stringify({ tokens: { access_token: jwt({ exp: 1000 }) } })), 'NET_TOKEN_EXPIRED', /expired at/],
];
for (const [name, listener, code, message, hint] of refused) {
  test(`refuses ${name}`, async (t) => {
    const { source, host } = await serve(t, listener, { apiKey: 'the-api-key' });
    await assert.rejects(source.get(), (error) => {
      assert.ok(isNetError(error), String(error));
      assert.equal(error.code, code);
      assert.match(error.message, message);
      assert.ok(error.message.startsWith(`${host}: `), error.message);
      if (hint) assert.match(error.hint ?? '', hint);
      const everything = `${error.stack}${error.hint}${error.got}`;
      for (const secret of [SECRET, 'the-api-key', 'path-secret']) assert.ok(!everything.includes(secret));
      return true;
    });
  });
}

test('a truncated answer is the error of the network, and the next call asks again', async (t) => {
  let cut = true;
  const { source } = await serve(t, (_, response) => {
    if (!cut) return void response.end('{"access_token":"a"}');
    response.writeHead(200, { 'content-length': '100' }).write('{"access_token":"a"}', () => response.destroy());
  });
  await assert.rejects(source.get(), (error) => isNetError(error) && error.code === 'NET_TRUNCATED_BODY');
  cut = false;
  assert.equal((await source.get()).accessToken, 'a');
});

test('a server that does not answer ends with the deadline', async (t) => {
  const { source } = await serve(t, () => undefined, { timings: { refreshTimeoutMs: 50 } });
  await assert.rejects(source.get(), (error) => isNetError(error) && error.code === 'NET_TOKEN_REMOTE' && /no answer in 50 ms/.test(error.message));
});

test('an abort leaves the wait', async (t) => {
  const { source } = await serve(t, (_, response) => void setTimeout(() => response.end('{"access_token":"a"}'), 100));
  await assert.rejects(source.get({ signal: AbortSignal.timeout(20) }), (error) => isNetError(error) && error.code === 'NET_ABORTED');
  assert.equal((await source.get()).accessToken, 'a');
});

test("a clock that is wrong is set right by the server's Date", async (t) => {
  const expires = Math.floor((Date.now() + HOUR_MS) / 1000);
  const { source, requests } = await serve(t, json(`{"access_token":"a","expires_at":${expires}}`), { now: () => Date.now() + 5 * HOUR_MS });
  assert.equal((await source.get()).accessToken, 'a');
  await source.get();
  assert.equal(requests.length, 1);
});

for (const [url, code] of [
  ['http://token.example/codex', 'NET_PLAIN_HTTP_REFUSED'],
  ['http://127.0.0.1.example/', 'NET_PLAIN_HTTP_REFUSED'],
  ['ftp://token.example/', 'NET_BAD_URL'],
  ['token.example', 'NET_BAD_URL'],
  ['https://user:password@token.example/', 'NET_BAD_URL'],
] as const) {
  test(`refuses the URL ${url}`, () => {
    const transport = createTransport({ dialer: createDialer({ policy: allowAll() }) });
    assert.throws(() => createRemoteTokenSource({ url, transport }), (error) => isNetError(error) && error.code === code && !error.message.includes('password@'));
  });
}

test('a token from the environment: given, and once rejected, refused', async () => {
  const token = jwt({ exp: 4e9, chatgpt_account_id: 'acc' });
  const source = staticTokenSource(` ${token}\n`, 'CODEX_ACCESS_TOKEN');
  assert.deepEqual(await source.get(), { accessToken: token, accountId: 'acc', expiresAtMs: 4e12, origin: 'CODEX_ACCESS_TOKEN', fedramp: false });
  await assert.rejects(source.get({ rejected: token }), (error) => isNetError(error) && error.code === 'NET_TOKEN_SIGNED_OUT');
  for (const bad of ['', ' \n', 'a b', 'a\r\nb', 'ü']) {
    assert.throws(() => staticTokenSource(bad, 'CODEX_ACCESS_TOKEN'), (error) => isNetError(error) && error.code === 'NET_TOKEN_MALFORMED' && /^CODEX_ACCESS_TOKEN: /.test(error.message));
  }
});
