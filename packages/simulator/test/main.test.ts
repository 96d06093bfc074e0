import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync, statSync } from 'node:fs';
import { request, type RequestOptions } from 'node:https';
import { resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { test } from 'node:test';

async function fetchJson(url: string, options: RequestOptions): Promise<any> {
  return new Promise((done, reject) => {
    request(url, { agent: false, ...options }, (incoming) => {
      let text = '';
      incoming.on('data', (chunk: Buffer) => (text += chunk.toString()));
      incoming.once('end', () => done(JSON.parse(text)));
    }).once('error', reject).end();
  });
}

test('prints one line of JSON, serves, and ends on SIGTERM without a trace', async () => {
  const child = spawn(process.execPath, ['--conditions=@sx/source', resolve(import.meta.dirname, '../src/main.ts'), '--port', '0'], { stdio: ['ignore', 'pipe', 'inherit'] });
  const lines = createInterface(child.stdout);
  const [line] = (await once(lines, 'line')) as [string];
  const ready = JSON.parse(line);
  for (const name of ['url', 'codex', 'oauth', 'token', 'anthropic', 'gemini', 'openai', 'router', 'compat']) assert.match(ready[name], /^https:\/\/127\.0\.0\.1:/, name);
  assert.equal(statSync(ready.credentials.codex).mode & 0o777, 0o600);
  assert.ok(JSON.parse(readFileSync(ready.credentials.codex, 'utf8')).tokens.refresh_token);
  const ca = readFileSync(ready.caFile);
  const names = await fetchJson(`${ready.url}/__scenarios`, { ca });
  assert.ok(names['cut-stream']);
  const more = await fetchJson(`${ready.url}/__credentials`, { ca, method: 'POST' });
  assert.ok(more.tokens.accessToken);
  const journal = await fetchJson(`${ready.url}/__journal`, { ca });
  assert.deepEqual(journal.requests, [], 'the control calls are not in it');
  child.kill('SIGTERM');
  assert.deepEqual(await once(child, 'exit'), [0, null]);
  assert.equal(existsSync(ready.caFile), false);
  assert.equal(existsSync(ready.credentials.codex), false);
});
