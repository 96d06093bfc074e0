/**
 * No secret is shown: every command, with a marked secret in every place where one can be, against servers that say back whatever they
 * are sent. Everything that a run leaves is searched for the marks: both outputs, traces, tool outputs, sessions, whatever else is new.
 *
 * Printed on purpose, and therefore left out here:
 *
 * | What | Where |
 * |---|---|
 * | the access token that was asked for | `sx token` on standard output, where that is no terminal, or with `--show` |
 * | the words of the model | the answer is the user's: a model that was told a secret may say it. What tools read is masked before it hears of it |
 * | the credentials files and the configuration files themselves | where the user, `sx login`, `sx config set` or a renewal put them |
 */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { test } from 'node:test';

import { KEY_NAMES, keyRow } from '@sx/config';
import { isObject, parseJson } from '@sx/llm';

import { COMMANDS } from '../../src/cli/commands.ts';
import { PROVIDERS } from '../../src/providers.ts';
import { ECHO_MODES, startEchoServer } from './echo-server.ts';
import { createSandbox, type Finished, type RunOptions, type Sandbox } from './run-sx.ts';
import { simulate } from './simulated.ts';

/** With characters that JSON, URLs and base64 each write in their own way. */
const mark = (place: string): string => `mk+/=%7E~${place.toLowerCase().replaceAll('_', '-')}.QqZz0123456789`;

/** What a mark may look like where it is shown. */
function formsOf(secret: string): string[] {
  const base64 = [0, 1, 2].map((shift) => Buffer.from(`${'x'.repeat(shift)}${secret}`).toString('base64').slice(shift === 0 ? 0 : 4, -4));
  return [secret, JSON.stringify(secret).slice(1, -1), encodeURIComponent(secret), encodeURI(secret), ...base64, secret.slice(0, -6), secret.slice(6)];
}

function assertHidden(text: string, secrets: readonly string[], where: string): void {
  for (const secret of secrets) {
    for (const form of formsOf(secret)) {
      const at = text.indexOf(form);
      if (at !== -1) assert.fail(`${where} shows ${form}: …${text.slice(Math.max(0, at - 200), at + form.length + 40)}…`);
    }
  }
}

/** Watches a sandbox: what is in it at the beginning was put there by the test. */
function watchSandbox(sandbox: Sandbox): { assertNothingNewShows(secrets: readonly string[], where: string): void } {
  const root = dirname(sandbox.home);
  const files = (): Map<string, string> =>
    new Map(
      readdirSync(root, { recursive: true, withFileTypes: true })
        .filter((entry) => entry.isFile())
        .map((entry) => [join(entry.parentPath, entry.name), readFileSync(join(entry.parentPath, entry.name), 'latin1')]),
    );
  const before = files();
  return {
    assertNothingNewShows(secrets, where) {
      for (const [path, content] of files()) if (before.get(path) !== content) assertHidden(`${path}\n${content}`, secrets, `${path} after ${where}`);
    },
  };
}

/** Everything except standard output can be looked at whatever the command is. */
function assertRunHides({ stdout, stderr }: Finished, secrets: readonly string[], where: string): void {
  assertHidden(stderr, secrets, `standard error of ${where}`);
  assertHidden(stdout, secrets, `standard output of ${where}`);
}

const SECRET_KEYS = KEY_NAMES.filter((name) => keyRow(name).secret === true);
const URL_KEYS = KEY_NAMES.filter((name) => keyRow(name).secret === 'in-url');
const PROVIDER_IDS = Object.keys(PROVIDERS);

/** Marks in all secret keys at once. */
const MARKED: Readonly<Record<string, string>> = Object.fromEntries(SECRET_KEYS.map((name) => [name, marked(name)]));
const ALL_MARKS = SECRET_KEYS.map(mark);

/** A value that its key takes. */
function marked(name: (typeof SECRET_KEYS)[number]): string {
  return keyRow(name).type.kind === 'fields' ? `X-Gateway-Key: ${mark(name)}; X-Title: sx` : mark(name);
}

/** Base URLs of every provider, issuer and token server, in one mode. */
function urlsIn(url: string, mode: string): Record<string, string> {
  const names = KEY_NAMES.filter((name) => /_(API_URL|OAUTH_URL|REMOTE_URL|BASE_URL)$|^ROUTER_URL$/.test(name));
  return { ...Object.fromEntries(names.map((name) => [name, `${url}/${mode}`])), AGENT_RETRY_MAX: '0', HEAD_TIMEOUT_MS: '3000' };
}

const FORMATS = [
  ['--output-format', 'stream-json', '--include-partial-messages'],
  ['--output-format', 'json'],
  ['--output-format', 'text', '--verbose'],
] as const;

/** Three at a time: the machine has few cores, and each run is a process. */
async function forEach<T>(items: readonly T[], run: (item: T, index: number) => Promise<void>): Promise<void> {
  const rest = items.map((item, index) => ({ item, index }));
  const worker = async (): Promise<void> => {
    for (let next = rest.shift(); next !== undefined; next = rest.shift()) {
      await run(next.item, next.index).catch((error: unknown) => {
        rest.length = 0;
        throw error;
      });
    }
  };
  await Promise.all([worker(), worker(), worker()]);
}

for (const provider of PROVIDER_IDS) {
  test(`${provider}: what a server says back is shown by no format, trace or error`, { timeout: 120_000 }, async () => {
    await using server = await startEchoServer();
    using sandbox = createSandbox();
    const watched = watchSandbox(sandbox);
    // Every format for the ways that reach furthest, and for each other one the next.
    const all = (mode: string): boolean => provider === 'codex' && (mode === 'error-json' || mode === 'event-error' || mode === 'fields');
    const cases = Object.keys(ECHO_MODES).flatMap((mode, index) => (all(mode) ? FORMATS : [FORMATS[index % FORMATS.length] ?? []]).map((format) => ({ mode, format })));
    await forEach(cases, async ({ mode, format }, index) => {
      const args = ['-p', 'hello', '--provider', provider, ...format, '--debug', '--trace', `trace-${index}.jsonl`];
      const finished = await sandbox.sx(args, { env: { ...urlsIn(server.url, mode), ...MARKED } });
      assert.notEqual(finished.code, 0);
      assertRunHides(finished, ALL_MARKS, `sx ${args.join(' ')} (${mode})`);
    });
    watched.assertNothingNewShows(ALL_MARKS, `runs of ${provider}`);
    assert.ok(ALL_MARKS.some((secret) => server.received.some((text) => text.includes(secret))), 'the credential did go out');
  });
}

test('a secret that is spread over the deltas of many events is in no trace', { timeout: 60_000 }, async () => {
  await using server = await startEchoServer();
  using sandbox = createSandbox();
  const { code } = await sandbox.sx(['-p', 'hello', '--provider', 'codex', '--trace', 'trace.jsonl'], { env: { ...urlsIn(server.url, 'spoken'), ...MARKED } });
  assert.notEqual(code, 0);
  const trace = readFileSync(join(sandbox.project, 'trace.jsonl'), 'utf8');
  const deltas = [...trace.matchAll(/\\"(?:delta|text|thinking|content)\\":\\"(.*?)\\"/g)].map((match) => match[1]);
  assert.ok(deltas.length > 20);
  assert.deepEqual([...new Set(deltas)].filter((delta) => !/^(\[redacted\])+$/.test(delta ?? '')), ['hello']);
});

const REFRESHED = { access: mark('new-access'), refresh: mark('new-refresh'), id: mark('new-id') };
const STORED = { access: mark('stored-access'), refresh: mark('stored-refresh'), id: mark('stored-id') };
const STORED_MARKS = Object.values(STORED);
const CREDENTIALS_FILE = JSON.stringify({ tokens: { access_token: STORED.access, refresh_token: STORED.refresh, id_token: STORED.id, account_id: 'acc' }, last_refresh: '2020-01-01T00:00:00Z' });
const CLAUDE_FILE = JSON.stringify({ claudeAiOauth: { accessToken: STORED.access, refreshToken: STORED.refresh, expiresAt: 1 } });

test('a login file: no command and no failure shows what is in it', { timeout: 120_000 }, async () => {
  await using server = await startEchoServer();
  using sandbox = createSandbox();
  sandbox.put('home/.codex/auth.json', CREDENTIALS_FILE);
  sandbox.put('home/.claude/.credentials.json', CLAUDE_FILE);
  const watched = watchSandbox(sandbox);
  const cases = Object.keys(ECHO_MODES).flatMap((mode, index) => [
    { mode, args: ['-p', 'hello', '--provider', 'codex', ...(FORMATS[index % FORMATS.length] ?? [])] },
    { mode, args: [...(index % 3 === 0 ? ['models', 'claude_code'] : ['token', index % 3 === 1 ? 'codex' : 'claude_code', '--refresh']), '--verbose'] },
  ]);
  await forEach(cases, async ({ mode, args }, index) => {
    const all = [...args, '--debug', '--trace', `trace-${index}.jsonl`];
    assertRunHides(await sandbox.sx(all, { env: urlsIn(server.url, mode) }), STORED_MARKS, `sx ${all.join(' ')} (${mode})`);
  });
  watched.assertNothingNewShows(STORED_MARKS, 'runs with a login file');
  assert.ok(server.received.some((text) => text.includes(STORED.refresh)) && server.received.some((text) => text.includes(STORED.access)));
});

const BROKEN_FILES: readonly (readonly [name: string, content: string])[] = [
  ['cut', CREDENTIALS_FILE.slice(0, -30)],
  ['not JSON from the first character', `${STORED.access} ${STORED.refresh}`],
  ['a list', JSON.stringify([STORED.access])],
  ['a string', JSON.stringify(STORED.access)],
  ['of wrong types', JSON.stringify({ tokens: { access_token: [STORED.access], refresh_token: { a: STORED.refresh } } })],
  ['with a token that no field may carry', JSON.stringify({ access_token: `${STORED.access}\r\nX: ${STORED.refresh}` })],
  ['with a time that is none', JSON.stringify({ access_token: STORED.access, expires_at: STORED.refresh })],
];
test('a broken login file is told without quoting it, here and on a token server', { timeout: 60_000 }, async () => {
  using sandbox = createSandbox();
  await using files = await serveTexts(Object.fromEntries(BROKEN_FILES.map(([, content], index) => [`/${index}`, content])));
  for (const [index, [name, content]] of BROKEN_FILES.entries()) {
    sandbox.put('home/.codex/auth.json', content);
    for (const source of ['local', 'remote']) {
      const finished = await sandbox.sx(['token', 'codex', '--source', source, '--debug', '--verbose', '--trace', 'trace.jsonl'], { env: { CODEX_REMOTE_URL: `${files.url}/${index}` } });
      assert.equal(finished.code, 41, finished.stderr);
      assertRunHides(finished, STORED_MARKS, `a ${source} file that is ${name}`);
    }
  }
});

test('sx token prints one token and nothing else of a login; a trace not even that', { timeout: 60_000 }, async () => {
  using sandbox = createSandbox();
  const refreshed = JSON.stringify({ access_token: REFRESHED.access, refresh_token: REFRESHED.refresh, id_token: REFRESHED.id, expires_in: 3_600 });
  await using server = await serveTexts({ '/oauth/token': refreshed, '/v1/oauth/token': refreshed, '/remote': refreshed });
  const urls = { CODEX_OAUTH_URL: server.url, CLAUDE_CODE_OAUTH_URL: server.url, CODEX_REMOTE_URL: `${server.url}/remote`, CLAUDE_CODE_REMOTE_URL: `${server.url}/remote`, TOKEN_HTTP_API_KEY: mark('token-key') };
  for (const [provider, path, login] of [['codex', 'home/.codex/auth.json', CREDENTIALS_FILE], ['claude_code', 'home/.claude/.credentials.json', CLAUDE_FILE]] as const) {
    for (const args of [['--refresh'], ['--source', 'remote']]) {
      sandbox.put(path, login);
      const watched = watchSandbox(sandbox);
      const { code, stdout, stderr } = await sandbox.sx(['token', provider, ...args, '--debug', '--verbose', '--trace', 'trace.jsonl'], { env: urls });
      assert.equal(code, 0, stderr);
      const token = parseJson(stdout);
      assert.ok(isObject(token) && token['access_token'] === REFRESHED.access);
      const others = [...STORED_MARKS, REFRESHED.refresh, REFRESHED.id, mark('token-key')];
      assertHidden(stdout, others, 'standard output of sx token');
      assertHidden(stderr, [...others, REFRESHED.access], 'standard error of sx token');
      sandbox.remove(path.replace(/[^/]+$/, ''));
      watched.assertNothingNewShows([...others, REFRESHED.access], 'sx token');
    }
  }
});

const TIERS = ['environment', 'a file', 'the command line'] as const;
test('configuration: secrets are masked by every command, in every tier, also in lines that are broken', { timeout: 120_000 }, async () => {
  using sandbox = createSandbox();
  const inUrl = Object.fromEntries(URL_KEYS.map((name) => [name, `http://${mark('proxy-user')}:${encodeURIComponent(mark(name))}@127.0.0.1:1`]));
  const values = { ...MARKED, ...inUrl };
  const secrets = [...ALL_MARKS, ...URL_KEYS.map(mark), mark('proxy-user')];
  await forEach(TIERS, async (tier, index) => {
    const home = `home-${index}`;
    const put = (text: string): string => sandbox.put(`${home}/.scorpiox/scorpiox-env.txt`, text);
    const lines = Object.entries(values).map(([key, value]) => `${key}=${value}\n`).join('');
    put(tier === 'a file' ? lines : '# nothing\n');
    const env = { HOME: join(dirname(sandbox.home), home), ...(tier === 'environment' ? values : {}) };
    const flags = tier === 'the command line' ? Object.entries(values).flatMap(([key, value]) => ['-e', `${key}=${value}`]) : [];
    const calls: readonly (readonly string[])[] = [
      ['config'], ['config', 'list', '--json', '--show-source'], ['config', 'list', '--show-source'], ['config', 'path'],
      ...Object.keys(values).flatMap((key) => [['config', 'get', key, '--show-source'], ['config', 'get', key, '--json']]).filter((_, at) => at % 4 === index % 4 || at < 6),
      ['doctor', '--offline'], ['doctor', '--offline', '--json'],
    ];
    for (const call of calls) {
      const args = [...call, ...(call[0] === 'doctor' ? flags.slice(0, 40) : flags), '--debug'];
      assertRunHides(await sandbox.sx(args, { env }), secrets, `sx ${call.join(' ')} with secrets in ${tier}`);
    }
  });
  const broken = [`CODEX_ACCESS_TOKEN ${mark('broken')}`, `CODEX_ACCESS_TOKEN: ${mark('broken')}`, `OPENAI_API_KEYY=${mark('broken')}`, `${mark('broken')}`, `PROXY_URL=http://me:${mark('broken')}@host`, `HTTPS_PROXY=http://me:${mark('broken')}@[`];
  for (const line of broken) {
    sandbox.put('home/.scorpiox/scorpiox-env.txt', `MODEL=opus\n${line}\n`);
    for (const args of [['config', 'list', '--show-source'], ['token', 'codex'], ['-p', 'hello', '--output-format', 'json']]) {
      assertRunHides(await sandbox.sx([...args, '--debug']), [mark('broken')], `sx ${args.join(' ')} with the line ${line}`);
    }
  }
});

test('a proxy that says back its credentials, in a URL with a password', { timeout: 60_000 }, async () => {
  await using server = await startEchoServer();
  using sandbox = createSandbox();
  const watched = watchSandbox(sandbox);
  const password = mark('proxy-password');
  const env = { HTTPS_PROXY: `${server.url.replace('//', `//me:${encodeURIComponent(password)}@`)}`, CODEX_ACCESS_TOKEN: mark('CODEX_ACCESS_TOKEN'), CODEX_API_URL: 'https://api.example.test/x', AGENT_RETRY_MAX: '0' };
  for (const args of [['-p', 'hi', '--provider', 'codex', '--output-format', 'json'], ['models', 'codex'], ['doctor', 'codex'], ['doctor', 'codex', '--json'], ['usage', 'codex']]) {
    assertRunHides(await sandbox.sx([...args, '--debug', '--trace', 'trace.jsonl'], { env }), [password, mark('CODEX_ACCESS_TOKEN')], `sx ${args.join(' ')} through a proxy`);
    watched.assertNothingNewShows([password, mark('CODEX_ACCESS_TOKEN')], `sx ${args.join(' ')}`);
  }
  const basic = Buffer.from(`me:${password}`).toString('base64');
  assert.ok(server.received.some((text) => text.includes(basic)));
});

test('ssh: a server that says back what it gets, and a password', { timeout: 60_000 }, async () => {
  using sandbox = createSandbox();
  const key = sandbox.put('home/key', `-----BEGIN OPENSSH PRIVATE KEY-----\n${Buffer.from(mark('private-key')).toString('base64')}\n-----END OPENSSH PRIVATE KEY-----\n`);
  const secrets = [mark('CODEX_SSH_PASS'), mark('private-key')];
  const env = { CODEX_SSH_HOST: '127.0.0.1', CODEX_SSH_PORT: '1', CODEX_SSH_USER: 'me', CODEX_SSH_PASS: mark('CODEX_SSH_PASS') };
  for (const more of [{}, { CODEX_SSH_KEY_FILE: key }]) {
    const finished = await sandbox.sx(['token', 'codex', '--source', 'ssh', '--verbose', '--debug', '--trace', 'trace.jsonl'], { env: { ...env, ...more } });
    assert.notEqual(finished.code, 0);
    assertRunHides(finished, secrets, 'sx token --source ssh');
  }
});

test('tools: neither the model nor a file nor an output gets the secrets of the run', { timeout: 60_000 }, async () => {
  using simulated = await simulate();
  const { accessToken, refreshToken } = simulated.simulator.credentials().tokens;
  simulated.put('home/.codex/auth.json', JSON.stringify({ tokens: { access_token: accessToken, refresh_token: refreshToken } }));
  const env = { ...MARKED, CODEX_ACCESS_TOKEN: '', CLAUDE_CODE_OAUTH_TOKEN: '' };
  simulated.put('home/.scorpiox/scorpiox-env.txt', `${Object.entries(env).map(([key, value]) => `${key}=${value}\n`).join('')}`);
  const watched = watchSandbox(simulated);
  simulated.simulator.clearJournal();
  const commands = ['env', 'cat ~/.scorpiox/scorpiox-env.txt', 'cat ~/.codex/auth.json', 'cat /proc/$PPID/environ', 'cat ~/.codex/auth.json > copy.txt; base64 -w0 copy.txt; rm copy.txt', 'yes "$(cat ~/.scorpiox/scorpiox-env.txt)" | head -n 20000'];
  const prompt = `[script]\n${commands.map((command) => `call shell ${JSON.stringify({ command })}`).join('\n')}\nthen\necho`;
  for (const format of FORMATS) {
    const args = ['-p', prompt, '--dangerously-skip-permissions', ...format, '--debug', '--trace', 'trace.jsonl'];
    const finished = await simulated.sx(args, { env });
    assert.equal(finished.code, 0, finished.stderr);
    assertRunHides(finished, [...ALL_MARKS.filter((value) => Object.values(env).includes(value)), accessToken, refreshToken], `tools, ${format.join(' ')}`);
  }
  const sent = JSON.stringify(simulated.simulator.requests.map(({ body }) => body));
  assert.match(sent, /OPENAI_BASE_URL|HOME=|PATH=/, 'the tools did run');
  assertHidden(sent, [...Object.values(env).filter((value) => value !== ''), accessToken, refreshToken], 'what the model was sent');
  watched.assertNothingNewShows([...Object.values(env).filter((value) => value !== ''), accessToken, refreshToken], 'tools');
});

/** Commands that need arguments to do anything. The rest runs as it is; a command that is new is in the test by being in the table. */
const CALLS: Readonly<Record<string, readonly (readonly string[])[]>> = {
  exec: [['exec', 'hello', '--json'], ['-p', 'hello']],
  trace: [['trace', 'to-har', 'nothing.jsonl']],
  login: [['login', 'openai'], ['login', 'codex', '--no-browser', '--timeout', '1'], ['login', 'codex', '--device', '--timeout', '1']],
  // Prints the token on purpose: see above.
  token: [['token', 'codex', '--source', 'remote'], ['token', 'claude_code', '--source', 'ssh']],
};
test('every command of the table, with every secret set, against a server that says it back', { timeout: 180_000 }, async () => {
  await using server = await startEchoServer();
  using sandbox = createSandbox();
  sandbox.put('home/.codex/auth.json', CREDENTIALS_FILE);
  const secrets = [...ALL_MARKS, ...STORED_MARKS];
  const calls = COMMANDS.flatMap(({ name, usage }) => CALLS[name] ?? [[name], ...(name === 'version' || name === 'help' ? [] : [[name, '--json']]), ...(usage.includes('provider') ? PROVIDER_IDS.map((id) => [name, id]) : [])]);
  const watched = watchSandbox(sandbox);
  const kill = (options: RunOptions): RunOptions => ({ ...options, onStart: (child) => void setTimeout(() => child.kill('SIGTERM'), 10_000).unref() });
  await forEach(calls, async (call) => {
    const env = { PROVIDER: 'codex', ...urlsIn(server.url, 'error-json'), ...MARKED };
    assertRunHides(await sandbox.sx([...call, '--debug'], kill({ env })), secrets, `sx ${call.join(' ')}`);
  });
  // `sx logout` deletes, `sx login` may store: files that are new are looked at all the same.
  watched.assertNothingNewShows(secrets, 'all commands');
});

/** A server of fixed texts by path. */
async function serveTexts(texts: Readonly<Record<string, string>>): Promise<{ readonly url: string; [Symbol.asyncDispose](): Promise<void> }> {
  const { createServer } = await import('node:http');
  const server = createServer((request, response) => void response.writeHead(texts[request.url ?? ''] === undefined ? 404 : 200, { 'content-type': 'application/json' }).end(texts[request.url ?? '']));
  await new Promise<void>((ready) => void server.listen(0, '127.0.0.1', ready));
  const address = server.address();
  return {
    url: `http://127.0.0.1:${typeof address === 'object' && address !== null ? address.port : 0}`,
    [Symbol.asyncDispose]: () => new Promise((done) => (server.closeAllConnections(), server.close(() => done()))),
  };
}
