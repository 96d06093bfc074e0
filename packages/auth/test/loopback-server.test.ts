import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect, createServer } from 'node:net';
import { test, type TestContext } from 'node:test';

import { isNetError } from '@sx/net';
import { isProviderError, ProviderError } from '@sx/llm';

import { type LoopbackServer, type LoopbackServerOptions, startLoopbackServer } from '../src/index.ts';
import { testTransport } from './fixture.ts';

const QUICK = { loopbackLingerMs: 50, loopbackRequestTimeoutMs: 200, portRetryMs: 5 };

interface SetUp {
  readonly server: LoopbackServer<string>;
  readonly codes: string[];
}

async function start(t: TestContext, options: Partial<LoopbackServerOptions<string>> = {}): Promise<SetUp> {
  const codes: string[] = [];
  const server = await startLoopbackServer({
    ports: [0],
    path: '/auth/callback',
    state: 'the-state',
    transport: testTransport(t),
    complete: async (code, redirectUri) => {
      codes.push(`${code} ${redirectUri}`);
      return 'logged in';
    },
    ...options,
    limits: { ...QUICK, ...options.limits },
  });
  t.after(() => server.close());
  return { server, codes };
}

/** Writes the pieces and reads until the server closes. */
async function exchange(port: number, ...pieces: readonly string[]): Promise<string> {
  const socket = connect(port, '127.0.0.1');
  socket.on('error', () => undefined);
  let text = '';
  socket.setEncoding('utf8').on('data', (piece: string) => (text += piece));
  for (const piece of pieces) if (!socket.destroyed) socket.write(piece, 'latin1');
  await once(socket, 'close');
  return text;
}

const get = (port: number, target: string, host = `localhost:${port}`): Promise<string> => exchange(port, `GET ${target} HTTP/1.1\r\nHost: ${host}\r\n\r\n`);
const statusOf = (answer: string): string => answer.slice(0, 12);

test('exchanges the code, sends the browser on, shows the page, stops', async (t) => {
  const { server, codes } = await start(t);
  assert.equal(server.redirectUri, `http://localhost:${server.port}/auth/callback`);
  const answer = await get(server.port, '/auth/callback?code=the-code&state=the-state');
  assert.match(answer, /^HTTP\/1\.1 302 Found\r\nLocation: http:\/\/localhost:\d+\/success\r\n/);
  assert.ok(!answer.includes('the-code'));
  assert.equal(await server.result, 'logged in');
  const closed = server.close();
  const page = await get(server.port, '/success');
  assert.match(page, /^HTTP\/1\.1 200 OK\r\n/);
  assert.match(page, /\r\nConnection: close\r\n[^]*Referrer-Policy: no-referrer\r\nContent-Security-Policy: default-src 'none'/);
  assert.match(page, /<h1>Signed in<\/h1>/);
  assert.equal(Number(/Content-Length: (\d+)/.exec(page)?.[1]), Buffer.byteLength(page.slice(page.indexOf('\r\n\r\n') + 4)));
  await closed;
  assert.deepEqual(codes, [`the-code ${server.redirectUri}`]);
  await assert.rejects(once(connect(server.port, '127.0.0.1'), 'connect'), { code: 'ECONNREFUSED' });
});

test('accepts the state with the suffix of the issuer, and a head in pieces', async (t) => {
  const { server } = await start(t);
  await exchange(server.port, 'GET /auth/callback?state=the-state.onboarding_entrypoint=x', '&code=c HTTP/1.1\r', `\nHost: 127.0.0.1:${server.port}\r\n\r`, '\n');
  assert.equal(await server.result, 'logged in');
});

test('a browser that asks twice gets the same answer, and the code is used once', async (t) => {
  const { server, codes } = await start(t);
  const target = '/auth/callback?code=c&state=the-state';
  const answers = await Promise.all([get(server.port, target), get(server.port, target)]);
  assert.deepEqual(answers.map(statusOf), ['HTTP/1.1 302', 'HTTP/1.1 302']);
  assert.equal(codes.length, 1);
});

test('the second of two requests on one connection is not answered', async (t) => {
  const { server, codes } = await start(t);
  const one = `GET /nowhere HTTP/1.1\r\nHost: localhost:${server.port}\r\n\r\n`;
  const answer = await exchange(server.port, one + one.replace('/nowhere', '/auth/callback?code=c&state=the-state'));
  assert.equal(answer.split('HTTP/1.1 ').length, 2);
  assert.deepEqual(codes, []);
});

for (const [name, target, host, status] of [
  ['another path', '/', undefined, 404],
  ['a path that begins like ours', '/auth/callback/x?code=c&state=the-state', undefined, 404],
  ['the favicon', '/favicon.ico', undefined, 404],
  ['no state', '/auth/callback?code=c', undefined, 400],
  ['an empty state', '/auth/callback?code=c&state=', undefined, 400],
  ['another state', '/auth/callback?code=c&state=the-stat', undefined, 400],
  ['another state with an error', '/auth/callback?error=access_denied&state=x', undefined, 400],
  ['no code', '/auth/callback?state=the-state', undefined, 400],
  ['a code with a line break', '/auth/callback?code=a%0d%0ab&state=the-state', undefined, 400],
  ['a host of somebody else (DNS rebinding)', '/auth/callback?code=c&state=the-state', 'evil.example', 400],
  ['our host on another port', '/auth/callback?code=c&state=the-state', 'localhost:1', 400],
] as const) {
  test(`${name}: ${status}, and the login goes on waiting`, async (t) => {
    const { server, codes } = await start(t);
    assert.equal(statusOf(await get(server.port, target, host)), `HTTP/1.1 ${status}`);
    assert.deepEqual(codes, []);
    await get(server.port, '/auth/callback?code=c&state=the-state');
    assert.equal(await server.result, 'logged in');
  });
}

for (const [name, bytes, status] of [
  ['another method', 'POST /auth/callback?code=c&state=the-state HTTP/1.1\r\nHost: localhost\r\nContent-Length: 0\r\n\r\n', '400'],
  ['a request with content', 'GET / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 4\r\n\r\nabcd', '400'],
  ['a TLS greeting', '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n', '400'],
  ['garbage', '\0\xff\xfe garbage\r\n\r\n', '400'],
  ['an absolute target', 'GET http://localhost/ HTTP/1.1\r\nHost: localhost\r\n\r\n', '400'],
  ['no Host', 'GET / HTTP/1.1\r\n\r\n', '400'],
  ['a head beyond 8 KiB', `GET / HTTP/1.1\r\nHost: localhost\r\nX: ${'x'.repeat(9_000)}\r\n\r\n`, '431'],
  ['a line beyond 8 KiB that never ends', `GET /${'x'.repeat(100_000)}`, '431'],
] as const) {
  test(`${name}: ${status}, and the login goes on waiting`, async (t) => {
    const { server } = await start(t);
    assert.match(await exchange(server.port, bytes), new RegExp(`^HTTP/1\\.1 ${status} `));
    await get(server.port, '/auth/callback?code=c&state=the-state');
    assert.equal(await server.result, 'logged in');
  });
}

test('a head that never ends is cut off in time, and so is a connection that says nothing', { timeout: 5_000 }, async (t) => {
  const { server } = await start(t);
  assert.deepEqual(await Promise.all([exchange(server.port, 'GET / HTTP/1.1\r\nHost: loc'), exchange(server.port)]), ['', '']);
});

test('a peer that closes in the middle, or resets, disturbs nobody', async (t) => {
  const { server } = await start(t);
  for (const end of ['end', 'resetAndDestroy'] as const) {
    const socket = connect(server.port, '127.0.0.1');
    await once(socket, 'connect');
    socket.write('GET /auth/callback?code=c');
    socket[end]();
    await once(socket, 'close');
  }
  await get(server.port, '/auth/callback?code=c&state=the-state');
  assert.equal(await server.result, 'logged in');
});

test('the refusal of the issuer ends the login, escaped on the page', async (t) => {
  const { server } = await start(t);
  const page = await get(server.port, '/auth/callback?error=access_denied&error_description=%3Cscript%3Eno%3C/script%3E%1b[31m&state=the-state');
  assert.ok(!page.includes('<script>') && !page.includes('\u001b'), page);
  await assert.rejects(server.result, (error) => isProviderError(error) && error.code === 'PROVIDER_AUTHENTICATION' && /refused the login/.test(error.message));
});

test('a workspace without Codex is told in words of its own', async (t) => {
  const { server } = await start(t);
  await get(server.port, '/auth/callback?error=access_denied&error_description=missing_codex_entitlement&state=the-state');
  await assert.rejects(server.result, (error) => isProviderError(error) && error.code === 'PROVIDER_PERMISSION' && /not enabled for this workspace/.test(error.message));
});

test('an exchange that fails is shown to the browser and thrown here', async (t) => {
  const { server } = await start(t, { complete: () => Promise.reject(new ProviderError('PROVIDER_AUTHENTICATION', 'code exchange: refused')) });
  assert.match(await get(server.port, '/auth/callback?code=c&state=the-state'), /<h1>Not signed in<\/h1><p>code exchange: refused\./);
  await assert.rejects(server.result, (error) => isProviderError(error));
});

test('what is no error of ours is not shown to the browser', async (t) => {
  const { server } = await start(t, { complete: () => Promise.reject(new Error('secret detail')) });
  assert.ok(!(await get(server.port, '/auth/callback?code=c&state=the-state')).includes('secret detail'));
  await assert.rejects(server.result, /secret detail/);
});

test('ends when the browser does not come back, and on abort', async (t) => {
  const { server } = await start(t, { limits: { loginTimeoutMs: 30 } });
  await assert.rejects(server.result, (error) => isProviderError(error) && /did not come back/.test(error.message));
  const { server: aborted } = await start(t, { signal: AbortSignal.timeout(20) });
  await assert.rejects(aborted.result, (error) => isNetError(error) && error.code === 'NET_ABORTED');
});

test('close ends a login that is waiting, at once, with connections open', { timeout: 5_000 }, async (t) => {
  const { server } = await start(t, { limits: { loopbackRequestTimeoutMs: 60_000 } });
  const socket = connect(server.port, '127.0.0.1');
  await once(socket, 'connect');
  const gone = once(socket, 'close');
  await server.close();
  await gone;
  await assert.rejects(server.result, (error) => isNetError(error) && error.code === 'NET_ABORTED');
});

test('listens on 127.0.0.1 alone', async (t) => {
  const { server } = await start(t);
  await assert.rejects(once(connect(server.port, '::1'), 'connect'));
});

async function freePort(): Promise<number> {
  const probe = createServer().listen(0, '127.0.0.1');
  await once(probe, 'listening');
  const address = probe.address();
  probe.close();
  await once(probe, 'close');
  return typeof address === 'object' && address !== null ? address.port : 0;
}

test('an older login makes room on its port when a newer one asks', async (t) => {
  const port = await freePort();
  const { server: older } = await start(t, { ports: [port] });
  const left = assert.rejects(older.result, (error) => isProviderError(error) && error.code === 'PROVIDER_ABORTED').then(() => older.close());
  const { server: newer } = await start(t, { ports: [port, 0], limits: { portRetryMs: 50 } });
  await left;
  assert.equal(newer.port, port);
});

test('a port that stays busy: the next one; none left: an error', async (t) => {
  const stubborn = createServer((socket) => socket.on('error', () => undefined).end('HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n')).listen(0, '127.0.0.1');
  await once(stubborn, 'listening');
  t.after(() => stubborn.close());
  const address = stubborn.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  const { server } = await start(t, { ports: [port, 0] });
  assert.notEqual(server.port, port);
  await assert.rejects(start(t, { ports: [port, port] }), (error) => isNetError(error) && error.code === 'NET_CONNECT' && /are in use/.test(error.message));
});
