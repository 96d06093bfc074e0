/**
 * The first picture of a GIF (GIF89a; LZW with codes of variable length) to pixels.
 *
 * In: a whole file. Out: every pixel of the first picture by `add`, and none for what it leaves free of the screen; or
 * `UndecodableImage`. What follows the first picture is not read. Limits: pixels; codes have at most 12 bits.
 */
import { Buffer } from 'node:buffer';

import { defaultLimits } from '../../limits.ts';
import type { AddPixel } from './raster.ts';
import { UndecodableImage } from './undecodable-image.ts';

const EXTENSION = 0x21;
const GRAPHIC_CONTROL = 0xf9;
const IMAGE = 0x2c;
const CODES_MAX = 4_096;
/** First row, and from one to the next. */
const INTERLACED = [[0, 8], [4, 8], [2, 4], [1, 2]] as const;

export function decodeGif(bytes: Uint8Array, add: AddPixel): void {
  let at = 6;
  const byte = (): number => {
    const value = bytes[at];
    if (value === undefined) throw new UndecodableImage('cut');
    at += 1;
    return value;
  };
  const short = (): number => byte() | (byte() << 8);
  const colours = (flags: number): Uint8Array | undefined => {
    const from = at;
    if ((flags & 0x80) === 0) return undefined;
    at += 3 << ((flags & 7) + 1);
    return bytes.subarray(from, at);
  };
  const blocks = (): Uint8Array => {
    const found: Uint8Array[] = [];
    for (let length = byte(); length > 0; length = byte()) found.push(bytes.subarray(at, (at += length)));
    return Buffer.concat(found);
  };

  const [width, height, flags] = [short(), short(), byte()];
  at += 2;
  let palette = colours(flags);
  let clear = -1;
  for (let kind = byte(); kind !== IMAGE; kind = byte()) {
    if (kind !== EXTENSION) throw new UndecodableImage('corrupt');
    const label = byte();
    const [control = 0, , , index = 0] = blocks();
    if (label === GRAPHIC_CONTROL) clear = (control & 1) === 1 ? index : -1;
  }
  const [left, top, columns, rows, local] = [short(), short(), short(), short(), byte()];
  palette = colours(local) ?? palette;
  if (columns * rows > defaultLimits.imagePixelsMax) throw new UndecodableImage('too-large');
  const codeBits = byte();
  const order = rowOrder(rows, (local & 0x40) !== 0);
  const indices = unpack(blocks(), codeBits, columns * rows);
  for (const [nth, index] of indices.entries()) {
    const [x, y] = [left + (nth % columns), top + (order[Math.floor(nth / columns)] ?? 0)];
    const [red, green, blue] = palette?.subarray(index * 3, index * 3 + 3) ?? [];
    if (red === undefined || green === undefined || blue === undefined) throw new UndecodableImage('corrupt');
    if (x < width && y < height) add(x, y, red, green, blue, index === clear ? 0 : 255);
  }
}

function rowOrder(rows: number, interlaced: boolean): number[] {
  const passes = interlaced ? INTERLACED : ([[0, 1]] as const);
  const ofPass = (first: number, step: number): number[] => {
    return Array.from({ length: Math.max(0, Math.ceil((rows - first) / step)) }, (_, row) => first + row * step);
  };
  return passes.flatMap(([first, step]) => ofPass(first, step));
}

function unpack(data: Uint8Array, codeBits: number, length: number): Uint8Array {
  if (codeBits < 1 || codeBits > 8) throw new UndecodableImage('corrupt');
  const out = new Uint8Array(length);
  /** Where in the output each code's string stands. */
  const starts = new Uint32Array(CODES_MAX);
  const lengths = new Uint32Array(CODES_MAX);
  const reset = 1 << codeBits;
  let [written, next, bits, before] = [0, reset + 2, codeBits + 1, -1];
  let [buffer, held, at] = [0, 0, 0];
  while (written < length) {
    while (held < bits) {
      if (at >= data.length) throw new UndecodableImage('cut');
      buffer |= (data[at] ?? 0) << held;
      held += 8;
      at += 1;
    }
    const code = buffer & ((1 << bits) - 1);
    buffer >>>= bits;
    held -= bits;
    if (code === reset) [next, bits, before] = [reset + 2, codeBits + 1, -1];
    else if (code === reset + 1) throw new UndecodableImage('cut');
    else {
      if (code > reset && (code > next || before === -1)) throw new UndecodableImage('corrupt');
      // A new code is the string before and one more: the byte that stands behind it in the output.
      if (before !== -1 && next < CODES_MAX) {
        const isLiteral = before < reset;
        lengths[next] = isLiteral ? 2 : (lengths[before] ?? 0) + 1;
        starts[next] = written - (isLiteral ? 1 : (lengths[before] ?? 0));
        next += 1;
        if (next === 1 << bits && bits < 12) bits += 1;
      }
      const from = starts[code] ?? 0;
      const count = code < reset ? 1 : (lengths[code] ?? 0);
      for (let index = 0; index < count && written < length; index += 1, written += 1) {
        out[written] = code < reset ? code : (out[from + index] ?? 0);
      }
      before = code;
    }
  }
  return out;
}
