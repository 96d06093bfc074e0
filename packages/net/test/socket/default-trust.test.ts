/** Trust that nobody configured: a program that makes a dialer and no more, in a process of its own, since stores are the process's. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { describe, it } from 'node:test';
import { promisify } from 'node:util';

import { createTestCa, receiveRequest, send, startScriptedServer } from '@sx/testkit';

import { createDefaultTrust } from '../../src/socket/default-trust.ts';

const ca = createTestCa();
const answer = [receiveRequest, send('HTTP/1.1 204 No Content\r\n\r\n')];
const PROGRAM = `
  import { allowAll, createDialer, createTransport } from '@sx/net/client';
  const transport = createTransport({ dialer: createDialer({ policy: allowAll() }) });
  const ask = () => transport.send({ method: 'GET', url: process.argv[1] }).then(({ status }) => status, ({ code }) => code);
  console.log((await Promise.all(Array.from({ length: Number(process.argv[2]) }, ask))).join());
  transport.close();`;

async function ask(env: Readonly<Record<string, string>>, requests = 1): Promise<string> {
  const server = await startScriptedServer({ tls: ca.issue(), scripts: Array.from({ length: requests }, () => answer) });
  try {
    const args = ['--conditions=@sx/source', '--input-type=module', '--eval', PROGRAM, `${server.origin}/`, String(requests)];
    const { stdout } = await promisify(execFile)(process.execPath, args, { cwd: import.meta.dirname, env: { ...env }, timeout: 20_000 });
    return stdout.trim();
  } finally {
    await server.close();
  }
}

describe('default trust', () => {
  it('is what Node trusts, with NODE_EXTRA_CA_CERTS', async () => {
    assert.equal(await ask({ NODE_EXTRA_CA_CERTS: ca.certFile }), '204');
  });
  it('is the system store after an issuer that Node does not know', async () => {
    assert.equal(await ask({ SSL_CERT_FILE: ca.certFile }), '204');
  });
  it('is that for each of several requests that begin together', async () => {
    assert.equal(await ask({ SSL_CERT_FILE: ca.certFile }, 3), '204,204,204');
  });
  it('refuses an issuer that neither knows', async () => {
    const other = createTestCa({ name: 'another CA' });
    assert.equal(await ask({ SSL_CERT_FILE: other.certFile }), 'NET_TLS_UNTRUSTED');
  });
  it('makes one context for all hosts, adds the system store once for a host, and shows no certificate', () => {
    const trust = createDefaultTrust();
    assert.equal(trust.contextFor('a.test', 'target'), trust.contextFor('b.test', 'proxy'));
    assert.equal(trust.keyFor('a.test', 'target'), '');
    assert.deepEqual(trust.report(), { sources: [] });
    if (trust.addSystemStore('A.test.')) assert.notEqual(trust.contextFor('a.test', 'target'), trust.contextFor('b.test', 'target'));
    assert.equal(trust.addSystemStore('a.test'), false);
  });
});
