import assert from 'node:assert/strict';
import { describe, test } from 'node:test';

import { createMarkdownStream, createTheme, detectCapabilities, type Line, PLAIN, renderBlocks, restyle, type Row, rowText, span, textLines, truncateLine, type View, wrapLine } from '../../src/index.ts';
import { createSeededRandom, type SeededRandom, simpleWidth, type VirtualTerminalOptions } from '@sx/testkit';
import { createRig, type Rig } from './screen-rig.ts';

const theme = createTheme('dark');
const live = (...texts: string[]): View => ({ lines: texts.map((text) => [span(text)]), cursor: { row: texts.length - 1, column: 2 } });

function assertClean({ terminal }: Rig): void {
  assert.deepEqual([terminal.unknown, terminal.trespasses, terminal.updating, terminal.modes.has(7)], [[], [], false, true]);
}

describe('transcript and live region', () => {
  test('the transcript is written once into the scroll-back, the live region stays below it', () => {
    const rig = createRig(20, 5);
    const { terminal, screen } = rig;
    screen.show(() => live('tail', '> '));
    screen.flush();
    for (let count = 0; count < 10; count += 1) {
      screen.print([[span(`line ${count}`, theme.strong)]]);
      screen.flush();
    }
    assert.equal(terminal.screen(), 'line 7\nline 8\nline 9\ntail\n>');
    assert.deepEqual(terminal.scrollback(), ['line 0', 'line 1', 'line 2', 'line 3', 'line 4', 'line 5', 'line 6']);
    assert.deepEqual({ row: terminal.cursor.row, column: terminal.cursor.column }, { row: 4, column: 2 });
    assertClean(rig);
  });

  test('a live row that is printed as it stood costs no text', () => {
    const { screen, writes } = createRig(40, 10);
    screen.show(() => live('the first paragraph', 'the second', '> '));
    screen.flush();
    writes.length = 0;
    screen.print(textLines('the first paragraph'));
    screen.show(() => live('the second', '> '));
    screen.flush();
    assert.equal(/paragraph|second/.test(writes.join('')), false);
  });

  test('only what changed in a row is written', () => {
    const { screen, writes, terminal } = createRig(40, 10);
    let text = 'a long row that grows';
    screen.show(() => live(text, '> '));
    screen.flush();
    writes.length = 0;
    text += ' on';
    screen.invalidate();
    screen.flush();
    assert.equal(terminal.lines()[0], 'a long row that grows on');
    assert.ok(writes.join('').length < 60 && !writes.join('').includes('long'), JSON.stringify(writes));
  });

  test('the live region grows and shrinks without leaving anything', () => {
    const rig = createRig(20, 8);
    rig.screen.print(textLines('before'));
    for (const count of [1, 5, 2, 7, 1, 3]) {
      rig.screen.show(() => live(...Array.from({ length: count }, (_, index) => `row ${index} of ${count}`)));
      rig.screen.flush();
      assert.deepEqual(rig.terminal.lines().filter((line) => line !== ''), ['before', ...Array.from({ length: count }, (_, index) => `row ${index} of ${count}`)]);
    }
    assertClean(rig);
  });

  test('a live region taller than the terminal shows the rows around the cursor', () => {
    const { terminal, screen } = createRig(20, 4);
    screen.print(textLines('before'));
    screen.show(() => live(...Array.from({ length: 30 }, (_, index) => `row ${index}`)));
    screen.flush();
    assert.equal(terminal.screen(), 'row 26\nrow 27\nrow 28\nrow 29');
    assert.deepEqual(terminal.scrollback(), ['before']);
  });

  test('all of 10,000 lines printed at once arrive, in order', () => {
    const rig = createRig(40, 10);
    rig.screen.show(() => live('> '));
    rig.screen.print(textLines(Array.from({ length: 10_000 }, (_, index) => `line ${index}`).join('\n')));
    rig.clock.advance(1_000);
    assert.equal(rig.terminal.text(), [...Array.from({ length: 10_000 }, (_, index) => `line ${index}`), '>'].join('\n'));
    assert.equal(rig.clock.timers, 0);
  });

  test('printed text is wrapped at words, code at the last column', () => {
    const { terminal, screen } = createRig(10, 6);
    screen.print(textLines('one two three'));
    screen.print(textLines('aaaa  bbbb  cc'), { by: 'clusters' });
    screen.flush();
    assert.deepEqual(terminal.lines().slice(0, 4), ['one two', 'three', 'aaaa  bbbb', '  cc']);
  });

  test('without a cursor in the view it is hidden', () => {
    const { terminal, screen } = createRig(10, 3);
    screen.show(() => ({ lines: [[span('busy')]] }));
    screen.flush();
    assert.equal(terminal.cursor.visible, false);
    screen.show(() => live('> '));
    screen.flush();
    assert.equal(terminal.cursor.visible, true);
  });

  test('every write is a whole synchronized update with the cursor in its place', () => {
    const { terminal, screen, writes } = createRig(20, 6);
    let count = 0;
    screen.show(() => live(`count ${count}`, '> x'));
    for (; count < 5; count += 1) {
      screen.print([[span(`line ${count}`)]]);
      screen.flush();
      assert.deepEqual([terminal.updating, terminal.cursor.column, terminal.cursor.visible], [false, 2, true]);
    }
    for (const bytes of writes) assert.match(bytes, /^\u001b\[\?2026h[^]*\u001b\[\?2026l$/);
  });
});

describe('what is drawn by difference is what would be drawn anew', () => {
  const parts = ['a', 'bc ', 'word ', '中文', '한', '👍🏽', '❤️', '👨‍👩‍👧‍👦', '🇩🇪', '1️⃣', 'e\u0301', '…', '│', '\t', '   '];
  const styles = [theme.plain, theme.strong, theme.code, theme.added];
  const randomLine = (random: SeededRandom): Line => Array.from({ length: random.below(5) }, () => span(Array.from({ length: random.below(6) }, () => random.pick(parts)).join(''), random.pick(styles)));
  const edited = (random: SeededRandom, line: Line): Line => {
    const last = line.at(-1);
    if (last === undefined || random.below(3) === 0) return randomLine(random);
    return [...line.slice(0, -1), span(random.below(2) === 0 ? last.text + random.pick(parts) : last.text.slice(0, -1) + random.pick(parts), last.style)];
  };

  const run = (seed: number, columns: number, terminalOptions: Partial<VirtualTerminalOptions>, fits: (row: Row) => boolean): void => {
    const random = createSeededRandom(seed);
    const rig = createRig(columns, 12, {}, terminalOptions);
    let lines: Line[] = [[span('start')]];
    rig.screen.show(() => ({ lines, cursor: { row: 0, column: 0 } }));
    for (let step = 0; step < 300; step += 1) {
      if (random.below(4) === 0) lines = Array.from({ length: 1 + random.below(8) }, () => randomLine(random));
      else lines = lines.map((line) => (random.below(2) === 0 ? line : edited(random, line)));
      if (random.below(5) === 0) rig.screen.print(lines.slice(0, 2), { by: 'clusters' });
      rig.screen.flush();
      const expected = lines.map((line) => truncateLine(line, columns));
      const top = rig.terminal.cursor.row;
      const shown = rig.terminal.lines().slice(top);
      for (const [index, row] of expected.entries()) {
        if (fits(row)) assert.equal(shown[index] ?? '', rowText(row).trimEnd(), `step ${step}, row ${index}`);
      }
      assert.equal(shown.slice(expected.length).join(''), '', `step ${step}`);
    }
    assertClean(rig);
  };

  // Half of a flag is what terminals differ about.
  const isCertainly = (row: Row): boolean => !/(?<![🇦-🇿])[🇦-🇿](?![🇦-🇿])/u.test(rowText(row));
  test('at many widths', () => {
    for (let columns = 4; columns < 40; columns += 4) run(columns, columns, {}, isCertainly);
  });
  // A terminal that counts by code points: a sequence of several is no case for a comparison with ours.
  const agreeing = (row: Row): boolean => !/[👍❤👨👩🇩1]/u.test(rowText(row));
  test('at many widths, in a terminal without grapheme clusters', () => {
    for (let columns = 4; columns < 40; columns += 4) run(columns, columns, { clusters: false }, agreeing);
  });
  test('in a terminal that takes emoji for one cell', () => {
    const widthOf = (codePoint: number): number => (codePoint > 0x1f000 || codePoint === 0x2764 ? 1 : simpleWidth(codePoint));
    run(1, 60, { widthOf }, (row) => row.width < 50);
  });
  test('in a terminal that takes emoji for three cells, and for text beyond the edge', () => {
    const widthOf = (codePoint: number): number => (codePoint > 0x1f000 ? 3 : simpleWidth(codePoint));
    run(2, 40, { widthOf }, (row) => agreeing(row));
  });
});

describe('frames', () => {
  test('at once after a rest, then at most every 33 ms; no timer and no byte when nothing changes', () => {
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
    assert.equal(writes.length, frames);
  });

  test('while the output is full none is made, then one with all that changed', async () => {
    const { screen, writes, output, clock, terminal } = createRig(20, 5);
    let count = 0;
    screen.show(() => live(`count ${count}`));
    output.full = true;
    screen.flush();
    for (; count < 50; count += 1) {
      screen.print([[span(`line ${count}`)]]);
      clock.advance(40);
    }
    assert.equal(writes.length, 1);
    let ready = false;
    const waited = screen.ready().then(() => (ready = true));
    await Promise.resolve();
    assert.equal(ready, false);
    output.drain();
    clock.advance(40);
    await waited;
    assert.equal(writes.length, 2);
    assert.equal(terminal.lines().filter((line) => line !== '').at(-1), 'count 50');
    assert.equal(terminal.text().split('\n').length, 51);
  });
});

describe('a resize', () => {
  const filled = (columns: number, rows: number, reflow: boolean): Rig => {
    const rig = createRig(columns, rows, { reflows: reflow }, { reflow });
    rig.screen.print(textLines(Array.from({ length: 20 }, (_, index) => `line ${index}`).join('\n')));
    rig.screen.show(({ columns: width }) => ({ lines: [[span('='.repeat(width))], [span(`> at ${width}`)]], cursor: { row: 1, column: 2 } }));
    rig.screen.flush();
    return rig;
  };
  const sizes = [[40, 10], [15, 10], [60, 10], [20, 4], [20, 20], [8, 6], [80, 24], [60, 3]] as const;
  for (const reflow of [true, false]) {
    test(`keeps the transcript whole and one live region (${reflow ? 're-wrapping' : 'cutting'} terminal)`, () => {
      const rig = filled(40, 10, reflow);
      for (const [columns, rows] of sizes) {
        rig.resize(columns, rows);
        rig.screen.flush();
        const lines = rig.terminal.text().split('\n');
        assert.deepEqual(lines.slice(-2), ['='.repeat(columns), `> at ${columns}`], `${columns}×${rows}`);
        assert.equal(lines.filter((line) => line.includes('=')).length, 1, `${columns}×${rows}`);
        assert.deepEqual(lines.slice(0, -2), Array.from({ length: 20 }, (_, index) => `line ${index}`), `${columns}×${rows}`);
        assert.equal(rig.terminal.cursor.column, 2);
      }
      assertClean(rig);
    });
  }

  test('several before a frame are one', () => {
    const rig = filled(40, 10, true);
    for (const [columns, rows] of sizes) rig.resize(columns, rows);
    rig.writes.length = 0;
    rig.screen.flush();
    assert.equal(rig.writes.length, 1);
    assert.equal(rig.terminal.text().split('\n').filter((line) => line.includes('=')).length, 1);
  });

  test('of a terminal behind tmux that is alone leaves nothing of the frame before', () => {
    const rig = createRig(60, 16, { capabilities: detectCapabilities({ TERM: 'tmux-256color' }) });
    const text = 'a sentence that is longer than the terminal will be';
    let shown = 10;
    rig.screen.show(({ columns }) => ({ lines: wrapLine([span(text.slice(0, shown))], columns).map(({ spans }) => spans), cursor: { row: 0, column: 0 } }));
    for (; shown < 50; shown += 10) {
      rig.screen.flush();
      rig.clock.advance(40);
    }
    rig.terminal.resize(30, 16);
    rig.screen.resize({ columns: 30, rows: 16 });
    rig.screen.flush();
    assert.equal(rig.terminal.text().split('a sentence').length, 2);
  });

  /** A multiplexer tells us of a series late: frames for the old size come to a terminal of the new one. */
  const heardLate = (seed: number, dropsBelow: boolean): void => {
    const random = createSeededRandom(seed);
    const rig = createRig(60, 16, { capabilities: detectCapabilities({ TERM: 'tmux-256color' }) }, { dropsBelow });
    let printed = 0;
    let rows: string[] = [];
    rig.screen.show(({ columns }) => ({
      lines: [...rows, '> ask me', 'the status line, which is long and comes last'].map((text) => [span(text.slice(0, columns))]),
      cursor: { row: rows.length, column: 2 },
    }));
    const frame = (): void => {
      const letter = random.pick(['a', 'b', 'c']);
      rows = random.below(3) === 0 ? rows.map((row) => row + letter.repeat(random.below(20))) : Array.from({ length: random.below(5) }, () => letter.repeat(random.below(70)));
      for (let count = random.below(3); count > 0; count -= 1) rig.screen.print([[span(`<${printed++}>${'x'.repeat(random.below(40))}`)]]);
      rig.screen.flush();
      rig.clock.advance(40);
    };
    for (let step = 0; step < 60; step += 1) {
      for (let count = random.below(4); count > 0; count -= 1) frame();
      const [columns, height] = [20 + random.below(60), 8 + random.below(12)];
      rig.terminal.resize(columns, height);
      if (step > 0) for (let count = random.below(4); count > 0; count -= 1) frame();
      rig.screen.resize({ columns, rows: height });
      rig.screen.flush();
      const text = rig.terminal.text().replaceAll('\n', '');
      for (let line = 0; line < printed; line += 1) assert.ok(text.includes(`<${line}>`), `seed ${seed}, step ${step}: line ${line} of ${printed} is lost`);
    }
    assertClean(rig);
  };
  for (const dropsBelow of [false, true]) {
    test(`that we hear of late loses no line (${dropsBelow ? 'rows below the cursor are dropped' : 'rows below the cursor stay'})`, () => {
      for (let seed = 0; seed < 12; seed += 1) heardLate(seed, dropsBelow);
    });
  }

  test('in the middle of a stream', () => {
    const rig = createRig(40, 10);
    const stream = createMarkdownStream();
    const text = '# Title\n\nA paragraph with several words in it.\n\n- one\n- two\n\n```js\nconst a = 1;\n```\n\nThe end.\n';
    const render = (columns: number): Line[] => renderBlocks(stream.tail(), { columns, theme });
    rig.screen.show(({ columns }) => ({ lines: [...render(columns), [span('> ')]], cursor: { row: render(columns).length, column: 2 } }));
    for (const [index, letter] of [...text].entries()) {
      const blocks = stream.push(letter);
      rig.screen.print(renderBlocks(blocks, { columns: rig.screen.size.columns, theme }));
      if (index % 20 === 0) rig.resize(20 + (index % 7) * 5, 6 + (index % 5));
      rig.screen.flush();
    }
    rig.screen.print(renderBlocks(stream.end(), { columns: rig.screen.size.columns, theme }));
    rig.screen.show(() => live('> '));
    rig.screen.flush();
    assert.deepEqual(
      rig.terminal.text().split('\n').join(' ').replace(/\s+/g, ' '),
      'Title A paragraph with several words in it. • one • two const a = 1; The end. >',
    );
    assertClean(rig);
  });
});

describe('odd terminals', () => {
  test('1×1 to 500×200', () => {
    for (const [columns, rows] of [[1, 1], [2, 1], [1, 5], [3, 2], [500, 200]] as const) {
      const rig = createRig(columns, rows);
      rig.screen.show(() => live('中文 text', '> hello'));
      rig.screen.print(textLines('one 👍 two\nthree'));
      rig.screen.flush();
      rig.screen.show(() => live('x'));
      rig.screen.flush();
      assertClean(rig);
      assert.equal(rig.terminal.cursor.visible, true);
    }
  });

  test('a size that makes no sense is one cell at least', () => {
    const { screen } = createRig(10, 10);
    screen.resize({ columns: 0, rows: Number.NaN });
    assert.deepEqual(screen.size, { columns: 1, rows: 1 });
    screen.resize({ columns: 1e9, rows: 1e9 });
    assert.deepEqual(screen.size, { columns: 2_000, rows: 1_000 });
  });

  test('a terminal that has other widths than we stays readable: each row is its own', () => {
    const rig = createRig(20, 8, {}, { widthOf: (codePoint) => (codePoint > 0x2000 ? 2 : 1) });
    let count = 0;
    rig.screen.show(() => live(`❤ … “quoted” ${count}`, `${'…'.repeat(19)}`, '> ok'));
    for (; count < 12; count += 1) {
      rig.screen.print([[span(`line ${count} …`)]]);
      rig.screen.flush();
    }
    const lines = rig.terminal.lines();
    assert.equal(lines.at(-1), '> ok');
    assert.deepEqual(rig.terminal.scrollback().filter((line) => line.startsWith('line')).length + lines.filter((line) => line.startsWith('line')).length, 12);
    assertClean(rig);
  });

  test('one that closes in the middle of a frame closes the screen, once', () => {
    const gone: unknown[] = [];
    const { screen, output, clock } = createRig(10, 5, { onGone: (error) => gone.push(error) });
    screen.show(() => live('> '));
    screen.flush();
    output.fails = true;
    screen.print(textLines('more'));
    clock.advance(100);
    screen.invalidate();
    screen.close();
    assert.equal(gone.length, 1);
    assert.equal(clock.timers, 0);
  });

  test('TERM=dumb gets plain lines and no escape sequence', () => {
    const { screen, writes } = createRig(10, 5, { capabilities: detectCapabilities({ TERM: 'dumb' }) });
    screen.show(() => live('status', '> '));
    screen.print([[span('a line longer than the terminal', theme.strong)], [span('evil \u001b[2J')], [span('a\tb\u200b\u202e')]]);
    screen.flush();
    screen.setTitle('x');
    screen.bell();
    screen.close();
    assert.equal(writes.join(''), 'a line longer than the terminal\nevil \\u001b[2J\na   b\\u202e\n');
  });
});

describe('colour', () => {
  const bytesAt = (capabilities: Parameters<typeof detectCapabilities>[0]): string => {
    const { screen, writes } = createRig(30, 3, { capabilities: detectCapabilities(capabilities) });
    screen.print([[span('key', theme.keyword), span(' '), span('bold', theme.strong)]]);
    screen.flush();
    return writes.join('');
  };
  test('true colour', () => assert.match(bytesAt({ TERM: 'xterm', COLORTERM: 'truecolor' }), /\u001b\[38;2;199;155;240mkey\u001b\[m \u001b\[1mbold\u001b\[m/));
  test('256', () => assert.match(bytesAt({ TERM: 'xterm-256color' }), /\u001b\[38;5;\d+mkey/));
  test('16', () => assert.match(bytesAt({ TERM: 'xterm' }), /\u001b\[35mkey/));
  test('NO_COLOR keeps bold', () => assert.match(bytesAt({ TERM: 'xterm-256color', NO_COLOR: '1' }), /key \u001b\[1mbold\u001b\[m/));
});

describe('ways out', () => {
  test('close writes what was printed, erases the live region and shows the cursor', () => {
    const { screen, terminal, clock } = createRig(20, 6);
    screen.show(() => ({ lines: [[span('busy')], [span('status')]] }));
    screen.flush();
    screen.print(textLines('last words'));
    screen.close();
    screen.close();
    screen.print(textLines('too late'));
    assert.equal(terminal.screen(), 'last words');
    assert.deepEqual([terminal.cursor.row, terminal.cursor.column, terminal.cursor.visible, clock.timers], [1, 0, true, 0]);
  });

  test('close writes everything even where the output is full', () => {
    const { screen, terminal, output } = createRig(20, 6);
    output.full = true;
    screen.show(() => live('> '));
    screen.flush();
    screen.print(textLines(Array.from({ length: 5_000 }, (_, index) => `line ${index}`).join('\n')));
    screen.close();
    assert.equal(terminal.text().split('\n').length, 5_000);
  });

  test('suspend leaves the terminal to another program, resume goes on below what that wrote', () => {
    const { screen, terminal } = createRig(20, 8);
    screen.show(() => live('status', '> '));
    screen.print(textLines('one'));
    screen.flush();
    screen.suspend();
    terminal.write('$ vim\r\n');
    screen.print(textLines('two'));
    screen.flush();
    assert.equal(terminal.screen(), 'one\n$ vim');
    screen.resume();
    screen.flush();
    assert.equal(terminal.screen(), 'one\n$ vim\ntwo\nstatus\n>');
  });

  test('a sequence that shows something by itself stands between the lines around it', () => {
    const { screen, terminal } = createRig(20, 8);
    screen.show(() => live('status', '> '));
    screen.flush();
    screen.print(textLines('before'));
    screen.printSequence('IMAGE\r\nROWS');
    screen.print(textLines('after'));
    screen.flush();
    assert.equal(terminal.screen(), 'before\nIMAGE\nROWS\nafter\nstatus\n>');
    screen.printSequence('LAST');
    screen.flush();
    assert.equal(terminal.screen(), 'before\nIMAGE\nROWS\nafter\nLAST\nstatus\n>');
  });
});

test('hyperlinks are sent only where the terminal has them, and only to known schemes', () => {
  const link = (hyperlinks: boolean, target: string): string => {
    const { screen, terminal } = createRig(20, 3, { capabilities: { ...detectCapabilities({ TERM: 'xterm' }), hyperlinks } });
    screen.print([restyle([span('text', { link: target })], PLAIN)]);
    screen.flush();
    return terminal.cell(0, 0).link;
  };
  assert.equal(link(true, 'https://example.com/a'), 'https://example.com/a');
  assert.equal(link(false, 'https://example.com/a'), '');
  assert.equal(link(true, 'javascript:alert(1)'), '');
  assert.equal(link(true, 'https://x\u001b\\\u001b[2J'), '');
});

test('a title has no control characters', () => {
  const { screen, terminal } = createRig(10, 3);
  screen.setTitle('work\u0007\u001b[2J');
  assert.equal(terminal.title, 'work[2J');
});
