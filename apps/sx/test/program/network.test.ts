import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readFileSync, statSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { join } from 'node:path';
import { test } from 'node:test';
import { createServer } from 'node:tls';

import { isObject, type JsonObject, parseJson } from '@sx/llm';
import { createSimulator } from '@sx/simulator';
import { createTestCa } from '@sx/testkit';

import { createOffice, HOST } from './office.ts';
import { createSandbox } from './run-sx.ts';

function jsonLines(text: string): JsonObject[] {
  return text.trimEnd().split('\n').map((line) => {
    const value = parseJson(line);
    assert.ok(isObject(value), line);
    return value;
  });
}

test('a run goes through the proxy, whose name server is asked and not ours', async () => {
  await using place = await createOffice('user:secret');
  const url = place.proxy.url.replace('//', '//user:secret@');
  for (const args of [[], ['--proxy-only']]) {
    const { code, stdout, stderr } = await place.sx(['-p', 'hello', ...args], { HTTPS_PROXY: url });
    assert.deepEqual([code, stdout], [0, 'You said: hello\n'], stderr);
  }
  assert.ok(place.proxy.asked.every(({ target }) => target === `${HOST}:443`));
  const wrong = await place.sx(['-p', 'hello'], { HTTPS_PROXY: url.replace('secret', 'wrong-one') });
  assert.equal(wrong.code, 61);
  assert.match(wrong.stderr, /\[NET_PROXY_AUTH\]/);
  assert.ok(!wrong.stderr.includes('wrong-one'));
});

test('--proxy-only opens nothing without a proxy, whatever NO_PROXY says', async () => {
  await using place = await createOffice();
  const { requests } = place.simulator;
  const before = requests.length;
  for (const env of [{ HTTPS_PROXY: '' }, { NO_PROXY: '*' }, { CODEX_API_URL: place.simulator.urls.codex }]) {
    const { code, stdout, stderr } = await place.sx(['-p', 'hello', '--proxy-only'], env);
    assert.deepEqual([code, stdout], [52, ''], stderr);
    assert.match(stderr, /--proxy-only forbids a direct connection \[NET_PROXY_CONFIG\]/);
  }
  assert.equal(requests.length, before);
});

test('--offline reaches what is on this machine and nothing else, and says what it refused', async () => {
  await using place = await createOffice();
  const away = await place.sx(['-p', 'hello', '--offline']);
  assert.deepEqual([away.code, away.stdout, place.proxy.asked.length], [44, '', 0]);
  assert.match(away.stderr, /\[NET_EGRESS_DENIED\][^]*sx: refused to connect to codex\.test:443 \[NET_EGRESS_DENIED\]\n$/);
  const { urls } = place.simulator;
  const here = await place.sx(['-p', 'hello', '--offline'], { CODEX_API_URL: urls.codex, CODEX_OAUTH_URL: urls.oauth });
  assert.deepEqual([here.code, here.stdout], [0, 'You said: hello\n'], here.stderr);
});

test('--trace has every byte of both directions in order, and the way to the socket', async () => {
  await using place = await createOffice();
  const { code, stderr } = await place.sx(['-p', 'hello', '--trace', 't.jsonl']);
  assert.equal(code, 0, stderr);
  const file = join(place.sandbox.project, 't.jsonl');
  assert.equal(statSync(file).mode & 0o777, 0o600);
  const lines = jsonLines(readFileSync(file, 'utf8'));
  const types = lines.map(({ type, name }) => (type === 'step' ? String(name) : String(type)));
  assert.deepEqual([...new Set(types)], ['dial', 'policy', 'proxy', 'dns', 'tcp', 'tunnel', 'tls', 'open', 'sent', 'received', 'close']);
  const textOf = (wanted: string): string => lines.filter(({ type }) => type === wanted).map(({ text }) => String(text)).join('');
  assert.match(textOf('sent'), /^POST \/backend-api\/codex\/responses HTTP\/1\.1\r\nHost: codex\.test\r\n[^]*Authorization: \[redacted\]\r\n[^]*\r\n\r\n\{[^]*"hello"[^]*\}$/);
  assert.match(textOf('received'), /^HTTP\/1\.1 200 OK\r\n[^]*event: response\.completed\ndata: \{/);
  const times = lines.map(({ atMs }) => Number(atMs));
  assert.deepEqual(times, times.toSorted((a, b) => a - b));
});

test('a trace that cannot be written is said before anything is sent', async () => {
  await using place = await createOffice();
  const { code, stderr } = await place.sx(['-p', 'hello', '--trace', 'no/such/folder/t.jsonl']);
  assert.equal(code, 1);
  assert.match(stderr, /cannot be written \(ENOENT\) \[CLI_OUTPUT_FILE\]/);
  assert.equal(place.proxy.asked.length, 0);
});

test('trace to-har makes an archive with every request, its answer and its times', async () => {
  await using place = await createOffice();
  await place.sx(['-p', 'hello', '--trace', 't.jsonl']);
  const { code, stdout } = await place.sx(['trace', 'to-har', 't.jsonl']);
  const har = parseJson(stdout);
  assert.ok(code === 0 && isObject(har) && isObject(har['log']) && Array.isArray(har['log']['entries']));
  const { version, creator, entries } = har['log'];
  assert.deepEqual([version, isObject(creator) && creator['name'], entries.length], ['1.2', 'sx', 1]);
  const [entry] = entries.filter(isObject);
  const { request, response, timings } = entry ?? {};
  assert.ok(isObject(request) && isObject(response) && isObject(response['content']) && isObject(timings));
  assert.deepEqual([request['method'], request['url'], response['status']], ['POST', `https://${HOST}/backend-api/codex/responses`, 200]);
  assert.match(String(response['content']['text']), /response\.completed/);
  for (const phase of ['connect', 'ssl', 'wait', 'receive']) assert.ok(Number(timings[phase]) > 0, phase);
  const written = await place.sx(['trace', 'to-har', 't.jsonl', '-o', 't.har']);
  assert.deepEqual([written.code, written.stdout], [0, '']);
  assert.equal(readFileSync(join(place.sandbox.project, 't.har'), 'utf8'), stdout);
});

const BAD_TRACES: readonly (readonly [rule: string, args: readonly string[], exit: number, says: RegExp])[] = [
  ['no action', [], 42, /needs to be told what to do \[CLI_UNKNOWN_COMMAND\]\n +sx trace to-har FILE/],
  ['an action that there is not', ['to-pcap', 'x'], 42, /does not know "to-pcap" \[CLI_UNKNOWN_COMMAND\]/],
  ['no file', ['to-har'], 42, /\[CLI_MISSING_ARGUMENT\]/],
  ['a file that is not there', ['to-har', 'absent.jsonl'], 42, /absent\.jsonl cannot be read \(ENOENT\) \[CLI_BAD_VALUE\]/],
  ['a directory', ['to-har', '.'], 42, /cannot be read \(EISDIR\) \[CLI_BAD_VALUE\]/],
  ['a file that is no trace', ['to-har', 'notes.txt'], 42, /notes\.txt holds no request of a wire trace \[CLI_BAD_VALUE\]/],
  ['a place that cannot be written', ['to-har', 'one.jsonl', '-o', 'no/such/folder/t.har'], 1, /\[CLI_OUTPUT_FILE\]/],
];
test('trace to-har says what it cannot use', async (t) => {
  using sandbox = createSandbox();
  sandbox.put('project/notes.txt', 'just\nnotes\n{"type":"sent"}\n');
  sandbox.put('project/one.jsonl', '{"atMs":1,"time":"2026-01-01T00:00:00.000Z","type":"sent","connection":1,"request":1,"text":"GET / HTTP/1.1\\r\\nHost: a\\r\\n\\r\\n"}\n');
  for (const [rule, args, exit, says] of BAD_TRACES) {
    await t.test(rule, async () => {
      const { code, stdout, stderr } = await sandbox.sx(['trace', ...args]);
      assert.deepEqual([code, stdout], [exit, '']);
      assert.match(stderr, says);
    });
  }
});

test('CODEX_CA_FILE trusts an authority for the hosts of that provider', async () => {
  await using place = await createOffice();
  const { CA_FILE: caFile = '' } = place.env;
  const without = await place.sx(['-p', 'hello'], { CA_FILE: '' });
  assert.equal(without.code, 61);
  assert.match(without.stderr, /its issuer "CN=sx simulator CA" is unknown .*\[NET_TLS_UNTRUSTED\]\n +if you trust this issuer.*CA_FILE/);
  const own = await place.sx(['-p', 'hello'], { CA_FILE: '', CODEX_CA_FILE: caFile });
  assert.deepEqual([own.code, own.stdout], [0, 'You said: hello\n'], own.stderr);
  const other = await place.sx(['-p', 'hello'], { CA_FILE: '', GEMINI_CA_FILE: caFile });
  assert.equal(other.code, 61);
});

test('a client certificate opens a server that asks for one, for a run and for the doctor', async () => {
  const ca = createTestCa({ name: 'office CA' });
  const simulator = await createSimulator({ tls: false });
  const { certPem, keyPem } = ca.issue();
  const open = new Set<Socket>();
  const names: string[] = [];
  const front = createServer({ cert: certPem, key: keyPem, ca: [ca.certPem], requestCert: true, rejectUnauthorized: true, ALPNProtocols: ['http/1.1'] }, (client) => {
    names.push(client.getPeerCertificate().subject.CN?.toString() ?? '');
    const upstream = connect(Number(new URL(simulator.url).port), '127.0.0.1');
    for (const socket of [client, upstream]) {
      open.add(socket);
      socket.on('error', () => socket.destroy()).once('close', () => open.delete(socket));
    }
    client.pipe(upstream).pipe(client);
  });
  front.on('tlsClientError', () => undefined);
  front.listen(0, '127.0.0.1');
  await once(front, 'listening');
  const address = front.address();
  assert.ok(address !== null && typeof address === 'object');
  using sandbox = createSandbox();
  try {
    sandbox.put('home/.codex/auth.json', JSON.stringify(simulator.credentials().codexAuthFile));
    const mine = ca.issue({ clientAuth: true, commonName: 'ada' });
    const base = `https://localhost:${address.port}`;
    const env = { PROVIDER: 'codex', CODEX_API_URL: `${base}/backend-api/codex`, CODEX_OAUTH_URL: base, CA_FILE: ca.certFile, AGENT_RETRY_MAX: '0' };
    const shown = {
      ...env,
      CLIENT_CERT_FILE: sandbox.put('home/cert.pem', mine.certPem),
      CLIENT_KEY_FILE: sandbox.put('home/key.pem', mine.keyPem),
    };
    const without = await sandbox.sx(['-p', 'hello'], { env });
    assert.equal(without.code, 61);
    assert.match(without.stderr, /\[NET_TLS\]\n +.*CLIENT_CERT_FILE and CLIENT_KEY_FILE/);
    const run = await sandbox.sx(['-p', 'hello'], { env: shown });
    assert.deepEqual([run.code, run.stdout], [0, 'You said: hello\n'], run.stderr);
    const doctor = await sandbox.sx(['doctor'], { env: shown });
    assert.equal(doctor.code, 0, doctor.stdout);
    assert.ok(names.length >= 2 && names.every((name) => name === 'ada'));
    const mismatched = await sandbox.sx(['doctor'], { env: { ...shown, CLIENT_KEY_FILE: sandbox.put('home/other.pem', ca.issue({ clientAuth: true }).keyPem) } });
    assert.equal(mismatched.code, 52);
    assert.match(mismatched.stdout, /the client certificate \(CLIENT_CERT_FILE\) cannot be used: .*\[NET_BAD_TRUST\]/);
  } finally {
    const closed = once(front, 'close');
    front.close();
    for (const socket of open) socket.destroy();
    await closed;
    await simulator.close();
  }
});
