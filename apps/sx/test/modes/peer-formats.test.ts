import assert from 'node:assert/strict';
import { test } from 'node:test';

import type { AgentEvent } from '@sx/agent';
import { isObject, type JsonObject, parseJson, type ToolCallPart } from '@sx/llm';
import { NetError } from '@sx/net';

import { createCodexJsonlPrinter } from '../../src/modes/codex-jsonl.ts';
import { createGeminiStreamJsonPrinter } from '../../src/modes/gemini-stream-json.ts';
import type { Printer } from '../../src/modes/printer.ts';
import { call, memoryOutput, recordedRun, runResult } from './recorded-run.ts';

const redact = (text: string): string => text.replaceAll('hunter2', '[redacted]');
const now = (): Date => new Date(0);

async function lines(make: (stdout: ReturnType<typeof memoryOutput>) => Printer, drive: (printer: Printer) => Promise<void> | void): Promise<JsonObject[]> {
  const stdout = memoryOutput();
  await drive(make(stdout));
  return stdout.text.split('\n').filter((line) => line !== '').map((line) => {
    const value = parseJson(line);
    assert.ok(isObject(value), line);
    return value;
  });
}
const codex = (drive: (printer: Printer) => Promise<void> | void) => lines((stdout) => createCodexJsonlPrinter({ stdout, redact }), drive);
const gemini = (drive: (printer: Printer) => Promise<void> | void) => lines((stdout) => createGeminiStreamJsonPrinter({ stdout, redact, now }), drive);
const play = (events: readonly AgentEvent[]) => async (printer: Printer): Promise<void> => {
  for (const event of events) await printer.print(event);
};

test('codex-jsonl: a thread, a turn, items that start and complete, the usage', async () => {
  const all = await codex(play(recordedRun()));
  assert.deepEqual(all[0], { type: 'thread.started', thread_id: 's' });
  assert.deepEqual(all[1], { type: 'turn.started' });
  const [, , , , , done] = all;
  assert.ok(isObject(done?.['item']) && /completed|failed/.test(String(done['item']['status'])));
  const items = all.filter((line) => String(line['type']).startsWith('item.')).map(({ type, item }) => [type, isObject(item) ? [item['id'], item['type'], item['status'] ?? item['text']] : undefined]);
  assert.deepEqual(items, [
    ['item.completed', ['item_0', 'reasoning', 'hm']],
    ['item.completed', ['item_1', 'agent_message', 'I will look.']],
    ['item.started', ['item_2', 'command_execution', 'in_progress']],
    ['item.completed', ['item_2', 'command_execution', done['item']['status']]],
    ['item.completed', ['item_3', 'agent_message', 'Two files.']],
  ]);
  assert.deepEqual(all.at(-1), { type: 'turn.completed', usage: { input_tokens: 15, cached_input_tokens: 5, cache_write_input_tokens: 0, output_tokens: 7, reasoning_output_tokens: 3 } });
});

const used = (name: string, input: JsonObject): ToolCallPart => ({ ...call, name, input, inputText: JSON.stringify(input) });
const TOOLS: readonly (readonly [rule: string, events: (part: ToolCallPart) => AgentEvent[], part: ToolCallPart, item: JsonObject])[] = [
  ['a command with its exit code', (part) => [ended(part, true, 'exit 2 after 0.1 s')], used('shell', { command: 'false' }), { type: 'command_execution', command: 'false', aggregated_output: 'out', exit_code: 2, status: 'failed' }],
  ['a command that was refused', (part) => [{ type: 'tool-denied', call: part, reason: 'no' }, ended(part, true)], used('shell', { command: 'rm' }), { type: 'command_execution', command: 'rm', aggregated_output: 'out', exit_code: null, status: 'declined' }],
  ['a changed file', (part) => [{ type: 'tool-end', call: part, durationMs: 1, output: { isError: false, content: [], changedFiles: [{ path: '/a', kind: 'add' }] } }], used('write', { path: 'a' }), { type: 'file_change', changes: [{ path: '/a', kind: 'add' }], status: 'completed' }],
  ['a tool of an MCP server', (part) => [ended(part, false)], used('mcp__git__log', { n: 1 }), { type: 'mcp_tool_call', server: 'git', tool: 'log', arguments: { n: 1 }, result: { content: [{ type: 'text', text: 'out' }], structured_content: null }, error: null, status: 'completed' }],
  ['another tool that failed', (part) => [ended(part, true)], used('read', { path: 'a' }), { type: 'mcp_tool_call', server: 'sx', tool: 'read', arguments: { path: 'a' }, result: null, error: { message: 'out' }, status: 'failed' }],
];
function ended(part: ToolCallPart, isError: boolean, summary = 'x'): AgentEvent {
  return { type: 'tool-end', call: part, durationMs: 1, output: { isError, summary, content: [{ type: 'text', text: 'out' }] } };
}
for (const [rule, events, part, expected] of TOOLS) {
  test(`codex-jsonl: ${rule}`, async () => {
    const all = await codex(play([{ type: 'tool-start', call: part, title: 't' }, ...events(part)]));
    assert.deepEqual(all.at(-1), { type: 'item.completed', item: { id: 'item_0', ...expected } });
  });
}

test('gemini-stream-json: init, deltas, tools, one result with statistics', async () => {
  const all = await gemini(play([...recordedRun().slice(0, -1), { type: 'model', event: { type: 'text-delta', id: 'm', text: 'Two' } }, { type: 'run-end', result: runResult() }]));
  assert.deepEqual(all[0], { type: 'init', timestamp: '1970-01-01T00:00:00.000Z', session_id: 's', model: 'gpt-5.5' });
  assert.ok(all.some((line) => line['type'] === 'message' && line['content'] === 'Two' && line['delta'] === true));
  assert.ok(all.some((line) => line['type'] === 'tool_use' && line['tool_id'] === 'call_1'));
  assert.ok(all.some((line) => line['type'] === 'tool_result' && line['tool_id'] === 'call_1'));
  const tokens = { total_tokens: 22, input_tokens: 15, output_tokens: 7, cached: 5, input: 10 };
  assert.deepEqual(all.at(-1), { type: 'result', timestamp: '1970-01-01T00:00:00.000Z', status: 'success', stats: { ...tokens, duration_ms: 1235, tool_calls: 1, models: { 'gpt-5.5': tokens } } });
});

test('each ends with its own last word, also where nothing ran, or the process leaves at once', async (t) => {
  const error = new NetError('NET_DNS', 'no such host hunter2');
  const last = async (run: typeof codex, drive: (printer: Printer) => Promise<void> | void): Promise<JsonObject | undefined> => (await run(drive)).at(-1);
  await t.test('codex-jsonl', async () => {
    assert.deepEqual(await last(codex, (printer) => printer.fail(error, false)), { type: 'turn.failed', error: { message: 'no such host [redacted]' } });
    assert.deepEqual(await last(codex, (printer) => printer.abandon()), { type: 'turn.failed', error: { message: 'the run was interrupted' } });
    assert.equal((await codex(async (printer) => { await play(recordedRun())(printer); printer.abandon(); })).filter(({ type }) => String(type).startsWith('turn.')).length, 2);
  });
  await t.test('gemini-stream-json', async () => {
    const failed = await last(gemini, (printer) => printer.fail(error, false));
    assert.deepEqual([failed?.['status'], failed?.['error']], ['error', { type: 'NET_DNS', message: 'no such host [redacted]' }]);
    const left = await last(gemini, (printer) => printer.abandon());
    assert.deepEqual(left?.['error'], { type: 'interrupted', message: 'the run was interrupted' });
    assert.equal((await gemini(async (printer) => { await play(recordedRun())(printer); printer.abandon(); })).filter(({ type }) => type === 'result').length, 1);
  });
});
