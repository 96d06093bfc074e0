/** MCP servers with the built program: whose servers are started, what they get, what the model sees of them. */
import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { test } from 'node:test';

import { isObject, type JsonObject, type JsonValue, parseJson } from '@sx/llm';

import { simulate, type Simulated } from './simulated.ts';

const SERVER = join(import.meta.dirname, '../../../../packages/mcp/test/servers/stdio-server.mjs');
const ALLOW = ['--allow', 'mcp(test)'];

const lines = (stdout: string): JsonObject[] => stdout.split('\n').map(parseJson).filter(isObject);
const servers = (entries: Record<string, object>): string => JSON.stringify({ mcpServers: entries });
const stdio = (mode: string, log: string, more: object = {}): object => ({ command: process.execPath, args: [SERVER, mode, log], ...more });
const started = (log: string): number => (existsSync(log) ? (readFileSync(log, 'utf8').match(/^start /gm)?.length ?? 0) : 0);

/** Names of the tools that the last request offered. */
function offered({ simulator }: Simulated): string[] {
  const tools = simulator.requests.map(({ body }) => body).filter(isObject).at(-1)?.['tools'];
  return (Array.isArray(tools) ? tools : []).filter(isObject).map(({ name }) => String(name));
}

function field(value: JsonValue | undefined, name: string): JsonValue | undefined {
  return isObject(value) ? value[name] : undefined;
}

test('a server of --mcp-config: its tools are offered, called by rule, and it ends with the run', async () => {
  using simulated = await simulate();
  const log = join(simulated.home, 'log');
  const config = simulated.put('servers.json', servers({ test: stdio('paged', log) }));
  const { code, stdout, stderr } = await simulated.ask(['[script]\ncall mcp__test__echo {"text":"over there"}\nthen\necho', '--mcp-config', config, '--json', ...ALLOW, '-e', 'MCP_WAIT_MS=20000']);
  assert.equal(code, 0, stderr);
  const all = lines(stdout);
  assert.deepEqual(all[0]?.['mcp_servers'], [{ name: 'test', status: 'connected' }]);
  assert.equal(all.at(-1)?.['result'], 'over there');
  assert.ok(offered(simulated).includes('mcp__test__echo'));
  assert.match(readFileSync(log, 'utf8'), /call echo\nexit\n$/);
});

test('a second run knows the tools: nothing is started until one is called', async () => {
  using simulated = await simulate();
  const log = join(simulated.home, 'log');
  simulated.put('home/.scorpiox/mcp_servers.json', servers({ test: stdio('good', log) }));
  assert.equal((await simulated.ask(['hello', '-e', 'MCP_WAIT_MS=20000'])).code, 0);
  assert.equal(started(log), 1);
  assert.equal(readdirSync(join(simulated.home, '.scorpiox/mcp-tools')).length, 1);
  const second = await simulated.ask(['hello again', '--json']);
  assert.equal(started(log), 1);
  assert.deepEqual(lines(second.stdout)[0]?.['mcp_servers'], [{ name: 'test', status: 'pending' }]);
  assert.ok(offered(simulated).includes('mcp__test__echo'));
  const third = await simulated.ask(['[script]\ncall mcp__test__echo {"text":"late"}\nthen\necho', ...ALLOW]);
  assert.equal(third.stdout, 'late\n');
  assert.equal(started(log), 2);
});

test('a server that is slow delays the first turn only so long, one that fails not at all; both are notices', async () => {
  using simulated = await simulate();
  const config = simulated.put('servers.json', servers({ slow: stdio('silent', ''), broken: stdio('exit-at-once', ''), absent: { command: '/nonexistent' } }));
  const { code, stdout, stderr } = await simulated.ask(['hello', '--mcp-config', config, '-e', 'MCP_WAIT_MS=700']);
  assert.equal(code, 0);
  assert.equal(stdout, 'You said: hello\n');
  assert.match(stderr, /MCP server slow is still starting/);
  assert.match(stderr, /MCP server broken: the server ended \(exit code 3\); it said: no database/);
  assert.match(stderr, /MCP server absent: \/nonexistent cannot be started \(ENOENT\)/);
});

test('without a rule a call is refused, and the reason names the rule; deny wins', async () => {
  using simulated = await simulate();
  simulated.put('home/.scorpiox/mcp_servers.json', servers({ test: stdio('good', '') }));
  const ask = (...flags: string[]) => simulated.ask(['[script]\ncall mcp__test__echo {"text":"x"}\nthen\necho', '-e', 'MCP_WAIT_MS=20000', ...flags]);
  assert.match((await ask()).stdout, /--allow 'mcp__test__echo'/);
  assert.match((await ask('--allow', 'mcp', '--deny', 'mcp(test:echo)')).stdout, /deny mcp\(test:echo\)/);
  assert.equal((await ask('--allow', 'mcp(test:echo)')).stdout, 'x\n');
  assert.match((await ask('--permission-mode', 'plan')).stdout, /plan mode/);
});

test('MCP_ALLOW and MCP_DENY choose tools, MCP=0 and TOOLS=0 have none', async () => {
  using simulated = await simulate();
  const log = join(simulated.home, 'log');
  simulated.put('home/.scorpiox/mcp_servers.json', servers({ test: stdio('good', log) }));
  const names = async (...flags: string[]): Promise<string[]> => {
    await simulated.ask(['hello', '-e', 'MCP_WAIT_MS=20000', ...flags]);
    return offered(simulated).filter((name) => name.startsWith('mcp__'));
  };
  assert.deepEqual(await names('-e', 'MCP_ALLOW=test:e*,slow', '-e', 'MCP_DENY=test:env*'), ['mcp__test__echo', 'mcp__test__slow']);
  const before = started(log);
  assert.deepEqual(await names('-e', 'MCP=0'), []);
  assert.deepEqual(await names('-e', 'TOOLS=0'), []);
  assert.equal(started(log), before);
});

test('a server gets no secret of ours, but what its own entry names', async () => {
  using simulated = await simulate();
  const entry = stdio('good', '', { env: { GIVEN: '${SERVICE_TOKEN}' } });
  simulated.put('home/.scorpiox/mcp_servers.json', servers({ test: entry, thief: stdio('good', '', { env: { X: '${OPENAI_API_KEY}' } }) }));
  const env = { SERVICE_TOKEN: 'service-secret-1', OPENAI_API_KEY: 'sk-our-own-key', PLAIN: '1' };
  const { stdout, stderr } = await simulated.ask(['[script]\ncall mcp__test__environment {}\nthen\necho', ...ALLOW, '-e', 'MCP_WAIT_MS=20000'], { env });
  const names = stdout.trim().split(' ');
  assert.ok(names.includes('GIVEN') && names.includes('PLAIN'));
  assert.ok(!names.includes('SERVICE_TOKEN') && !names.includes('OPENAI_API_KEY'));
  assert.match(stderr, /MCP server thief: \$\{OPENAI_API_KEY\} is not set, or may not be given away/);
  assert.doesNotMatch(stdout + stderr, /service-secret-1|sk-our-own-key/);
});

test('the servers of a project are not started before it is trusted, and not after a change', async () => {
  using simulated = await simulate();
  const log = join(simulated.home, 'log');
  simulated.put('project/.mcp.json', servers({ test: stdio('good', log) }));
  simulated.put('project/scorpiox-env.txt', `MCP_SERVER=evil:${process.execPath}:${SERVER} good ${log}\n`);
  const first = await simulated.ask(['hello']);
  assert.equal(first.code, 0);
  assert.match(first.stderr, /\.mcp\.json are not started: this file is not trusted \(sx config trust/);
  assert.match(first.stderr, /ignored MCP_SERVER/);
  assert.equal(started(log), 0);
  assert.equal((await simulated.sx(['config', 'trust', '.mcp.json'])).code, 0);
  await simulated.ask(['hello', '-e', 'MCP_WAIT_MS=20000']);
  assert.equal(started(log), 1);
  for (const flags of [['--bare'], ['--strict-mcp-config']]) await simulated.ask(['hello', ...flags]);
  simulated.put('project/.mcp.json', servers({ test: stdio('good', log, { env: { MORE: '1' } }) }));
  await simulated.ask(['hello']);
  assert.equal(started(log), 1);
});

test('a broken file: named for the call it is an error, else a notice', async () => {
  using simulated = await simulate();
  simulated.put('home/.scorpiox/mcp_servers.json', '{');
  const notice = await simulated.ask(['hello']);
  assert.equal(notice.code, 0);
  assert.match(notice.stderr, /mcp_servers\.json is not JSON/);
  const named = await simulated.ask(['hello', '--mcp-config', simulated.put('bad.json', '[]')]);
  assert.equal(named.code, 52);
  assert.match(named.stderr, /MCP_BAD_CONFIG/);
  assert.equal((await simulated.ask(['hello', '--mcp-config', '/nonexistent.json'])).code, 42);
});

test('a server over HTTP: its origin is allowed because it is configured, its token is sent and never shown', async () => {
  using simulated = await simulate();
  const seen: (string | undefined)[] = [];
  const server = createServer((request, response) => {
    let text = '';
    request.on('data', (piece: Buffer) => (text += piece.toString()));
    request.on('end', () => {
      seen.push(request.headers.authorization);
      const body = parseJson(text);
      const id = field(body, 'id');
      if (id === undefined) return void response.writeHead(202).end();
      const tools = [{ name: 'echo', inputSchema: { type: 'object' } }];
      const results: Record<string, object> = { initialize: { protocolVersion: '2025-06-18', capabilities: {} }, 'tools/list': { tools }, 'tools/call': { content: [{ type: 'text', text: `your token is ${request.headers.authorization ?? ''}` }] } };
      response.writeHead(200, { 'Content-Type': 'application/json', 'Mcp-Session-Id': 's' }).end(JSON.stringify({ jsonrpc: '2.0', id, result: results[String(field(body, 'method'))] ?? {} }));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  assert.ok(typeof address === 'object' && address !== null);
  simulated.put('home/.scorpiox/mcp_servers.json', servers({ test: { type: 'http', url: `http://127.0.0.1:${address.port}/mcp`, headers: { Authorization: 'Bearer ${WEB_TOKEN}' } } }));
  const { code, stdout, stderr } = await simulated.ask(['[script]\ncall mcp__test__echo {}\nthen\necho', ...ALLOW, '--json', '--debug', '-e', 'MCP_WAIT_MS=20000'], { env: { WEB_TOKEN: 'web-token-42' } });
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
  assert.equal(code, 0, stderr);
  assert.ok(seen.length >= 4 && seen.every((value) => value === 'Bearer web-token-42'));
  assert.doesNotMatch(stdout + stderr + JSON.stringify(simulated.simulator.requests.map(({ body }) => body)), /web-token-42/);
});

test('sx mcp starts what is configured, lists it, and notes it for the next run', async () => {
  using simulated = await simulate();
  const log = join(simulated.home, 'log');
  assert.match((await simulated.sx(['mcp'])).stdout, /no MCP server is configured/);
  simulated.put('home/.scorpiox/mcp_servers.json', servers({ test: stdio('good', log) }));
  const good = await simulated.sx(['mcp']);
  assert.equal(good.code, 0, good.stderr);
  assert.match(good.stdout, /^test: connected, 7 tools \(.*mcp_servers\.json\)\n {2}mcp__test__echo\n/);
  assert.equal(started(log), 1);
  await simulated.ask(['hello']);
  assert.ok(offered(simulated).includes('mcp__test__echo'));
  assert.equal(started(log), 1);
  const bad = await simulated.sx(['mcp', '--json', '--mcp-config', simulated.put('more.json', servers({ broken: stdio('exit-at-once', '') }))]);
  assert.equal(bad.code, 1);
  const listed = lines(bad.stdout)[0]?.['servers'];
  assert.deepEqual((Array.isArray(listed) ? listed : []).map((each) => [field(each, 'name'), field(each, 'status')]), [['broken', 'failed'], ['test', 'connected']]);
  assert.equal(bad.stderr.match(/broken/g)?.length, 1, bad.stderr);
});

test('Ctrl-C in a call of a server: it is told, it ends, and the run has a last word', async () => {
  using simulated = await simulate();
  const log = join(simulated.home, 'log');
  simulated.put('home/.scorpiox/mcp_servers.json', servers({ test: stdio('good', log) }));
  const { code, stdout } = await simulated.ask(['[script]\ncall mcp__test__slow {}', '--json', ...ALLOW, '-e', 'MCP_WAIT_MS=20000'], {
    onStart(child) {
      // Its result follows only when it is called off.
      const watch = setInterval(() => {
        if (!existsSync(log) || !readFileSync(log, 'utf8').includes('call slow')) return;
        clearInterval(watch);
        child.kill('SIGINT');
      }, 20);
    },
  });
  assert.equal(code, 130);
  assert.equal(lines(stdout).at(-1)?.['type'], 'result');
  assert.match(readFileSync(log, 'utf8'), /call slow\nnotifications\/cancelled 3\nexit\n$/);
});
