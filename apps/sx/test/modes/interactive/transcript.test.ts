/** What a reader finds in the transcript, event by event. */
import assert from 'node:assert/strict';
import { test } from 'node:test';

import type { AgentEvent, RunResult, ToolOutput } from '@sx/agent';
import { type JsonObject, ProviderError, type StreamEvent, type ToolCallPart } from '@sx/llm';
import { createTheme, type Line, lineText, rowText, wrapLines, type WrapOptions } from '@sx/tui';

import { createTranscript, type Transcript } from '../../../src/modes/interactive/transcript.ts';

const NONE = { inputTokens: undefined, cacheReadTokens: undefined, cacheWriteTokens: undefined, outputTokens: undefined, reasoningTokens: undefined };

interface Reading {
  readonly transcript: Transcript;
  /** Rows as they are in the scroll-back. */
  rows(): string[];
  model(...events: readonly StreamEvent[]): void;
  call(part: ToolCallPart, title: string, output: ToolOutput, durationMs?: number): void;
  end(outcome?: RunResult['outcome']): void;
}

function read(columns = 60, now = (): number => 0): Reading {
  const rows: string[] = [];
  const transcript = createTranscript({
    print: (lines: readonly Line[], how: WrapOptions = {}) => void rows.push(...wrapLines(lines, columns, how).map(rowText)),
    size: () => ({ columns, rows: 24 }),
    theme: () => createTheme('dark'),
    hyperlinks: false,
    announces: () => false,
    unfoldBy: 'ctrl+o',
    now,
  });
  const tell = (event: AgentEvent): void => transcript.event(event);
  return {
    transcript,
    rows: () => rows,
    model: (...events) => events.forEach((event) => tell({ type: 'model', event })),
    call(call, title, output, durationMs = 0) {
      tell({ type: 'tool-start', call, title });
      tell({ type: 'tool-end', call, output, durationMs });
    },
    end: (outcome = 'success') =>
      tell({
        type: 'run-end',
        result: { outcome, text: '', turns: 1, usage: NONE, durationMs: 0, apiDurationMs: 0, permissionDenials: [], messages: [] },
      }),
  };
}

const called = (name: string, input: JsonObject): ToolCallPart => ({ type: 'tool-call', id: 'c', name, input, inputText: JSON.stringify(input) });
const said = (text: string, more: Partial<ToolOutput> = {}): ToolOutput => ({ isError: false, content: [{ type: 'text', text }], ...more });

test('an empty line stands behind a prompt, whatever comes then, and only one before an answer', () => {
  const { transcript, rows, model } = read();
  transcript.prompt([{ type: 'text', text: 'one' }]);
  transcript.notice('retried');
  transcript.prompt([{ type: 'text', text: 'two' }]);
  model({ type: 'text-start', id: 't' }, { type: 'text-delta', id: 't', text: 'answer\n\n' }, { type: 'text-end', id: 't' });
  assert.deepEqual(rows(), ['', '› one', '', 'retried', '', '› two', '', 'answer']);
});

test('a call is one row, however long its title; what stands behind it is seen', () => {
  const { rows, call, transcript } = read(40);
  const command = `echo ${'long '.repeat(20)}`;
  call(called('shell', { command }), command, said('out\n[exit 0 after 2.0 s]', { summary: 'exit 0 after 2.0 s' }), 2_000);
  assert.deepEqual(rows(), ['✓ echo long long l… · exit 0 after 2.0 s', '  out']);
  assert.equal(lineText(transcript.live(40).flat()), '');
  assert.equal(transcript.unfold(), true);
  assert.match(rows().join(''), /\$ echo long long long long/, 'the whole command is there to unfold');
});

test('a command of several lines has its first as the title', () => {
  const { rows, call } = read();
  call(called('shell', { command: 'cd src\nls' }), 'cd src\\nls', said('[exit 0 after 0.0 s]', { summary: 'exit 0 after 0.0 s' }));
  assert.deepEqual(rows(), ['✓ cd src … · exit 0 after 0.0 s']);
});

test('a command that was shown before it was approved is not shown again', () => {
  const { rows, call, transcript } = read();
  transcript.command('cd src\nls', 'c');
  call(called('shell', { command: 'cd src\nls' }), 'cd src\\nls', said(''));
  assert.deepEqual(rows(), ['$ cd src', '  ls', '✓ cd src …']);
  assert.equal(transcript.unfold(), false);
});

test('a long call that says no time itself has it behind its title', () => {
  const { rows, call } = read();
  call(called('web_fetch', {}), 'fetch x', said('', { summary: '3 lines' }), 2_500);
  assert.deepEqual(rows(), ['✓ fetch x · 3 lines · 2.5 s']);
});

test('what the model writes for a call is told while it comes', () => {
  const { model, transcript } = read();
  model({ type: 'tool-input-start', id: 'c', name: 'write' }, { type: 'tool-input-delta', id: 'c', text: 'x'.repeat(2_500) });
  assert.deepEqual(transcript.live(60).map(lineText), ['• write … · 2k characters']);
  model({ type: 'tool-input-end', id: 'c' });
  assert.deepEqual(transcript.live(60), []);
});

test('a call that a question stands for is not shown twice', () => {
  const { transcript } = read();
  transcript.event({ type: 'tool-start', call: called('edit', {}), title: 'edit a' });
  assert.deepEqual([transcript.live(60, 'c').length, transcript.live(60).length], [0, 1]);
});

test('the heading of a thought has no asterisks, unfolded and while it comes', () => {
  const { rows, model, transcript } = read();
  model({ type: 'reasoning-start', id: 'r' }, { type: 'reasoning-delta', id: 'r', text: '**Looking**\n\nat it' });
  assert.deepEqual(transcript.live(60).map(lineText), ['Looking', '', 'at it']);
  model({ type: 'reasoning-end', id: 'r' });
  transcript.unfold();
  assert.deepEqual(rows(), ['∴ thought, 3 lines (ctrl+o shows it)', '', 'thought', 'Looking', '', 'at it']);
});

test('what is unfolded has a heading that says what it is', () => {
  const { rows, model, transcript, call } = read();
  const unfolded = (): string[] => {
    const before = rows().length;
    assert.equal(transcript.unfold(), true);
    return rows().slice(before);
  };
  call(called('shell', { command: 'ls' }), 'ls', said('1\n2\n3\n4\n5\n6\n7\n8'));
  assert.deepEqual(unfolded().slice(0, 3), ['', 'ls', '1']);
  call(called('read', { path: 'a.ts' }), 'read a.ts', said('const a = 1;', { summary: '1 line' }));
  assert.deepEqual(unfolded(), ['', 'read a.ts', 'const a = 1;']);
  const diff = `--- a\n+++ b\n@@ -1,60 +0,0 @@\n${'-x\n'.repeat(60)}`;
  call(called('edit', { path: 'b.ts' }), 'edit b.ts', said(diff, { changedFiles: [{ path: 'b.ts', kind: 'update' }] }));
  assert.deepEqual(unfolded().slice(0, 2), ['', 'edit b.ts']);
  model({ type: 'reasoning-start', id: 'r' }, { type: 'reasoning-delta', id: 'r', text: 'hm' }, { type: 'reasoning-end', id: 'r' });
  assert.deepEqual(unfolded(), ['', 'thought', 'hm']);
});

test('an address on a line of its own is not indented, whatever its length, and leads there', () => {
  const url = `https://auth.example.com/authorize?${'x'.repeat(60)}`;
  const printed: Line[] = [];
  const transcript = createTranscript({
    print: (lines, how = {}) => void printed.push(...wrapLines(lines, 40, how).map(({ spans }) => spans)),
    size: () => ({ columns: 40, rows: 24 }), theme: () => createTheme('dark'), hyperlinks: true, announces: () => false, unfoldBy: 'ctrl+o',
  });
  transcript.notice(`Open this address in a browser, on any machine:\n\n${url}\n\nand enter this code there`, 'warning');
  const rows = printed.map(lineText);
  const from = rows.findIndex((row) => row.startsWith('https:'));
  assert.equal(rows.slice(from, from + 3).join(''), url);
  assert.deepEqual(printed.slice(from, from + 3).flatMap((line) => line.map(({ style }) => style.link)), [url, url, url]);
  assert.deepEqual([rows[1], rows[from + 4]], ['  machine:', 'and enter this code there']);
});

test('addresses stand line below line, with no row more than was said', () => {
  const { rows, transcript } = read();
  transcript.notice('https://a.example/1\nhttps://a.example/2\n\nhttps://a.example/3\nand\nhttps://a.example/4');
  assert.deepEqual(rows(), ['https://a.example/1', 'https://a.example/2', '', 'https://a.example/3', 'and', 'https://a.example/4']);
});

test('a run without a word of the model says so', () => {
  const { rows, end, transcript, call } = read();
  transcript.event({ type: 'run-start', sessionId: 's', turnId: 't', model: 'm', provider: 'p', toolNames: [] });
  end();
  assert.deepEqual(rows(), ['the model answered nothing']);
  transcript.event({ type: 'run-start', sessionId: 's', turnId: 't', model: 'm', provider: 'p', toolNames: [] });
  call(called('read', {}), 'read a', said('x'));
  end();
  assert.equal(rows().length, 2);
});

test('what went wrong has a mark that needs no colour', () => {
  const { rows, transcript } = read();
  transcript.notice('no route', 'danger');
  assert.deepEqual(rows(), ['✗ no route']);
});

test('one line without end is folded like many', () => {
  const { rows, transcript, call } = read(40);
  transcript.prompt([{ type: 'text', text: 'word '.repeat(20_000) }]);
  assert.equal(rows().length, 27);
  assert.match(rows().join('\n'), /… 2,\d+ more lines/);
  call(called('shell', { command: 'cat big.json' }), 'cat big.json', said('x'.repeat(100_000)));
  assert.equal(rows().length, 27 + 2 + 6);
  assert.equal(transcript.unfold(), true);
  assert.ok(rows().length > 2_500, 'all of it can be seen');
});

test('the wait for the next attempt counts down until something comes', () => {
  let nowMs = 0;
  const { model, transcript } = read(60, () => nowMs);
  const error = new ProviderError('PROVIDER_RATE_LIMIT', 'slow down', {});
  model({ type: 'retry', attempt: 2, attemptsMax: 5, delayMs: 4_100, error });
  assert.deepEqual(transcript.live(60).map(lineText), ['next attempt in 5 s']);
  nowMs = 3_200;
  assert.deepEqual(transcript.live(60).map(lineText), ['next attempt in 1 s']);
  model({ type: 'text-start', id: 't' });
  assert.deepEqual(transcript.live(60), []);
});
