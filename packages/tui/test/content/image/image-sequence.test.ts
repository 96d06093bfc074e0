import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { inflateSync } from 'node:zlib';

import {
  detectCapabilities, type Graphics, guessGraphics, imageLine, imageSequence, type InputEvent, learnGraphics, openTerminal, PLAIN, span, type TerminalImage, textLines, type View,
} from '../../../src/index.ts';
import { manualClock, type VirtualTerminalOptions } from '@sx/testkit';
import { EventEmitter } from 'node:events';
import { createRig, type Rig } from '../../screen/screen-rig.ts';
import { decodeSixel } from './sixel-decoder.ts';
import { tinyGif } from './tiny-gif.ts';
import { header, SIGNATURE, tinyPng } from './tiny-png.ts';

const png = (width: number, height: number): TerminalImage => ({
  bytes: tinyPng({ width, height, colourType: 2, depth: 8, pixel: (x, y) => [x & 255, y & 255, 99] }),
  mediaType: 'image/png',
  name: 'shot.png',
});
const gif: TerminalImage = { bytes: tinyGif({ width: 40, height: 40, bits: 2, indices: Array.from({ length: 1_600 }, (_, at) => at % 4) }), mediaType: 'image/gif', name: 'a.gif' };
const jpeg: TerminalImage = {
  bytes: Uint8Array.from([0xff, 0xd8, 0xff, 0xe0, 0, 4, 1, 2, 0xff, 0xc0, 0, 11, 8, 0, 100, 0, 200, 3]),
  mediaType: 'image/jpeg',
  name: 'a.jpg',
};

const CELL = { width: 10, height: 20 };
const PROTOCOLS: readonly Graphics[] = [
  { protocol: 'kitty', cell: CELL, colours: 256 },
  { protocol: 'iterm2', cell: CELL, colours: 256 },
  { protocol: 'sixel', cell: CELL, colours: 256 },
];
const live = (): View => ({ lines: [[span('status')], [span('> ')]], cursor: { row: 1, column: 2 } });

async function show(rig: Rig, image: TerminalImage, graphics: Graphics): Promise<void> {
  const sequence = await imageSequence(image, graphics, rig.screen.size);
  if (sequence === undefined) rig.screen.print([imageLine(image, PLAIN)]);
  else rig.screen.printSequence(sequence);
}

/** Everything that waits. */
function draw({ screen, clock }: Rig): void {
  for (let frame = 0; frame < 5; frame += 1) {
    screen.flush();
    clock.advance(100);
  }
}

async function shown(columns: number, rows: number, images: readonly TerminalImage[], graphics: Graphics, options: Partial<VirtualTerminalOptions> = {}): Promise<Rig> {
  const rig = createRig(columns, rows, {}, { cell: CELL, ...options });
  rig.screen.show(live);
  rig.screen.flush();
  for (const image of images) {
    rig.screen.print(textLines('before'));
    await show(rig, image, graphics);
    rig.screen.print(textLines('after'));
    draw(rig);
  }
  assert.deepEqual([rig.terminal.unknown, rig.terminal.trespasses], [[], []]);
  return rig;
}

for (const graphics of PROTOCOLS) {
  describe(`an image by ${graphics.protocol}`, () => {
    test('stands between the lines around it, the live region below', async () => {
      const { terminal } = await shown(20, 12, [png(50, 60)], graphics);
      assert.equal(terminal.screen(), 'before\n▒▒▒▒▒\n▒▒▒▒▒\n▒▒▒▒▒\nafter\nstatus\n>');
      assert.deepEqual([terminal.cursor.row, terminal.cursor.column], [6, 2]);
    });
    test('one row high', async () => {
      assert.equal((await shown(20, 12, [png(20, 20)], graphics)).terminal.screen(), 'before\n▒▒\nafter\nstatus\n>');
    });
    test('at the bottom of the screen nothing is drawn over, and nothing scrolls twice', async () => {
      for (let rows = 4; rows < 9; rows += 1) {
        const { terminal } = await shown(20, rows, [png(50, 60), png(30, 20), png(40, 40)], graphics);
        const expected = ['before', '▒▒▒▒▒', '▒▒▒▒▒', '▒▒▒▒▒', 'after', 'before', '▒▒▒', 'after', 'before', '▒▒▒▒', '▒▒▒▒', 'after', 'status', '>'];
        assert.equal(terminal.text(), expected.join('\n'), `${rows} rows`);
        assert.equal(terminal.cursor.row, rows - 1);
      }
    });
    test('is not wider than the screen, and keeps its proportions', async () => {
      const { terminal } = await shown(40, 30, [png(800, 400)], graphics);
      assert.equal(terminal.text(), ['before', ...Array.from({ length: 10 }, () => '▒'.repeat(40)), 'after', 'status', '>'].join('\n'));
    });
    test('is at most 20 rows high, and one less than the screen', async () => {
      for (const [rows, height] of [[50, 20], [21, 20], [20, 19], [5, 4], [2, 1]] as const) {
        const { terminal } = await shown(80, rows, [png(10, 2_000)], graphics);
        assert.deepEqual(terminal.text().split('\n'), ['before', ...Array.from({ length: height }, () => '▒'), 'after', 'status', '>'], `${rows} rows`);
      }
    });
    test('on a screen of one row: by name and size', async () => {
      assert.match((await shown(40, 1, [png(30, 30)], graphics)).terminal.text(), /^before\n\[image shot\.png, 30 × 30, \d KB\]\nafter\n/);
    });
    test('a resize afterwards draws the live region anew, and only that', async () => {
      const rig = await shown(30, 12, [png(50, 60)], graphics);
      for (const [columns, rows] of [[12, 12], [40, 5], [30, 12]] as const) {
        rig.resize(columns, rows);
        draw(rig);
        assert.equal(rig.terminal.text(), 'before\n▒▒▒▒▒\n▒▒▒▒▒\n▒▒▒▒▒\nafter\nstatus\n>', `${columns} × ${rows}`);
      }
    });
    test('the first picture of a GIF too', async () => {
      const { terminal } = await shown(30, 12, [gif], graphics);
      assert.equal(terminal.screen(), 'before\n▒▒▒▒\n▒▒▒▒\nafter\nstatus\n>');
    });
    test('a hostile name goes nowhere', async () => {
      const name = `\u001b]0;owned\u0007\u001b\\\u009b2J;:${'x'.repeat(300)}\u{1f600}`;
      for (const image of [{ ...png(50, 60), name }, { ...jpeg, name }, { ...png(1, 1), mediaType: 'application/pdf', name }]) {
        const { terminal } = await shown(30, 30, [image], graphics);
        assert.equal(terminal.title, '');
      }
    });
    test('a broken one, one too large, one of no known kind, none: by name and size', async () => {
      const whole = png(50, 60);
      const broken = { ...whole, bytes: Buffer.concat([SIGNATURE, header({ width: 50, height: 60, colourType: 2, depth: 8 })]) };
      const huge = { ...whole, bytes: Buffer.concat([SIGNATURE, header({ width: 60_000, height: 60_000, colourType: 2, depth: 8 })]) };
      const heavy = { ...whole, bytes: Buffer.concat([whole.bytes, Buffer.alloc(5_000_000)]) };
      const other = { ...whole, bytes: Buffer.from('hello world, this is no image') };
      const refused = [huge, heavy, other, { ...whole, bytes: Buffer.alloc(0) }, { ...whole, mediaType: 'application/pdf' }, ...(graphics.protocol === 'sixel' ? [broken] : [])];
      for (const image of refused) assert.equal(await imageSequence(image, graphics, { columns: 80, rows: 24 }), undefined);
    });
  });
}

describe('what the protocols are given', () => {
  const at = async (image: TerminalImage, graphics: Graphics | undefined): Promise<Buffer> => {
    const { terminal } = await shown(30, 30, [image], graphics ?? { protocol: 'none', colours: 256 });
    assert.equal(terminal.images.length, 1);
    return terminal.images[0]?.data ?? Buffer.alloc(0);
  };
  const [kitty, iterm2, sixel] = PROTOCOLS;
  test('kitty: a PNG as it is, in pieces; a GIF as pixels', async () => {
    const large = png(400, 300);
    assert.deepEqual(await at({ ...large, bytes: Buffer.concat([large.bytes, Buffer.alloc(20_000)]) }, kitty), Buffer.concat([large.bytes, Buffer.alloc(20_000)]));
    assert.equal(inflateSync(await at(gif, kitty)).length, 40 * 40 * 4);
  });
  test('iTerm2: any file as it is', async () => {
    for (const image of [png(50, 60), gif, jpeg]) assert.deepEqual(await at(image, iterm2), Buffer.from(image.bytes));
  });
  test('sixel: pixels that come back', async () => {
    const { width, height, pixels } = decodeSixel((await at(png(50, 60), sixel)).toString());
    assert.deepEqual([width, height], [50, 60]);
    for (const [index, rgb] of pixels.entries()) {
      const expected = [index % 50, Math.floor(index / 50), 99];
      for (const [channel, value] of expected.entries()) assert.ok(Math.abs((rgb?.[channel] ?? 999) - value) <= 12, `${index}: ${rgb?.join()}`);
    }
  });
  test('JPEG goes to iTerm2 alone', async () => {
    for (const graphics of [kitty, sixel]) if (graphics !== undefined) {
      assert.match((await shown(40, 9, [jpeg], graphics)).terminal.text(), /^before\n\[image a\.jpg, 200 × 100, 1 KB\]\nafter/);
    }
  });
  test('no protocol: by name and size', async () => {
    const { terminal } = await shown(40, 9, [png(50, 60)], { protocol: 'none', colours: 256 });
    assert.deepEqual([terminal.images, terminal.lines()[1]], [[], '[image shot.png, 50 × 60, 6 KB]']);
  });
  test('a sixel terminal that says no size of a cell: nothing is drawn over, whatever the size is', async () => {
    for (const cell of [{ width: 6, height: 13 }, CELL, { width: 12, height: 30 }]) {
      const { terminal } = await shown(80, 8, [png(60, 65), png(60, 65)], { protocol: 'sixel', colours: 256 }, { cell });
      const row = '▒'.repeat(Math.ceil(60 / cell.width));
      const picture = ['before', ...Array.from({ length: Math.ceil(65 / cell.height) }, () => row), 'after'];
      assert.equal(terminal.text(), [...picture, ...picture, 'status', '>'].join('\n'));
    }
  });
  test('16 colours where the terminal has no more', async () => {
    assert.ok(decodeSixel((await at(png(50, 60), { protocol: 'sixel', cell: CELL, colours: 16 })).toString()).colours <= 16);
  });
});

describe('how a terminal shows images is learnt from its answers', () => {
  /** As a program does it: asks, hears, asks on. */
  function learnt(variables: Parameters<typeof detectCapabilities>[0], options: Partial<VirtualTerminalOptions>): Graphics {
    const { terminal } = createRig(80, 24, {}, options);
    const input = Object.assign(new EventEmitter(), { resume: () => undefined, pause: () => undefined });
    let graphics = guessGraphics(detectCapabilities(variables));
    const onEvent = (event: InputEvent): void => {
      if (event.type === 'reply') graphics = learnGraphics(graphics, event, { columns: 80, rows: 24 });
    };
    const output = { write: (text: string) => (terminal.write(text), true), once: () => undefined };
    const opened = openTerminal({ input, output, onEvent, clock: manualClock() });
    opened.ask();
    for (let heard = 0; heard < terminal.replies.length; heard += 1) input.emit('data', Buffer.from(terminal.replies[heard] ?? ''));
    opened.close();
    assert.deepEqual(terminal.unknown, []);
    return graphics;
  }
  const xterm = { TERM: 'xterm-256color' };
  test('no sixel: none, and nothing more is asked', () => assert.deepEqual(learnt(xterm, {}), { protocol: 'none', colours: 256, cell: CELL }));
  test('sixel, with its colours and its cell', () => assert.deepEqual(learnt(xterm, { sixel: true, cell: { width: 8, height: 17 } }), { protocol: 'sixel', colours: 256, cell: { width: 8, height: 17 } }));
  test('sixel, the cell from the pixels of the window, as xterm has it', () => {
    assert.deepEqual(learnt(xterm, { sixel: true, saysCell: false, cell: { width: 6, height: 13 } }), { protocol: 'sixel', colours: 256, cell: { width: 6, height: 13 } });
  });
  test('no answer at all: what the variables say', () => {
    assert.deepEqual(learnt({ TERM: 'xterm-kitty' }, { answers: false, sixel: true }), { protocol: 'kitty', colours: 256 });
    assert.deepEqual(learnt(xterm, { answers: false, sixel: true }), { protocol: 'none', colours: 256 });
  });
  test('a protocol of its own goes before sixel', () => {
    assert.equal(learnt({ TERM: 'xterm-256color', TERM_PROGRAM: 'iTerm.app' }, { sixel: true }).protocol, 'iterm2');
  });
  test('in tmux sixel where tmux says so, else none', () => {
    const tmux = { TERM: 'tmux-256color', TMUX: '/tmp/x', KITTY_WINDOW_ID: '1', LC_TERMINAL: 'iTerm2' };
    assert.deepEqual([learnt(tmux, { sixel: true }).protocol, learnt(tmux, {}).protocol], ['sixel', 'none']);
  });
  test('pixels that are not those of the window say nothing about its cells', () => {
    const graphics: Graphics = { protocol: 'sixel', colours: 256 };
    assert.equal(learnGraphics(graphics, { type: 'reply', to: 'sixel-area', width: 1_000, height: 1_000 }, { columns: 80, rows: 24 }), graphics);
  });
  test('the class of a terminal is none of its attributes', () => {
    const protocol = (...values: number[]): string => learnGraphics({ protocol: 'none', colours: 256 }, { type: 'reply', to: 'attributes', values }, { columns: 80, rows: 24 }).protocol;
    assert.deepEqual([protocol(4, 6), protocol(62, 4), protocol(1, 2, 4), protocol()], ['none', 'sixel', 'sixel', 'none']);
  });
  test('few registers are few colours, many are no more than 256', () => {
    const colours = (count: number): number => learnGraphics({ protocol: 'sixel', colours: 256 }, { type: 'reply', to: 'colours', count }, { columns: 80, rows: 24 }).colours;
    assert.deepEqual([16, 256, 65_536].map(colours), [16, 256, 256]);
  });
});
