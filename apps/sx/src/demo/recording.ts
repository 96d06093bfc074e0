/**
 * A session as it was streamed: what each response of the model said, event by event, and what the tools gave back. Nothing of
 * it is run.
 */
import type { StreamEvent, ToolCallPart, Usage } from '@sx/llm';

export interface RecordedTurn {
  readonly events: readonly StreamEvent[];
  readonly results: readonly RecordedResult[];
}

export interface RecordedResult {
  readonly call: ToolCallPart;
  readonly title: string;
  readonly text: string;
  readonly summary: string;
  readonly isError?: boolean;
  readonly changes?: string;
}

const usage = (inputTokens: number, cacheReadTokens: number, outputTokens: number): Usage => ({ inputTokens, cacheReadTokens, cacheWriteTokens: undefined, outputTokens, reasoningTokens: undefined });

/** Pieces as a model sends them: a few letters, mostly words. */
function pieces(type: 'text-delta' | 'reasoning-delta', id: string, text: string): StreamEvent[] {
  return (text.match(/\s*\S{1,9}/g) ?? []).map((piece) => ({ type, id, text: piece }));
}

function says(text: string): StreamEvent[] {
  return [{ type: 'text-start', id: 't' }, ...pieces('text-delta', 't', text), { type: 'text-end', id: 't' }];
}

function thinks(text: string): StreamEvent[] {
  return [{ type: 'reasoning-start', id: 'r' }, ...pieces('reasoning-delta', 'r', text), { type: 'reasoning-end', id: 'r' }];
}

function call(id: string, name: string, input: Readonly<Record<string, string>>): ToolCallPart {
  return { type: 'tool-call', id, name, input, inputText: JSON.stringify(input) };
}

const READ = call('c1', 'read', { path: 'src/duration.ts' });
const EDIT = call('c2', 'edit', { path: 'src/duration.ts', oldText: '% 24', newText: '% 60' });
const TEST = call('c3', 'shell', { command: 'npm test' });

export const DEMO_PROMPT = 'durations above an hour are printed wrong; find out why and mend it';

export const DEMO_TURNS: readonly RecordedTurn[] = [
  {
    events: [
      { type: 'response-start', responseId: 'demo-1', model: 'demo' },
      { type: 'rate-limits', limits: [{ limitId: 'demo', window: 'primary', usedPercent: 12, windowMinutes: 300 }, { limitId: 'demo', window: 'secondary', usedPercent: 34, windowMinutes: 10_080 }] },
      ...thinks('The user sees wrong durations above an hour. Minutes are most likely taken modulo the wrong number. Let me read the file that formats them first.'),
      ...says('I look at how durations are formatted.'),
      { type: 'tool-call', call: READ },
      { type: 'finish', reason: 'tool-use', usage: usage(1_840, 0, 96), raw: [] },
    ],
    results: [{ call: READ, title: 'read src/duration.ts', text: '1\texport function durationText(seconds: number): string {\n2\t  const minutes = Math.floor(seconds / 60) % 24;\n3\t  return `${Math.floor(seconds / 3600)} h ${minutes} min`;\n4\t}', summary: '4 lines' }],
  },
  {
    events: [
      { type: 'response-start', responseId: 'demo-2', model: 'demo' },
      ...says('Minutes are taken **modulo 24** where an hour has 60 of them. I change that and run the tests.'),
      { type: 'tool-call', call: EDIT },
      { type: 'tool-call', call: TEST },
      { type: 'finish', reason: 'tool-use', usage: usage(210, 1_936, 118), raw: [] },
    ],
    results: [
      {
        call: EDIT, title: 'edit src/duration.ts', summary: '1 replacement', changes: '/demo/src/duration.ts',
        text: 'Edited src/duration.ts: 1 replacement.\n--- a/src/duration.ts\n+++ b/src/duration.ts\n@@ -1,4 +1,4 @@\n export function durationText(seconds: number): string {\n-  const minutes = Math.floor(seconds / 60) % 24;\n+  const minutes = Math.floor(seconds / 60) % 60;\n   return `${Math.floor(seconds / 3600)} h ${minutes} min`;\n }',
      },
      { call: TEST, title: 'npm test', summary: 'exit 0 after 0.8 s', text: '> test\n> node --test\n\n✔ below an hour (0.4ms)\n✔ an hour and more (0.2ms)\n✔ a day (0.1ms)\ntests 3\npass 3\nfail 0' },
    ],
  },
  {
    events: [
      { type: 'response-start', responseId: 'demo-3', model: 'demo' },
      ...says([
        'Durations above an hour are right now.\n\n',
        '## What was wrong\n\n`src/duration.ts:2` took the minutes modulo 24:\n\n',
        '```ts\nconst minutes = Math.floor(seconds / 60) % 60;\n```\n\n',
        '| seconds | before | now |\n|---:|---|---|\n| 5,400 | 1 h 18 min | 1 h 30 min |\n| 86,399 | 23 h 23 min | 23 h 59 min |\n\n',
        'All three tests pass. Text in any script lines up as well: 日本語, العربية, 🦦.\n',
      ].join('')),
      { type: 'usage', usage: usage(160, 2_146, 190) },
      { type: 'finish', reason: 'end', usage: usage(160, 2_146, 190), raw: [] },
    ],
    results: [],
  },
];
