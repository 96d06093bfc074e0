import assert from 'node:assert/strict';
import { describe, test } from 'node:test';

import { decodeGif } from '../../../src/content/image/gif.ts';
import { UndecodableImage } from '../../../src/content/image/undecodable-image.ts';
import { createSeededRandom } from '@sx/testkit';
import { gifColour, tinyGif, type TinyGif } from './tiny-gif.ts';

function pixels(bytes: Uint8Array): Map<string, number[]> {
  const found = new Map<string, number[]>();
  decodeGif(bytes, (x, y, ...rgba) => void found.set(`${x},${y}`, rgba));
  return found;
}

const random = createSeededRandom(7);
const noise = (length: number, bits: number): number[] => Array.from({ length }, () => random.below(1 << bits));
const runs = (length: number, bits: number): number[] => Array.from({ length }, (_, at) => (at >> 5) % (1 << bits));

describe('a GIF gives the pixels of its first picture', () => {
  const cases: readonly (readonly [name: string, gif: TinyGif])[] = [
    ...[2, 3, 4, 5, 6, 7, 8].map((bits) => [`of ${bits} bits`, { width: 20, height: 11, bits, indices: noise(220, bits) }] as const),
    ['with long runs: codes that mean themselves', { width: 100, height: 30, bits: 2, indices: runs(3_000, 2) }],
    ['of one colour', { width: 60, height: 60, bits: 2, indices: Array.from({ length: 3_600 }, () => 3) }],
    ['whose table of codes is full and cleared', { width: 200, height: 100, bits: 8, indices: noise(20_000, 8) }],
    ['interlaced', { width: 5, height: 21, bits: 4, indices: noise(105, 4), interlaced: true }],
    ['interlaced, of two rows', { width: 5, height: 2, bits: 4, indices: noise(10, 4), interlaced: true }],
    ['with a table of its own', { width: 4, height: 4, bits: 3, indices: noise(16, 3), local: true }],
    ['with a transparent colour', { width: 4, height: 4, bits: 2, indices: noise(16, 2), clear: 2 }],
    ['of one pixel', { width: 1, height: 1, bits: 2, indices: [1] }],
  ];
  for (const [name, gif] of cases) {
    test(name, () => {
      const found = pixels(tinyGif(gif));
      assert.equal(found.size, gif.width * gif.height);
      for (const [at, rgba] of found) {
        const [x = 0, y = 0] = at.split(',').map(Number);
        const index = gif.indices[y * gif.width + x] ?? -1;
        assert.deepEqual(rgba, [...gifColour(index), index === gif.clear ? 0 : 255], at);
      }
    });
  }
  test('which may be smaller than its screen, or reach beyond it', () => {
    const found = pixels(tinyGif({ width: 4, height: 4, bits: 2, indices: [0, 1, 2, 3], frame: { left: 3, top: 1, width: 2, height: 2 } }));
    assert.deepEqual([...found], [['3,1', [...gifColour(0), 255]], ['3,2', [...gifColour(2), 255]]]);
  });
});

describe('a GIF is refused', () => {
  const good = tinyGif({ width: 3, height: 3, bits: 2, indices: [0, 1, 2, 3, 0, 1, 2, 3, 0], clear: 1 });
  const refused = (input: Uint8Array): UndecodableImage['reason'] => {
    try {
      decodeGif(input, () => undefined);
    } catch (error) {
      assert.ok(error instanceof UndecodableImage, String(error));
      return error.reason;
    }
    throw new assert.AssertionError({ message: 'was taken' });
  };
  /** One picture, with these bytes as its codes of 3 bits and more. */
  const coded = (width: number, height: number, codeBits: number, ...data: number[]): Buffer => Buffer.from([
    ...Buffer.from('GIF89a'), width & 255, width >> 8, height & 255, height >> 8, 0x81, 0, 0, ...Array.from({ length: 12 }, () => 1),
    0x2c, 0, 0, 0, 0, width & 255, width >> 8, height & 255, height >> 8, 0, codeBits, data.length, ...data, 0, 0x3b,
  ]);
  const table: readonly (readonly [name: string, bytes: Buffer, reason: UndecodableImage['reason']])[] = [
    ['its codes end early', coded(2, 2, 2, 0b101_000_100), 'cut'],
    ['there are no codes', coded(2, 2, 2), 'cut'],
    ['a code has no meaning yet', coded(2, 2, 2, 0b11_000_100, 0b1), 'corrupt'],
    ['the first code is not a colour', coded(2, 2, 2, 0b110_100), 'corrupt'],
    ['codes of no bits', coded(2, 2, 0, 0), 'corrupt'],
    ['codes of 12 bits', coded(2, 2, 12, 0), 'corrupt'],
    ['an absurd size', coded(0xffff, 0xffff, 2, 0), 'too-large'],
    ['a block that there is not', Buffer.from([...Buffer.from('GIF89a'), 1, 0, 1, 0, 0, 0, 0, 0x99, 0, 0]), 'corrupt'],
    ['no table of colours', Buffer.from([...Buffer.from('GIF89a'), 1, 0, 1, 0, 0, 0, 0, 0x2c, 0, 0, 0, 0, 1, 0, 1, 0, 0, 2, 2, 0x44, 1, 0]), 'corrupt'],
    ['no picture', Buffer.from([...Buffer.from('GIF89a'), 1, 0, 1, 0, 0, 0, 0, 0x3b]), 'corrupt'],
  ];
  for (const [name, input, reason] of table) test(`${name}: ${reason}`, () => assert.equal(refused(input), reason));
  test('cut before the end of its picture', () => {
    const picture = good.length - 3;
    for (let length = 6; length < picture; length += 1) assert.equal(refused(good.subarray(0, length)), 'cut', `at ${length}`);
  });
  test('or taken, with random bytes after its head: nothing else happens', () => {
    for (let round = 0; round < 2_000; round += 1) {
      const bytes = Buffer.from(good);
      for (let changes = random.below(4); changes >= 0; changes -= 1) bytes[6 + random.below(bytes.length - 6)] = random.below(256);
      try {
        decodeGif(bytes, () => undefined);
      } catch (error) {
        assert.ok(error instanceof UndecodableImage, String(error));
      }
    }
  });
});
