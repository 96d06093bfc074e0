/** The client over Streamable HTTP, against a server that is no code of ours. */
import assert from 'node:assert/strict';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { test } from 'node:test';

import { isObject, type JsonObject, parseJson } from '@sx/llm';
import { allowAll, createDialer, createTransport } from '@sx/net';
import { watchHandles } from '@sx/testkit';

import { createMcpClient, type McpClient } from '../../src/client.ts';
import { createHttpChannel } from '../../src/http/http-channel.ts';
import { type McpLimits, mcpLimits } from '../../src/limits.ts';
import { isMcpError, McpError, type McpErrorCode } from '../../src/mcp-error.ts';
import { createMcpServer } from '../../src/mcp-server.ts';

interface Seen {
  readonly method: string;
  readonly body: JsonObject;
  readonly headers: IncomingMessage['headers'];
}
type Answer = (seen: Seen, response: ServerResponse) => void;

const json = (response: ServerResponse, value: object, headers: Record<string, string> = {}): void => void response.writeHead(200, { 'Content-Type': 'application/json', ...headers }).end(JSON.stringify(value));
const event = (value: object): string => `event: message\ndata: ${JSON.stringify(value)}\n\n`;
const result = (id: unknown, value: object): object => ({ jsonrpc: '2.0', id, result: value });
const text = (value: string): object => ({ content: [{ type: 'text', text: value }] });
const initialized = (id: unknown): object => result(id, { protocolVersion: '2025-06-18', capabilities: {}, serverInfo: { name: 't' } });

/** Answers as the specification has it, but for what `special` takes. */
async function withHttp(special: (seen: Seen, response: ServerResponse) => boolean, body: (client: McpClient, seen: readonly Seen[], channel: () => ReturnType<typeof createHttpChannel>) => Promise<void>, more: Partial<McpLimits> = {}): Promise<void> {
  const handles = watchHandles();
  const seen: Seen[] = [];
  const answer: Answer = (request, response) => {
    if (special(request, response)) return;
    const { id, method } = request.body;
    if (request.method === 'DELETE') return void response.writeHead(204).end();
    if (id === undefined) return void response.writeHead(202).end();
    if (method === 'initialize') return json(response, initialized(id), { 'Mcp-Session-Id': 's-1' });
    if (method === 'tools/list') return json(response, result(id, { tools: [{ name: 'echo', inputSchema: { type: 'object' } }] }));
    response.writeHead(200, { 'Content-Type': 'text/event-stream; charset=utf-8' });
    response.write(event({ jsonrpc: '2.0', method: 'notifications/progress', params: { progressToken: id, progress: 0.5, message: 'working' } }));
    response.end(event(result(id, text('from a stream'))));
  };
  const server = createServer((request, response) => {
    const pieces: Buffer[] = [];
    request.on('data', (piece: Buffer) => pieces.push(piece));
    request.on('end', () => {
      const value = parseJson(Buffer.concat(pieces).toString());
      const one: Seen = { method: request.method ?? '', body: isObject(value) ? value : {}, headers: request.headers };
      seen.push(one);
      answer(one, response);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  assert.ok(typeof address === 'object' && address !== null);
  const limits = { ...mcpLimits, ...more };
  const transport = createTransport({ dialer: createDialer({ policy: allowAll() }) });
  const channel = () => createHttpChannel({ server: 'web', url: `http://127.0.0.1:${address.port}/mcp`, fields: [['Authorization', 'Bearer t0ken']], transport, limits });
  const client = createMcpClient({ name: 'web', channel: channel(), clientInfo: { name: 'test', version: '1' }, limits });
  try {
    await body(client, seen, channel);
  } finally {
    await client.close();
    transport.close();
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  }
  await handles.assertNone();
}

async function faultOf(promise: Promise<unknown>): Promise<McpError> {
  try {
    await promise;
  } catch (error) {
    assert.ok(isMcpError(error), String(error));
    return error;
  }
  return assert.fail('expected a fault');
}

test('posts, reads JSON and streams, sends session and version, deletes the session at the end', async () => {
  let all: readonly Seen[] = [];
  await withHttp(() => false, async (client, seen) => {
    all = seen;
    await client.start();
    assert.equal((await client.listTools()).length, 1);
    const progress: string[] = [];
    assert.deepEqual(await client.callTool('echo', {}, { onProgress: (line) => progress.push(line) }), text('from a stream'));
    assert.deepEqual(progress, ['0.5 working']);
  });
  assert.deepEqual(all.map(({ method, body }) => `${method} ${String(body['method'] ?? '')}`.trim()), ['POST initialize', 'POST notifications/initialized', 'POST tools/list', 'POST tools/call', 'DELETE']);
  assert.deepEqual(all.map(({ headers }) => headers['mcp-session-id']), [undefined, 's-1', 's-1', 's-1', 's-1']);
  assert.deepEqual(all.map(({ headers }) => headers['mcp-protocol-version']), [undefined, '2025-06-18', '2025-06-18', '2025-06-18', '2025-06-18']);
  assert.ok(all.every(({ headers }) => headers.authorization === 'Bearer t0ken'));
  assert.equal(all[0]?.headers.accept, 'application/json, text/event-stream');
});

const CALLS: readonly (readonly [rule: string, answer: Answer, code: McpErrorCode, message: RegExp])[] = [
  ['a redirect is not followed, and its host named', (_, response) => void response.writeHead(307, { Location: 'https://evil.example/x?token=1' }).end(), 'MCP_HTTP', /redirects to evil\.example \(307\)/],
  ['401 says where a token goes', (_, response) => void response.writeHead(401).end('who\u001bare you'), 'MCP_HTTP', /status 401: who\\u001bare you/],
  ['500', (_, response) => void response.writeHead(500).end(), 'MCP_HTTP', /status 500$/],
  ['a page in place of an answer', (_, response) => void response.writeHead(200, { 'Content-Type': 'text/html' }).end('<html>'), 'MCP_BAD_MESSAGE', /answered \(200, text\/html\) without an answer/],
  ['an answer to another id', (_, response) => json(response, result(99, {})), 'MCP_BAD_MESSAGE', /without an answer to the request/],
  ['a stream that ends before the answer', (_, response) => void response.writeHead(200, { 'Content-Type': 'text/event-stream' }).end(event({ jsonrpc: '2.0', method: 'x' })), 'MCP_BAD_MESSAGE', /without an answer/],
  ['202 for a request', (_, response) => void response.writeHead(202).end(), 'MCP_BAD_MESSAGE', /without an answer/],
  ['a body that breaks off', (_, response) => { response.writeHead(200, { 'Content-Type': 'application/json', 'Content-Length': '100' }); response.write('{'); setImmediate(() => response.destroy()); }, 'MCP_HTTP', /NET_TRUNCATED_BODY|NET_RESET/],
  ['a body beyond the limit', (_, response) => json(response, { x: 'x'.repeat(20_000) }), 'MCP_HTTP', /NET_BODY_TOO_LARGE/],
  ['an event beyond the limit', (_, response) => void response.writeHead(200, { 'Content-Type': 'text/event-stream' }).end(event({ x: 'x'.repeat(20_000) })), 'MCP_HTTP', /NET_SSE_LINE_TOO_LONG/],
  ['a result that is no object', ({ body }, response) => json(response, { jsonrpc: '2.0', id: body['id'], result: 'x' }), 'MCP_BAD_MESSAGE', /no object/],
  ['nothing for ever', () => undefined, 'MCP_TIMEOUT', /no answer to tools\/call in 400 ms/],
  ['a stream of notifications for ever', (_, response) => {
    response.writeHead(200, { 'Content-Type': 'text/event-stream' });
    const pump = (): void => { while (!response.destroyed && response.write(event({ jsonrpc: '2.0', method: 'x' }).repeat(100))); if (!response.destroyed) response.once('drain', pump); };
    pump();
  }, 'MCP_FLOOD', /more than 1000 messages/],
];
for (const [rule, answer, code, message] of CALLS) {
  test(`a call: ${rule}`, async () => {
    await withHttp(
      (seen, response) => seen.body['method'] === 'tools/call' && (answer(seen, response), true),
      async (client) => {
        await client.start();
        const fault = await faultOf(client.callTool('echo', {}));
        assert.equal(fault.code, code, fault.message);
        assert.match(fault.message, message);
        assert.doesNotMatch(fault.message, /t0ken|token=1/);
      },
      { callTimeoutMs: 400, messageBytesMax: 10_000, strayMessagesMax: 1_000 },
    );
  });
}

test('a session that the server forgot is begun anew, and the call made once', async () => {
  let calls = 0;
  let sessions = 0;
  await withHttp(
    ({ body, headers }, response) => {
      if (body['method'] === 'initialize') return json(response, initialized(body['id']), { 'Mcp-Session-Id': `s-${(sessions += 1)}` }), true;
      if (headers['mcp-session-id'] === 's-1' && body['method'] === 'tools/call') return void response.writeHead(404).end(), true;
      if (body['method'] === 'tools/call') calls += 1;
      return false;
    },
    async (_client, _seen, channel) => {
      const server = createMcpServer({ name: 'web', createChannel: channel, clientInfo: { name: 'test', version: '1' } });
      const output = await server.call('echo', {});
      assert.deepEqual(output, { isError: false, content: [{ type: 'text', text: 'from a stream' }] });
      assert.deepEqual([sessions, calls], [2, 1]);
      await server.close();
    },
  );
});

test('a server that takes no notification does not hang the start', async () => {
  await withHttp(({ body }) => body['method'] === 'notifications/initialized', async (client) => {
    const fault = await faultOf(client.start());
    assert.equal(fault.code, 'MCP_TIMEOUT');
    assert.match(fault.message, /a message was not taken in 300 ms/);
  }, { startTimeoutMs: 300 });
});

test('a server that asks without end gets few answers at a time', async () => {
  const pings = Array.from({ length: 500 }, (_, index) => event({ jsonrpc: '2.0', id: `p${index}`, method: 'ping' })).join('');
  let open = 0;
  let most = 0;
  await withHttp(
    ({ body }, response) => {
      if (body['result'] !== undefined) {
        open += 1;
        most = Math.max(most, open);
        response.on('finish', () => (open -= 1));
        setImmediate(() => response.writeHead(202).end());
        return true;
      }
      if (body['method'] !== 'tools/call') return false;
      response.writeHead(200, { 'Content-Type': 'text/event-stream' }).end(pings + event(result(body['id'], text('done'))));
      return true;
    },
    async (client) => {
      await client.start();
      assert.deepEqual(await client.callTool('echo', {}), text('done'));
      assert.ok(most <= mcpLimits.repliesMax, String(most));
    },
  );
});

test('an abort ends the exchange, and a hostile session id is not taken', async () => {
  await withHttp(
    ({ body }, response) => {
      if (body['method'] === 'initialize') return json(response, initialized(body['id']), { 'Mcp-Session-Id': 'a b' }), true;
      return body['method'] === 'tools/call';
    },
    async (client, seen) => {
      await client.start();
      const controller = new AbortController();
      const call = faultOf(client.callTool('echo', {}, { signal: controller.signal }));
      while (!seen.some(({ body }) => body['method'] === 'tools/call')) await new Promise((resolve) => setImmediate(resolve));
      controller.abort();
      assert.equal((await call).code, 'MCP_ABORTED');
      assert.ok(seen.every(({ headers }) => headers['mcp-session-id'] === undefined));
    },
  );
});
