/** The client against real child processes, good ones and bad ones. */
import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';

import type { ToolOutput } from '@sx/agent';
import { watchHandles } from '@sx/testkit';

import { createMcpClient, type McpClient } from '../../src/client.ts';
import { type McpLimits, mcpLimits } from '../../src/limits.ts';
import { isMcpError, type McpErrorCode } from '../../src/mcp-error.ts';
import { createMcpServer, type McpServer, type McpServerOptions } from '../../src/mcp-server.ts';
import { createStdioChannel } from '../../src/stdio/stdio-channel.ts';

const SERVER = join(import.meta.dirname, '../servers/stdio-server.mjs');
const directory = mkdtempSync(join(tmpdir(), 'sx-mcp-'));
after(() => rmSync(directory, { recursive: true }));
let logs = 0;

interface Started {
  readonly client: McpClient;
  readonly log: () => string;
}

const channelOf = (mode: string, limits: McpLimits, file: string) => () =>
  createStdioChannel({ server: mode, command: process.execPath, args: [SERVER, mode, file], cwd: directory, environment: { PATH: '/bin', SHOWN: '1' }, limits });

async function withClient(mode: string, body: (started: Started) => Promise<void>, more: Partial<McpLimits> = {}): Promise<void> {
  const handles = watchHandles();
  const limits = { ...mcpLimits, ...more };
  const file = join(directory, `log-${logs++}`);
  const client = createMcpClient({ name: mode, channel: channelOf(mode, limits, file)(), clientInfo: { name: 'test', version: '1' }, limits });
  try {
    await body({ client, log: () => (existsSync(file) ? readFileSync(file, 'utf8') : '') });
  } finally {
    await client.close();
  }
  await handles.assertNone();
}

async function withServer(mode: string, body: (server: McpServer, log: () => string) => Promise<void>, more: Partial<McpLimits> = {}, options: Partial<McpServerOptions> = {}): Promise<void> {
  const limits = { ...mcpLimits, ...more };
  const file = join(directory, `log-${logs++}`);
  const server = createMcpServer({ name: mode, createChannel: channelOf(mode, limits, file), clientInfo: { name: 'test', version: '1' }, limits, ...options });
  try {
    await body(server, () => (existsSync(file) ? readFileSync(file, 'utf8') : ''));
  } finally {
    await server.close();
  }
}

async function codeOf(promise: Promise<unknown>): Promise<McpErrorCode> {
  try {
    await promise;
  } catch (error) {
    assert.ok(isMcpError(error), String(error));
    return error.code;
  }
  return assert.fail('expected a fault');
}

const textOf = (output: ToolOutput): string => output.content.map((part) => (part.type === 'text' ? part.text : part.mediaType)).join('|');
/** A kill takes its moment. */
async function assertGone(pid: number): Promise<void> {
  assert.ok(pid > 0);
  const endMs = performance.now() + 3_000;
  while (alive(pid) && performance.now() < endMs) await new Promise((resolve) => setImmediate(resolve));
  assert.equal(alive(pid), false);
}
const alive = (pid: number): boolean => {
  try {
    process.kill(pid, 0);
    // A zombie still has a pid: the container's init may be slow to reap it.
    return !/^\d+ \(.*\) Z/.test(readFileSync(`/proc/${pid}/stat`, 'utf8'));
  } catch {
    return false;
  }
};

describe('a good server', () => {
  test('is started, lists its tools over pages, answers, and leaves when its input closes', async () => {
    let written = (): string => '';
    await withClient('paged', async ({ client, log }) => {
      written = log;
      assert.equal((await client.start()).protocolVersion, '2025-06-18');
      assert.equal((await client.listTools()).length, 7);
      assert.deepEqual(await client.callTool('echo', { text: 'a\nb ü' }), { content: [{ type: 'text', text: 'a\nb ü' }] });
    });
    assert.match(written(), /^start \d+\ninitialize 1\nnotifications\/initialized\ntools\/list 2\n(tools\/list \d\n)+tools\/call 6\ncall echo\nexit\n$/);
  });

  test('gets the environment that it is given and nothing else', async () => {
    await withServer('good', async (server) => {
      assert.equal(textOf(await server.call('environment', {})), 'PATH SHOWN');
    });
  });

  test('an older version is spoken, one that we do not know is refused', async () => {
    await withClient('old', async ({ client }) => assert.equal((await client.start()).protocolVersion, '2024-11-05'));
    await withClient('future', async ({ client }) => assert.equal(await codeOf(client.start()), 'MCP_PROTOCOL_VERSION'));
  });

  test('may log to its output, give ids as text, and ask what we do not do', async () => {
    await withClient('chatty', async ({ client, log }) => {
      await client.start();
      await client.listTools();
      assert.equal(log().match(/^answer/gm)?.length, 2);
    });
    await withClient('string-ids', async ({ client }) => {
      await client.start();
      assert.equal((await client.listTools()).length, 7);
    });
  });

  test('progress is passed on without anything that acts on a terminal, and an abort is told to the server', async () => {
    await withClient('good', async ({ client, log }) => {
      await client.start();
      const controller = new AbortController();
      const shown: string[] = [];
      const call = client.callTool('slow', {}, { signal: controller.signal, onProgress: (text) => (shown.push(text), controller.abort()) });
      assert.equal(await codeOf(call), 'MCP_ABORTED');
      assert.deepEqual(shown, ['1/2 half\\u001b[2J way']);
      assert.deepEqual(await client.callTool('echo', { text: 'on' }), { content: [{ type: 'text', text: 'on' }] });
      assert.match(log(), /notifications\/cancelled 2\n/);
    });
  });

  test('says that its tools changed, and is asked again', async () => {
    const lists: number[] = [];
    let changed: () => void = () => undefined;
    const twice = new Promise<void>((resolve) => (changed = resolve));
    await withServer('good', async (server) => {
      await server.connect();
      await server.call('grow', {});
      await twice;
      assert.deepEqual(lists, [7, 8]);
      assert.equal(server.tools.at(-1)?.tool, 'grown');
    }, {}, { onTools: (values) => (lists.push(values.length), lists.length === 2 ? changed() : undefined) });
  });

  test('images and resources come through, an error is a result that the model reads', async () => {
    await withServer('good', async (server) => {
      assert.equal(textOf(await server.call('picture', {})), 'image/png|[resource file:///a]\ninside|[audio (audio/wav) is left out: it cannot be shown to the model]|[link to https://example.com/x: x]');
      const failed = await server.call('fail', {});
      assert.equal(failed.isError, true);
      assert.equal(textOf(failed), 'MCP server good: tools/call failed: no such thing (-32000) [MCP_SERVER_ERROR]');
    });
  });
});

describe('a bad server', () => {
  test('that cannot be started', async () => {
    const channel = createStdioChannel({ server: 'none', command: '/nonexistent/server', args: [], cwd: directory, environment: {} });
    const client = createMcpClient({ name: 'none', channel, clientInfo: { name: 'test', version: '1' } });
    await assert.rejects(client.start(), (error) => isMcpError(error) && error.code === 'MCP_SPAWN' && error.message.includes('ENOENT'));
    await client.close();
  });

  test('that ends at once: the message has its last words, escaped', async () => {
    await withClient('exit-at-once', async ({ client }) => {
      await assert.rejects(client.start(), (error) => isMcpError(error) && error.code === 'MCP_EXITED' && error.message.includes('exit code 3') && error.message.includes('no database \\u001b[31mhere'));
    });
  });

  test('that dies in a call: a result says so, and the next call starts it again, a few times', async () => {
    await withServer('good', async (server, log) => {
      for (let round = 1; round <= mcpLimits.startsMax; round += 1) {
        assert.match(textOf(await server.call('die', {})), /the server ended \(exit code 9\); it said: out of memory \[MCP_EXITED\]/);
        assert.equal(server.status, 'failed');
      }
      assert.match(textOf(await server.call('echo', {})), /MCP_EXITED/);
      assert.equal(log().match(/^start /gm)?.length, mcpLimits.startsMax);
    });
  });

  test('that never answers', async () => {
    await withClient('silent', async ({ client }) => assert.equal(await codeOf(client.start()), 'MCP_TIMEOUT'), { startTimeoutMs: 300 });
  });

  test('that answers to the wrong id', async () => {
    await withClient('wrong-id', async ({ client }) => assert.equal(await codeOf(client.start()), 'MCP_TIMEOUT'), { startTimeoutMs: 300 });
  });

  test('that is silent in a call: the deadline is of the silence, and the server is told', async () => {
    await withClient('good', async ({ client, log }) => {
      await client.start();
      assert.equal(await codeOf(client.callTool('slow', {})), 'MCP_TIMEOUT');
      await client.callTool('echo', {});
      assert.match(log(), /notifications\/cancelled 2/);
    }, { callTimeoutMs: 300 });
  });

  test('that floods', async () => {
    await withClient('flood', async ({ client }) => assert.equal(await codeOf(client.start().then(() => client.callTool('slow', {}))), 'MCP_FLOOD'));
  });

  test('whose line never ends', async () => {
    await withClient('huge-line', async ({ client }) => assert.equal(await codeOf(client.start()), 'MCP_MESSAGE_TOO_LARGE'), { messageBytesMax: 1024 * 1024 });
  });

  test('whose list is none, or never ends', async () => {
    for (const mode of ['bad-list', 'endless-pages']) {
      await withClient(mode, async ({ client }) => {
        await client.start();
        assert.equal(await codeOf(client.listTools()), 'MCP_BAD_MESSAGE');
      });
    }
  });

  test('that does not want to leave is killed, and with it what it started', async () => {
    let log = (): string => '';
    await withClient('stubborn', async (started) => {
      ({ log } = started);
      await started.client.start();
    }, { closeGraceMs: 400 });
    assert.match(log(), /sigterm/);
    await assertGone(Number(/start (\d+)/.exec(log())?.[1]));
    await withClient('grandchild', async (started) => {
      ({ log } = started);
      await started.client.start();
    }, { closeGraceMs: 100 });
    await assertGone(Number(/grandchild (\d+)/.exec(log())?.[1]));
  });

  test('arguments beyond the limit are not sent', async () => {
    await withClient('good', async ({ client, log }) => {
      await client.start();
      assert.equal(await codeOf(client.callTool('echo', { text: 'x'.repeat(2_000) })), 'MCP_MESSAGE_TOO_LARGE');
      assert.doesNotMatch(log(), /call/);
    }, { messageBytesMax: 1_500 });
  });
});
