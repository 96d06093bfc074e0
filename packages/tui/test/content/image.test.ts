import assert from 'node:assert/strict';
import { describe, test } from 'node:test';

import { imageLine, imageSequence, imageSize, lineText } from '../../src/index.ts';

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

describe('an image', () => {
  const image = { bytes: png(800, 600, 9_000), mediaType: 'image/png', name: 'shot\u001b[2J.png' };
  test('for kitty, in pieces, bounded in cells', () => {
    const sequence = imageSequence(image, 'kitty', 40) ?? '';
    const pieces = sequence.split('\u001b\\').slice(0, -1);
    assert.equal(pieces.length, 3);
    assert.match(pieces[0] ?? '', /^\u001b_Ga=T,f=100,q=2,c=40,r=15,m=1;/);
    assert.match(pieces[2] ?? '', /^\u001b_Gm=0;/);
    assert.deepEqual(Buffer.from(pieces.map((piece) => piece.slice(piece.indexOf(';') + 1)).join(''), 'base64'), Buffer.from(image.bytes));
  });
  test('for iTerm2, its name encoded', () => assert.match(imageSequence(image, 'iterm2', 40) ?? '', /^\u001b\]1337;File=name=[\w+/=]+;size=9000;width=40;preserveAspectRatio=1;inline=1:[\w+/=]+\u0007$/));
  test('where there is no protocol, by name and size', () => {
    assert.equal(imageSequence(image, 'none', 40), undefined);
    assert.equal(lineText(imageLine(image, {})), '[image shot\u001b[2J.png, 800 × 600, 9 KB]');
  });
  test('kitty takes PNG only', () => assert.equal(imageSequence({ bytes: jpeg, mediaType: 'image/jpeg', name: 'a.jpg' }, 'kitty', 40), undefined));
  test('one that is too large is none', () => assert.equal(imageSequence({ ...image, bytes: png(1, 1, 5_000_000) }, 'kitty', 40), undefined));
});
