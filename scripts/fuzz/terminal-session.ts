/**
 * One seeded session at a virtual terminal: random bytes as keys, random bytes as what a model says, resizes, a full output,
 * suspensions, in any order.
 *
 * What must hold whatever comes: nothing throws; no escape sequence of the input reaches the terminal (it knows all that it gets,
 * and nobody rings, titles, switches screens or erases scroll-back); every update is closed and autowrap is on again; there is
 * one live region; every printed line is in the transcript once, in order.
 */
import assert from 'node:assert/strict';

import {
  createEditor,
  createKeyDecoder,
  createMarkdownStream,
  createScreen,
  createTheme,
  detectCapabilities,
  type InputEvent,
  type Line,
  renderBlocks,
  renderDiff,
  span,
  textLines,
  updateEditor,
  viewEditor,
} from '@sx/tui';
import { createVirtualTerminal, manualClock, type SeededRandom } from '@sx/testkit';

import { assertHarmless, hostileText, KEYS, TEXTS } from './hostile-terminal.ts';

const STEPS_MAX = 60;
const MARKER = '<live>';

export function runTerminalSession(random: SeededRandom): void {
  const reflow = random.below(3) > 0;
  const agrees = random.below(4) > 0;
  const size = (): [number, number] => (random.below(6) === 0 ? [1 + random.below(4), 1 + random.below(3)] : [20 + random.below(80), 3 + random.below(30)]);
  let [columns, rows] = size();
  const terminal = createVirtualTerminal({ columns, rows, reflow, clusters: random.below(2) === 0, ...(agrees ? {} : { widthOf: (codePoint: number) => 1 + (codePoint % 2) }) });
  const clock = manualClock();
  let full = false;
  let drained: (() => void)[] = [];
  const output = {
    write(text: string): boolean {
      terminal.write(text);
      return !full;
    },
    once: (_event: 'drain', listener: () => void): unknown => drained.push(listener),
  };
  const drain = (): void => {
    full = false;
    const called = drained;
    drained = [];
    for (const listener of called) listener();
  };
  const capabilities = { ...detectCapabilities({ TERM: 'xterm', COLORTERM: random.pick(['', 'truecolor']) }), hyperlinks: random.below(2) === 0 };
  const theme = createTheme('dark');
  const screen = createScreen({ output, columns, rows, capabilities, reflows: reflow, clock });
  const decoder = createKeyDecoder();
  let editor = createEditor({ history: ['old', 'older\nlines'] });
  let stream = createMarkdownStream();
  let printed = 0;
  // The count of live regions and lines is known only where the terminal never was too small for them, and sees widths as we do.
  let countable = agrees && columns >= 20;

  const onEvent = (event: InputEvent): void => {
    if (event.type === 'key') assert.doesNotMatch(event.text, /[\u0000-\u001f\u007f-\u009f]/);
    editor = updateEditor(editor, event, { columns: Math.max(1, screen.size.columns - 2) }).state;
    assert.ok(editor.cursor >= 0 && editor.cursor <= editor.text.length);
  };
  const hostile = (parts: readonly string[], most: number): string => hostileText(random, parts, most);
  const tagged = (text: string): Line[] => {
    printed += 1;
    return [[span(`#${printed};`), span(text.replace(/[#\n]/g, ''))]];
  };
  const renderTail = (width: number): Line[] => renderBlocks(stream.tail(), { columns: width, theme });
  screen.show(({ columns: width }) => {
    const tail = renderTail(width).slice(-6);
    const view = viewEditor(editor, { columns: width, rows: 3, theme });
    const cursor = view.cursor === undefined ? undefined : { row: view.cursor.row + tail.length, column: view.cursor.column };
    return { lines: [...tail, ...view.lines, [span(MARKER, theme.muted)]], cursor };
  });

  const steps: readonly (() => void)[] = [
    () => decoder.push(Buffer.from(hostile(KEYS, 12)), onEvent),
    () => decoder.push(Uint8Array.from({ length: random.below(20) }, () => random.below(256)), onEvent),
    () => decoder.expire(onEvent),
    () => screen.print(renderBlocks(stream.push(hostile(TEXTS, 12).replaceAll('#', '')), { columns: screen.size.columns, theme })),
    () => {
      screen.print(renderBlocks(stream.end(), { columns: screen.size.columns, theme }));
      stream = createMarkdownStream();
    },
    () => screen.print(tagged(hostile(TEXTS, 6))),
    () => screen.print(renderDiff(`@@ -1 +1 @@\n-${hostile(TEXTS, 4)}\n+${hostile(TEXTS, 4)}`.replaceAll('#', ''), { columns: screen.size.columns, theme })),
    () => screen.print(textLines(hostile(TEXTS, 8).replaceAll('#', '')), { by: 'clusters' }),
    () => {
      [columns, rows] = size();
      // The countable case: a frame tells what stands where before the next resize does.
      countable &&= columns >= 20 && rows >= 14 && terminal.rows >= 14;
      terminal.resize(columns, rows);
      screen.resize({ columns, rows });
    },
    () => {
      full = true;
    },
    drain,
    () => {
      screen.suspend();
      terminal.write('shell\r\n');
      screen.resume();
    },
  ];

  const count = 5 + random.below(STEPS_MAX);
  for (let step = 0; step < count; step += 1) {
    random.pick(steps)();
    if (random.below(2) === 0) clock.advance(random.below(80));
    assertHarmless(terminal);
  }
  drain();
  screen.flush();
  clock.advance(1_000);
  assert.equal(clock.timers, 0, 'a timer is left');
  assertHarmless(terminal);
  const live = terminal.lines().filter((line) => line.includes(MARKER)).length;
  if (countable && rows >= 14) assert.equal(live, 1, 'live regions on the screen');
  screen.close();
  assertHarmless(terminal);
  assert.equal(terminal.cursor.visible, true);
  if (!countable) return;
  const tags = [...terminal.text().matchAll(/#(\d+);/g)].map(([, digits]) => Number(digits));
  assert.deepEqual(tags, Array.from({ length: printed }, (_, index) => index + 1), 'printed lines');
}
