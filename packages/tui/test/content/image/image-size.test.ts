import assert from 'node:assert/strict';
import { describe, test } from 'node:test';

import { imageLine, imageSize, lineText } from '../../../src/index.ts';

function png(width: number, height: number, length = 64): Uint8Array {
  const bytes = Buffer.alloc(length);
  bytes.write('\u0089PNG\r\n\u001a\n', 'latin1');
  bytes.writeUInt32BE(13, 8);
  bytes.write('IHDR', 12);
  bytes.writeUInt32BE(width, 16);
  bytes.writeUInt32BE(height, 20);
  return bytes;
}
const gif = Buffer.from('GIF89a\u0020\u0003\u0058\u0002', 'latin1');
const jpeg = Buffer.from([0xff, 0xd8, 0xff, 0xe0, 0, 4, 1, 2, 0xff, 0xc0, 0, 11, 8, 0x02, 0x58, 0x03, 0x20, 3]);
const webp = Buffer.concat([Buffer.from('RIFF\0\0\0\0WEBPVP8X', 'latin1'), Buffer.from([10, 0, 0, 0, 0, 0, 0, 0, 0x1f, 0x03, 0, 0x57, 0x02, 0])]);

describe('the size of an image', () => {
  const rows = [
    ['PNG', png(800, 600)],
    ['GIF', gif],
    ['JPEG', jpeg],
    ['WebP', webp],
  ] as const;
  for (const [kind, bytes] of rows) {
    test(`of a ${kind}`, () => assert.deepEqual(imageSize(bytes), { width: 800, height: 600 }));
    test(`of a ${kind} that is cut: none, and no throw`, () => {
      for (let length = 0; length < bytes.length; length += 1) imageSize(bytes.subarray(0, length));
    });
  }
  test('of anything else: none', () => assert.equal(imageSize(Buffer.from('hello world, this is no image')), undefined));
});

describe('an image by name and size', () => {
  test('says its pixels, where its head has them', () => {
    assert.equal(lineText(imageLine({ bytes: png(800, 600, 9_000), mediaType: 'image/png', name: 'shot.png' }, {})), '[image shot.png, 800 × 600, 9 KB]');
    assert.equal(lineText(imageLine({ bytes: new Uint8Array(5), mediaType: 'image/png', name: 'a' }, {})), '[image a, 1 KB]');
  });
  test('a document is no image', () => {
    assert.equal(lineText(imageLine({ bytes: new Uint8Array(5_000), mediaType: 'application/pdf', name: 'a.pdf' }, {})), '[a.pdf, 5 KB]');
  });
});
