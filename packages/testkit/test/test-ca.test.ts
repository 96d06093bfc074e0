import assert from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { once } from 'node:events';
import { isIP, type AddressInfo } from 'node:net';
import { test } from 'node:test';
import * as tls from 'node:tls';
import { createTestCa, selfSigned, type IssuedCertificate } from '../src/test-ca.ts';

interface Attempt {
  readonly server: IssuedCertificate | { certPem: string; keyPem: string };
  readonly ca: string;
  readonly servername?: string;
  readonly clientCa?: string;
  readonly client?: IssuedCertificate;
}

/** One real TLS handshake over loopback: `ok`, or the code of what the client's or the server's verification said. */
async function handshake(attempt: Attempt): Promise<string> {
  const { server: { certPem, keyPem }, ca, clientCa, client } = attempt;
  const mutual = clientCa === undefined ? {} : { requestCert: true, rejectUnauthorized: true, ca: [clientCa] };
  const server = tls.createServer({ cert: certPem, key: keyPem, ...mutual }, (socket) => {
    socket.on('error', () => socket.destroy());
    socket.end('ok');
  });
  server.on('tlsClientError', (_fault, socket) => socket.destroy());
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const socket = tls.connect({
    host: '127.0.0.1', port, ca: [ca], rejectUnauthorized: true,
    // SNI holds DNS names only (RFC 6066, section 3).
    servername: isIP(attempt.servername ?? '') === 0 ? (attempt.servername ?? 'localhost') : '',
    ...(client === undefined ? {} : { cert: client.certPem, key: client.keyPem }),
    checkServerIdentity: (_host, certificate) => tls.checkServerIdentity(attempt.servername ?? 'localhost', certificate),
  });
  const outcome = await new Promise<string>((resolve) => {
    socket.once('error', (fault: NodeJS.ErrnoException) => resolve(fault.code ?? fault.message));
    let text = '';
    socket.on('data', (chunk: Buffer) => (text += chunk.toString()));
    socket.once('close', () => resolve(text === '' ? 'closed' : text));
  });
  socket.destroy();
  server.close();
  await once(server, 'close');
  return outcome;
}

const ca = createTestCa();
const other = createTestCa();
const middle = ca.intermediate();

test('what the CA issued for the name is accepted', async () => {
  assert.equal(await handshake({ server: ca.issue(), ca: ca.certPem }), 'ok');
});

test('what only an intermediate issued is accepted when the server sends the intermediate', async () => {
  const issued = middle.issue();
  assert.equal(await handshake({ server: issued, ca: ca.certPem }), 'ok');
  const deeper = middle.intermediate({ name: 'deeper' }).issue();
  assert.equal(await handshake({ server: deeper, ca: ca.certPem }), 'ok');
});

test('a server that forgets its intermediate is refused', async () => {
  const { leafPem, keyPem } = middle.issue();
  assert.equal(await handshake({ server: { certPem: leafPem, keyPem }, ca: ca.certPem }), 'UNABLE_TO_VERIFY_LEAF_SIGNATURE');
});

const refused: [why: string, attempt: Attempt, code: string][] = [
  ['another CA of the same name', { server: other.issue(), ca: ca.certPem }, 'UNABLE_TO_VERIFY_LEAF_SIGNATURE'],
  ['a self-signed certificate', { server: selfSigned(), ca: ca.certPem }, 'DEPTH_ZERO_SELF_SIGNED_CERT'],
  ['another name', { server: ca.issue({ names: ['api.example.test'] }), ca: ca.certPem }, 'ERR_TLS_CERT_ALTNAME_INVALID'],
  ['a past notAfter', { server: ca.issue({ notAfter: new Date(Date.now() - 1000) }), ca: ca.certPem }, 'CERT_HAS_EXPIRED'],
  ['a future notBefore', { server: ca.issue({ notBefore: new Date(Date.now() + 86_400_000) }), ca: ca.certPem }, 'CERT_NOT_YET_VALID'],
  ['a certificate for clients only', { server: ca.issue({ clientAuth: true }), ca: ca.certPem }, 'INVALID_PURPOSE'],
];
for (const [why, attempt, code] of refused) {
  test(`refuses ${why}`, async () => assert.equal(await handshake(attempt), code));
}

test('addresses match, version 6 in every spelling', async () => {
  const issued = ca.issue({ ips: ['127.0.0.1', '::1', '2001:db8::ff00:42:8329', '::ffff:10.1.2.3'] });
  for (const ip of ['127.0.0.1', '::1', '2001:db8:0:0:0:ff00:42:8329']) {
    assert.equal(await handshake({ server: issued, ca: ca.certPem, servername: ip }), 'ok', ip);
  }
  assert.equal(await handshake({ server: issued, ca: ca.certPem, servername: '127.0.0.2' }), 'ERR_TLS_CERT_ALTNAME_INVALID');
});

test('wildcards match one label', async () => {
  const server = ca.issue({ names: ['*.example.test'] });
  assert.equal(await handshake({ server, ca: ca.certPem, servername: 'api.example.test' }), 'ok');
  assert.equal(await handshake({ server, ca: ca.certPem, servername: 'a.b.example.test' }), 'ERR_TLS_CERT_ALTNAME_INVALID');
});

test('mutual TLS takes the client that the CA knows, and no other', async () => {
  const server = ca.issue();
  const good = { server, ca: ca.certPem, clientCa: ca.certPem };
  assert.equal(await handshake({ ...good, client: ca.issue({ names: ['client'], clientAuth: true }) }), 'ok');
  assert.notEqual(await handshake({ ...good, client: other.issue({ clientAuth: true }) }), 'ok');
  assert.notEqual(await handshake(good), 'ok');
});

test('dates from 2050 on are written as GeneralizedTime', () => {
  const { leafPem } = ca.issue({ notBefore: new Date('2049-12-31T23:59:59Z'), notAfter: new Date('2050-01-01T00:00:00Z') });
  const certificate = new X509Certificate(leafPem);
  assert.equal(certificate.validFrom, 'Dec 31 23:59:59 2049 GMT');
  assert.equal(certificate.validTo, 'Jan  1 00:00:00 2050 GMT');
});

test('the certificate says what it is, and the file holds the CA', () => {
  const certificate = new X509Certificate(ca.issue({ names: ['a.test'], ips: ['10.0.0.1'] }).leafPem);
  assert.equal(certificate.subject, 'CN=a.test');
  assert.equal(certificate.issuer, 'CN=sx test CA');
  assert.equal(certificate.subjectAltName, 'DNS:a.test, IP Address:10.0.0.1');
  assert.equal(certificate.ca, false);
  assert.equal(new X509Certificate(ca.certPem).ca, true);
  assert.ok(certificate.verify(new X509Certificate(ca.certPem).publicKey));
  assert.equal(readFileSync(ca.certFile, 'utf8'), ca.certPem);
  assert.equal(ca.certFile, ca.certFile);
});
