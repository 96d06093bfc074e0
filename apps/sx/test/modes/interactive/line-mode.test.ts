/** The line mode in one process: whatever is typed and whatever a model says, lines come out, and not one byte that acts on a terminal. */
import assert from 'node:assert/strict';
import { EventEmitter } from 'node:events';
import { after, test } from 'node:test';

import { createSimulator } from '@sx/simulator';
import { createTheme, detectCapabilities } from '@sx/tui';

import { parseArguments } from '../../../src/cli/parse-arguments.ts';
import type { Invocation } from '../../../src/invocation.ts';
import { createApproval } from '../../../src/modes/interactive/approval.ts';
import { createScreenState } from '../../../src/modes/interactive/controller.ts';
import { createLine, createList } from '../../../src/modes/interactive/dialog.ts';
import { runLineMode } from '../../../src/modes/interactive/line-mode.ts';
import { approvalText, dialogText, linePrompt, statusText } from '../../../src/modes/interactive/line-view.ts';
import { EMPTY_STATUS, statusLine } from '../../../src/modes/interactive/status-line.ts';
import { createPlace, type Place } from './sitting.ts';

const simulator = await createSimulator();
after(() => simulator.close());

interface Lines {
  output(): string;
  type(bytes: string | Uint8Array): void;
  end(): void;
  until(pattern: RegExp): Promise<void>;
  readonly ended: Promise<number>;
}

function sit(place: Place, args: readonly string[] = []): Lines {
  const input = Object.assign(new EventEmitter(), { isTTY: true, setRawMode: () => undefined, resume: () => undefined, pause: () => undefined });
  let output = '';
  let changed = (): void => undefined;
  const stdout = {
    isTerminal: true, closed: false, fault: undefined,
    write(text: string) {
      output += text;
      changed();
      return Promise.resolve();
    },
    onClosed: () => undefined, size: () => ({ columns: 80, rows: 24 }), onResize: () => undefined,
  };
  const invocation: Invocation = {
    environment: { TERM: 'dumb', PATH: process.env['PATH'], ...place.environment }, workingDirectory: place.project, homedir: () => place.home, userId: process.getuid?.(),
    program: { path: '/nonexistent', built: false },
    // Only what lines use of a stream.
    stdin: () => input as unknown as NodeJS.ReadStream,
    stdout, stderr: stdout,
    interrupts: {
      signal: new AbortController().signal, received: undefined, onLeave: () => undefined, finishFirst: () => undefined, lastWord: () => undefined,
      onInterrupt: () => () => undefined, suspend: () => () => undefined, abort: () => undefined,
    },
  };
  const ended = runLineMode(invocation, parseArguments(args), detectCapabilities(invocation.environment));
  return {
    output: () => output,
    end: () => void input.emit('end'),
    type: (bytes) => void input.emit('data', Buffer.from(bytes)),
    until: (pattern) => new Promise((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error(`${pattern} never came:\n${output}`)), 10_000);
      changed = () => {
        if (!pattern.test(output)) return;
        clearTimeout(timer);
        changed = () => undefined;
        resolve();
      };
      changed();
    }),
    ended,
  };
}

/** Park and Miller's generator: the same bytes at every run. */
function random(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (state * 48_271) % 0x7fffffff;
    return state % below;
  };
}

const PIECES = ['\u001b[2J', '\u001b]0;x\u0007', '\u009b31m', '\u0000', '\t', '\r', '\u202e', '\u200b', 'e\u0301\u0301', '猫', '🦦', '\ud800', '\\', '"""', '/help', '/more', '/diff', '/usage', '/nonsense x', '/permissions', '/queue a', '!ls', '1', '4', 'no', '@x', '`', '# a', '| a |', ' ', 'word', '\n', '\n', '\n'];

for (const seed of [1, 2, 3, 4]) {
  test(`random lines, echoed by the model, seed ${seed}`, async () => {
    using place = createPlace(simulator);
    const next = random(seed);
    const lines = sit(place, ['--deny', 'shell']);
    await lines.until(/> $/);
    for (let count = 0; count < 40; count += 1) {
      const text = Array.from({ length: next(12) }, () => PIECES[next(PIECES.length)] ?? '').join('');
      const bytes = Buffer.from(text);
      const cut = next(bytes.length + 1);
      lines.type(bytes.subarray(0, cut));
      lines.type(bytes.subarray(cut));
    }
    lines.type(Buffer.from([0xff, 0xc3, 0x28, 0x0a]));
    await lines.until(/You said: /);
    lines.end();
    assert.equal(await lines.ended, 0);
    assert.doesNotMatch(lines.output(), /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202a-\u202e\ud800-\udbff](?![\udc00-\udfff])/);
  });
}

test('a megabyte without a line feed is a prompt that is cut, or none, and the next line counts', async () => {
  using place = createPlace(simulator);
  const lines = sit(place);
  await lines.until(/> $/);
  for (let count = 0; count < 20; count += 1) lines.type('x'.repeat(50_000));
  lines.type('\n');
  await lines.until(/codex gpt-5\.5, [^\n]*tokens in[\s\S]*> $/);
  lines.type('/quit\n');
  assert.equal(await lines.ended, 0);
});

const question = { call: { type: 'tool-call' as const, id: 'c', name: 'write', input: {}, inputText: '{}' }, title: 'write a.txt', reason: 'it needs approval', accesses: [], suggestedRule: 'edit(./a.txt)' };

test('a question is words: what, why, the answers with their numbers, where the rule goes', () => {
  const approval = createApproval(question, { rule: 'edit(/p/a.txt)', file: '/h/permissions.txt', section: '[/p]' });
  assert.equal(approvalText(approval), `Question: write a.txt
it needs approval
1. Yes, once
2. Yes, and for this session: edit(./a.txt)
3. Yes, and always in this project: allow edit(/p/a.txt); is written to /h/permissions.txt under [/p]
4. No, and tell why`);
  assert.equal(linePrompt({ ...createScreenState(), approval }, false), '1-4? ');
  assert.match(approvalText({ ...approval, stage: 'why' }), /an empty line gives no reason/);
});

test('a long list says how much is left out; a line says how to leave it', () => {
  const text = dialogText(createList('list', Array.from({ length: 40 }, (_, index) => ({ value: `v${index}`, label: `row ${index}`, detail: index === 0 ? 'first' : '' }))));
  assert.match(text, /^Choose list:\n1\. row 0, first\n2\. row 1\n[\s\S]*30\. row 29\nand 10 more\nA number chooses/);
  assert.equal(dialogText(createLine('name')), 'name. An empty line leaves it.');
});

test('the prompt says what is waited for, and is not there while something runs', () => {
  const state = createScreenState();
  assert.deepEqual([linePrompt(state, false), linePrompt(state, true), linePrompt({ ...state, phase: 'running' }, false), linePrompt({ ...state, acting: ['model'] }, false)], ['> ', '... ', undefined, undefined]);
  assert.equal(linePrompt({ ...state, dialog: createLine('x') }, false), '? ');
});

test('the status says in words what the line of the screen says in signs', () => {
  const status = {
    ...EMPTY_STATUS, provider: 'anthropic', model: 'opus', effort: 'high', contextTokens: 50_000, contextWindowTokens: 200_000, costUsd: 0.0123,
    spent: { inputTokens: 51_000, cacheReadTokens: 1, outputTokens: 900 }, limits: [{ limitId: 'a', window: 'primary', windowMinutes: 300, usedPercent: 12.4 }],
  };
  assert.equal(statusText(status), 'anthropic opus, effort high, mode default, context 25 % of 200k, 51k tokens in, 900 out, $0.0123, 5 h 12 % used');
  assert.match(statusLine(status, createTheme('dark'), 200).map(({ text }) => text).join(''), /opus · high · default · .*↑51k ↓900 \$0\.0123 · .*5 h 12 %/);
  assert.equal(statusText({ ...EMPTY_STATUS, contextTokens: 900 }), 'mode default, context 900');
});
