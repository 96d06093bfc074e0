import assert from 'node:assert/strict';
import { test } from 'node:test';

import type { AgentEvent } from '@sx/agent';
import { ProviderError } from '@sx/llm';

import { createTextPrinter, type TextPrinterOptions } from '../../src/modes/text.ts';
import { call, memoryOutput, recordedRun, runResult } from './recorded-run.ts';

async function print(events: readonly AgentEvent[], options: Partial<TextPrinterOptions> & { terminal?: boolean } = {}) {
  const stdout = memoryOutput(options.terminal);
  const stderr = memoryOutput(options.terminal);
  const printer = createTextPrinter({ stdout, stderr, streaming: 'terminal', verbose: false, color: false, ...options });
  for (const event of events) await printer.print(event);
  return { stdout: stdout.text, stderr: stderr.text };
}

test('standard output has the answer and nothing else', async () => {
  const { stdout, stderr } = await print(recordedRun());
  assert.equal(stdout, 'Two files.\n');
  assert.equal(stderr, 'hm\nI will look.\n• shell ls\n  ✓ exit 0 (0.0 s)\n');
});

test('on a terminal text is shown as it comes, remarks too', async () => {
  const { stdout } = await print(recordedRun(), { terminal: true });
  assert.equal(stdout, 'I will look.\nTwo files.\n');
});

test('into a pipe text is streamed only where that was asked for', async () => {
  assert.equal((await print(recordedRun(), { streaming: 'everywhere' })).stdout, 'I will look.\nTwo files.\n');
});

test('a response that broke off and was asked for again is the answer once', async () => {
  const broken: AgentEvent[] = [
    { type: 'turn-start', turn: 1 },
    { type: 'model', event: { type: 'text-start', id: 'a' } },
    { type: 'model', event: { type: 'text-delta', id: 'a', text: 'Two f' } },
    { type: 'turn-restart', attempt: 1, delayMs: 1, error: new ProviderError('PROVIDER_TRUNCATED_STREAM', 'broke off') },
  ];
  assert.equal((await print([...broken, ...recordedRun().slice(20)])).stdout, 'Two files.\n');
});

test('STREAMING=0 shows the answer when it is whole', async () => {
  const { stdout } = await print(recordedRun(), { terminal: true, streaming: 'never' });
  assert.equal(stdout, 'Two files.\n');
});

test('what a model sends cannot act on the terminal', async () => {
  const events: AgentEvent[] = [
    { type: 'run-start', sessionId: 's', turnId: 't', model: 'm', provider: 'p', toolNames: [] },
    { type: 'turn-start', turn: 1 },
    { type: 'model', event: { type: 'reasoning-delta', id: 'r', text: '\u001b[2J' } },
    { type: 'model', event: { type: 'text-delta', id: 'a', text: '\u001b]0;x\u0007' } },
    { type: 'tool-start', call, title: 'shell \u001b[31m\nrm' },
    { type: 'tool-denied', call, reason: 'no\u009b1m' },
    { type: 'model', event: { type: 'warning', message: '\u001bc' } },
  ];
  const { stdout, stderr } = await print(events);
  assert.doesNotMatch(stdout + stderr, /[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/);
});

test('a denied call, a retry and a restart are a line each on standard error', async () => {
  const error = new ProviderError('PROVIDER_OVERLOADED', 'busy');
  const { stdout, stderr } = await print([
    { type: 'model', event: { type: 'retry', attempt: 2, attemptsMax: 5, delayMs: 1_500, error } },
    { type: 'tool-denied', call, reason: 'shell is not allowed' },
    { type: 'turn-restart', attempt: 1, delayMs: 0, error },
  ]);
  assert.equal(stdout, '');
  assert.equal(stderr, 'sx: attempt 2 of 5 in 1.5 s: busy\n  ✗ refused: shell is not allowed\nsx: the response broke off; once more in 0.0 s: busy\n');
});

test('a run that was cut short after a remark does not repeat it as the answer', async () => {
  const events = recordedRun().slice(0, 20);
  const { stdout, stderr } = await print([...events, { type: 'run-end', result: runResult({ outcome: 'max-turns', text: 'I will look.' }) }]);
  assert.equal(stdout, '');
  assert.match(stderr, /I will look\./);
});

test('a run that was cut short keeps the text that it had', async () => {
  const events = recordedRun().filter((event) => event.type !== 'run-end' && event.type !== 'message');
  const { stdout } = await print([...events, { type: 'run-end', result: runResult({ outcome: 'interrupted', text: 'Two' }) }]);
  assert.equal(stdout, 'Two\n');
});

test('the heading of a thought has no asterisks, however it comes', async () => {
  const text = '**Thinking about it**\n\na **bold** word\n**Then** more\n**Last**';
  const shown = 'Thinking about it\n\na **bold** word\n**Then** more\nLast\n';
  for (let size = 1; size <= text.length; size += 1) {
    const events: AgentEvent[] = [];
    for (let at = 0; at < text.length; at += size) {
      events.push({ type: 'model', event: { type: 'reasoning-delta', id: 'r', text: text.slice(at, at + size) } });
    }
    events.push({ type: 'model', event: { type: 'reasoning-end', id: 'r' } });
    assert.deepEqual(await print(events, { terminal: true }), { stdout: '', stderr: shown }, String(size));
  }
  const { stderr } = await print([
    { type: 'model', event: { type: 'reasoning-delta', id: 'r', text: '**Look' } },
    { type: 'model', event: { type: 'text-delta', id: 't', text: 'it' } },
  ], { terminal: true });
  assert.equal(stderr, '**Look\n', 'what breaks off is not lost');
});

test('color dims only what is not the answer', async () => {
  const { stdout, stderr } = await print(recordedRun(), { color: true, terminal: true });
  assert.doesNotMatch(stdout, /\u001b/);
  assert.match(stderr, /\u001b\[2mhm\u001b\[22m/);
});
