import assert from 'node:assert/strict';
import { once } from 'node:events';
import { test } from 'node:test';

import { watchHandles } from '@sx/testkit';

import type { NetError } from '../../src/net-error.ts';
import { allowAll, allowOrigins, loopbackOnly } from '../../src/policy.ts';
import { diagnose } from '../../src/socket/dialer-diagnose.ts';
import type { DialStep } from '../../src/socket/dialer-contract.ts';
import { interleaveFamilies, raceConnect } from '../../src/socket/happy-eyeballs.ts';
import { createTrust } from '../../src/socket/trust.ts';
import { createBlackHole } from './black-hole.ts';
import { deadPort, failure, greetingOf, http, https, plain, tcp, tcpServer, testDialer, tlsServer } from './dialer-fixtures.ts';

const answer = (...addresses: string[]) => () => Promise.resolve(addresses);
const never = (): Promise<never> => new Promise(() => undefined);

test('gives each connection its number, and the socket of a plain target as it is', async () => {
  await using server = await tcpServer((socket) => void socket.write('ssh'));
  const dialer = testDialer();
  for (const [id, target] of [[1, tcp(server.port)], [2, http(server.port)]] as const) {
    const dialed = await dialer.dial(target);
    assert.equal(dialed.connectionId, id);
    assert.equal(dialed.requestForm, 'origin');
    assert.deepEqual(dialed.proxyFields, []);
    assert.equal(await greetingOf(dialed), 'ssh');
  }
});

test('interleaves the families, the first one first', () => {
  assert.deepEqual(interleaveFamilies(['::1', '::2', '::3', '1.1.1.1', '2.2.2.2']), ['::1', '1.1.1.1', '::2', '2.2.2.2', '::3']);
  assert.deepEqual(interleaveFamilies(['1.1.1.1', '::1']), ['1.1.1.1', '::1']);
  assert.deepEqual(interleaveFamilies([]), []);
});

test('goes on to the next address at once when one is dead', async () => {
  await using server = await tcpServer((socket) => void socket.write('alive'));
  const dialer = testDialer({ resolve: answer('127.0.0.2', '::1', '127.0.0.1'), deadlines: { attemptDelayMs: 60_000 } });
  const steps: DialStep[] = [];
  const dialed = await dialer.dial(tcp(server.port), { onStep: (step) => steps.push(step) });
  assert.equal(await greetingOf(dialed), 'alive');
  assert.equal(dialed.remoteAddress, `127.0.0.1:${server.port}`);
  assert.match(steps.at(-1)?.detail ?? '', /127\.0\.0\.2 ECONNREFUSED; ::1 (ECONNREFUSED|EADDRNOTAVAIL|ENETUNREACH)/);
});

test('tries the next address beside one that does not answer, and destroys the loser', async () => {
  await using server = await tcpServer((socket) => void socket.write('alive'));
  await using hole = await createBlackHole(server.port);
  const watch = watchHandles();
  const dialer = testDialer({ resolve: answer(hole.address, '127.0.0.1'), deadlines: { attemptDelayMs: 10 } });
  const dialed = await dialer.dial(tcp(server.port));
  assert.equal(dialed.remoteAddress, `127.0.0.1:${server.port}`);
  assert.equal(await greetingOf(dialed), 'alive');
  await watch.assertNone(500);
});

test('leaves no listener of its own on the socket that won', async () => {
  await using server = await tcpServer();
  const signal = new AbortController().signal;
  const { socket } = await raceConnect(
    ['127.0.0.1'],
    server.port,
    { hostname: 'x', attemptDelayMs: 1, signal, failureCode: 'NET_CONNECT' },
  );
  for (const event of ['connect', 'error', 'close', 'data', 'readable']) assert.equal(socket.listenerCount(event), 0, event);
  socket.destroy();
});

test('says every address and why, in one line, when none connects', async () => {
  const port = await deadPort();
  const dialer = testDialer({ resolve: answer('127.0.0.1', '127.0.0.2') });
  const error = await failure(dialer.dial(https(port)));
  assert.equal(error.code, 'NET_CONNECT');
  assert.equal(
    error.message,
    `cannot connect to target.test:${port}: 127.0.0.1:${port} ECONNREFUSED, 127.0.0.2:${port} ECONNREFUSED`,
  );
});

test('says an address that was given as one once', async () => {
  const port = await deadPort();
  const signal = new AbortController().signal;
  const race = (...addresses: string[]): Promise<NetError> =>
    failure(raceConnect(addresses, port, { hostname: addresses[0] ?? '', attemptDelayMs: 1, signal, failureCode: 'NET_CONNECT' }));
  assert.equal((await race('127.0.0.1')).message, `cannot connect to 127.0.0.1:${port}: ECONNREFUSED`);
  assert.match((await race('::1')).message, /^cannot connect to \[::1\]:\d+: E\w+$/);
});

test('reaches localhost on a server that listens on IPv4 alone', async () => {
  await using server = await tlsServer({ names: ['localhost'] });
  assert.equal(await greetingOf(await testDialer({ resolve: undefined }).dial(https(server.port, 'localhost'))), 'hello');
  assert.equal(
    await greetingOf(await testDialer({ resolve: answer('::1', '127.0.0.1') }).dial(https(server.port, 'localhost'))),
    'hello',
  );
});

test('connects to at most addressesMax addresses', async () => {
  const port = await deadPort();
  const dialer = testDialer({ resolve: answer('127.0.0.2', '127.0.0.3', '127.0.0.4'), limits: { addressesMax: 2 } });
  const { message } = await failure(dialer.dial(https(port)));
  assert.ok(message.includes('127.0.0.3') && !message.includes('127.0.0.4'));
});

test('tells a name that does not exist from a name server that does not answer', async () => {
  for (const [code, text] of [['ENOTFOUND', 'no such host'], ['EAI_AGAIN', 'the name server did not answer']] as const) {
    const resolve = () => Promise.reject(Object.assign(new Error(), { code }));
    const error = await failure(testDialer({ resolve }).dial(https(443)));
    assert.equal(error.code, 'NET_DNS');
    assert.equal(error.message, `cannot resolve target.test: ${text} (${code})`);
  }
  assert.equal((await failure(testDialer({ resolve: answer() }).dial(https(443)))).code, 'NET_DNS');
  assert.equal((await failure(testDialer({ resolve: answer('not an address') }).dial(https(443)))).code, 'NET_DNS');
});

test('ends names and connections that never come by the deadline', async () => {
  const deadlines = { connectTimeoutMs: 20 };
  const error = await failure(testDialer({ resolve: never, deadlines }).dial(https(443)));
  assert.equal(error.code, 'NET_CONNECT_TIMEOUT');
  assert.equal(error.message, 'no connection to target.test:443 in 20 ms');
  await using hole = await createBlackHole();
  assert.equal(
    (await failure(testDialer({ resolve: answer(hole.address), deadlines }).dial(https(hole.port)))).code,
    'NET_CONNECT_TIMEOUT',
  );
});

test('refuses a target before it asks a name server, and remembers the refusal', async () => {
  const resolve = (): Promise<never> => assert.fail('resolved');
  const dialer = testDialer({ policy: allowOrigins(['api.example'], { plainHttp: [] }), resolve, limits: { refusalsMax: 2 } });
  const rows = [
    ['NET_EGRESS_DENIED', https(443)],
    ['NET_PLAIN_HTTP_REFUSED', http(443, 'api.example')],
    ['NET_EGRESS_DENIED', https(8443)],
  ] as const;
  for (const [code, target] of rows) assert.equal((await failure(dialer.dial(target))).code, code);
  assert.deepEqual(dialer.refusals.map(({ code, host, port }) => ({ code, host, port })), [
    { code: 'NET_EGRESS_DENIED', host: 'target.test', port: 443 },
    { code: 'NET_PLAIN_HTTP_REFUSED', host: 'api.example', port: 443 },
  ]);
});

test('refuses private, loopback and link-local addresses of a host that a wildcard admitted', async () => {
  const policy = allowOrigins(['*.wild.example']);
  for (const address of [
    '10.0.0.1', '127.0.0.1', '192.168.0.1', '::1', 'fd00::1', '::ffff:10.0.0.1', '64:ff9b::10.0.0.1', '169.254.169.254',
    'fe80::1', '0.0.0.0', '::',
  ]) {
    const dialer = testDialer({ policy, resolve: answer(address) });
    const error = await failure(dialer.dial(https(443, 'a.wild.example')));
    assert.equal(error.code, 'NET_EGRESS_ADDRESS', address);
    assert.equal(dialer.refusals.length, 1);
  }
});

test('refuses link-local and unspecified addresses even of a host that the user configured', async () => {
  for (const address of ['169.254.169.254', 'fe80::1', 'fe80::1%lo', '0.0.0.0', '::', '::ffff:169.254.169.254']) {
    assert.equal((await failure(testDialer({ resolve: answer(address) }).dial(https(443)))).code, 'NET_EGRESS_ADDRESS', address);
  }
  for (const hostname of ['169.254.169.254', '[fe80::1]', '0.0.0.0', '[::]', '[::ffff:a9fe:a9fe]']) {
    assert.equal((await failure(testDialer().dial(https(443, hostname)))).code, 'NET_EGRESS_ADDRESS', hostname);
  }
});

test('leaves out the forbidden addresses of a mixed answer', async () => {
  await using server = await tcpServer((socket) => void socket.write('ok'));
  const steps: DialStep[] = [];
  const dialed = await testDialer({ resolve: answer('169.254.169.254', '127.0.0.1') }).dial(
    tcp(server.port),
    { onStep: (step) => steps.push(step) },
  );
  assert.equal(await greetingOf(dialed), 'ok');
  assert.match(steps.find((step) => step.name === 'dns')?.detail ?? '', /refused by policy: 169\.254\.169\.254/);
});

test('connects to the address that was checked: a name is resolved once a connection', async () => {
  await using server = await tcpServer((socket) => void socket.write('checked'));
  const answers = [['127.0.0.1'], ['169.254.169.254']];
  let asked = 0;
  const dialer = testDialer({ resolve: () => Promise.resolve(answers[asked++] ?? []) });
  assert.equal(await greetingOf(await dialer.dial(tcp(server.port))), 'checked');
  assert.equal(asked, 1);
  // The second connection meets the name server's second answer, and is judged by it.
  assert.equal((await failure(dialer.dial(tcp(server.port)))).code, 'NET_EGRESS_ADDRESS');
});

test('keeps plain http to localhost on this machine, whatever the name server says', async () => {
  const dialer = testDialer({ policy: allowAll(), resolve: answer('8.8.8.8') });
  assert.equal((await failure(dialer.dial(http(80, 'localhost')))).code, 'NET_EGRESS_ADDRESS');
});

test('offline reaches a named loopback server and nothing else', async () => {
  await using server = await tcpServer((socket) => void socket.write('local'));
  const dialer = testDialer({ policy: loopbackOnly([`http://localhost:${server.port}`, 'https://api.example']) });
  assert.equal(await greetingOf(await dialer.dial(http(server.port, 'localhost'))), 'local');
  assert.equal((await failure(dialer.dial(https(443, 'api.example')))).code, 'NET_EGRESS_DENIED');
});

test('refuses what is not a host and port', async () => {
  for (const [hostname, port] of [
    ['', 1], ['a b', 1], ['localhost\u0000.evil', 1], ['bücher', 1], ['x', 0], ['x', 65_536], ['x', 1.5], ['x'.repeat(256), 1],
  ] as const) {
    assert.equal((await failure(testDialer().dial(https(port, hostname)))).code, 'NET_BAD_URL', JSON.stringify([hostname, port]));
  }
});

test('abort at any stage ends the attempt and leaves no socket, timer or listener', async () => {
  const watch = watchHandles();
  {
    await using silent = await tcpServer();
    await using hole = await createBlackHole();
    const stages: readonly (readonly [string, Promise<void> | undefined, () => ReturnType<typeof testDialer>, number])[] = [
      ['before', undefined, () => testDialer(), silent.port],
      ['resolve', Promise.resolve(), () => testDialer({ resolve: never }), 443],
      ['connect', new Promise((done) => setImmediate(done)), () => testDialer({ resolve: answer(hole.address) }), hole.port],
    ];
    for (const [stage, when, create, port] of stages) {
      const controller = new AbortController();
      if (when === undefined) controller.abort();
      const failed = failure(create().dial(https(port), { signal: controller.signal }));
      await when;
      controller.abort(new Error('enough'));
      assert.equal((await failed).code, 'NET_ABORTED', stage);
    }
    const controller = new AbortController();
    const failed = failure(testDialer().dial(https(silent.port), { signal: controller.signal }));
    while (silent.accepted.length === 0) await new Promise((done) => setImmediate(done));
    const [accepted] = silent.accepted;
    assert.ok(accepted !== undefined);
    await once(accepted, 'data'); // the ClientHello: the handshake is under way
    controller.abort(new Error('enough'));
    const error = await failed;
    assert.equal(error.code, 'NET_ABORTED');
    assert.ok(error.cause instanceof Error && error.cause.message === 'enough');
    if (!accepted.destroyed) await once(accepted, 'close');
  }
  await watch.assertNone();
});

test('a signal that outlives many connections gathers no listeners', async () => {
  await using server = await tlsServer();
  const controller = new AbortController();
  let listeners = 0;
  const { signal } = controller;
  const [add, remove] = [signal.addEventListener.bind(signal), signal.removeEventListener.bind(signal)];
  signal.addEventListener = (...args: Parameters<typeof add>): void => ((listeners += 1), add(...args));
  signal.removeEventListener = (...args: Parameters<typeof remove>): void => ((listeners -= 1), remove(...args));
  for (let i = 0; i < 3; i += 1) await greetingOf(await testDialer().dial(https(server.port), { signal }));
  assert.equal(listeners, 0);
});

test('gives one pool key to one way of talking, and another to every other', () => {
  const dialer = testDialer();
  assert.equal(dialer.poolKey(https(443)), dialer.poolKey(https(443, 'TARGET.test.')));
  const keys = [https(443), https(8443), http(443), https(443, 'other.test')].map((target) => dialer.poolKey(target));
  const client = { cert: 'CERT', key: 'SECRET KEY', passphrase: 'SECRET' };
  keys.push(testDialer({ trust: createTrust() }).poolKey(https(443)));
  keys.push(testDialer({ trust: createTrust({ clientCertificate: client }) }).poolKey(https(443)));
  keys.push(testDialer({ trust: createTrust({ clientCertificate: { ...client, cert: 'CERT 2' } }) }).poolKey(https(443)));
  assert.equal(new Set(keys).size, keys.length);
  assert.doesNotMatch(keys.join(), /SECRET/);
});

test('the doctor walks the way of a request and reports each step with what it saw', async () => {
  await using server = await tlsServer();
  const dialer = testDialer({ policy: allowAll(plain) });
  const { steps, error } = await diagnose(dialer, https(server.port));
  assert.equal(error, undefined);
  assert.deepEqual(
    steps.map(({ name, ok }) => [name, ok]),
    [['policy', true], ['proxy', true], ['dns', true], ['tcp', true], ['tls', true]],
  );
  const tls = steps.at(-1);
  assert.match(tls?.detail ?? '', /^TLSv1\.3 TLS_\w+, ALPN http\/1\.1$/);
  assert.deepEqual(
    tls?.chain?.map(({ subject, issuer }) => [subject, issuer]),
    [['CN=target.test', 'CN=sx test CA'], ['CN=sx test CA', 'CN=sx test CA']],
  );
});

test('the doctor ends with the step that failed, its error, and the chain that was refused', async () => {
  await using server = await tlsServer();
  const { steps, error } = await diagnose(testDialer({ trust: createTrust({ systemStore: 'never' }) }), https(server.port));
  assert.equal(error?.code, 'NET_TLS_UNTRUSTED');
  const last = steps.at(-1);
  assert.deepEqual([last?.name, last?.ok, last?.error], ['tls', false, error]);
  assert.equal(last?.chain?.[0]?.issuer, 'CN=sx test CA');
  const denied = await diagnose(testDialer({ policy: allowOrigins([]) }), https(server.port));
  assert.deepEqual(denied.steps.map(({ name, ok }) => [name, ok]), [['policy', false]]);
});
