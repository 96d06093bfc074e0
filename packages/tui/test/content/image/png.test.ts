import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { deflateSync } from 'node:zlib';

import { decodePng } from '../../../src/content/image/png.ts';
import { UndecodableImage } from '../../../src/content/image/undecodable-image.ts';
import { createSeededRandom } from '@sx/testkit';
import { chunk, header, rows, SIGNATURE, tinyPng, type TinyPng } from './tiny-png.ts';

/** `x,y` → the pixel, each once. */
function pixels(bytes: Uint8Array): Map<string, number[]> {
  const found = new Map<string, number[]>();
  decodePng(bytes, (x, y, ...rgba) => {
    assert.ok(!found.has(`${x},${y}`), `${x},${y} twice`);
    found.set(`${x},${y}`, rgba);
  });
  return found;
}

const [width, height] = [11, 9];
const FILTERS = [0, 1, 2, 3, 4, 4, 3, 2, 1];
const noise = (x: number, y: number, most: number): number => ((x * 7919 + y * 104_729 + x * y * 31) >>> 1) % (most + 1);
const PALETTE = Array.from({ length: 256 * 3 }, (_, at) => (at * 37) % 256);

interface Case {
  readonly name: string;
  readonly png: Pick<TinyPng, 'colourType' | 'depth' | 'pixel'> & Partial<TinyPng>;
  readonly rgba: (x: number, y: number) => readonly number[];
}

const CASES: Case[] = [];
for (const depth of [1, 2, 4, 8, 16] as const) {
  const most = 2 ** depth - 1;
  const byte = (value: number): number => (depth === 16 ? value >> 8 : Math.round((value * 255) / most));
  const grey = (x: number, y: number): number => noise(x, y, most);
  const rgb = (x: number, y: number): number[] => [grey(x, y), grey(y, x), grey(x + 1, y + 2)];
  const clear = depth === 16 ? 0x1234 : 1;
  CASES.push({
    name: `grey of ${depth} bits`,
    png: { colourType: 0, depth, pixel: (x, y) => [grey(x, y)] },
    rgba: (x, y) => [byte(grey(x, y)), byte(grey(x, y)), byte(grey(x, y)), 255],
  }, {
    name: `grey of ${depth} bits with a transparent one`,
    png: { colourType: 0, depth, pixel: (x) => [x % 2 === 0 ? clear : 0], transparency: [clear >> 8, clear & 255] },
    rgba: (x) => (x % 2 === 0 ? [byte(clear), byte(clear), byte(clear), 0] : [0, 0, 0, 255]),
  });
  if (depth < 16) CASES.push({
    name: `palette of ${depth} bits, partly transparent`,
    png: { colourType: 3, depth, pixel: (x, y) => [grey(x, y)], palette: PALETTE.slice(0, (most + 1) * 3), transparency: [0, 128] },
    rgba: (x, y) => [...PALETTE.slice(grey(x, y) * 3, grey(x, y) * 3 + 3), [0, 128][grey(x, y)] ?? 255],
  });
  if (depth >= 8) CASES.push({
    name: `RGB of ${depth} bits`,
    png: { colourType: 2, depth, pixel: rgb },
    rgba: (x, y) => [...rgb(x, y).map(byte), 255],
  }, {
    name: `RGB of ${depth} bits with a transparent one`,
    png: { colourType: 2, depth, pixel: (_x, y) => (y === 3 ? [clear, 2, 3] : [clear, 2, 4]), transparency: [clear >> 8, clear & 255, 0, 2, 0, 3] },
    rgba: (_x, y) => [byte(clear), byte(2), byte(y === 3 ? 3 : 4), y === 3 ? 0 : 255],
  }, {
    name: `grey and alpha of ${depth} bits`,
    png: { colourType: 4, depth, pixel: (x, y) => [grey(x, y), grey(y, x)] },
    rgba: (x, y) => [byte(grey(x, y)), byte(grey(x, y)), byte(grey(x, y)), byte(grey(y, x))],
  }, {
    name: `RGBA of ${depth} bits`,
    png: { colourType: 6, depth, pixel: (x, y) => [...rgb(x, y), grey(y + 3, x)] },
    rgba: (x, y) => [...rgb(x, y), grey(y + 3, x)].map(byte),
  });
}

describe('a PNG gives its pixels', () => {
  for (const { name, png, rgba } of CASES) {
    for (const interlaced of [false, true]) {
      test(`${name}${interlaced ? ', interlaced' : ''}`, () => {
        const found = pixels(tinyPng({ width, height, filters: FILTERS, interlaced, ...png }));
        assert.equal(found.size, width * height);
        for (const [at, value] of found) {
          const [x = 0, y = 0] = at.split(',').map(Number);
          assert.deepEqual(value, rgba(x, y), at);
        }
      });
    }
  }
  const plain: TinyPng = { width, height, colourType: 2, depth: 8, pixel: (x, y) => [x, y, 7] };
  for (const filter of [0, 1, 2, 3, 4]) {
    test(`every row by filter ${filter}`, () => assert.deepEqual(pixels(tinyPng({ ...plain, filters: [filter] })), pixels(tinyPng(plain))));
  }
  test('its data in many pieces', () => assert.deepEqual(pixels(tinyPng({ ...plain, pieces: 7 })), pixels(tinyPng(plain))));
  for (const [columns, lines] of [[1, 1], [1, 9], [9, 1], [3, 2], [5, 5]] as const) {
    test(`interlaced, ${columns} × ${lines}: passes without a pixel have no row`, () => {
      const found = pixels(tinyPng({ ...plain, width: columns, height: lines, interlaced: true }));
      assert.deepEqual(found.size, columns * lines);
      for (const [at, rgba] of found) assert.deepEqual(rgba, [...at.split(',').map(Number), 7, 255]);
    });
  }
});

describe('a PNG is refused', () => {
  const good: TinyPng = { width: 2, height: 2, colourType: 0, depth: 8, pixel: (x, y) => [x + y] };
  const bytes = tinyPng(good);
  const data = chunk('IDAT', deflateSync(rows(good)));
  const whole = (...chunks: Buffer[]): Buffer => Buffer.concat([SIGNATURE, ...chunks, chunk('IEND')]);
  const flipped = (at: number): Buffer => Buffer.from(bytes.map((byte, index) => (index === at ? byte ^ 1 : byte)));
  const grey = (changes: Partial<TinyPng>): Buffer => header({ ...good, ...changes });
  const raw = (...row: number[]): Buffer => chunk('IDAT', deflateSync(Buffer.from(row)));
  const table: readonly (readonly [name: string, bytes: Buffer, reason: UndecodableImage['reason']])[] = [
    ['a bit of the header is wrong', flipped(19), 'corrupt'],
    ['a bit of the data is wrong', flipped(bytes.length - 20), 'corrupt'],
    ['no header', whole(data), 'corrupt'],
    ['the header is too short', whole(chunk('IHDR', [0, 0, 0, 1]), data), 'corrupt'],
    ['no width', whole(grey({ width: 0 }), data), 'corrupt'],
    ['no height', whole(grey({ height: 0 }), data), 'corrupt'],
    ['an absurd size', whole(grey({ width: 0xffffffff, height: 0xffffffff }), data), 'too-large'],
    ['more pixels than allowed', whole(grey({ width: 8_192, height: 8_192, depth: 1 }), data), 'too-large'],
    ['more bytes than allowed', whole(grey({ width: 4_096, height: 4_096, colourType: 6, depth: 16 }), data), 'too-large'],
    ['a depth that its colour type does not have', whole(header({ ...good, colourType: 2, depth: 4 }), data), 'unsupported'],
    ['a colour type that there is not', whole(chunk('IHDR', [0, 0, 0, 2, 0, 0, 0, 2, 8, 5, 0, 0, 0]), data), 'unsupported'],
    ['an interlace that there is not', whole(chunk('IHDR', [0, 0, 0, 2, 0, 0, 0, 2, 8, 0, 0, 0, 2]), data), 'unsupported'],
    ['a chunk that one must know', whole(grey({}), chunk('WHAT'), data), 'unsupported'],
    ['no data', whole(grey({})), 'corrupt'],
    ['data that is no zlib stream', whole(grey({}), chunk('IDAT', [1, 2, 3, 4])), 'corrupt'],
    ['a filter that there is not', whole(grey({}), raw(5, 0, 0, 0, 0, 0)), 'corrupt'],
    ['a row too few', whole(grey({}), raw(0, 1, 2)), 'cut'],
    ['a byte too many', whole(grey({}), raw(0, 1, 2, 0, 3, 4, 5)), 'corrupt'],
    ['a bomb', whole(grey({}), chunk('IDAT', deflateSync(Buffer.alloc(50_000_000)))), 'corrupt'],
    ['a colour that its palette lacks', tinyPng({ ...good, colourType: 3, palette: [1, 2, 3] }), 'corrupt'],
    ['no palette', tinyPng({ ...good, colourType: 3 }), 'corrupt'],
    ['a chunk longer than the file', Buffer.concat([SIGNATURE, Buffer.from([0xff, 0xff, 0xff, 0xff]), Buffer.from('IHDR')]), 'cut'],
  ];
  const refused = (input: Uint8Array): UndecodableImage['reason'] => {
    try {
      decodePng(input, () => undefined);
    } catch (error) {
      assert.ok(error instanceof UndecodableImage, String(error));
      return error.reason;
    }
    throw new assert.AssertionError({ message: 'was taken' });
  };
  test('but not the one that the others are made of', () => assert.equal(pixels(bytes).size, 4));
  for (const [name, input, reason] of table) test(`${name}: ${reason}`, () => assert.equal(refused(input), reason));
  test('cut at every byte', () => {
    for (let length = 0; length < bytes.length; length += 1) assert.equal(refused(bytes.subarray(0, length)), 'cut', `at ${length}`);
  });
  test('or taken, of random parts whose checksums are right: nothing else happens, and no pixel is outside', () => {
    const random = createSeededRandom(11);
    const body = (most: number): number[] => Array.from({ length: random.below(most) }, () => random.below(256));
    let taken = 0;
    for (let round = 0; round < 3_000; round += 1) {
      const [columns, lines] = [1 + random.below(9), 1 + random.below(9)];
      const head = chunk('IHDR', [0, 0, 0, columns, 0, 0, 0, lines, 1 << random.below(5), random.below(7), 0, 0, random.below(2)]);
      const extra = [chunk('PLTE', body(60)), chunk('tRNS', body(9)), chunk('aaAa', body(9))].filter(() => random.below(2) === 0);
      const lines8 = Buffer.from(Array.from({ length: random.below(400) }, () => random.below(5)));
      try {
        decodePng(whole(head, ...extra, chunk('IDAT', deflateSync(lines8))), (x, y) => assert.ok(x < columns && y < lines));
        taken += 1;
      } catch (error) {
        assert.ok(error instanceof UndecodableImage, String(error));
      }
    }
    // The length of the rows is rarely right; where it is, all goes well.
    assert.ok(taken > 0);
  });
  test('with any one bit changed', () => {
    for (let at = 8; at < bytes.length; at += 1) refused(flipped(at));
  });
});
