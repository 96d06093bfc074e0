/**
 * PNG (ISO/IEC 15948, third edition of the W3C's) to pixels: all colour types and depths, all filters, Adam7, tRNS.
 *
 * In: a whole file. Out: every pixel once, in the order of the file, by `add`; or `UndecodableImage`. Samples of 16 bits lose
 * their lower byte. Of an animation the first picture counts. Left out: gamma and colour profiles.
 * Limits: pixels, and bytes after inflation, both known from the header before anything is inflated; a stream that gives one byte
 * more or less than the header says is refused.
 */
import { Buffer } from 'node:buffer';
import zlib from 'node:zlib';

import { defaultLimits } from '../../limits.ts';
import type { AddPixel } from './raster.ts';
import { UndecodableImage } from './undecodable-image.ts';

interface Header {
  readonly width: number;
  readonly height: number;
  readonly depth: number;
  readonly colourType: number;
  readonly channels: number;
  readonly interlaced: boolean;
}

interface Parts {
  readonly header: Header;
  readonly palette: Uint8Array;
  readonly transparency: Uint8Array | undefined;
  readonly data: Uint8Array;
}

/** Node has it since 20.15. Before that the checksum inside of the zlib stream has to do. */
const checksum: typeof zlib.crc32 | undefined = zlib.crc32;
/** Colour type → samples a pixel, and the depths that go with it. */
const COLOUR_TYPES: Readonly<Record<number, readonly [channels: number, ...depths: number[]]>> = {
  0: [1, 1, 2, 4, 8, 16],
  2: [3, 8, 16],
  3: [1, 1, 2, 4, 8],
  4: [2, 8, 16],
  6: [4, 8, 16],
};
/** x and y of the first pixel, and from one to the next. */
const ONE_PASS = [[0, 0, 1, 1]] as const;
const ADAM7 = [[0, 0, 8, 8], [4, 0, 8, 8], [0, 4, 4, 8], [2, 0, 4, 4], [0, 2, 2, 4], [1, 0, 2, 2], [0, 1, 1, 2]] as const;

export function decodePng(bytes: Uint8Array, add: AddPixel): void {
  const parts = readChunks(bytes);
  const { width, height, channels, depth, interlaced } = parts.header;
  const bits = channels * depth;
  const passes = (interlaced ? ADAM7 : ONE_PASS).map(([x, y, stepX, stepY]) => {
    const columns = Math.ceil((width - x) / stepX);
    const rows = columns > 0 ? Math.ceil((height - y) / stepY) : 0;
    return { x, y, stepX, stepY, columns, rows, stride: Math.ceil((columns * bits) / 8) };
  });
  const length = passes.reduce((sum, { rows, stride }) => sum + Math.max(0, rows) * (stride + 1), 0);
  if (width * height > defaultLimits.imagePixelsMax || length > defaultLimits.imageInflatedBytesMax) {
    throw new UndecodableImage('too-large');
  }
  const raw = inflated(parts.data, length);
  const pixel = pixelReader(parts, raw);
  let at = 0;
  for (const { x, y, stepX, stepY, columns, rows, stride } of passes) {
    for (let row = 0; row < rows; row += 1) {
      unfilter(raw, at + 1, stride, Math.ceil(bits / 8), row > 0 ? at - stride : -1, raw[at] ?? 0);
      for (let column = 0; column < columns; column += 1) pixel(at + 1, column, x + column * stepX, y + row * stepY, add);
      at += stride + 1;
    }
  }
}

function readChunks(bytes: Uint8Array): Parts {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const data: Uint8Array[] = [];
  let header: Header | undefined;
  let palette: Uint8Array = new Uint8Array();
  let transparency: Uint8Array | undefined;
  for (let at = 8; ;) {
    const length = at + 12 <= bytes.length ? view.getUint32(at) : Number.POSITIVE_INFINITY;
    const end = at + 8 + length;
    if (end + 4 > bytes.length) throw new UndecodableImage('cut');
    const type = String.fromCharCode(...bytes.subarray(at + 4, at + 8));
    const body = bytes.subarray(at + 8, end);
    const isWhole = checksum === undefined || checksum(bytes.subarray(at + 4, end)) === view.getUint32(end);
    if (!isWhole) throw new UndecodableImage('corrupt');
    if (header === undefined) header = readHeader(type, body);
    else if (type === 'PLTE') palette = body;
    else if (type === 'tRNS') transparency = body;
    else if (type === 'IDAT') data.push(body);
    else if (type === 'IEND') return { header, palette, transparency, data: Buffer.concat(data) };
    // Bit 5 of the first letter: what one may skip.
    else if (!/^[a-z]/.test(type)) throw new UndecodableImage('unsupported');
    at = end + 4;
  }
}

function readHeader(type: string, body: Uint8Array): Header {
  if (type !== 'IHDR' || body.length !== 13) throw new UndecodableImage('corrupt');
  const view = new DataView(body.buffer, body.byteOffset, body.byteLength);
  const [width, height] = [view.getUint32(0), view.getUint32(4)];
  const [depth = 0, colourType = 0, compression, filter, interlace = 0] = body.subarray(8);
  const [channels = 0, ...depths] = COLOUR_TYPES[colourType] ?? [];
  if (width === 0 || height === 0) throw new UndecodableImage('corrupt');
  if (!depths.includes(depth) || compression !== 0 || filter !== 0 || interlace > 1) throw new UndecodableImage('unsupported');
  return { width, height, depth, colourType, channels, interlaced: interlace === 1 };
}

function inflated(data: Uint8Array, length: number): Uint8Array {
  let raw: Uint8Array;
  try {
    raw = zlib.inflateSync(data, { maxOutputLength: length });
  } catch {
    throw new UndecodableImage('corrupt');
  }
  if (raw.length < length) throw new UndecodableImage('cut');
  return raw;
}

/** Undoes the filter of one row in place. `above` is where the row before it begins, already unfiltered; of the first, -1. */
function unfilter(raw: Uint8Array, at: number, stride: number, step: number, above: number, filter: number): void {
  if (filter > 4) throw new UndecodableImage('corrupt');
  const left = (index: number): number => (index < step ? 0 : (raw[at + index - step] ?? 0));
  const up = (index: number): number => (above < 0 ? 0 : (raw[above + index] ?? 0));
  const corner = (index: number): number => (index < step ? 0 : up(index - step));
  // A loop for each, because this is where the time goes.
  if (filter === 1) for (let index = step; index < stride; index += 1) raw[at + index] = (raw[at + index] ?? 0) + left(index);
  if (filter === 2) for (let index = 0; index < stride; index += 1) raw[at + index] = (raw[at + index] ?? 0) + up(index);
  if (filter === 3) {
    for (let index = 0; index < stride; index += 1) raw[at + index] = (raw[at + index] ?? 0) + ((left(index) + up(index)) >> 1);
  }
  if (filter === 4) {
    for (let index = 0; index < stride; index += 1) {
      raw[at + index] = (raw[at + index] ?? 0) + paeth(left(index), up(index), corner(index));
    }
  }
}

function paeth(left: number, up: number, corner: number): number {
  const byLeft = Math.abs(up - corner);
  const byUp = Math.abs(left - corner);
  const byCorner = Math.abs(left + up - 2 * corner);
  if (byLeft <= byUp && byLeft <= byCorner) return left;
  return byUp <= byCorner ? up : corner;
}

type ReadPixel = (row: number, column: number, x: number, y: number, add: AddPixel) => void;

function pixelReader({ header, palette, transparency }: Parts, raw: Uint8Array): ReadPixel {
  const { depth, colourType, channels } = header;
  const most = 2 ** depth - 1;
  const sample = (row: number, index: number): number => {
    if (depth === 8) return raw[row + index] ?? 0;
    if (depth === 16) return ((raw[row + index * 2] ?? 0) << 8) | (raw[row + index * 2 + 1] ?? 0);
    const bit = index * depth;
    return ((raw[row + (bit >> 3)] ?? 0) >> (8 - depth - (bit & 7))) & most;
  };
  const byte = (value: number): number => (depth === 16 ? value >> 8 : depth === 8 ? value : Math.round((value * 255) / most));
  if (colourType === 3) return (row, column, x, y, add) => {
    const index = sample(row, column);
    const [red, green, blue] = palette.subarray(index * 3, index * 3 + 3);
    if (red === undefined || green === undefined || blue === undefined) throw new UndecodableImage('corrupt');
    add(x, y, red, green, blue, transparency?.[index] ?? 255);
  };
  // The one colour that is transparent, in samples of two bytes.
  const clear = transparency === undefined
    ? undefined
    : [0, 2, 4].map((index) => ((transparency[index] ?? 0) << 8) | (transparency[index + 1] ?? 0));
  const grey = channels < 3;
  return (row, column, x, y, add) => {
    const at = column * channels;
    const red = sample(row, at);
    const green = grey ? red : sample(row, at + 1);
    const blue = grey ? red : sample(row, at + 2);
    const isClear = clear !== undefined && red === clear[0] && (grey || (green === clear[1] && blue === clear[2]));
    const alpha = channels % 2 === 0 ? byte(sample(row, at + channels - 1)) : isClear ? 0 : 255;
    add(x, y, byte(red), byte(green), byte(blue), alpha);
  };
}
