/** Every program of the README, as it stands there, run by a Node of its own against a local server. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { after, test } from 'node:test';

import { createTestCa, fin, receiveRequest, response, send, startScriptedServer } from '@sx/testkit';

const packageFolder = resolve(import.meta.dirname, '..');
const folder = mkdtempSync(join(tmpdir(), 'sx-readme-'));
mkdirSync(join(folder, 'node_modules', '@sx'), { recursive: true });
symlinkSync(packageFolder, join(folder, 'node_modules', '@sx', 'net'));
after(() => rmSync(folder, { recursive: true }));

const programs = new Map<string, string>();
const readme = readFileSync(join(packageFolder, 'README.md'), 'utf8');
for (const match of readme.matchAll(/<!-- program: (\w+) -->\n```js\n([^]*?)```/g)) {
  programs.set(match[1] ?? '', match[2] ?? '');
}

interface Outcome {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

function run(program: string, args: readonly string[], environment: NodeJS.ProcessEnv = {}): Promise<Outcome> {
  const text = programs.get(program);
  assert.ok(text !== undefined, `the README has no program ${program}`);
  const path = join(folder, `${program}.mjs`);
  writeFileSync(path, text);
  return new Promise((done) => {
    const child = spawn(process.execPath, ['--conditions=@sx/source', path, ...args], { env: environment, timeout: 20_000 });
    let stdout = '';
    let stderr = '';
    child.stdout.on('data', (bytes) => (stdout += bytes));
    child.stderr.on('data', (bytes) => (stderr += bytes));
    child.once('close', (code) => done({ code, stdout, stderr }));
  });
}

test('GET', async () => {
  const server = await startScriptedServer({ scripts: [[receiveRequest, send(response('hello'))]] });
  assert.deepEqual(await run('get', [`${server.origin}/`]), { code: 0, stdout: '200 hello\n', stderr: '' });
  await server.close();
});

test('POST of JSON, answered and refused', async () => {
  const server = await startScriptedServer({ scripts: [[receiveRequest, send(response('{"ok":true}'))], [receiveRequest, fin]] });
  assert.deepEqual(await run('post', [`${server.origin}/`]), { code: 0, stdout: '{ ok: true }\n', stderr: '' });
  assert.match(
    server.connections[0]?.received().toString() ?? '',
    /^POST \/ HTTP\/1\.1\r\n[^]*User-Agent: example\/1\.0\r\n[^]*\{"question":"why\?"\}$/,
  );
  const refused = await run('post', [`${server.origin}/`]);
  assert.equal(refused.code, 1);
  assert.match(refused.stderr, /^NET_CLOSED_BEFORE_RESPONSE 127/);
  await server.close();
});

test('a stream of events, left after the third', async () => {
  const events = [1, 2, 3, 4].map((n) => `event: tick\ndata: ${n}\n\n`).join('');
  const server = await startScriptedServer({
    scripts: [[receiveRequest, send(`HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n${events}`)]],
  });
  assert.deepEqual(await run('sse', [`${server.origin}/`]), { code: 0, stdout: 'tick 1\ntick 2\ntick 3\n', stderr: '' });
  await server.close();
});

test('a proxy and a certificate authority of its own', async () => {
  const ca = createTestCa();
  const server = await startScriptedServer({
    scripts: [[receiveRequest, send(response('behind'))]],
    tls: ca.issue({ names: ['api.example.com'] }),
  });
  const asked: string[] = [];
  const proxy = createServer((socket) => {
    socket.on('error', () => undefined);
    socket.once('data', (head) => {
      asked.push(head.toString().split('\r\n')[0] ?? '');
      const upstream = connect(server.port, '127.0.0.1', () => socket.write('HTTP/1.1 200 Connection established\r\n\r\n'));
      upstream.on('error', () => undefined);
      socket.pipe(upstream).pipe(socket);
    });
  });
  await new Promise<void>((listening) => proxy.listen(0, '127.0.0.1', listening));
  const address = proxy.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  const environment = { HTTPS_PROXY: `http://127.0.0.1:${port}`, CA_FILE: ca.certFile };
  assert.deepEqual(await run('proxy', ['https://api.example.com/'], environment), {
    code: 0,
    stdout: '200 behind\n',
    stderr: '',
  });
  assert.deepEqual(asked, ['CONNECT api.example.com:443 HTTP/1.1']);
  await new Promise((closed) => proxy.close(closed));
  await server.close();
});

test('a trace of every byte, without the key', async () => {
  const server = await startScriptedServer({ scripts: [[receiveRequest, send(response('traced'))]] });
  const { code, stdout, stderr } = await run('trace', [`${server.origin}/`]);
  assert.equal(code, 0, stderr);
  const types = stdout.trim().split('\n').map((line) => JSON.parse(line).type);
  for (const type of ['step', 'dial', 'open', 'sent', 'received', 'close']) assert.ok(types.includes(type), type);
  assert.match(stdout, /X-Api-Key: \[redacted\]/);
  assert.doesNotMatch(stdout + stderr, /not-a-real-key/);
  assert.equal(JSON.parse(stderr).log.entries[0].response.content.text, 'traced');
  await server.close();
});

test('a policy that refuses', async () => {
  const { code, stdout } = await run('policy', []);
  assert.equal(code, 0);
  assert.match(stdout, /^NET_EGRESS_DENIED [^]*elsewhere\.example/);
});
