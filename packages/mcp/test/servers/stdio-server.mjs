// An MCP server on standard input and output, good or bad as its first argument says. No package, no SDK.
import { appendFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { spawn } from 'node:child_process';

const [mode = 'good', logFile] = process.argv.slice(2);
const send = (value) => process.stdout.write(`${typeof value === 'string' ? value : JSON.stringify(value)}\n`);
const log = (text) => logFile && appendFileSync(logFile, `${text}\n`);
const schema = { type: 'object', properties: { text: { type: 'string' } } };
let tools = [
  { name: 'echo', description: 'Gives the text back.', inputSchema: schema, annotations: { readOnlyHint: true } },
  { name: 'environment', description: 'Names of its variables.', inputSchema: schema },
  { name: 'slow', description: 'Reports progress, then waits.', inputSchema: schema },
  { name: 'die', description: 'Ends the server.', inputSchema: schema },
  { name: 'picture', description: 'An image and a resource.', inputSchema: schema },
  { name: 'fail', description: 'Fails.', inputSchema: schema },
  { name: 'grow', description: 'Adds a tool.', inputSchema: schema },
];
log(`start ${process.pid}`);
process.on('exit', () => log('exit'));
if (mode === 'exit-at-once') {
  process.stderr.write('no database \u001b[31mhere\n');
  process.exit(3);
}
if (mode === 'stubborn') {
  process.on('SIGTERM', () => log('sigterm'));
  setInterval(() => undefined, 1000);
}
if (mode === 'grandchild') log(`grandchild ${spawn('sleep', ['600'], { stdio: 'inherit' }).pid}`);
if (mode === 'flood') {
  const line = `${JSON.stringify({ jsonrpc: '2.0', method: 'notifications/message', params: { data: 'x'.repeat(100) } })}\n`.repeat(200);
  const pump = () => { while (process.stdout.write(line)); process.stdout.once('drain', pump); };
  pump();
}
if (mode === 'huge-line') {
  const piece = 'x'.repeat(64 * 1024);
  const pump = () => { while (process.stdout.write(piece)); process.stdout.once('drain', pump); };
  pump();
}

const text = (value) => ({ content: [{ type: 'text', text: value }] });

function call(id, name, args, meta) {
  log(`call ${name}`);
  switch (name) {
    case 'echo':
      return send({ jsonrpc: '2.0', id, result: text(String(args.text)) });
    case 'environment':
      return send({ jsonrpc: '2.0', id, result: text(Object.keys(process.env).sort().join(' ')) });
    case 'slow':
      return send({ jsonrpc: '2.0', method: 'notifications/progress', params: { progressToken: meta?.progressToken, progress: 1, total: 2, message: 'half\u001b[2J way' } });
    case 'die':
      process.stderr.write('out of memory\n');
      return process.exit(9);
    case 'picture':
      return send({ jsonrpc: '2.0', id, result: { content: [{ type: 'image', data: 'aGVsbG8=', mimeType: 'image/png' }, { type: 'resource', resource: { uri: 'file:///a', text: 'inside' } }, { type: 'audio', data: 'AAAA', mimeType: 'audio/wav' }, { type: 'resource_link', uri: 'https://example.com/x', name: 'x' }] } });
    case 'fail':
      return send({ jsonrpc: '2.0', id, error: { code: -32000, message: 'no\nsuch thing' } });
    case 'grow':
      tools = [...tools, { name: 'grown', description: 'New.', inputSchema: schema }];
      send({ jsonrpc: '2.0', method: 'notifications/tools/list_changed' });
      return send({ jsonrpc: '2.0', id, result: text('grew') });
    default:
      return send({ jsonrpc: '2.0', id, error: { code: -32602, message: `unknown tool ${name}` } });
  }
}

const lines = createInterface({ input: process.stdin });
lines.on('line', (line) => {
  const { id, method, params } = JSON.parse(line);
  log(`${method ?? 'answer'} ${method === 'notifications/cancelled' ? params.requestId : (id ?? '')}`.trim());
  if (mode === 'silent') return;
  if (method === 'initialize') {
    if (mode === 'chatty') { send('Listening …'); send(''); send('{"jsonrpc":"2.0","id":77,"result":{}}'); send({ jsonrpc: '2.0', id: 'ping-1', method: 'ping' }); send({ jsonrpc: '2.0', id: 'sampling-1', method: 'sampling/createMessage', params: {} }); }
    if (mode === 'wrong-id') return send({ jsonrpc: '2.0', id: 4711, result: { protocolVersion: '2025-06-18', capabilities: {} } });
    return send({ jsonrpc: '2.0', id: mode === 'string-ids' ? String(id) : id, result: { protocolVersion: mode === 'old' ? '2024-11-05' : mode === 'future' ? '2099-01-01' : params.protocolVersion, capabilities: { tools: {} }, serverInfo: { name: 'test', version: '1' } } });
  }
  if (method === 'tools/list') {
    const start = Number(params.cursor ?? 0);
    if (mode === 'endless-pages') return send({ jsonrpc: '2.0', id, result: { tools: [], nextCursor: String(Math.random()) } });
    if (mode === 'paged') return send({ jsonrpc: '2.0', id, result: { tools: tools.slice(start, start + 2), ...(start + 2 < tools.length ? { nextCursor: String(start + 2) } : {}) } });
    if (mode === 'bad-list') return send({ jsonrpc: '2.0', id, result: { tools: 'none' } });
    return send({ jsonrpc: '2.0', id: mode === 'string-ids' ? String(id) : id, result: { tools } });
  }
  if (method === 'tools/call') return call(id, params.name, params.arguments ?? {}, params._meta);
});
lines.on('close', () => { if (mode !== 'stubborn') process.exit(0); });
