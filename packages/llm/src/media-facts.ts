/**
 * What a file of media is, by its bytes and never by its name: PNG, JPEG, GIF, WebP or PDF, and the figures that vendors limit.
 *
 * In: the bytes, whole or cut at the end. Out: its type, the pixels of an image, the pages of a document, as far as they stand
 * where the format's head says they do. What cannot be told is undefined, never a throw: a vendor looks closer than we do.
 *
 * Left out: HEIC and AVIF (one vendor takes them), animations (each counts as its first frame), pages of a PDF whose page
 * objects are compressed.
 */
import { Buffer } from 'node:buffer';

export interface MediaFacts {
  /** `image/png`, `image/jpeg`, `image/gif`, `image/webp`, `application/pdf`. */
  readonly mediaType: string;
  readonly widthPixels?: number | undefined;
  readonly heightPixels?: number | undefined;
  readonly pages?: number | undefined;
}

/** Undefined for bytes of no type that models are shown. */
export function readMediaFacts(bytes: Uint8Array): MediaFacts | undefined {
  const view = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const starts = (text: string, at = 0): boolean => view.toString('latin1', at, at + text.length) === text;
  if (starts('\x89PNG\r\n\x1a\n')) return { mediaType: 'image/png', ...pngSize(view) };
  if (starts('\xff\xd8\xff')) return { mediaType: 'image/jpeg', ...jpegSize(view) };
  if (starts('GIF87a') || starts('GIF89a')) return { mediaType: 'image/gif', ...gifSize(view) };
  if (starts('RIFF') && starts('WEBP', 8)) return { mediaType: 'image/webp', ...webpSize(view) };
  if (starts('%PDF-')) return { mediaType: 'application/pdf', pages: pdfPages(view) };
  return undefined;
}

type Size = Pick<MediaFacts, 'widthPixels' | 'heightPixels'>;

function size(widthPixels: number, heightPixels: number): Size {
  return { widthPixels, heightPixels };
}

/** IHDR is the first chunk, always. */
function pngSize(view: Buffer): Size {
  return view.length < 24 ? {} : size(view.readUInt32BE(16), view.readUInt32BE(20));
}

function gifSize(view: Buffer): Size {
  return view.length < 10 ? {} : size(view.readUInt16LE(6), view.readUInt16LE(8));
}

/** Markers are walked by their lengths up to the start of the frame (SOF0 to SOF15 but DHT, JPG and DAC). */
function jpegSize(view: Buffer): Size {
  for (let at = 2; at + 9 <= view.length; ) {
    if (view[at] !== 0xff) return {};
    const marker = view[at + 1] ?? 0;
    if (marker === 0xff) {
      at += 1;
      continue;
    }
    if (marker >= 0xc0 && marker <= 0xcf && marker !== 0xc4 && marker !== 0xc8 && marker !== 0xcc) {
      return size(view.readUInt16BE(at + 7), view.readUInt16BE(at + 5));
    }
    const standsAlone = marker === 0x01 || (marker >= 0xd0 && marker <= 0xd8);
    at += standsAlone ? 2 : 2 + view.readUInt16BE(at + 2);
  }
  return {};
}

/** The three forms: lossy (a key frame's head), lossless (14 bits each, less one), extended (24 bits each, less one). */
function webpSize(view: Buffer): Size {
  if (view.length < 30) return {};
  switch (view.toString('latin1', 12, 16)) {
    case 'VP8 ':
      return size(view.readUInt16LE(26) & 0x3fff, view.readUInt16LE(28) & 0x3fff);
    case 'VP8L': {
      const bits = view.readUInt32LE(21);
      return size((bits & 0x3fff) + 1, ((bits >>> 14) & 0x3fff) + 1);
    }
    case 'VP8X':
      return size(view.readUIntLE(24, 3) + 1, view.readUIntLE(27, 3) + 1);
    default:
      return {};
  }
}

/** Page objects that stand in the open. None: they are in compressed streams, and nobody counts. */
function pdfPages(view: Buffer): number | undefined {
  const pages = view.toString('latin1').match(/\/Type\s{0,8}\/Page(?![A-Za-z])/g)?.length ?? 0;
  return pages === 0 ? undefined : pages;
}
