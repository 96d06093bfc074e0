import assert from 'node:assert/strict';
import { test } from 'node:test';

import type { AgentEvent } from '@sx/agent';
import { isObject, type JsonObject, parseJson, ProviderError } from '@sx/llm';
import { NetError } from '@sx/net';

import { exitCodeOfRun } from '../../src/cli/exit-codes.ts';
import { createJsonPrinter, type JsonPrinterOptions } from '../../src/modes/json.ts';
import type { Printer } from '../../src/modes/printer.ts';
import { call, memoryOutput, recordedRun, runResult } from './recorded-run.ts';

function setUp(options: Partial<JsonPrinterOptions> = {}): { printer: Printer; lines: () => JsonObject[] } {
  const stdout = memoryOutput();
  const printer = createJsonPrinter({
    stdout,
    everyEvent: true,
    partialMessages: false,
    workingDirectory: '/work',
    permissionMode: 'default',
    provider: 'codex',
    exitCodeOf: (result) => exitCodeOfRun(result, undefined),
    redact: (text) => text.replaceAll('SECRET', '[redacted]'),
    ...options,
  });
  const lines = (): JsonObject[] => {
    assert.ok(stdout.text.endsWith('\n'));
    return stdout.text.slice(0, -1).split('\n').map((line) => {
      const value = parseJson(line);
      assert.ok(isObject(value));
      return value;
    });
  };
  return { printer, lines };
}

async function linesOf(events: readonly AgentEvent[], options: Partial<JsonPrinterOptions> = {}): Promise<JsonObject[]> {
  const { printer, lines } = setUp(options);
  for (const event of events) await printer.print(event);
  return lines();
}

const kinds = (lines: readonly JsonObject[]): string[] => lines.map((line) => [line['type'], line['subtype']].filter((word) => word !== undefined).join('/'));

test('stream-json has the names and order of Claude Code', async () => {
  const lines = await linesOf(recordedRun());
  assert.deepEqual(kinds(lines), ['system/init', 'assistant', 'user', 'assistant', 'result/success']);
  for (const [index, line] of lines.entries()) {
    assert.deepEqual([line['schema_version'], line['seq'], line['provider'], line['session_id']], [1, index, 'codex', 's']);
    assert.match(String(line['uuid']), /^[0-9a-f-]{36}$/);
  }
});

test('init names directory, tools, model and permission mode', async () => {
  const [init] = await linesOf(recordedRun());
  assert.deepEqual([init?.['cwd'], init?.['tools'], init?.['model'], init?.['permissionMode']], ['/work', ['shell'], 'gpt-5.5', 'default']);
});

test('an assistant message has the blocks of the Messages API', async () => {
  const lines = await linesOf(recordedRun());
  assert.deepEqual(lines[1]?.['message'], {
    id: null,
    type: 'message',
    role: 'assistant',
    model: 'gpt-5.5',
    content: [{ type: 'thinking', thinking: 'hm' }, { type: 'text', text: 'I will look.' }, { type: 'tool_use', id: 'call_1', name: 'shell', input: { command: 'ls' } }],
    stop_reason: 'tool_use',
    stop_sequence: null,
    usage: { input_tokens: 10, cache_creation_input_tokens: 0, cache_read_input_tokens: 5, output_tokens: 7, reasoning_tokens: 3 },
  });
  assert.deepEqual(lines[2]?.['message'], { role: 'user', content: [{ type: 'tool_result', tool_use_id: 'call_1', content: [{ type: 'text', text: 'a\nb' }], is_error: false }] });
});

test('the result has what a script needs', async () => {
  const result = (await linesOf(recordedRun(), { everyEvent: false }))[0];
  assert.ok(result);
  const { uuid, ...rest } = result;
  assert.deepEqual(rest, {
    type: 'result',
    subtype: 'success',
    is_error: false,
    duration_ms: 1235,
    duration_api_ms: 1000,
    num_turns: 2,
    result: 'Two files.',
    exit_code: 0,
    total_cost_usd: null,
    stop_reason: 'end_turn',
    usage: { input_tokens: 10, cache_creation_input_tokens: 0, cache_read_input_tokens: 5, output_tokens: 7, reasoning_tokens: 3 },
    modelUsage: { 'gpt-5.5': { inputTokens: 10, outputTokens: 7, cacheReadInputTokens: 5, cacheCreationInputTokens: 0, costUSD: null } },
    permission_denials: [],
    schema_version: 1,
    seq: 0,
    provider: 'codex',
    session_id: 's',
  });
});

test('json prints the result alone', async () => {
  assert.deepEqual(kinds(await linesOf(recordedRun(), { everyEvent: false })), ['result/success']);
});

test('partial messages are the events of the Messages API, blocks numbered', async () => {
  const lines = await linesOf(recordedRun(), { partialMessages: true });
  const events = lines.filter((line) => line['type'] === 'stream_event').map((line) => line['event']).filter(isObject);
  assert.deepEqual(events.slice(0, 12).map((event) => [event['type'], event['index']]), [
    ['message_start', undefined],
    ['content_block_start', 0],
    ['content_block_delta', 0],
    ['content_block_stop', 0],
    ['content_block_start', 1],
    ['content_block_delta', 1],
    ['content_block_delta', 1],
    ['content_block_stop', 1],
    ['content_block_start', 2],
    ['content_block_delta', 2],
    ['content_block_stop', 2],
    ['message_delta', undefined],
  ]);
});

test('a call without a block of its own gets one', async () => {
  const events: AgentEvent[] = [...recordedRun().slice(0, 1), { type: 'model', event: { type: 'response-start' } }, { type: 'model', event: { type: 'tool-call', call } }];
  const lines = await linesOf(events, { partialMessages: true });
  assert.equal(lines.filter((line) => line['type'] === 'stream_event').length, 4);
});

const OUTCOMES = [
  [runResult({ outcome: 'max-turns' }), 'error_max_turns', 53],
  [runResult({ outcome: 'max-budget' }), 'error_max_budget_usd', 56],
  [runResult({ outcome: 'max-tokens' }), 'error_max_tokens', 56],
  [runResult({ outcome: 'max-seconds' }), 'error_max_seconds', 57],
  [runResult({ outcome: 'interrupted' }), 'interrupted', 130],
  [runResult({ outcome: 'error', error: new NetError('NET_TOKEN_MISSING', 'no login') }), 'error_auth', 41],
  [runResult({ outcome: 'error', error: new NetError('NET_DNS', 'no such host') }), 'error_network', 61],
  [runResult({ outcome: 'error', error: new NetError('NET_EGRESS_DENIED', 'not listed') }), 'error_sandbox', 44],
  [runResult({ outcome: 'error', error: new ProviderError('PROVIDER_SERVER', 'broke', { status: 500 }) }), 'error_provider', 62],
  [runResult({ outcome: 'error', error: new TypeError('a defect') }), 'error_during_execution', 1],
] as const;
for (const [value, subtype, exit] of OUTCOMES) {
  test(`${value.outcome}${value.error === undefined ? '' : ` (${String(value.error)})`} is ${subtype}`, async () => {
    const result = (await linesOf(recordedRun(value))).at(-1);
    assert.deepEqual([result?.['subtype'], result?.['is_error'], result?.['exit_code']], [subtype, true, exit]);
    assert.equal(Array.isArray(result?.['errors']) && result['errors'].length, 1);
    assert.equal(result?.['result'], undefined);
    assert.equal(result?.['partial_result'], 'Two files.');
  });
}

test('an error says code, status and hint, without secrets', async () => {
  const error = new ProviderError('PROVIDER_CLIENT_REFUSED', 'refused SECRET', { status: 400, hint: 'set SECRET' });
  const result = (await linesOf(recordedRun(runResult({ outcome: 'error', error })))).at(-1);
  assert.deepEqual([result?.['errors'], result?.['error_code'], result?.['api_error_status'], result?.['error_hint']], [['refused [redacted]'], 'PROVIDER_CLIENT_REFUSED', 400, 'set [redacted]']);
});

test('retries and denials are system events', async () => {
  const error = new ProviderError('PROVIDER_OVERLOADED', 'busy', { status: 529 });
  const lines = await linesOf([
    { type: 'model', event: { type: 'retry', attempt: 1, attemptsMax: 4, delayMs: 1_000.4, error } },
    { type: 'tool-denied', call, reason: 'not allowed' },
  ]);
  assert.deepEqual(kinds(lines), ['system/api_retry', 'system/permission_denied']);
  assert.deepEqual([lines[0]?.['attempt'], lines[0]?.['max_retries'], lines[0]?.['retry_delay_ms'], lines[0]?.['error_status']], [1, 4, 1000, 529]);
});

test('a run that could not start has a result all the same, and only one', async () => {
  const { printer, lines } = setUp();
  await printer.fail(new NetError('NET_TOKEN_MISSING', 'no login'), false);
  await printer.fail(new Error('again'), false);
  printer.abandon();
  assert.deepEqual(kinds(lines()), ['result/error_auth']);
});

test('leaving at once still says that the run was interrupted', () => {
  const { printer, lines } = setUp();
  printer.abandon();
  assert.deepEqual(kinds(lines()), ['result/interrupted']);
});

test('a defect that nothing caught has a result too', () => {
  const { printer, lines } = setUp();
  printer.abandon(new TypeError('a defect'));
  assert.deepEqual(kinds(lines()), ['result/error_during_execution']);
  assert.equal(lines()[0]?.['exit_code'], 1);
});

test('after a result, leaving says nothing more', async () => {
  const { printer, lines } = setUp({ everyEvent: false });
  for (const event of recordedRun()) await printer.print(event);
  printer.abandon();
  assert.equal(lines().length, 1);
});
