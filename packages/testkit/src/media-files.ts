/** The smallest files of each kind that still have a head, of any size in pixels. Not for looking at. */
import { Buffer } from 'node:buffer';

export function pngFile(widthPixels: number, heightPixels: number, bytes = 64): Buffer {
  const file = Buffer.alloc(Math.max(bytes, 33));
  file.write('\x89PNG\r\n\x1a\n\0\0\0\rIHDR', 'latin1');
  file.writeUInt32BE(widthPixels, 16);
  file.writeUInt32BE(heightPixels, 20);
  return file;
}

export function gifFile(widthPixels: number, heightPixels: number): Buffer {
  const file = Buffer.from('GIF89a\0\0\0\0\0\0\0', 'latin1');
  file.writeUInt16LE(widthPixels, 6);
  file.writeUInt16LE(heightPixels, 8);
  return file;
}

/** With a comment of `commentBytes` before the frame, and a fill byte before its marker. */
export function jpegFile(widthPixels: number, heightPixels: number, commentBytes = 10): Buffer {
  const comment = Buffer.alloc(4 + commentBytes);
  comment.writeUInt16BE(0xfffe, 0);
  comment.writeUInt16BE(2 + commentBytes, 2);
  const frame = Buffer.from([0xff, 0xff, 0xc2, 0, 11, 8, 0, 0, 0, 0, 1, 1, 0x11, 0]);
  frame.writeUInt16BE(heightPixels, 6);
  frame.writeUInt16BE(widthPixels, 8);
  return Buffer.concat([Buffer.from([0xff, 0xd8]), comment, frame]);
}

export function webpFile(form: 'VP8 ' | 'VP8L' | 'VP8X', widthPixels: number, heightPixels: number): Buffer {
  const file = Buffer.alloc(40);
  file.write(`RIFF\0\0\0\0WEBP${form}`, 'latin1');
  if (form === 'VP8 ') {
    file.writeUInt16LE(widthPixels, 26);
    file.writeUInt16LE(heightPixels, 28);
  } else if (form === 'VP8L') {
    file.writeUInt32LE((widthPixels - 1) | ((heightPixels - 1) << 14), 21);
  } else {
    file.writeUIntLE(widthPixels - 1, 24, 3);
    file.writeUIntLE(heightPixels - 1, 27, 3);
  }
  return file;
}

export function pdfFile(pages: number, bytes = 0): Buffer {
  const objects = Array.from({ length: pages }, (_, index) => `${index + 2} 0 obj<</Type /Page /Parent 1 0 R>>endobj\n`);
  const text = `%PDF-1.4\n1 0 obj<</Type/Pages/Count ${pages}>>endobj\n${objects.join('')}%%EOF\n`;
  return Buffer.from(text.padEnd(bytes, ' '), 'latin1');
}
