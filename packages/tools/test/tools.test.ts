import assert from 'node:assert/strict';
import { test } from 'node:test';

import { createSystemPrompt, type RunResult } from '@sx/agent';
import { noUsage } from '@sx/llm';

import { createShellJobs } from '../src/shell-jobs.ts';
import { createTools } from '../src/tools.ts';

const failed: RunResult = { outcome: 'error', error: new Error('no'), text: '', turns: 0, usage: noUsage, durationMs: 0, apiDurationMs: 0, permissionDenials: [], messages: [] };
const tools = createTools({
  jobs: createShellJobs(),
  webFetch: { transport: () => assert.fail('no test of this file fetches') },
  async *task() {
    yield { type: 'run-end', result: failed };
  },
});

test('names, order and which tools may run beside each other', () => {
  assert.deepEqual(tools.map((tool) => `${tool.definition.name}${tool.parallel ? ' parallel' : ''}`), [
    'shell', 'shell_output', 'shell_stop', 'read parallel', 'write', 'edit', 'list parallel', 'glob parallel', 'grep parallel', 'view_image parallel', 'todo', 'task', 'web_fetch',
  ]);
});

test('instructions and schemas together stay far below 14,000 bytes', () => {
  const system = createSystemPrompt({ workingDirectory: '/home/user/project', platform: 'linux x64', date: '2026-01-31', isGitRepository: true, interactive: false });
  const bytes = Buffer.byteLength(system) + Buffer.byteLength(JSON.stringify(tools.map((tool) => tool.definition)));
  assert.ok(bytes <= 8_000, `${bytes} bytes`);
});

test('schemas are closed objects whose required properties exist', () => {
  for (const { definition } of tools) {
    const { type, properties, required, additionalProperties } = definition.inputSchema;
    assert.deepEqual([type, additionalProperties], ['object', false]);
    for (const name of Array.isArray(required) ? required : []) assert.ok(typeof properties === 'object' && properties !== null && String(name) in properties);
  }
});

/** Every kind of malformed argument, for every tool: a result or an `invalid`, never a throw. */
const VALUES = [undefined, null, 0, -1, 1e300, '', 'x', '\0', '\ud800', '../../..', [], {}, true, 'a'.repeat(10_000)];
test('no tool throws on any argument', async () => {
  const context = { workingDirectory: '/proc/nonexistent', additionalDirectories: [], childEnvironment: {}, outputDirectory: '/proc/nonexistent', readFiles: new Map(), redact: (text: string) => text };
  const run = { ...context, signal: new AbortController().signal, callId: 'c', onProgress: () => undefined };
  for (const tool of tools) {
    const properties = Object.keys(Object(tool.definition.inputSchema['properties']));
    for (const value of VALUES) {
      for (const name of properties) {
        const input = { ...Object.fromEntries(properties.map((each) => [each, 'x'])), [name]: value };
        for (const each of [input, { [name]: value }]) {
          // An empty list is one that was cleared.
          if (tool.definition.name === 'todo' && Array.isArray(value)) continue;
          const accesses = await tool.accesses(each, context);
          const output = await tool.run(each, run);
          assert.ok(accesses.kind === 'accesses' || accesses.message.length > 0);
          assert.ok(output.isError && output.content.length > 0, `${tool.definition.name} ${JSON.stringify(each).slice(0, 80)}`);
        }
      }
    }
  }
});
