/**
 * Images by the terminal's own protocol: kitty's graphics protocol, iTerm2's inline images; else a line with name and size.
 *
 * kitty takes PNG (`f=100`) in pieces of 4,096 base64 characters; iTerm2 takes any format. Sixel is left out: it would take
 * decoders for PNG and JPEG and a quantizer, for terminals that mostly have one of the other two. The size on the screen is
 * bounded in cells; the terminal keeps the proportions. Limit: bytes of one image.
 */
import { Buffer } from 'node:buffer';

import { defaultLimits } from '../limits.ts';
import { type Line, span, type Style } from '../text/span.ts';

export interface TerminalImage {
  readonly bytes: Uint8Array;
  readonly mediaType: string;
  readonly name: string;
}

export interface ImageSize {
  readonly width: number;
  readonly height: number;
}

const CHUNK_CHARS = 4_096;
/** What a cell measures at least, in pixels: for a guess at the rows that an image needs. */
const CELL_WIDTH = 8;
const CELL_HEIGHT = 16;

/** The sequence for `Screen.printSequence`; undefined where the terminal has no protocol for this image. */
export function imageSequence(
  image: TerminalImage,
  protocol: 'none' | 'kitty' | 'iterm2',
  columns: number,
  rowsMax = 20,
): string | undefined {
  if (image.bytes.length === 0 || image.bytes.length > defaultLimits.imageBytesMax) return undefined;
  const size = imageSize(image.bytes);
  const data = Buffer.from(image.bytes).toString('base64');
  if (protocol === 'kitty') {
    if (image.mediaType !== 'image/png' || size === undefined) return undefined;
    return kittySequence(data, fitted(size, columns, rowsMax));
  }
  if (protocol === 'iterm2') {
    const name = Buffer.from(image.name.slice(0, 200)).toString('base64');
    const { columns: width } = size === undefined ? { columns: Math.min(columns, 40) } : fitted(size, columns, rowsMax);
    return `\u001b]1337;File=name=${name};size=${image.bytes.length};width=${width};preserveAspectRatio=1;inline=1:${data}\u0007`;
  }
  return undefined;
}

function kittySequence(data: string, { columns, rows }: { columns: number; rows: number }): string {
  let out = '';
  for (let at = 0; at < data.length; at += CHUNK_CHARS) {
    const more = at + CHUNK_CHARS < data.length ? 1 : 0;
    const control = at === 0 ? `a=T,f=100,q=2,c=${columns},r=${rows},m=${more}` : `m=${more}`;
    out += `\u001b_G${control};${data.slice(at, at + CHUNK_CHARS)}\u001b\\`;
  }
  return out;
}

function fitted({ width, height }: ImageSize, columnsMax: number, rowsMax: number): { columns: number; rows: number } {
  const scale = Math.min(1, (columnsMax * CELL_WIDTH) / width, (rowsMax * CELL_HEIGHT) / height);
  const cells = (pixels: number, cell: number): number => Math.max(1, Math.round((pixels * scale) / cell));
  return { columns: Math.min(columnsMax, cells(width, CELL_WIDTH)), rows: Math.min(rowsMax, cells(height, CELL_HEIGHT)) };
}

/** `shot.png, 800 × 600, 120 KB` */
export function imageLine(image: TerminalImage, style: Style): Line {
  const size = imageSize(image.bytes);
  const pixels = size === undefined ? '' : `, ${size.width} × ${size.height}`;
  const kilobytes = Math.max(1, Math.round(image.bytes.length / 1_000)).toLocaleString('en');
  return [span(`[image ${image.name}${pixels}, ${kilobytes} KB]`, style)];
}

/** Width and height from the head of a PNG, GIF, WebP or JPEG; undefined where it is none or is cut. */
export function imageSize(bytes: Uint8Array): ImageSize | undefined {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const ascii = (at: number, length: number): string => String.fromCharCode(...bytes.subarray(at, at + length));
  const sized = (width: number, height: number): ImageSize | undefined => {
    return width > 0 && height > 0 ? { width, height } : undefined;
  };
  if (bytes.length >= 24 && ascii(1, 3) === 'PNG') return sized(view.getUint32(16), view.getUint32(20));
  if (bytes.length >= 10 && ascii(0, 3) === 'GIF') return sized(view.getUint16(6, true), view.getUint16(8, true));
  if (bytes.length >= 30 && ascii(8, 4) === 'WEBP') return webpSize(view, ascii(12, 4));
  return bytes.length >= 4 && bytes[0] === 0xff && bytes[1] === 0xd8 ? jpegSize(view) : undefined;
}

function webpSize(view: DataView, kind: string): ImageSize | undefined {
  if (kind === 'VP8X') return { width: 1 + (view.getUint32(24, true) & 0xffffff), height: 1 + (view.getUint32(26, true) >>> 8) };
  if (kind === 'VP8 ') return { width: view.getUint16(26, true) & 0x3fff, height: view.getUint16(28, true) & 0x3fff };
  if (kind !== 'VP8L') return undefined;
  const bits = view.getUint32(21, true);
  return { width: 1 + (bits & 0x3fff), height: 1 + ((bits >>> 14) & 0x3fff) };
}

/** Walks the segments to the start of frame (SOF0 to SOF15, but DHT, JPG and DAC). */
function jpegSize(view: DataView): ImageSize | undefined {
  let at = 2;
  while (at + 9 <= view.byteLength) {
    if (view.getUint8(at) !== 0xff) return undefined;
    const marker = view.getUint8(at + 1);
    if (marker >= 0xc0 && marker <= 0xcf && marker !== 0xc4 && marker !== 0xc8 && marker !== 0xcc) {
      return {
        width: view.getUint16(at + 7),
        height: view.getUint16(at + 5),
      };
    }
    const length = view.getUint16(at + 2);
    if (length < 2) return undefined;
    at += 2 + length;
  }
  return undefined;
}
