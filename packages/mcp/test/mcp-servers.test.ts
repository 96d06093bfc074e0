/** Laziness: when a server is started, and when its tools are offered. */
import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';

import type { ToolRunContext } from '@sx/agent';
import type { JsonValue } from '@sx/llm';

import { mcpLimits } from '../src/limits.ts';
import { createMcpServers, type McpServersOptions } from '../src/mcp-servers.ts';
import type { ServerSpec } from '../src/server-config.ts';
import { createStdioChannel } from '../src/stdio/stdio-channel.ts';

const SERVER = join(import.meta.dirname, 'servers/stdio-server.mjs');
const directory = mkdtempSync(join(tmpdir(), 'sx-mcp-'));
after(() => rmSync(directory, { recursive: true }));

const spec = (name: string, mode = 'good'): ServerSpec => ({ kind: 'stdio', name, source: 'test', command: process.execPath, args: [SERVER, mode, join(directory, name)], environment: {}, cwd: undefined });
const log = (name: string): string => (existsSync(join(directory, name)) ? readFileSync(join(directory, name), 'utf8') : '');

function create(specs: readonly ServerSpec[], more: Partial<McpServersOptions> = {}) {
  const notices: string[] = [];
  const servers = createMcpServers({
    specs,
    createChannel: (each) => (each.kind === 'stdio' ? createStdioChannel({ server: each.name, command: each.command, args: each.args, cwd: directory, environment: {} }) : assert.fail()),
    clientInfo: { name: 'test', version: '1' },
    onNotice: (text) => notices.push(text),
    limits: { ...mcpLimits, closeGraceMs: 100 },
    ...more,
  });
  return { servers, notices };
}

const noted: readonly JsonValue[] = [{ name: 'echo', description: 'noted', inputSchema: { type: 'object' } }];
const context: ToolRunContext = { workingDirectory: '/', additionalDirectories: [], childEnvironment: {}, outputDirectory: '/', readFiles: new Map(), redact: (text) => text, signal: new AbortController().signal, callId: 'c', onProgress: () => undefined };

test('a server whose tools are noted is not started until one is called; then its list is noted anew', async () => {
  let renewed: (tools: readonly JsonValue[]) => void = () => undefined;
  const written = new Promise<readonly JsonValue[]>((resolve) => (renewed = resolve));
  const { servers } = create([spec('lazy')], { cache: { read: () => ({ tools: noted, stale: false }), write: (_, tools) => renewed(tools) } });
  await servers.settled(10_000);
  const [echo] = servers.tools();
  assert.equal(echo?.definition.name, 'mcp__lazy__echo');
  assert.equal(echo.definition.description, 'Tool of the MCP server lazy, which says of it: noted');
  assert.deepEqual(await echo.accesses({ text: 'x\u001b' }, context), { kind: 'accesses', list: [{ action: 'tool', name: 'mcp__lazy__echo' }], title: 'lazy: echo {"text":"x\\u001b"}' });
  assert.equal(log('lazy'), '');
  assert.deepEqual(servers.statuses, [{ name: 'lazy', status: 'pending' }]);
  assert.deepEqual(await echo.run({ text: 'hi' }, context), { isError: false, content: [{ type: 'text', text: 'hi' }] });
  assert.deepEqual(servers.statuses, [{ name: 'lazy', status: 'connected' }]);
  assert.equal((await written).length, 7);
  assert.equal(servers.tools().length, 7);
  await servers.close();
  assert.match(log('lazy'), /exit/);
});

test('one that is not known is asked at once; a slow one is not waited for, a bad one is a notice', async () => {
  const { servers, notices } = create([spec('fresh'), spec('slow', 'silent'), spec('broken', 'exit-at-once')]);
  await servers.settled(2_000);
  assert.deepEqual(servers.tools().map(({ definition }) => definition.name).filter((name) => !name.startsWith('mcp__fresh__')), []);
  assert.equal(servers.tools().length, 7);
  assert.match(notices.join('\n'), /MCP server broken: the server ended \(exit code 3\)/);
  assert.match(notices.join('\n'), /MCP server slow is still starting/);
  assert.deepEqual(servers.statuses.map(({ status }) => status), ['connected', 'pending', 'failed']);
  await servers.close();
  assert.equal(notices.length, 2, notices.join('\n'));
});

test('tools may be kept back, and those of two servers have two names', async () => {
  const { servers } = create([spec('a b'), spec('a_b')], { cache: { read: () => ({ tools: [...noted, { name: 'die', inputSchema: {} }], stale: false }), write: () => undefined }, offers: (_, tool) => tool !== 'die' });
  assert.deepEqual(servers.tools().map(({ definition }) => definition.name), ['mcp__a_b__echo', 'mcp__a_b__echo_2']);
  await servers.close();
});

test('sixteen servers at once are started, and ended, without a warning', async () => {
  const warnings: string[] = [];
  const onWarning = (warning: Error): void => void warnings.push(warning.message);
  process.on('warning', onWarning);
  const specs = Array.from({ length: 18 }, (_, index) => spec(`s${index}`));
  const { servers } = create(specs);
  await servers.connectAll();
  assert.deepEqual(servers.statuses.map(({ status }) => status), Array.from({ length: mcpLimits.serversMax }, () => 'connected'));
  assert.equal(servers.tools().length, mcpLimits.offeredToolsMax);
  await servers.close();
  // A warning comes on the next tick.
  await new Promise((resolve) => setImmediate(resolve));
  process.removeListener('warning', onWarning);
  assert.deepEqual(warnings, []);
});
