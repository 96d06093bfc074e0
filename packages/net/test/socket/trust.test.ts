import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import tls from 'node:tls';

import { createTestCa } from '@sx/testkit';

import { createTrust } from '../../src/socket/trust.ts';
import { certificatesOf } from '../../src/socket/trust-bundle.ts';
import { ca, failure, greetingOf, https, testDialer, tlsServer } from './dialer-fixtures.ts';

const folder = mkdtempSync(join(tmpdir(), 'sx-trust-'));
after(() => rmSync(folder, { recursive: true, force: true }));
const other = createTestCa();

function file(name: string, content: string | Uint8Array): string {
  const path = join(folder, name);
  writeFileSync(path, content);
  return path;
}

/** OpenSSL's TRUSTED CERTIFICATE: the certificate and, behind it, what OpenSSL adds. */
function trusted(pem: string): string {
  const der = Buffer.from(pem.replace(/-----[^-]+-----|\s/g, ''), 'base64');
  const added = Buffer.from('300c300a06082b06010505070301', 'hex');
  const base64 = Buffer.concat([der, added]).toString('base64');
  return `-----BEGIN TRUSTED CERTIFICATE-----\n${base64}\n-----END TRUSTED CERTIFICATE-----\n`;
}

test('finds the certificates of a bundle between whatever else it holds', () => {
  const crl = '-----BEGIN X509 CRL-----\nAAAA\n-----END X509 CRL-----\n';
  const key = '-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n';
  const x509 = other.certPem.replaceAll('CERTIFICATE', 'X509 CERTIFICATE');
  const rows: readonly (readonly [string, string, number])[] = [
    ['one', ca.certPem, 1],
    ['two', ca.certPem + other.certPem, 2],
    ['CRLF', ca.certPem.replaceAll('\n', '\r\n'), 1],
    ['no newline at the end', ca.certPem.trimEnd(), 1],
    ['comments, a CRL, a key', `# root - of - us\n${crl}${ca.certPem}Subject: CN=x\n${key}${other.certPem}`, 2],
    ['a TRUSTED CERTIFICATE', trusted(ca.certPem), 1],
    ['an X509 CERTIFICATE', x509, 1],
    ['a byte order mark', `\ufeff${ca.certPem}`, 1],
  ];
  for (const [name, text, count] of rows) assert.equal(certificatesOf(text, 'x').length, count, name);
  assert.deepEqual(certificatesOf(trusted(ca.certPem), 'x'), certificatesOf(ca.certPem, 'x'));
});

test('refuses a bundle without a certificate or with a damaged one, saying which', () => {
  const damaged = ca.certPem.replace(/\n(.{20})/, '\nAAAA$1');
  const rows: readonly (readonly [string, string, RegExp])[] = [
    ['empty', '', /^no PEM certificate in x$/],
    ['garbage', 'hello', /^no PEM certificate in x$/],
    ['a CRL alone', '-----BEGIN X509 CRL-----\nAAAA\n-----END X509 CRL-----\n', /^no PEM/],
    ['a damaged one', ca.certPem + damaged, /^certificate 2 in x is damaged$/],
    ['one cut off', ca.certPem + ca.certPem.slice(0, 200), /^certificate 2 in x is damaged$/],
    ['an empty block', '-----BEGIN CERTIFICATE-----\n-----END CERTIFICATE-----\n', /^certificate 1 in x is damaged$/],
  ];
  for (const [name, text, message] of rows) {
    assert.throws(() => certificatesOf(text, 'x'), { code: 'NET_BAD_TRUST', message }, name);
  }
});

test('names file and key when a bundle cannot be read', async () => {
  await using server = await tlsServer();
  const rows: readonly (readonly [string, RegExp, number?])[] = [
    [join(folder, 'missing.pem'), /^cannot read .*missing\.pem \(SSL_CERT_FILE\): ENOENT$/],
    [folder, /^cannot read .* \(SSL_CERT_FILE\): EISDIR$/],
    [file('empty.pem', ''), /^no PEM certificate in .*empty\.pem \(SSL_CERT_FILE\)$/],
    [file('ca.der', Uint8Array.of(0x30, 0x82, 1, 2)), /looks like DER$/],
    [file('large.pem', ca.certPem), /has \d+ bytes; at most 10 are read$/, 10],
  ];
  for (const [path, message, bundleBytesMax] of rows) {
    const trust = createTrust({
      extraCaFiles: [{ path, from: 'SSL_CERT_FILE' }],
      ...(bundleBytesMax === undefined ? {} : { bundleBytesMax }),
    });
    const error = await failure(testDialer({ trust }).dial(https(server.port)));
    assert.equal(error.code, 'NET_BAD_TRUST');
    assert.match(error.message, message);
  }
});

test('reads a folder of certificates: every file, links too, what holds none left out', async () => {
  const certs = join(folder, 'certs');
  mkdirSync(join(certs, 'subfolder'), { recursive: true });
  writeFileSync(join(certs, 'a.pem'), ca.certPem);
  writeFileSync(join(certs, 'README'), 'nothing here');
  writeFileSync(join(certs, 'other.crt'), other.certPem);
  symlinkSync('a.pem', join(certs, '0a1b2c3d.0'));
  symlinkSync('gone', join(certs, 'dangling.0'));
  const trust = createTrust({ extraCaDirs: [{ path: certs, from: 'SSL_CERT_DIR' }], systemStore: 'never' });
  assert.deepEqual(trust.report().sources, [{ from: 'SSL_CERT_DIR', path: certs, certificates: 2 }]);
  await using server = await tlsServer();
  assert.equal(await greetingOf(await testDialer({ trust }).dial(https(server.port))), 'hello');
  const empty = createTrust({ extraCaDirs: [{ path: join(certs, 'subfolder'), from: 'SSL_CERT_DIR' }] });
  assert.throws(
    () => empty.contextFor('x', 'target'),
    { code: 'NET_BAD_TRUST', message: /^no certificate in .*subfolder \(SSL_CERT_DIR\)$/ },
  );
});

test('reports every source with the number of its certificates or its error, and throws none', () => {
  const good = file('good.pem', ca.certPem + other.certPem);
  const trust = createTrust({
    extraCaFiles: [{ path: good, from: 'CA_FILE' }, { path: '/missing', from: 'SSL_CERT_FILE' }],
    perHost: { 'a.test': { extraCaPem: ca.certPem } },
  });
  const rows = trust.report().sources.map(({ from, certificates, error }) => [from, certificates, error?.message]);
  assert.deepEqual(
    rows,
    [['CA_FILE', 2, undefined], ['SSL_CERT_FILE', 0, 'cannot read /missing (SSL_CERT_FILE): ENOENT'], ['PEM text', 1, undefined]],
  );
});

test('says what is wrong with a client certificate, and not its key or passphrase', () => {
  const client = ca.issue({ clientAuth: true });
  const rows: readonly (readonly [string, Parameters<typeof createTrust>[0]])[] = [
    ['another key', { clientCertificate: { cert: client.certPem, key: ca.issue().keyPem, from: 'CLIENT_CERT_FILE' } }],
    ['no key', { clientCertificate: { cert: client.certPem, key: 's3cret', from: 'CLIENT_CERT_FILE' } }],
    ['no certificate', { clientCertificate: { cert: 's3cret', key: client.keyPem, from: 'CLIENT_CERT_FILE' } }],
    ['a bad PKCS#12 file', { clientCertificate: { pfx: Buffer.from('s3cret'), passphrase: 's3cret', from: 'CLIENT_CERT_FILE' } }],
  ];
  for (const [name, options] of rows) {
    assert.throws(
      () => createTrust(options).contextFor('x', 'target'),
      (error: Error & { code?: string }) =>
        error.code === 'NET_BAD_TRUST' &&
        error.message.startsWith('the client certificate (CLIENT_CERT_FILE) cannot be used: ') &&
        !error.message.includes('s3cret'),
      name,
    );
  }
});

test('builds one context for all hosts that trust the same', () => {
  const trust = createTrust({ extraCaPem: ca.certPem, perHost: { 'own.test': { extraCaPem: other.certPem } } });
  assert.equal(trust.contextFor('a.test', 'target'), trust.contextFor('B.test.', 'proxy'));
  assert.notEqual(trust.contextFor('a.test', 'target'), trust.contextFor('own.test', 'target'));
  assert.equal(trust.keyFor('a.test', 'target'), trust.keyFor('b.test', 'target'));
  assert.notEqual(trust.keyFor('a.test', 'target'), trust.keyFor('own.test', 'target'));
});

test('lists the roots again only where an extra CA is configured, and then once', (context) => {
  const list = context.mock.method(tls, 'getCACertificates');
  syncBuiltinESMExports();
  createTrust().contextFor('a.test', 'target');
  assert.equal(list.mock.callCount(), 0);
  const trust = createTrust({ extraCaPem: ca.certPem });
  for (const host of ['a.test', 'b.test']) trust.contextFor(host, 'target');
  assert.deepEqual(list.mock.calls.map((call) => call.arguments), [['default']]);
  list.mock.restore();
  syncBuiltinESMExports();
});
