import assert from 'node:assert/strict';
import { describe, test } from 'node:test';

import { decodeImage, toSixel } from '../../../src/content/image/decode-image.ts';
import { createShrinking, type Raster } from '../../../src/content/image/raster.ts';
import { createSeededRandom } from '@sx/testkit';
import { decodeSixel, type SixelPicture } from './sixel-decoder.ts';
import { tinyPng } from './tiny-png.ts';

type Pixel = readonly [red: number, green: number, blue: number, alpha?: number];

const raster = (width: number, height: number, pixel: (x: number, y: number) => Pixel): Raster => {
  const rgba = new Uint8Array(width * height * 4);
  for (let at = 0; at < width * height; at += 1) {
    const [red, green, blue, alpha = 255] = pixel(at % width, Math.floor(at / width));
    rgba.set([red, green, blue, alpha], at * 4);
  }
  return { width, height, rgba };
};

/** The largest difference of a channel, over all pixels. Both must be transparent in the same places. */
function worst(picture: SixelPicture, { width, height, rgba }: Raster): number {
  assert.deepEqual([picture.width, picture.height], [width, height]);
  let most = 0;
  for (const [at, rgb] of picture.pixels.entries()) {
    assert.equal(rgb === undefined, (rgba[at * 4 + 3] ?? 0) < 128, `pixel ${at}`);
    rgb?.forEach((value, channel) => void (most = Math.max(most, Math.abs(value - (rgba[at * 4 + channel] ?? 0)))));
  }
  return most;
}

describe('pixels come back from sixels', () => {
  const random = createSeededRandom(3);
  // A per cent is 2.55 of 255; a box of the palette is 8 wide, or more where there are more colours than 256.
  const cases: readonly (readonly [name: string, raster: Raster, colours: number, tolerance: number])[] = [
    ['of one colour', raster(20, 13, () => [30, 144, 255]), 256, 1.5],
    ['a single pixel', raster(1, 1, () => [1, 2, 3]), 256, 1.5],
    ['few colours that lie apart', raster(40, 30, (x, y) => [(x % 5) * 50, (y % 5) * 50, 0]), 256, 1.5],
    ['a gradient', raster(256, 20, (x) => [x, x, x]), 256, 8],
    ['two gradients', raster(200, 200, (x, y) => [x, y, 128]), 256, 24],
    ['noise', raster(64, 64, () => [random.below(256), random.below(256), random.below(256)]), 256, 70],
    ['16 colours for a gradient', raster(256, 7, (x) => [x, x, x]), 16, 17],
    ['as many colours as there are', raster(16, 6, (x) => [x * 16, 0, 0]), 16, 1.5],
    ['transparent in part', raster(17, 17, (x, y) => [200, 100, 50, (x + y) % 3 === 0 ? 0 : 255]), 256, 1.5],
    ['half transparent counts as opaque from one half on', raster(4, 4, (x) => [9, 9, 9, [0, 127, 128, 255][x] ?? 0]), 256, 1.5],
    ['all transparent', raster(9, 9, () => [1, 2, 3, 0]), 256, 0],
  ];
  for (const [name, source, colours, tolerance] of cases) {
    test(name, () => {
      const picture = decodeSixel(toSixel(source, colours));
      assert.ok(picture.colours <= colours);
      const difference = worst(picture, source);
      assert.ok(difference <= tolerance, `${difference} > ${tolerance}`);
    });
  }
  test('runs are counted: a flat image is small', () => {
    assert.ok(toSixel(raster(1_000, 400, () => [1, 2, 3]), 256).length < 700);
  });
  test('noise stays below ten bytes a pixel', () => {
    const source = raster(300, 300, () => [random.below(256), random.below(256), random.below(256)]);
    assert.ok(toSixel(source, 256).length < 300 * 300 * 10);
  });
});

describe('an image is made smaller while it is decoded', () => {
  test('a pixel is the mean of those that fall into it', () => {
    const png = tinyPng({ width: 4, height: 2, colourType: 0, depth: 8, pixel: (x, y) => [x < 2 ? 10 + x * 2 + y * 20 : 200] });
    assert.deepEqual(decodeImage(png, { width: 4, height: 2 }, { width: 2, height: 1 })?.rgba, Uint8Array.from([21, 21, 21, 255, 200, 200, 200, 255]));
  });
  test('by alpha: what is transparent lends no colour', () => {
    const png = tinyPng({ width: 2, height: 1, colourType: 6, depth: 8, pixel: (x) => (x === 0 ? [255, 0, 0, 255] : [0, 255, 0, 0]) });
    assert.deepEqual(decodeImage(png, { width: 2, height: 1 }, { width: 1, height: 1 })?.rgba, Uint8Array.from([255, 0, 0, 128]));
  });
  test('every pixel of the target gets one of the source, whatever the sizes', () => {
    for (const [from, to] of [[7, 7], [7, 6], [100, 33], [1_000, 999], [3, 1]] as const) {
      const { add, raster: made } = createShrinking({ width: from, height: from }, { width: to, height: to });
      for (let at = 0; at < from * from; at += 1) add(at % from, Math.floor(at / from), 5, 6, 7, 255);
      assert.ok(made().rgba.every((value, at) => value === [5, 6, 7, 255][at % 4]), `${from} → ${to}`);
    }
  });
  test('what is no PNG and no GIF, or a broken one, gives none', () => {
    const size = { width: 1, height: 1 };
    assert.equal(decodeImage(Buffer.from([0xff, 0xd8, 0xff]), size, size), undefined);
    assert.equal(decodeImage(Buffer.from('\u0089PNG', 'latin1'), size, size), undefined);
    assert.equal(decodeImage(new Uint8Array(), size, size), undefined);
  });
});
