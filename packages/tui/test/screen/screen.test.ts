import assert from 'node:assert/strict';
import { test } from 'node:test';

import { createTheme, span, textLines, type View } from '../../src/index.ts';
import { createRig } from './screen-rig.ts';

const theme = createTheme('dark');
const live = (...texts: string[]): View => ({ lines: texts.map((text) => [span(text)]), cursor: { row: texts.length - 1, column: 2 } });

test('writes the transcript into the scroll-back once and keeps the live region below it', () => {
  const { terminal, screen } = createRig(20, 5);
  screen.show(() => live('tail', '> '));
  screen.flush();
  for (let count = 0; count < 10; count += 1) {
    screen.print([[span(`line ${count}`, theme.strong)]]);
    screen.flush();
  }
  assert.equal(terminal.screen(), 'line 7\nline 8\nline 9\ntail\n>');
  assert.deepEqual(terminal.scrollback(), ['line 0', 'line 1', 'line 2', 'line 3', 'line 4', 'line 5', 'line 6']);
  assert.deepEqual({ row: terminal.cursor.row, column: terminal.cursor.column }, { row: 4, column: 2 });
  assert.deepEqual([terminal.unknown, terminal.trespasses], [[], []]);
});

test('a live row that is printed as it stood costs no text', () => {
  const { screen, writes } = createRig(40, 10);
  screen.show(() => live('the first paragraph', 'the second', '> '));
  screen.flush();
  writes.length = 0;
  screen.print(textLines('the first paragraph'));
  screen.show(() => live('the second', '> '));
  screen.flush();
  assert.equal(writes.join('').includes('paragraph'), false);
});

test('draws at once after a rest, then at most every 33 ms, and sets no timer when nothing changes', () => {
  const { screen, writes, clock } = createRig(20, 5);
  let count = 0;
  screen.show(() => live(String(count)));
  clock.advance(0);
  assert.equal(writes.length, 1);
  for (let step = 0; step < 100; step += 1) {
    count += 1;
    screen.invalidate();
    clock.advance(10);
  }
  assert.ok(writes.length >= 25 && writes.length <= 31, `${writes.length} frames a second`);
  clock.advance(100);
  assert.equal(clock.timers, 0);
  const frames = writes.length;
  screen.invalidate();
  clock.advance(100);
  assert.equal(writes.length, frames, 'an invalidation without a change writes nothing');
});
