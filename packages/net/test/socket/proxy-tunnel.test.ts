import assert from 'node:assert/strict';
import { getEventListeners, once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { test } from 'node:test';
import { createServer as createTlsServer } from 'node:tls';
import { inspect } from 'node:util';

import {
  awaitClose, fin, receive, receiveBytes, rst, type ScriptedServer, send, sendRepeatedly, startScriptedServer, type Step, watchHandles,
} from '@sx/testkit';

import { allowAll, allowOrigins } from '../../src/policy.ts';
import { fixedProxy, proxyFromEnvironment } from '../../src/socket/proxy-environment.ts';
import { createTrust } from '../../src/socket/trust.ts';
import {
  ca, caFile, deadPort, failure, greetingOf, http, https, listen, plain, tcp, tcpServer, testDialer, tlsServer, trustCa,
} from './dialer-fixtures.ts';

const HEAD = receive('\r\n\r\n');
function proxied(proxy: string, options: Parameters<typeof testDialer>[0] = {}) {
  return testDialer({ proxy: fixedProxy(proxy), ...options });
}

async function withScript<T>(
  steps: readonly Step[],
  run: (server: ScriptedServer) => Promise<T>,
  tls?: { readonly certPem: string; readonly keyPem: string },
): Promise<T> {
  const server = await startScriptedServer({ scripts: [steps], ...(tls === undefined ? {} : { tls }) });
  try {
    return await run(server);
  } finally {
    await server.close();
  }
}

/** A forwarding proxy: takes CONNECT, opens the target port on this machine, joins both. Records the heads. */
function forward(heads: string[]): (socket: Socket) => void {
  return (socket) => {
    let head = '';
    const onData = (bytes: Buffer): void => {
      head += bytes.toString('latin1');
      if (!head.includes('\r\n\r\n')) return;
      socket.off('data', onData).pause();
      heads.push(head);
      const upstream = connect(Number(/^CONNECT \S+:(\d+) /.exec(head)?.[1]), '127.0.0.1', () => {
        socket.write('HTTP/1.1 200 Connection established\r\n\r\n');
        socket.pipe(upstream).pipe(socket);
      });
      upstream.on('error', () => socket.destroy());
      socket.on('close', () => upstream.destroy());
    };
    socket.on('data', onData);
  };
}

test('tunnels TLS through an http: proxy; credentials are in the CONNECT head alone', async () => {
  const watch = watchHandles();
  {
    const heads: string[] = [];
    await using server = await tlsServer();
    await using proxy = await tcpServer(forward(heads));
    const dialer = proxied(`http://us%65r:p%40ss@localhost:${proxy.port}`);
    const dialed = await dialer.dial(https(server.port));
    assert.equal(dialed.requestForm, 'origin');
    assert.deepEqual(dialed.proxyFields, []);
    assert.equal(dialed.remoteAddress, `127.0.0.1:${proxy.port}`);
    assert.equal(await greetingOf(dialed), 'hello');
    const authorization = Buffer.from('user:p@ss').toString('base64');
    const where = `target.test:${server.port}`;
    const fields = `Host: ${where}\r\nProxy-Authorization: Basic ${authorization}\r\n`;
    assert.deepEqual(heads, [`CONNECT ${where} HTTP/1.1\r\n${fields}\r\n`]);
    assert.doesNotMatch(dialer.poolKey(https(server.port)), /p@ss|p%40ss/);
  }
  await watch.assertNone();
});

test('puts TLS into TLS for an https: proxy, each leg with its own name and client certificate', async () => {
  const watch = watchHandles();
  {
    const heads: string[] = [];
    await using server = await tlsServer({ requestCert: true, rejectUnauthorized: true, ca: [ca.certPem] });
    const identity = ca.issue({ names: ['proxy.test'] });
    await using proxy = await listen(createTlsServer(
      { cert: identity.certPem, key: identity.keyPem, requestCert: true, rejectUnauthorized: false, ca: [ca.certPem] },
      forward(heads),
    ));
    const client = ca.issue({ clientAuth: true, commonName: 'client' });
    const trust = trustCa({ clientCertificate: { cert: client.certPem, key: client.keyPem } });
    const dialed = await proxied(`https://proxy.test:${proxy.port}`, { trust }).dial(https(server.port));
    assert.equal(await greetingOf(dialed), 'hello');
    const [outer] = proxy.accepted;
    const [inner] = server.accepted;
    assert.ok(outer !== undefined && 'servername' in outer && inner !== undefined && 'servername' in inner);
    assert.deepEqual([outer.servername, inner.servername], ['proxy.test', 'target.test']);
    assert.equal(inner.getPeerCertificate().subject.CN, 'client');
    assert.equal(outer.getPeerCertificate().subject, undefined);
  }
  await watch.assertNone();
});

test('verifies the certificate of the target behind a proxy, and that of an https: proxy', async () => {
  await using server = await tlsServer({ names: ['other.test'] });
  await using proxy = await tcpServer(forward([]));
  assert.equal((await failure(proxied(`http://localhost:${proxy.port}`).dial(https(server.port)))).code, 'NET_TLS_NAME');
  const identity = ca.issue({ names: ['wrong.test'] });
  await using secure = await listen(createTlsServer({ cert: identity.certPem, key: identity.keyPem }, forward([])));
  const error = await failure(proxied(`https://proxy.test:${secure.port}`).dial(https(server.port)));
  assert.equal(error.code, 'NET_TLS_NAME');
  assert.equal(error.where, `proxy.test:${secure.port}`);
});

test('asks the system store for the leg whose issuer is unknown', async () => {
  await using server = await tlsServer();
  const identity = ca.issue({ names: ['proxy.test'] });
  await using proxy = await listen(createTlsServer({ cert: identity.certPem, key: identity.keyPem }, forward([])));
  const trust = createTrust({ perHost: { 'target.test': { extraCaFiles: [caFile] } }, systemCertificates: () => [ca.certPem] });
  assert.equal(await greetingOf(await proxied(`https://proxy.test:${proxy.port}`, { trust }).dial(https(server.port))), 'hello');
});

test('opens a tunnel on any 2xx, after interim responses, whatever its framing says', async () => {
  const heads = [
    'HTTP/1.1 200 OK\r\n\r\n', 'HTTP/1.0 200 Connection established\r\n\r\n', 'HTTP/1.1 204 No Content\r\n\r\n',
    'HTTP/1.1 299 \r\n\r\n',
    'HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n',
    'HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\n\r\nHTTP/1.1 200 OK\r\n\r\n',
  ];
  for (const head of heads) {
    await withScript([HEAD, send(head), receive('ping'), send('pong'), awaitClose], async (proxy) => {
      const dialed = await proxied(`http://127.0.0.1:${proxy.port}`).dial(tcp(22));
      dialed.socket.write('ping');
      assert.equal(await greetingOf(dialed), 'pong', head);
    });
  }
});

test('gives the bytes behind the head to whoever comes next, at every cut', async () => {
  const answer = 'HTTP/1.1 200 OK\r\n\r\nSSH-2.0-server';
  for (const cut of [1, 16, 17, 18, 19, 20, 25, answer.length]) {
    const pieces: Step[] = [
      send(answer.slice(0, cut)),
      () => new Promise<void>((done) => setImmediate(done)),
      send(answer.slice(cut)),
    ];
    await withScript([HEAD, ...pieces, awaitClose], async (proxy) => {
      const { socket } = await proxied(`http://127.0.0.1:${proxy.port}`).dial(tcp(22));
      let text = '';
      socket.on('data', (bytes: Buffer) => (text += bytes.toString()));
      while (text.length < 'SSH-2.0-server'.length) await once(socket, 'data');
      assert.equal(text, 'SSH-2.0-server', `cut at ${cut}`);
      socket.destroy();
    });
  }
});

test('hands bytes behind the head to the TLS handshake', async () => {
  // A TLS server never speaks first: what comes early is no TLS, and must be seen as that and not be lost.
  await withScript([HEAD, send('HTTP/1.1 200 OK\r\n\r\nHTTP/1.1 400 Bad Request\r\n\r\n'), awaitClose], async (proxy) => {
    const error = await failure(proxied(`http://127.0.0.1:${proxy.port}`).dial(https(443)));
    assert.match(error.message, /did not answer in TLS/);
  });
});

const REFUSALS: readonly (readonly [rule: string, steps: readonly Step[], code: string, message: RegExp])[] = [
  [
    '407',
    [send('HTTP/1.1 407 Proxy Authentication Required\r\nProxy-Authenticate: Basic realm="x"\r\nContent-Length: 0\r\n\r\n')],
    'NET_PROXY_AUTH',
    /does not accept the user name and password \(407, offers Basic\)/,
  ],
  [
    '407 with other schemes',
    [send('HTTP/1.1 407 No\r\nProxy-Authenticate: Negotiate\r\nProxy-Authenticate: NTLM\r\nContent-Length: 0\r\n\r\n')],
    'NET_PROXY_AUTH',
    /offers Negotiate, NTLM/,
  ],
  [
    '502 with a body',
    [send('HTTP/1.1 502 Bad Gateway\r\nContent-Length: 34\r\n\r\n<html><b>no route</b> to it</html>')],
    'NET_PROXY_REFUSED',
    /502 Bad Gateway: no route to it$/,
  ],
  [
    '403 until close',
    [send('HTTP/1.1 403 Forbidden\r\n\r\nblocked by policy'), fin],
    'NET_PROXY_REFUSED',
    /403 Forbidden: blocked by policy$/,
  ],
  [
    'a body that never ends',
    [send('HTTP/1.1 503 Busy\r\nContent-Length: 100\r\n\r\nlater')],
    'NET_PROXY_REFUSED',
    /503 Busy: later$/,
  ],
  [
    'a body cut off',
    [send('HTTP/1.1 503 Busy\r\nContent-Length: 100\r\n\r\nlater'), fin],
    'NET_PROXY_REFUSED',
    /503 Busy: later$/,
  ],
  ['a broken body', [send('HTTP/1.1 503 Busy\r\nTransfer-Encoding: chunked\r\n\r\nzz')], 'NET_PROXY_REFUSED', /503 Busy$/],
  [
    'an endless body',
    [send('HTTP/1.1 503 Busy\r\n\r\n'), sendRepeatedly('x'.repeat(1000))],
    'NET_PROXY_REFUSED',
    /503 Busy: x+…$/,
  ],
  [
    'a redirect',
    [send('HTTP/1.1 302 Found\r\nLocation: http://evil.example\r\nContent-Length: 0\r\n\r\n')],
    'NET_PROXY_REFUSED',
    /302 Found$/,
  ],
  [
    'a reason with escapes',
    [send(Buffer.from('HTTP/1.1 502 \u009b2J\u0085\r\nContent-Length: 0\r\n\r\n', 'latin1'))],
    'NET_PROXY_REFUSED',
    /502 [\x20-\x7e]*$/,
  ],
  ['garbage', [send('SSH-2.0-OpenSSH\r\n')], 'NET_PROXY_PROTOCOL', /no valid answer to CONNECT/],
  ['a TLS server', [send(Uint8Array.of(0x15, 3, 1, 0, 2, 2, 70))], 'NET_PROXY_PROTOCOL', /no valid answer/],
  ['101', [send('HTTP/1.1 101 Switching Protocols\r\n\r\n')], 'NET_PROXY_PROTOCOL', /no valid answer/],
  [
    'an endless head',
    [send('HTTP/1.1 200 OK\r\n'), sendRepeatedly('X-Filler: 0123456789\r\n')],
    'NET_PROXY_PROTOCOL',
    /no valid answer/,
  ],
  ['endless interim responses', [sendRepeatedly('HTTP/1.1 100 Continue\r\n\r\n')], 'NET_PROXY_PROTOCOL', /no valid answer/],
  ['FIN at once', [fin], 'NET_PROXY_PROTOCOL', /closed before a response/],
  ['FIN in the head', [send('HTTP/1.1 200'), fin], 'NET_PROXY_PROTOCOL', /closed within the response head/],
  ['RST', [rst], 'NET_PROXY_PROTOCOL', /no valid answer/],
];

test('turns every other answer to CONNECT into its own error, without the credentials, and closes', async () => {
  const watch = watchHandles();
  for (const [rule, steps, code, message] of REFUSALS) {
    await withScript([HEAD, ...steps, awaitClose], async (proxy) => {
      const error = await failure(proxied(`http://user:s3cret@127.0.0.1:${proxy.port}`).dial(https(443)));
      assert.equal(error.code, code, `${rule}: ${error.message}`);
      assert.match(error.message, message, rule);
      assert.equal(error.where, `http://127.0.0.1:${proxy.port}`, rule);
      await proxy.finished(0);
      assert.equal(proxy.connections.length, 1, rule);
      assert.doesNotMatch(
        proxy.connections[0]?.received().toString('latin1') ?? '',
        /\r\n\r\n[^]/,
        `${rule}: something was sent after the head`,
      );
    });
  }
  await watch.assertNone();
});

test('strikes out the credentials that a proxy repeats', async () => {
  const basic = Buffer.from('user:s3cret').toString('base64');
  for (const head of ['407 No', '502 No', `502 ${basic}`, '200 OK\u0000']) {
    const fields = `Proxy-Authenticate: ${basic}\r\nContent-Length: 100\r\n`;
    const body = `you sent Basic ${basic}, that is user:s3cret`;
    await withScript([HEAD, send(`HTTP/1.1 ${head}\r\n${fields}\r\n${body}`), fin, awaitClose], async (proxy) => {
      const error = await failure(proxied(`http://user:s3cret@127.0.0.1:${proxy.port}`).dial(https(443)));
      const everything = inspect(error, { depth: 9, showHidden: true });
      assert.ok(!everything.includes('s3cret') && !everything.includes(basic), everything);
    });
  }
});

test('ends a silent proxy by the deadline, and by the abort', async () => {
  await withScript([awaitClose], async (proxy) => {
    const dialer = proxied(`http://127.0.0.1:${proxy.port}`);
    const error = await failure(dialer.dial(https(443), { deadlines: { connectTimeoutMs: 30 } }));
    assert.equal(error.code, 'NET_CONNECT_TIMEOUT');
    assert.equal(error.message, `no connection to target.test:443 through http://127.0.0.1:${proxy.port} in 30 ms`);
  });
  const watch = watchHandles();
  await withScript([awaitClose], async (proxy) => {
    const controller = new AbortController();
    const failed = failure(proxied(`http://127.0.0.1:${proxy.port}`).dial(https(443), { signal: controller.signal }));
    while ((proxy.connections[0]?.received().length ?? 0) === 0) await new Promise((done) => setImmediate(done));
    controller.abort();
    assert.equal((await failed).code, 'NET_ABORTED');
    await proxy.finished(0);
  });
  await watch.assertNone();
});

test('an abort within the TLS handshake with an https: proxy, or in the tunnel after it, destroys the socket and leaves nothing', async () => {
  const { certPem, keyPem } = ca.issue({ names: ['proxy.test'] });
  const points: readonly (readonly [point: string, tls: boolean, steps: readonly Step[]])[] = [
    // It takes the ClientHello and says nothing.
    ['proxy TLS', false, [receiveBytes(1)]],
    ['CONNECT', true, [HEAD]],
    ['within the answer to CONNECT', true, [HEAD, send('HTTP/1.1 200 O')]],
    ['target TLS', true, [HEAD, send('HTTP/1.1 200 OK\r\n\r\n'), receiveBytes(100)]],
  ];
  for (const [point, tls, steps] of points) {
    const watch = watchHandles();
    const controller = new AbortController();
    await withScript([...steps, () => controller.abort(), awaitClose], async (proxy) => {
      const dialer = proxied(`https://user:s3cret@proxy.test:${proxy.port}`);
      const error = await failure(dialer.dial(https(443), { signal: controller.signal }));
      assert.equal(error.code, 'NET_ABORTED', point);
      await proxy.finished(0);
    }, tls ? { certPem, keyPem } : undefined);
    assert.equal(getEventListeners(controller.signal, 'abort').length, 0, point);
    await watch.assertNone();
  }
});

test('says that the proxy, not the target, cannot be reached', async () => {
  const port = await deadPort();
  const error = await failure(proxied(`http://user:s3cret@proxy.test:${port}`).dial(https(443)));
  assert.equal(error.code, 'NET_PROXY_CONNECT');
  assert.equal(error.message, `cannot connect to proxy proxy.test:${port}: 127.0.0.1:${port} ECONNREFUSED`);
});

test('judges the target, not the proxy, by the policy', async () => {
  await withScript([HEAD, send('HTTP/1.1 200 OK\r\n\r\nopen'), awaitClose], async (proxy) => {
    const dialer = proxied(`http://127.0.0.1:${proxy.port}`, { policy: allowOrigins(['target.test:22']) });
    assert.equal(await greetingOf(await dialer.dial(tcp(22))), 'open');
    assert.equal((await failure(dialer.dial(https(443, 'evil.test')))).code, 'NET_EGRESS_DENIED');
    // Allowed as a proxy only.
    assert.equal((await failure(dialer.dial(tcp(proxy.port, '127.0.0.1')))).code, 'NET_EGRESS_DENIED');
    const all = proxied(`http://127.0.0.1:${proxy.port}`, { policy: allowAll() });
    assert.equal((await failure(all.dial(https(443, '169.254.169.254')))).code, 'NET_EGRESS_ADDRESS');
    assert.equal(proxy.connections.length, 1);
  });
});

test('sends a plain target to the proxy in absolute form, credentials beside it', async () => {
  await withScript([awaitClose], async (proxy) => {
    const dialed = await proxied(`http://user:pass@127.0.0.1:${proxy.port}`).dial(http(80));
    assert.equal(dialed.requestForm, 'absolute');
    assert.deepEqual(dialed.proxyFields, [['Proxy-Authorization', `Basic ${Buffer.from('user:pass').toString('base64')}`]]);
    dialed.socket.destroy();
    await proxy.finished(0);
    assert.equal(proxy.connections[0]?.received().length, 0);
  });
});

test('never resolves the name of a target that goes through an http: proxy', async () => {
  await withScript([HEAD, send('HTTP/1.1 200 OK\r\n\r\nok'), awaitClose], async (proxy) => {
    const asked: string[] = [];
    const resolve = (hostname: string): Promise<string[]> => (asked.push(hostname), Promise.resolve(['127.0.0.1']));
    assert.equal(await greetingOf(await proxied(`http://proxy.test:${proxy.port}`, { resolve }).dial(tcp(22))), 'ok');
    assert.deepEqual(asked, ['proxy.test']);
  });
});

test('proxy-only refuses a direct connection: no proxy, NO_PROXY, loopback', async () => {
  await using server = await tcpServer();
  const resolve = (): Promise<never> => assert.fail('resolved');
  const environments = [{}, { HTTPS_PROXY: 'p.test', NO_PROXY: 'target.test' }, { HTTP_PROXY: 'p.test' }];
  for (const env of environments) {
    const dialer = testDialer({ proxy: proxyFromEnvironment(env, { proxyOnly: true }), resolve });
    const error = await failure(dialer.dial(https(server.port)));
    assert.equal(error.code, 'NET_PROXY_CONFIG');
    assert.match(error.message, /--proxy-only forbids a direct connection/);
  }
  const dialer = testDialer({ proxy: fixedProxy('p.test', { proxyOnly: true }), resolve, policy: allowAll(plain) });
  assert.equal((await failure(dialer.dial(http(server.port, 'localhost')))).code, 'NET_PROXY_CONFIG');
  assert.equal(server.accepted.length, 0);
});
