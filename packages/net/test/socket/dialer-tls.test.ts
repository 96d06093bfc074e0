import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { connect } from 'node:net';
import { test } from 'node:test';
import { createServer } from 'node:tls';

import { createTestCa, selfSigned, watchHandles } from '@sx/testkit';

import { startTls } from '../../src/socket/tls-connect.ts';
import { createTrust } from '../../src/socket/trust.ts';
import type { DialStep } from '../../src/socket/dialer-contract.ts';
import { ca, caFile, failure, greetingOf, https, listen, tcpServer, testDialer, tlsServer, trustCa } from './dialer-fixtures.ts';

test('speaks TLS with a server whose chain ends in an extra CA, sends SNI and ALPN', async () => {
  const watch = watchHandles();
  {
    await using server = await tlsServer();
    const dialed = await testDialer().dial(https(server.port));
    assert.equal(dialed.requestForm, 'origin');
    assert.equal(dialed.remoteAddress, `127.0.0.1:${server.port}`);
    assert.equal(await greetingOf(dialed), 'hello');
    const [accepted] = server.accepted;
    assert.ok(accepted !== undefined && 'servername' in accepted);
    assert.equal(accepted.servername, 'target.test');
    assert.equal(accepted.alpnProtocol, 'http/1.1');
  }
  await watch.assertNone();
});

test('leaves the trailing dot of a name out of SNI and the name check', async () => {
  await using server = await tlsServer();
  assert.equal(await greetingOf(await testDialer().dial(https(server.port, 'target.test.'))), 'hello');
  const [accepted] = server.accepted;
  assert.ok(accepted !== undefined && 'servername' in accepted);
  assert.equal(accepted.servername, 'target.test');
});

test('refuses a certificate for another name', async () => {
  await using server = await tlsServer({ names: ['other.test', 'more.test'] });
  const error = await failure(testDialer().dial(https(server.port)));
  assert.equal(error.code, 'NET_TLS_NAME');
  assert.equal(error.message, 'the certificate of target.test is for DNS:other.test, DNS:more.test');
});

test('refuses a certificate without subjectAltName, whatever its common name', async () => {
  const { certPem, keyPem } = ca.issue({ names: [], ips: [], commonName: 'target.test' });
  await using server = await tlsServer({ cert: certPem, key: keyPem });
  const error = await failure(testDialer().dial(https(server.port)));
  assert.equal(error.code, 'NET_TLS_NAME');
  assert.match(error.message, /no subjectAltName/);
});

test('checks an address against the addresses in the certificate, IPv4 and IPv6, without SNI', async () => {
  await using server = await tlsServer({ names: [], ips: ['127.0.0.1', '::1'] });
  assert.equal(await greetingOf(await testDialer().dial(https(server.port, '127.0.0.1'))), 'hello');
  const [accepted] = server.accepted;
  assert.ok(accepted !== undefined && 'servername' in accepted);
  assert.equal(accepted.servername, false);
  await using wrong = await tlsServer({ names: ['127.0.0.1'], ips: ['127.0.0.2'] });
  assert.equal((await failure(testDialer().dial(https(wrong.port, '127.0.0.1')))).code, 'NET_TLS_NAME');
});

test('matches an IPv6 address in the certificate by value', async () => {
  await using server = await tlsServer({ names: [], ips: ['::1'] }, '::1');
  assert.equal(await greetingOf(await testDialer().dial(https(server.port, '[::1]'))), 'hello');
  await using wrong = await tlsServer({ names: [], ips: ['::2'] }, '::1');
  assert.equal((await failure(testDialer().dial(https(wrong.port, '[::1]')))).code, 'NET_TLS_NAME');
});

test('refuses expired and future certificates, saying from when to when they hold', async () => {
  const day = 86_400_000;
  for (const [from, to] of [[-3, -1], [1, 3]] as const) {
    const dates = { notBefore: new Date(Date.now() + from * day), notAfter: new Date(Date.now() + to * day) };
    const { certPem, keyPem } = ca.issue({ names: ['target.test'], ...dates });
    await using server = await tlsServer({ cert: certPem, key: keyPem });
    const error = await failure(testDialer().dial(https(server.port)));
    assert.equal(error.code, 'NET_TLS_EXPIRED');
    assert.match(error.message, /valid from .* GMT to .* GMT/);
  }
});

test('names the issuer of an untrusted certificate and the key that would trust it', async () => {
  await using server = await tlsServer();
  const strict = testDialer({ trust: createTrust({ systemStore: 'never' }) });
  const error = await failure(strict.dial(https(server.port)));
  assert.equal(error.code, 'NET_TLS_UNTRUSTED');
  assert.match(error.message, /^the certificate of target\.test is not trusted: its issuer "CN=sx test CA" is unknown/);
  assert.equal(error.got, 'CN=sx test CA');
  assert.match(error.hint ?? '', /CA_FILE/);
});

test('refuses a self-signed certificate, and takes it once it is named as trusted itself', async () => {
  const { certPem, keyPem } = selfSigned({ names: ['target.test'] });
  await using server = await tlsServer({ cert: certPem, key: keyPem });
  const error = await failure(testDialer().dial(https(server.port)));
  assert.equal(error.code, 'NET_TLS_UNTRUSTED');
  assert.match(error.message, /self-signed by "CN=target\.test"/);
  const trusting = testDialer({ trust: createTrust({ extraCaPem: certPem }) });
  assert.equal(await greetingOf(await trusting.dial(https(server.port))), 'hello');
});

test('trusts an intermediate authority that the user named, without its root', async () => {
  const intermediate = ca.intermediate();
  const { leafPem, keyPem } = intermediate.issue({ names: ['target.test'] });
  await using server = await tlsServer({ cert: leafPem, key: keyPem });
  const trusting = testDialer({ trust: createTrust({ extraCaPem: intermediate.certPem, systemStore: 'never' }) });
  assert.equal(await greetingOf(await trusting.dial(https(server.port))), 'hello');
});

test('escapes what a certificate says before it reaches a terminal', async () => {
  const { certPem, keyPem } = createTestCa({ name: 'evil\u001b[2J\u202eCA' }).issue({ names: ['target.test'] });
  await using server = await tlsServer({ cert: certPem, key: keyPem });
  const error = await failure(testDialer().dial(https(server.port)));
  assert.equal(error.code, 'NET_TLS_UNTRUSTED');
  assert.doesNotMatch(error.message + String(error.got), /[\u001b\u202e]/);
});

test('trusts a CA for one host only where it was given for that host', async () => {
  await using server = await tlsServer({ names: ['target.test', 'other.test'] });
  const dialer = testDialer({
    trust: createTrust({ perHost: { 'Target.test': { extraCaFiles: [caFile] } }, systemStore: 'never' }),
  });
  assert.equal(await greetingOf(await dialer.dial(https(server.port))), 'hello');
  assert.equal((await failure(dialer.dial(https(server.port, 'other.test')))).code, 'NET_TLS_UNTRUSTED');
  assert.notEqual(
    dialer.poolKey(https(1)).split(' ').slice(1).join(),
    dialer.poolKey(https(1, 'other.test')).split(' ').slice(1).join(),
  );
});

test('asks the system store only after an unknown issuer, once more, and remembers the host', async () => {
  await using server = await tlsServer({ names: ['target.test', 'other.test'] });
  let loads = 0;
  const systemCertificates = (): string[] => {
    loads += 1;
    return [ca.certPem];
  };
  const dialer = testDialer({ trust: createTrust({ systemCertificates }) });
  const names: string[] = [];
  const onStep = (step: DialStep): void => void names.push(`${step.name} ${step.ok ? 'ok' : 'failed'}`);
  assert.equal(await greetingOf(await dialer.dial(https(server.port), { onStep })), 'hello');
  assert.deepEqual(names, ['policy ok', 'proxy ok', 'dns ok', 'tcp ok', 'tls failed', 'dns ok', 'tcp ok', 'tls ok']);
  names.length = 0;
  assert.equal(await greetingOf(await dialer.dial(https(server.port), { onStep })), 'hello');
  assert.deepEqual(names, ['policy ok', 'proxy ok', 'dns ok', 'tcp ok', 'tls ok']);
  assert.equal(await greetingOf(await dialer.dial(https(server.port, 'other.test'))), 'hello');
  assert.equal(loads, 1);
});

test('tries once more only once where the system store does not know the issuer either', async () => {
  await using server = await tlsServer();
  let attempts = 0;
  const dialer = testDialer({ trust: createTrust({ systemCertificates: () => [createTestCa().certPem] }) });
  const onStep = (step: DialStep): void => void (attempts += step.name === 'tls' ? 1 : 0);
  assert.equal((await failure(dialer.dial(https(server.port), { onStep }))).code, 'NET_TLS_UNTRUSTED');
  assert.equal(attempts, 2);
  assert.equal((await failure(dialer.dial(https(server.port), { onStep }))).code, 'NET_TLS_UNTRUSTED');
  assert.equal(attempts, 3);
});

test('does not load the system store for a wrong name', async () => {
  await using server = await tlsServer({ names: ['other.test'] });
  const systemCertificates = (): string[] => assert.fail('loaded');
  const dialer = testDialer({ trust: createTrust({ extraCaFiles: [caFile], systemCertificates }) });
  assert.equal((await failure(dialer.dial(https(server.port)))).code, 'NET_TLS_NAME');
});

test('shows a client certificate to a target that asks, its own per host', async () => {
  await using server = await tlsServer({
    names: ['target.test', 'other.test'],
    requestCert: true,
    rejectUnauthorized: true,
    ca: [ca.certPem],
  });
  const [common, own] = [ca.issue({ clientAuth: true, commonName: 'common' }), ca.issue({ clientAuth: true, commonName: 'own' })];
  const dialer = testDialer({
    trust: trustCa({
      clientCertificate: { cert: common.certPem, key: common.keyPem },
      perHost: { 'other.test': { clientCertificate: { cert: own.certPem, key: own.keyPem } } },
    }),
  });
  for (const [hostname, name] of [['target.test', 'common'], ['other.test', 'own']] as const) {
    assert.equal(await greetingOf(await dialer.dial(https(server.port, hostname))), 'hello');
    const accepted = server.accepted.at(-1);
    assert.ok(accepted !== undefined && 'getPeerCertificate' in accepted);
    assert.equal(accepted.getPeerCertificate().subject.CN, name);
  }
});

test('says that a server may want a client certificate', async () => {
  await using server = await tlsServer({ requestCert: true, rejectUnauthorized: true, ca: [ca.certPem], maxVersion: 'TLSv1.2' });
  const error = await failure(testDialer().dial(https(server.port)));
  assert.equal(error.code, 'NET_TLS');
  assert.equal(error.hint, 'the server may want a client certificate: CLIENT_CERT_FILE and CLIENT_KEY_FILE');
});

test('refuses a server that speaks another protocol by ALPN, and takes one that does not know ALPN', async () => {
  await using h2 = await tlsServer({ ALPNProtocols: ['h2'] });
  assert.equal((await failure(testDialer().dial(https(h2.port)))).code, 'NET_TLS_ALPN');
  const { certPem, keyPem } = ca.issue({ names: ['target.test'] });
  await using silent = await listen(createServer({ cert: certPem, key: keyPem }, (socket) => void socket.write('no alpn')));
  assert.equal(await greetingOf(await testDialer().dial(https(silent.port))), 'no alpn');
});

test('says so when a plain server listens on the TLS port', async () => {
  await using server = await tcpServer((socket) => void socket.write('HTTP/1.1 400 Bad Request\r\n\r\n'));
  const error = await failure(testDialer().dial(https(server.port)));
  assert.equal(error.code, 'NET_TLS');
  assert.match(error.message, /did not answer in TLS/);
  assert.match(error.hint ?? '', /scheme and port/);
});

test('ends a handshake that the server closes, resets or never answers with its own code', async () => {
  await using closing = await tcpServer((socket) => void socket.once('data', () => socket.end()));
  assert.equal((await failure(testDialer().dial(https(closing.port)))).code, 'NET_TLS');
  await using resetting = await tcpServer((socket) => void socket.once('data', () => socket.resetAndDestroy()));
  assert.equal((await failure(testDialer().dial(https(resetting.port)))).code, 'NET_TLS');
  await using silent = await tcpServer();
  const error = await failure(testDialer().dial(https(silent.port), { deadlines: { tlsTimeoutMs: 20 } }));
  assert.equal(error.code, 'NET_TLS_TIMEOUT');
  assert.equal(error.limit, 20);
});

test('destroys the socket that it was given when the handshake is aborted', async () => {
  await using server = await tcpServer();
  const socket = connect(server.port, '127.0.0.1');
  await once(socket, 'connect');
  const controller = new AbortController();
  const failed = failure(startTls(
    socket,
    { hostname: 'target.test', port: 443, secureContext: undefined, signal: controller.signal },
  ));
  controller.abort();
  assert.equal((await failed).code, 'NET_ABORTED');
  assert.equal(socket.destroyed, true);
});

test('resumes no session: every connection is a full handshake', async () => {
  await using server = await tlsServer();
  const dialer = testDialer();
  for (let i = 0; i < 3; i += 1) {
    assert.equal(await greetingOf(await dialer.dial(https(server.port))), 'hello');
    const accepted = server.accepted.at(-1);
    assert.ok(accepted !== undefined && 'isSessionReused' in accepted);
    assert.equal(accepted.isSessionReused(), false);
  }
});

test('verifies though NODE_TLS_REJECT_UNAUTHORIZED=0 is set', async () => {
  await using server = await tlsServer();
  const script = `
    import { allowAll, createDialer, createTrust } from ${JSON.stringify(new URL('../../src/index.ts', import.meta.url).href)};
    const dialer = createDialer({ policy: allowAll(), trust: createTrust({ systemStore: 'never' }) });
    await dialer.dial({ scheme: 'https:', hostname: 'localhost', port: ${server.port} }).then(
      ({ socket }) => { console.log('connected'); socket.destroy(); },
      (error) => console.log(error.code),
    );`;
  const env = { ...process.env, NODE_TLS_REJECT_UNAUTHORIZED: '0', NODE_NO_WARNINGS: '1' };
  const child = spawn(
    process.execPath,
    ['--conditions=@sx/source', '--input-type=module', '--eval', script],
    { env, stdio: ['ignore', 'pipe', 'inherit'] },
  );
  let output = '';
  child.stdout.on('data', (bytes: Buffer) => (output += bytes.toString()));
  await once(child, 'close');
  assert.equal(output.trim(), 'NET_TLS_UNTRUSTED');
});
