/** The whole screen on a terminal in memory: what a reader sees of it at several sizes, on several terminals, and when they go away. */
import assert from 'node:assert/strict';
import { globSync } from 'node:fs';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';

import { createSimulator, type Simulator } from '@sx/simulator';
import { createVirtualTerminal, type VirtualTerminal } from '@sx/testkit';
import { createTheme, type Line, lineText, sgrParameters, wrapLines } from '@sx/tui';

import { playDemo } from '../../../src/demo/play.ts';
import { createTranscript } from '../../../src/modes/interactive/transcript.ts';
import { createPlace, type Place, sit } from './sitting.ts';

const simulator: Simulator = await createSimulator();
const slow: Simulator = await createSimulator({ delayMs: 30 });
after(async () => {
  await simulator.close();
  await slow.close();
});

const READY = /› ask[\s\S]*codex gpt-5\.5/;

test('the demo, as it is read afterwards', async () => {
  const { terminal, until, type, raw, ended } = sit({ demo: true });
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
default · 2.5k context · ↑6.3k ↓404 · limits 7 d 34 % · 5 h 12 %`);
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
    const { terminal, until, type, resize, ended } = sit({ columns, rows, demo: true });
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

describe('at 1 × 1 and at 500 × 200', () => {
  for (const [columns, rows] of [[1, 1], [500, 200]] as const) {
    test(`${columns} × ${rows}: a turn with a question, answered, is whole once the window is`, async () => {
      using place = createPlace(simulator);
      const desk = sit({ columns, rows, place });
      await desk.when(() => desk.terminal.title !== '');
      desk.type('[script]\ncall shell {"command":"echo seen"}\r');
      await desk.when(() => desk.terminal.bells === 1);
      const before = simulator.requests.length;
      desk.type('\r');
      await desk.when(() => simulator.requests.length > before);
      desk.resize(80, 24);
      await desk.until(/› ask, or type[^\n]*\ncodex gpt-5\.5/);
      await desk.say('hello', /You said: hello/);
      assert.equal(await desk.leave(), 0);
      assert.deepEqual([...desk.terminal.unknown, ...desk.terminal.trespasses], []);
    });
  }
});

describe('what the terminal answers', () => {
  const accent = (terminal: VirtualTerminal): string => {
    const row = terminal.lines().findIndex((line) => line.startsWith('codex gpt-5.5'));
    return terminal.cell(row, 0).style;
  };
  for (const ground of ['dark', 'light'] as const) {
    test(`a ${ground} ground brings the colours for it`, async () => {
      using place = createPlace(simulator);
      const desk = sit({ place, answers: ground });
      await desk.until(READY);
      assert.equal(accent(desk.terminal), sgrParameters(createTheme(ground).accent, '256'));
      assert.notEqual(sgrParameters(createTheme('dark').accent, '256'), sgrParameters(createTheme('light').accent, '256'));
      assert.equal(await desk.leave(), 0);
    });
  }

  test('one that answers nothing is waited for by nobody: the first frame stands at once, and keys are taken', async () => {
    using place = createPlace(simulator);
    const desk = sit({ place, answers: 'none' });
    assert.match(desk.terminal.screen(), /^› ask, or type/m, 'before anything else was done');
    desk.type('hel');
    await desk.until(/› hel\n/);
    desk.type('lo\r');
    await desk.until(/You said: hello/);
    assert.equal(await desk.leave(), 0);
    assert.deepEqual(desk.terminal.replies, []);
  });
});

describe('colours', () => {
  const ATTRIBUTES = '(?:[1-9](?:;[1-9])*)?';
  const rows: readonly (readonly [name: string, environment: Readonly<Record<string, string>>, colour: string | undefined])[] = [
    ['NO_COLOR: none', { NO_COLOR: '1', COLORTERM: 'truecolor' }, undefined],
    ['TERM=xterm: the 16 of the palette', { TERM: 'xterm' }, '[349][0-7]|10[0-7]'],
    ['TERM=xterm-256color: indexed ones', { TERM: 'xterm-256color' }, '[34]8;5;\\d+'],
    ['COLORTERM=truecolor: RGB', { TERM: 'xterm', COLORTERM: 'truecolor' }, '[34]8;2;\\d+;\\d+;\\d+'],
    ['FORCE_COLOR=1: the 16', { FORCE_COLOR: '1', COLORTERM: 'truecolor' }, '[349][0-7]|10[0-7]'],
  ];
  for (const [name, environment, colour] of rows) {
    test(name, async () => {
      const desk = sit({ demo: true, environment, rows: 100 });
      await desk.until(/🦦/u);
      const styles = new Set<string>();
      for (let row = 0; row < 100; row += 1) for (let column = 0; column < 80; column += 1) styles.add(desk.terminal.cell(row, column).style);
      const one = colour === undefined ? '' : `(?:;?(?:${colour}))*`;
      for (const style of styles) assert.match(style, new RegExp(`^${ATTRIBUTES}${one}$`));
      assert.equal([...styles].some((style) => style.length > 3 || /^[349]\d$/.test(style)), colour !== undefined, [...styles].join(' '));
      assert.equal(await desk.leave(), 0);
    });
  }
});

describe('a terminal that goes away', () => {
  const records = (place: Place): string => {
    const [file = assert.fail('no session')] = globSync('.scorpiox/sessions/*/*.jsonl', { cwd: place.home });
    return place.read(join('home', file));
  };

  test('in the middle of a turn: the screen ends, and what was said is on file', async () => {
    using place = createPlace(slow);
    const desk = sit({ place });
    await desk.until(READY);
    desk.type('[scenario text]\r');
    await desk.until(/The server answers/);
    desk.hangUp();
    assert.equal(await desk.ended, 1);
    assert.match(records(place), /The server answers/);
    assert.match(records(place), /"type":"run-end".*"outcome":"interrupted"/);
    assert.deepEqual(desk.raw, [true, false]);
  });

  test('before the session is open: the screen ends all the same', async () => {
    using place = createPlace(simulator);
    const desk = sit({ place });
    desk.hangUp();
    assert.equal(await desk.ended, 1);
  });
});

test('text in any script, joined emoji and flags: the cursor stands behind what was typed', async () => {
  using place = createPlace(simulator);
  const desk = sit({ place, columns: 60 });
  await desk.until(READY);
  for (const [typed, column] of [['日本語', 8], ['👨‍👩‍👧‍👦', 4], ['🇩🇪', 4], ['👍🏽', 4], ['1️⃣', 4], ['❤️', 4], ['e\u0301', 3], ['שלום', 6]] as const) {
    for (const byte of Buffer.from(typed)) desk.type(Uint8Array.of(byte));
    await desk.until(new RegExp(`› ${typed}\\n`, 'u'));
    assert.equal(desk.terminal.cursor.column, column, typed);
    desk.type('\u007f'.repeat(typed === 'שלום' ? 4 : typed === '日本語' ? 3 : 1));
    await desk.until(/› ask/);
    assert.equal(desk.terminal.cursor.column, 2, `${typed}, taken back by one key a cluster`);
  }
  assert.equal(await desk.leave(), 0);
});

test('what a model, a tool or a path says cannot act on the terminal', async () => {
  const printed: Line[] = [];
  const transcript = createTranscript(
    {
      print: (lines) => void printed.push(...lines),
      size: () => ({ columns: 80, rows: 24 }),
      theme: () => createTheme('dark'),
      hyperlinks: true, announces: () => false, unfoldBy: 'ctrl+o',
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

describe('bad output of models and tools: the screen stays usable', () => {
  const rows: readonly (readonly [what: string, line: string, shown: RegExp])[] = [
    ['a megabyte without a line feed', '!head -c 1000000 /dev/zero | tr "\\0" x', /xxxxx/],
    ['invalid UTF-8', '!printf "a\\377\\376\\300\\257b\\n"', /a\ufffd+b/],
    ['escape sequences', '!printf "\\033[2J\\033]0;title\\007\\033[?1049h\\233red\\n"', /\n  .*red\n/],
    ['a flood of zero-width characters and marks', '!printf "z"; for i in 1 2 3 4 5 6 7 8 9; do printf "\\342\\200\\213\\342\\200\\215\\314\\201\\314\\201\\314\\201"; done; echo end', /end/],
    ['overrides of direction', '!printf "\\342\\200\\256evil\\n"', /\n  evil\n/],
    ['a carriage return that would overwrite', '!printf "safe\\rEVIL\\n"', /\n  EVIL\n/],
  ];
  for (const [what, line, shown] of rows) {
    test(`${what}, from a tool`, async () => {
      using place = createPlace(simulator);
      const desk = sit({ place, args: ['--permission-mode', 'bypass'] });
      await desk.until(READY);
      await desk.say(line, shown);
      await desk.say('hello', /hello\n/);
      assert.equal(await desk.leave(), 0);
      assert.deepEqual([...desk.terminal.unknown, ...desk.terminal.trespasses, desk.terminal.bells], [0]);
      assert.match(desk.terminal.title, /^sx/);
    });
  }

  test('escape sequences of a file, unfolded', async () => {
    using place = createPlace(simulator);
    place.put('project/bad.txt', 'a\u001b[2J\u001b[?1049h\u0007\u009b31m\u202eb\rc');
    const desk = sit({ place });
    await desk.until(READY);
    await desk.say('[script]\ncall read {"path":"bad.txt"}', /Done after 1 tool results/);
    desk.type('\u000f');
    await desk.until(/a\\u001b\[2J\\u001b\[\?1049h\\u0007\\u009b31m\\u202eb/);
    assert.equal(await desk.leave(), 0);
    assert.deepEqual([...desk.terminal.unknown, ...desk.terminal.trespasses, desk.terminal.bells], [0]);
  });

  test('a megabyte without a line feed, from a model, in seconds', async () => {
    using place = createPlace(simulator);
    const desk = sit({ place });
    await desk.until(READY);
    const started = performance.now();
    desk.type('[scenario bulk,deltas=1000,deltaBytes=1000]\r');
    await desk.when(() => /\n› ask[^\n]*\ncodex[^\n]*context/.test(desk.terminal.screen()));
    assert.ok(desk.terminal.text().length > 1_000_000, `${desk.terminal.text().length}`);
    desk.type('hello\r');
    await desk.when(() => /You said: hello/.test(desk.terminal.screen()));
    assert.ok(performance.now() - started < 8_000);
    assert.equal(await desk.leave(), 0);
  });
});
