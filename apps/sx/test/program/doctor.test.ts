import assert from 'node:assert/strict';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { createServer as createTcpServer, type Server, type Socket } from 'node:net';
import { join } from 'node:path';
import { test } from 'node:test';
import { createServer as createTlsServer, type TlsOptions } from 'node:tls';

import { isObject, type JsonObject, parseJson } from '@sx/llm';
import { createTestCa } from '@sx/testkit';

import { PROVIDERS } from '../../src/providers.ts';
import { createOffice, HOST } from './office.ts';
import { createSandbox, type Finished } from './run-sx.ts';

const ca = createTestCa({ name: 'office CA' });
const stranger = createTestCa({ name: 'stranger CA' });

function objects(value: unknown): JsonObject[] {
  return Array.isArray(value) ? value.filter(isObject) : [];
}

function report({ stdout }: Finished): JsonObject {
  const value = parseJson(stdout);
  assert.ok(isObject(value), stdout);
  return value;
}

/** `name state` of every check on the way to the first server. */
function wayOf(finished: Finished): string[] {
  const [provider] = objects(report(finished)['providers']);
  const [destination] = objects(provider?.['destinations']);
  return objects(destination?.['checks']).map(({ name, state }) => `${String(name)} ${String(state)}`);
}

test('behind a proxy with a private CA every step is named, and nothing secret is sent', async () => {
  await using place = await createOffice();
  const server = place.simulator;
  server.clearJournal();
  const { code, stdout, stderr } = await place.sx(['doctor']);
  assert.deepEqual([code, stderr], [0, ''], stdout);
  for (const step of ['ca', 'credential', 'policy', 'proxy', 'dns', 'tcp', 'tunnel', 'tls', 'http', 'clock']) assert.match(stdout, new RegExp(`^    ${step} +ok `, 'm'));
  assert.match(stdout, /proxy +ok .* http:\/\/127\.0\.0\.1:\d+ \(HTTPS_PROXY\)$/m);
  assert.match(stdout, /tls +ok .*TLSv1\.3 .*issued by "CN=sx simulator CA", valid until /);
  assert.match(stdout, /ca +ok .*CA_FILE \/.*\/ca\.pem \(1\)/);
  assert.match(stdout, /credential +ok .*\.codex\/auth\.json, expires in \d+ min, can be renewed$/m);
  assert.match(stdout, /http +ok .*40\d \S.*, application\/json to GET https:\/\/codex\.test\/backend-api\/codex\/models, without credential/);
  assert.match(stdout, /^sx \S+, Node \d+\.\d+\.\d+, OpenSSL \d/);
  assert.match(stdout, /HTTPS_PROXY=http:\/\/127\.0\.0\.1:\d+ \(environment\)/);
  assert.match(stdout, /No credential and no prompt was sent\.\n$/);
  assert.ok(place.proxy.asked.length >= 2 && place.proxy.asked.every(({ target }) => target === `${HOST}:443`));
  assert.ok(server.requests.length > 0);
  for (const { headers } of server.requests) assert.deepEqual([headers['authorization'], headers['chatgpt-account-id'], headers['content-length'], headers['transfer-encoding']], [undefined, undefined, undefined, undefined]);
});

test('--json is one object with every check, its time and the chain that was seen', async () => {
  await using place = await createOffice();
  const finished = await place.sx(['doctor', 'codex', '--json']);
  const value = report(finished);
  assert.deepEqual([finished.code, value['ok'], value['exit_code'], value['schema_version']], [0, true, 0, 1]);
  assert.deepEqual(wayOf(finished), ['policy ok', 'proxy ok', 'dns ok', 'tcp ok', 'tunnel ok', 'tls ok', 'http ok', 'clock ok']);
  const [provider] = objects(value['providers']);
  const [destination, ...others] = objects(provider?.['destinations']);
  assert.deepEqual([destination?.['purposes'], others], [['provider', 'token source'], []]);
  const tls = objects(destination?.['checks']).find(({ name }) => name === 'tls');
  assert.ok(typeof tls?.['elapsed_ms'] === 'number');
  assert.match(String(objects(tls['chain'])[0]?.['names']), /DNS:codex\.test/);
});

test('MCP servers are listed, their way is walked, and no program is started', async () => {
  await using place = await createOffice();
  place.sandbox.put('home/.scorpiox/mcp_servers.json', JSON.stringify({
    mcpServers: {
      files: { command: 'touch', args: [join(place.sandbox.project, 'started'), 'marked-argument'] },
      remote: { type: 'http', url: `https://${HOST}/mcp`, headers: { Authorization: 'Bearer marked-secret-token' } },
      gone: { type: 'http', url: 'https://gone.test:1/mcp' },
    },
  }));
  place.sandbox.put('project/.mcp.json', '{"mcpServers":{}}');
  place.simulator.clearJournal();
  const { code, stdout } = await place.sx(['doctor'], { NO_PROXY: 'gone.test' });
  assert.equal(code, 61, stdout);
  assert.match(stdout, /^mcp\n +mcp +note +the MCP servers of .*\.mcp\.json are not started/m);
  assert.match(stdout, /mcp +ok +files: the program touch, not started \(.*mcp_servers\.json\)/);
  assert.match(stdout, /MCP server remote: https:\/\/codex\.test\/mcp\n( {4}(policy|proxy|dns|tcp|tunnel|tls|http|clock) +ok .*\n){8}/);
  assert.match(stdout, /MCP server gone: .*\n(.*\n)*? +dns +FAILED .*\[NET_DNS\]/);
  assert.doesNotMatch(stdout, /marked-/);
  assert.ok(!existsSync(join(place.sandbox.project, 'started')));
  assert.ok(place.simulator.requests.every(({ headers }) => headers['authorization'] === undefined));
  assert.doesNotMatch((await place.sx(['doctor', 'codex'])).stdout, /MCP server/);
});

test('no secret is in the report', async () => {
  await using place = await createOffice('user:pass%2Fword');
  const proxyUrl = place.proxy.url.replace('//', '//user:pass%252Fword@');
  const auth = readFileSync(join(place.sandbox.home, '.codex/auth.json'), 'utf8');
  const secrets = [...auth.matchAll(/"[a-z_]*token": ?"([^"]+)"/g)].map(([, secret = '']) => secret);
  assert.ok(secrets.length >= 2);
  for (const args of [[], ['--json']]) {
    const { code, stdout, stderr } = await place.sx(['doctor', ...args], { HTTPS_PROXY: proxyUrl });
    assert.equal(code, 0, stdout);
    for (const secret of [...secrets, 'pass%2Fword', 'pass%252Fword']) assert.ok(!(stdout + stderr).includes(secret), secret);
  }
});

/** Sockets of a server of one test. */
async function listening<T>(server: Server, run: (port: number) => Promise<T>): Promise<T> {
  const open = new Set<Socket>();
  server.on('connection', (socket: Socket) => {
    open.add(socket);
    socket.on('error', () => undefined).once('close', () => open.delete(socket));
  });
  server.on('tlsClientError', () => undefined);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  try {
    return await run(address.port);
  } finally {
    const closed = once(server, 'close');
    server.close();
    for (const socket of open) socket.destroy();
    await closed;
  }
}

/** A TLS server that says the same to everybody. */
function tlsServer(options: TlsOptions, answer: string): Server {
  return createTlsServer({ ALPNProtocols: ['http/1.1'], ...options }, (socket) => {
    socket.on('error', () => undefined);
    socket.once('data', () => socket.end(answer));
  });
}

const trusted = (options: Parameters<typeof ca.issue>[0] = {}): TlsOptions => {
  const { certPem, keyPem } = ca.issue(options);
  return { cert: certPem, key: keyPem };
};
const untrusted = stranger.issue();
const NOT_FOUND = 'HTTP/1.1 404 Not Found\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}';
const page = (status: string, fields = ''): string => `HTTP/1.1 ${status}\r\nContent-Type: text/html; charset=utf-8\r\n${fields}Content-Length: 5\r\n\r\n<html`;
const day = (count: number): Date => new Date(Date.now() + count * 86_400_000);

interface Fault {
  readonly rule: string;
  readonly server?: Server;
  readonly host?: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly exit: number;
  readonly step: string;
  readonly code: string;
  readonly says: RegExp;
}

const FAULTS: readonly Fault[] = [
  { rule: 'a name that does not resolve', host: 'no-such-host.invalid', exit: 61, step: 'dns', code: 'NET_DNS', says: /no-such-host\.invalid.*[^]*HTTPS_PROXY[^]*CODEX_API_URL/ },
  { rule: 'a port where nobody listens', exit: 61, step: 'tcp', code: 'NET_CONNECT', says: /ECONNREFUSED[^]*CODEX_API_URL/ },
  { rule: 'an issuer that nobody knows', server: tlsServer({ cert: untrusted.certPem, key: untrusted.keyPem }, NOT_FOUND), exit: 61, step: 'tls', code: 'NET_TLS_UNTRUSTED', says: /issued by "CN=stranger CA"[^]*CA_FILE[^]*trusted now: .*CA_FILE \// },
  { rule: 'a certificate that has expired', server: tlsServer(trusted({ notBefore: day(-9), notAfter: day(-2) }), NOT_FOUND), exit: 61, step: 'tls', code: 'NET_TLS_EXPIRED', says: /has expired[^]*clock/ },
  { rule: 'a certificate for another name', server: tlsServer(trusted({ names: ['other.test'] }), NOT_FOUND), exit: 61, step: 'tls', code: 'NET_TLS_NAME', says: /DNS:other\.test[^]*CODEX_API_URL/ },
  { rule: 'a page of the network instead of an API', server: tlsServer(trusted(), page('200 OK')), exit: 61, step: 'http', code: 'PROVIDER_NOT_API', says: /HTML page[^]*captive portal/ },
  { rule: 'a redirect to a log-in page', server: tlsServer(trusted(), page('302 Found', 'Location: http://login.hotel.example/x\r\n')), exit: 61, step: 'http', code: 'PROVIDER_REDIRECT', says: /login\.hotel\.example/ },
  { rule: 'a network that wants a log-in', server: tlsServer(trusted(), page('511 Network Authentication Required')), exit: 61, step: 'http', code: 'PROVIDER_NOT_API', says: /log-in/ },
  { rule: 'a gateway out of order', server: tlsServer(trusted(), page('502 Bad Gateway')), exit: 61, step: 'http', code: 'PROVIDER_SERVER', says: /502/ },
  { rule: 'a server that never shakes hands', server: createTcpServer(), env: { TLS_TIMEOUT_MS: '150' }, exit: 61, step: 'tls', code: 'NET_TLS_TIMEOUT', says: /150 ms[^]*TLS_TIMEOUT_MS/ },
  { rule: 'a server that never answers', server: createTlsServer(trusted()), env: { HEAD_TIMEOUT_MS: '150' }, exit: 61, step: 'http', code: 'NET_HEAD_TIMEOUT', says: /150 ms[^]*HEAD_TIMEOUT_MS/ },
  { rule: 'a plain server where TLS is expected', server: createTcpServer((socket) => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n')), exit: 61, step: 'tls', code: 'NET_TLS', says: /did not answer in TLS[^]*scheme and port/ },
  { rule: 'a server that wants a client certificate', server: tlsServer({ ...trusted(), ca: [ca.certPem], requestCert: true, rejectUnauthorized: true }, NOT_FOUND), exit: 61, step: 'http', code: 'NET_TLS', says: /CLIENT_CERT_FILE/ },
  { rule: 'plain http to a host that is not on this machine', env: { CODEX_API_URL: 'http://codex.test/x', CODEX_OAUTH_URL: 'http://codex.test' }, exit: 44, step: 'policy', code: 'NET_PLAIN_HTTP_REFUSED', says: /ALLOW_PLAIN_HTTP/ },
  { rule: 'an authority file that cannot be read', env: { SSL_CERT_FILE: '/no/such/ca.pem' }, exit: 52, step: 'ca', code: 'NET_BAD_TRUST', says: /\/no\/such\/ca\.pem \(SSL_CERT_FILE\): ENOENT/ },
  { rule: 'half of a client certificate', env: { CLIENT_CERT_FILE: '/tmp/cert.pem' }, exit: 52, step: 'configuration', code: 'CONFIG_BAD_VALUE', says: /CLIENT_KEY_FILE/ },
  { rule: 'a proxy that is none', env: { HTTPS_PROXY: 'ftp://proxy' }, exit: 52, step: 'configuration', code: 'NET_PROXY_CONFIG', says: /HTTPS_PROXY/ },
];

test('what stops the way is named, with its code and the key that would help', { concurrency: 2 }, async (t) => {
  await Promise.all(FAULTS.map(({ rule, server = createTcpServer(), host = 'localhost', env = {}, exit, step, code, says }) =>
    t.test(rule, () => listening(server, async (port) => {
      using sandbox = createSandbox();
      sandbox.put('home/.codex/auth.json', JSON.stringify({ access_token: 'a.b.c', refresh_token: 'r' }), 0o600);
      const closed = step === 'tcp';
      const all = {
        PROVIDER: 'codex',
        CA_FILE: ca.certFile,
        CODEX_API_URL: `https://${host}:${closed ? 1 : port}/x`,
        // The token source on the same origin: one way is walked.
        CODEX_OAUTH_URL: `https://${host}:${closed ? 1 : port}`,
        ...env,
      };
      const finished = await sandbox.sx(['doctor'], { env: all });
      assert.equal(finished.code, exit, finished.stdout + finished.stderr);
      assert.match(finished.stdout, new RegExp(`^ {4}${step} +FAILED .*\\[${code}\\]$`, 'm'));
      assert.match(finished.stdout, says);
    })),
  ));
});

test('a proxy that refuses our password is told from a server that does', async () => {
  await using place = await createOffice('user:right');
  const { code, stdout } = await place.sx(['doctor'], { HTTPS_PROXY: place.proxy.url.replace('//', '//user:wrong@') });
  assert.equal(code, 61);
  assert.match(stdout, /^ {4}tunnel +FAILED .*does not accept the user name and password \(407, offers Basic\) \[NET_PROXY_AUTH\]$/m);
  assert.match(stdout, /→ .*http:\/\/user:password@host:port[^]*HTTPS_PROXY/);
  assert.ok(!stdout.includes('wrong'));
});

test('a proxy that is not there is told from a server that is not', async () => {
  await using place = await createOffice();
  const { code, stdout } = await place.sx(['doctor'], { HTTPS_PROXY: 'http://127.0.0.1:1' });
  assert.equal(code, 61);
  assert.match(stdout, /^ {4}tcp +FAILED .*\[NET_PROXY_CONNECT\]\n +→ HTTPS_PROXY names the proxy; NO_PROXY/m);
});

test('NO_PROXY and loopback are named as the reason of a direct connection', async () => {
  await using place = await createOffice();
  const { stdout } = await place.sx(['doctor'], { NO_PROXY: '.test' });
  assert.match(stdout, /proxy +ok .*direct: NO_PROXY takes it out of HTTPS_PROXY/);
  const local = await place.sx(['doctor'], { CODEX_API_URL: place.simulator.urls.codex });
  assert.match(local.stdout, /proxy +ok .*direct: loopback is never proxied/);
});

test('no credential is a finding of its own', async () => {
  await using place = await createOffice();
  place.sandbox.remove('home/.codex/auth.json');
  const { code, stdout } = await place.sx(['doctor']);
  assert.equal(code, 41);
  assert.match(stdout, /credential +FAILED .*no codex login found: .*auth\.json \[NET_TOKEN_MISSING\]\n +→ set CODEX_ACCESS_TOKEN/);
  const given = await place.sx(['doctor'], { CODEX_ACCESS_TOKEN: 'given-token' });
  assert.match(given.stdout, /credential +ok .*CODEX_ACCESS_TOKEN is set \(environment\)/);
  assert.ok(!given.stdout.includes('given-token'));
});

test('without a provider the machine is still described', async () => {
  using sandbox = createSandbox();
  const { code, stdout } = await sandbox.sx(['doctor']);
  assert.equal(code, 52);
  assert.match(stdout, /^sx .*Node[^]*Configuration[^]*FAILED .*\[CLI_NO_PROVIDER\]/);
});

test('the certificate of the provider may be trusted for it alone', async () => {
  await using place = await createOffice();
  const { CA_FILE: caFile = '', ...env } = place.env;
  const without = await place.sandbox.sx(['doctor'], { env });
  assert.equal(without.code, 61);
  assert.match(without.stdout, /\[NET_TLS_UNTRUSTED\][^]*CODEX_CA_FILE adds one for this provider alone/);
  const own = await place.sandbox.sx(['doctor'], { env: { ...env, CODEX_CA_FILE: caFile } });
  assert.equal(own.code, 0, own.stdout);
  assert.match(own.stdout, /ca +ok .*CODEX_CA_FILE \//);
});

test('--offline and --proxy-only hold for the doctor too', async () => {
  await using place = await createOffice();
  const offline = await place.sx(['doctor', '--offline']);
  assert.equal(offline.code, 44);
  assert.match(offline.stdout, /policy +FAILED .*\[NET_EGRESS_DENIED\]/);
  const direct = await place.sx(['doctor', '--proxy-only'], { HTTPS_PROXY: '', NO_PROXY: '*' });
  assert.equal(direct.code, 52);
  assert.match(direct.stdout, /proxy +FAILED .*\[NET_PROXY_CONFIG\]/);
  assert.equal((await place.sx(['doctor', '--proxy-only'])).code, 0);
});

test('every provider of this version is walked, with a key or a login that is found', async () => {
  await using place = await createOffice();
  const { urls, apiKey } = place.simulator;
  place.sandbox.put('home/.claude/.credentials.json', JSON.stringify(place.simulator.credentials().claudeCredentialsFile));
  const finished = await place.sx(['doctor', '--json'], {
    CODEX_API_URL: urls.codex, CODEX_OAUTH_URL: urls.oauth,
    CLAUDE_CODE_API_URL: urls.anthropic, CLAUDE_CODE_OAUTH_URL: urls.oauth,
    ANTHROPIC_API_URL: urls.anthropic, ANTHROPIC_API_KEY: apiKey,
    GEMINI_API_URL: urls.gemini, GEMINI_API_KEY: apiKey,
    OPENAI_BASE_URL: urls.openai, OPENAI_API_KEY: apiKey,
    ROUTER_URL: urls.router, ROUTER_API_KEY: apiKey,
  });
  const providers = objects(report(finished)['providers']);
  assert.deepEqual(providers.map(({ id }) => id), Object.keys(PROVIDERS));
  assert.equal(finished.code, 0, finished.stdout);
  for (const { id, destinations } of providers) {
    const checks = objects(objects(destinations)[0]?.['checks']);
    assert.deepEqual(checks.filter(({ name }) => name === 'http').map(({ state }) => state), ['ok'], String(id));
  }
  assert.ok(!finished.stdout.includes(apiKey));
});

test('the host of an ssh token source is walked up to its port', async () => {
  const env = { CODEX_TOKEN_SOURCE: 'ssh', CODEX_SSH_HOST: 'localhost', CODEX_SSH_USER: 'ada' };
  await using place = await createOffice();
  await listening(createTcpServer(), async (port) => {
    const { code, stdout } = await place.sx(['doctor'], { ...env, CODEX_SSH_PORT: String(port) });
    assert.equal(code, 0, stdout);
    assert.match(stdout, /token source: ssh:\/\/localhost:\d+\n {4}policy +ok[^]* {4}tcp +ok/);
    assert.match(stdout, /credential +ok .*CODEX_TOKEN_SOURCE=ssh: fetched when it is needed, and not by this command/);
  });
  const closed = await place.sx(['doctor'], { ...env, CODEX_SSH_PORT: '1' });
  assert.equal(closed.code, 61);
  assert.match(closed.stdout, /tcp +FAILED .*\[NET_CONNECT\]\n +→ CODEX_SSH_HOST names this server/);
});

test('Ctrl-C ends a step that hangs, and the report', async () => {
  using sandbox = createSandbox();
  sandbox.put('home/.codex/auth.json', JSON.stringify({ access_token: 'a.b.c', refresh_token: 'r' }), 0o600);
  await listening(createTcpServer(), async (port) => {
    const url = `https://127.0.0.1:${port}`;
    const { code, stdout } = await sandbox.sx(['doctor'], {
      env: { PROVIDER: 'codex', CODEX_API_URL: url, CODEX_OAUTH_URL: url },
      onStart: (child) => child.onOutput((_, text) => text.includes(' tcp ') && child.kill('SIGINT')),
    });
    assert.equal(code, 130);
    assert.match(stdout, /tls +FAILED .*\[NET_ABORTED\][^]*1 check failed/);
  });
});

test('--trace is of one provider', async () => {
  await using place = await createOffice();
  const { code } = await place.sx(['doctor', 'codex', '--trace', 't.jsonl']);
  assert.equal(code, 0);
  assert.match(readFileSync(join(place.sandbox.project, 't.jsonl'), 'utf8'), /GET \/backend-api\/codex\/models HTTP\/1\.1/);
  const both = await place.sx(['doctor', '--trace', 't.jsonl'], { GEMINI_API_KEY: 'k'.repeat(39) });
  assert.equal(both.code, 42);
  assert.match(both.stderr, /\[CLI_BAD_VALUE\]\n +sx doctor codex --trace FILE/);
});

test('PROXY_URL is walked in place of the provider, or before it', async () => {
  await using place = await createOffice();
  const { origin } = new URL(place.simulator.url);
  const destinationsOf = async (mode: string): Promise<string[]> => {
    const finished = await place.sx(['doctor', '--json'], { PROXY_URL: `${origin}/`, PROXY_MODE: mode });
    assert.equal(finished.code, 0, finished.stdout);
    return objects(objects(report(finished)['providers'])[0]?.['destinations']).map(({ url, purposes }) => `${String(purposes)} ${String(url)}`);
  };
  const proxied = `PROXY_URL ${origin}/backend-api/codex/models`;
  assert.deepEqual(await destinationsOf('strict'), [proxied, `token source https://${HOST}`]);
  assert.deepEqual(await destinationsOf('soft'), [proxied, `provider,token source https://${HOST}/backend-api/codex/models`]);
});
