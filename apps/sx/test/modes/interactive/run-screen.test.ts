/**
 * The whole screen in one process, its terminal in memory: what a reader sees after the demo was played, at several sizes. No
 * session, no network.
 */
import assert from 'node:assert/strict';
import { EventEmitter } from 'node:events';
import { test } from 'node:test';

import { createVirtualTerminal, type VirtualTerminal } from '@sx/testkit';
import { createTheme, detectCapabilities, type Line, lineText, wrapLines } from '@sx/tui';

import { parseArguments } from '../../../src/cli/parse-arguments.ts';
import { playDemo } from '../../../src/demo/play.ts';
import type { Interrupts } from '../../../src/interrupts.ts';
import type { Invocation } from '../../../src/invocation.ts';
import { runScreen } from '../../../src/modes/interactive/run-screen.ts';
import { createTranscript } from '../../../src/modes/interactive/transcript.ts';

interface Sitting {
  readonly terminal: VirtualTerminal;
  readonly raw: boolean[];
  type(text: string): void;
  resize(columns: number, rows: number): void;
  until(pattern: RegExp): Promise<void>;
  readonly ended: Promise<number>;
}

function sit(columns: number, rows: number): Sitting {
  const terminal = createVirtualTerminal({ columns, rows });
  const input = Object.assign(new EventEmitter(), {
    isTTY: true, isRaw: false,
    setRawMode(on: boolean) {
      raw.push(on);
      input.isRaw = on;
    },
    resume: () => undefined, pause: () => undefined,
  });
  const raw: boolean[] = [];
  let size = { columns, rows };
  let resized = (): void => undefined;
  let changed = (): void => undefined;
  const stdout = {
    isTerminal: true, closed: false, fault: undefined,
    write(text: string) {
      terminal.write(text);
      changed();
      return Promise.resolve();
    },
    onClosed: () => undefined,
    size: () => size,
    onResize: (listener: () => void) => void (resized = listener),
  };
  const interrupts: Interrupts = {
    signal: new AbortController().signal, received: undefined,
    onLeave: () => undefined, finishFirst: () => undefined, lastWord: () => undefined, suspend: () => () => undefined, abort: () => undefined,
  };
  const invocation: Invocation = {
    environment: { TERM: 'xterm-256color' }, workingDirectory: '/', homedir: () => '/nonexistent', userId: 0, program: { path: '/nonexistent', built: false },
    // Only what the screen uses of a stream.
    stdin: () => input as unknown as NodeJS.ReadStream,
    stdout, stderr: stdout, interrupts,
  };
  const ended = runScreen(
    invocation,
    parseArguments(['demo']),
    detectCapabilities(invocation.environment),
    { demo: true, pace: 0 },
  );
  return {
    terminal,
    raw,
    type: (text) => void input.emit('data', Buffer.from(text)),
    resize(nextColumns, nextRows) {
      size = { columns: nextColumns, rows: nextRows };
      terminal.resize(nextColumns, nextRows);
      resized();
    },
    until: (pattern) =>
      new Promise((resolve) => {
        changed = () => {
          if (!pattern.test(terminal.text()) || terminal.updating) return;
          changed = () => undefined;
          resolve();
        };
        changed();
      }),
    ended,
  };
}

test('the demo, as it is read afterwards', async () => {
  const { terminal, until, type, raw, ended } = sit(80, 24);
  await until(/7 d 34 %/);
  await until(/🦦\.[\s\S]*› ask/u);
  assert.equal(terminal.text().trimEnd(), `
› durations above an hour are printed wrong; find out why and mend it
∴ thought, 1 line (ctrl+o shows it)

I look at how durations are formatted.
✓ read src/duration.ts · 4 lines

Minutes are taken modulo 24 where an hour has 60 of them. I change that and run
the tests.
✓ edit src/duration.ts · 1 replacement
src/duration.ts
@@ -1,4 +1,4 @@
1   export function durationText(seconds: number): string {
2 -   const minutes = Math.floor(seconds / 60) % 24;
2 +   const minutes = Math.floor(seconds / 60) % 60;
3     return \`\${Math.floor(seconds / 3600)} h \${minutes} min\`;
4   }
✓ npm test · exit 0 after 0.8 s
  > test
  > node --test
… 4 more lines (ctrl+o shows all)
  tests 3
  pass 3
  fail 0

Durations above an hour are right now.

What was wrong

src/duration.ts:2 took the minutes modulo 24:

  const minutes = Math.floor(seconds / 60) % 60;

seconds │ before      │ now
────────┼─────────────┼────────────
  5,400 │ 1 h 18 min  │ 1 h 30 min
 86,399 │ 23 h 23 min │ 23 h 59 min

All three tests pass. Text in any script lines up as well: 日本語, العربية, 🦦.

› ask, or type / for commands, @ for files, ! for a shell line
default · 2.5k context · ↑6.3k ↓404 · 7 d 34 % · 5 h 12 %`);
  assert.deepEqual(terminal.unknown, []);
  assert.deepEqual(terminal.trespasses, []);
  assert.deepEqual([terminal.cursor.column, terminal.cursor.visible], [2, true]);
  type('\u000f');
  await until(/✔ below an hour \(0\.4ms\)/);
  type('\u0003\u0003');
  assert.equal(await ended, 0);
  assert.deepEqual(raw, [true, false]);
  assert.deepEqual([terminal.modes.has(2004), terminal.keyboardFlags, terminal.cursor.visible], [false, 0, true]);
});

for (const [columns, rows] of [[40, 12], [20, 5], [1, 1], [500, 200]] as const) {
  test(`at ${columns} × ${rows} the editor stays in sight, and nothing unknown is written`, async () => {
    const { terminal, until, type, resize, ended } = sit(columns, rows);
    await until(/›/);
    resize(80, 24);
    resize(columns, rows);
    type('x');
    await until(/x/);
    resize(80, 24);
    await until(/› x\n/);
    type('\u0003\u0003');
    assert.equal(await ended, 0);
    assert.deepEqual([...terminal.unknown, ...terminal.trespasses], []);
  });
}

test('what a model, a tool or a path says cannot act on the terminal', async () => {
  const printed: Line[] = [];
  const transcript = createTranscript(
    {
      print: (lines) => void printed.push(...lines),
      size: () => ({ columns: 80, rows: 24 }),
      theme: () => createTheme('dark'),
      hyperlinks: true,
    },
  );
  const bad = 'a\u001b[2J\u009b3J\u0007\u001b]0;x\u0007\u202eb';
  transcript.prompt([{ type: 'text', text: bad }]);
  transcript.notice(bad);
  transcript.command(bad);
  transcript.diff(`--- a/${bad}\n+++ b/${bad}\n@@ -1 +1 @@\n-${bad}\n+${bad}`);
  for await (const event of playDemo(new AbortController().signal, 0)) {
    if (event.type === 'model' && event.event.type === 'text-delta') transcript.event(
      { ...event, event: { ...event.event, text: bad } },
    );
    else if (event.type === 'tool-start') transcript.event({ ...event, title: bad });
    else if (event.type === 'tool-end') transcript.event(
      { ...event, output: { ...event.output, summary: bad, content: [{ type: 'text', text: bad }] } },
    );
    else transcript.event(event);
  }
  transcript.unfold();
  const terminal = createVirtualTerminal({ columns: 80, rows: 24 });
  for (const row of wrapLines(printed, 80)) terminal.write(`${lineText(row.spans)}\r\n`);
  assert.deepEqual([...terminal.unknown, ...terminal.trespasses, terminal.title, terminal.bells], ['', 0]);
  assert.match(terminal.text(), /a\\u001b\[2J/);
});
