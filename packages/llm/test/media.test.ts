import assert from 'node:assert/strict';
import { Buffer } from 'node:buffer';
import { test } from 'node:test';

import { fitMedia, isProviderError, type MediaLimits, type MediaPart, type Message, readMediaFacts } from '@sx/llm';

import { gifFile, jpegFile, pdfFile, pngFile, webpFile } from '@sx/testkit';

const FILES: readonly (readonly [name: string, bytes: Buffer, mediaType: string, widthPixels?: number | undefined, heightPixels?: number | undefined, pages?: number])[] = [
  ['PNG', pngFile(640, 480), 'image/png', 640, 480],
  ['GIF', gifFile(12, 65_535), 'image/gif', 12, 65_535],
  ['JPEG behind a long comment', jpegFile(4_000, 3_000, 60_000), 'image/jpeg', 4_000, 3_000],
  ['WebP, lossy', webpFile('VP8 ', 800, 600), 'image/webp', 800, 600],
  ['WebP, lossless', webpFile('VP8L', 16_383, 5), 'image/webp', 16_383, 5],
  ['WebP, extended', webpFile('VP8X', 20_000, 7), 'image/webp', 20_000, 7],
  ['PDF', pdfFile(3), 'application/pdf', undefined, undefined, 3],
  ['PDF with compressed objects', Buffer.from('%PDF-1.7\n...'), 'application/pdf'],
];

for (const [name, bytes, mediaType, widthPixels, heightPixels, pages] of FILES) {
  test(`tells a ${name} by its bytes, with its figures`, () => {
    const facts = readMediaFacts(bytes);
    assert.deepEqual({ ...facts, mediaType: facts?.mediaType }, {
      mediaType,
      ...(widthPixels === undefined ? {} : { widthPixels, heightPixels }),
      ...(mediaType === 'application/pdf' ? { pages } : {}),
    });
  });

  test(`never throws over a ${name} that was cut`, () => {
    for (let end = 0; end < Math.min(bytes.length, 80); end++) readMediaFacts(bytes.subarray(0, end));
  });
}

test('knows no other file', () => {
  for (const bytes of [Buffer.alloc(0), Buffer.from('hello'), Buffer.from('RIFF\0\0\0\0WAVE'), Buffer.from('<svg>')]) assert.equal(readMediaFacts(bytes), undefined);
});

const LIMITS: MediaLimits = {
  imageTypes: ['image/png', 'image/jpeg'],
  imageBytesMax: 1_000,
  imageSidePixelsMax: 8_000,
  manyImages: { above: 2, sidePixelsMax: 2_000 },
  imagesMax: 4,
  documentBytesMax: 2_000,
  documentPagesMax: 5,
  requestBytesMax: 4_000,
};

function media(bytes: Buffer, mediaType: string, filename = 'file'): MediaPart {
  return { type: 'media', mediaType, data: bytes.toString('base64'), filename };
}
const png = (side: number, filename?: string): MediaPart => media(pngFile(side, 10), 'image/png', filename);
const user = (...content: MediaPart[]): Message => ({ role: 'user', content: [{ type: 'text', text: 'look' }, ...content] });
const origin = { provider: 'p', protocol: 'x', model: 'm' };
const called: Message = { role: 'assistant', origin, finishReason: 'tool-use', content: [{ type: 'tool-call', id: '1', name: 'view_image', input: {}, inputText: '{}' }] };
const result = (...content: MediaPart[]): Message => ({ role: 'tool', content: [{ type: 'tool-result', callId: '1', name: 'view_image', isError: false, content }] });

const REFUSED: readonly (readonly [name: string, part: readonly MediaPart[], message: RegExp, capabilities?: object])[] = [
  ['too many bytes', [media(pngFile(9, 9, 900), 'image/png', 'a.png')], /^image a\.png cannot be sent: it has 1,200 bytes as base64, the limit is 1,000$/],
  ['too many pixels', [png(8_001, 'a.png')], /^image a\.png cannot be sent: it has 8,001 × 10 pixels, the limit here is 8,000 a side$/],
  ['too many pixels for many images', [png(1), png(1), png(2_001, 'c.png')], /^image c\.png cannot be sent: .* the limit in a request with more than 2 images is 2,000 a side$/],
  ['a type the vendor does not take', [media(gifFile(1, 1), 'image/gif', 'a.gif')], /^image a\.gif cannot be sent: it is image\/gif; taken are image\/png, image\/jpeg$/],
  ['too many images', [1, 2, 3, 4, 5].map((side) => png(side)), /^the prompt cannot be sent: it has 5 images, the limit of a request is 4$/],
  ['too long a document', [media(pdfFile(6), 'application/pdf', 'a.pdf')], /^document a\.pdf cannot be sent: it has 6 pages, the limit is 5$/],
  ['too large a document', [media(pdfFile(1, 1_600), 'application/pdf', 'a.pdf')], /^document a\.pdf cannot be sent: it has 2,136 bytes as base64, the limit is 2,000$/],
  ['too much in sum', [1, 2, 3].map(() => media(pdfFile(1, 1_200), 'application/pdf')), /^the prompt cannot be sent: it has 4,800 bytes of images and documents \(base64\), the limit of a request is 4,000$/],
  ['an image for a model that reads none', [png(1, 'a.png')], /^image a\.png cannot be sent: this model reads no images$/, { imageInput: false }],
  ['a document for a model that reads none', [media(pdfFile(1), 'application/pdf', 'a.pdf')], /^document a\.pdf cannot be sent: this model reads no documents$/, { documentInput: false }],
];

for (const [name, parts, message, capabilities = {}] of REFUSED) {
  test(`refuses in a prompt ${name}`, () => {
    assert.throws(() => fitMedia([user(...parts)], capabilities, LIMITS), (error: unknown) => {
      assert.ok(isProviderError(error));
      assert.equal(error.code, 'PROVIDER_MEDIA_REFUSED');
      assert.match(error.message, message);
      return true;
    });
  });
}

test('passes what is within the limits as it is, and does not look at a conversation without media', () => {
  const messages = [user(png(8_000), png(8_000))];
  assert.deepEqual(fitMedia(messages, {}, LIMITS), { messages, warnings: [] });
  const plain = [user()];
  assert.equal(fitMedia(plain, {}, LIMITS).messages, plain);
  assert.deepEqual(fitMedia([user(png(90_000))], {}, {}).warnings, [], 'without limits everything passes');
});

test('puts a line in the place of what a tool brought, and tells the user once', () => {
  const conversation = [user(), called, result(png(9_000, 'big.png'))];
  const { messages, warnings } = fitMedia(conversation, {}, LIMITS);
  const text = '[image big.png left out: it has 9,000 × 10 pixels, the limit here is 8,000 a side]';
  assert.deepEqual(messages[2], { role: 'tool', content: [{ type: 'tool-result', callId: '1', name: 'view_image', isError: false, content: [{ type: 'text', text }] }] });
  assert.deepEqual(warnings, ['image big.png left out: it has 9,000 × 10 pixels, the limit here is 8,000 a side']);
  assert.deepEqual(fitMedia([...conversation, called], {}, LIMITS).warnings, [], 'the model has spoken since');
});

test('leaves out the oldest images of a long conversation, several at a time, never those of the prompt', () => {
  const leftOut = (images: number): number => {
    const old = Array.from({ length: images }, (_, index) => [called, result(png(index + 1))]).flat();
    return JSON.stringify(fitMedia([...old, user(png(500))], {}, LIMITS).messages).match(/left out/g)?.length ?? 0;
  };
  assert.deepEqual([2, 3, 4, 5, 6, 7].map(leftOut), [0, 0, 2, 2, 4, 4]);
});

test('puts a declared type right that the bytes contradict', () => {
  const { messages } = fitMedia([user(), called, result(media(jpegFile(5, 5), 'image/png'))], {}, LIMITS);
  assert.match(JSON.stringify(messages), /"mediaType":"image\/jpeg"/);
});
