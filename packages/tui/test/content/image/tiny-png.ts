/** PNGs of a few pixels, of every kind, written by the book: the other half of what is under test. */
import { crc32, deflateSync } from 'node:zlib';

export interface TinyPng {
  readonly width: number;
  readonly height: number;
  readonly colourType: 0 | 2 | 3 | 4 | 6;
  readonly depth: 1 | 2 | 4 | 8 | 16;
  /** Samples of a pixel, in the depth of the file. */
  readonly pixel: (x: number, y: number) => readonly number[];
  /** Of each row, in turn. Default 0. */
  readonly filters?: readonly number[];
  readonly interlaced?: boolean;
  readonly palette?: readonly number[];
  readonly transparency?: readonly number[];
  /** Pieces of IDAT. Default 1. */
  readonly pieces?: number;
}

const CHANNELS = { 0: 1, 2: 3, 3: 1, 4: 2, 6: 4 } as const;
const PASSES = [[0, 0, 8, 8], [4, 0, 8, 8], [0, 4, 4, 8], [2, 0, 4, 4], [0, 2, 2, 4], [1, 0, 2, 2], [0, 1, 1, 2]] as const;

export function chunk(type: string, body: Uint8Array | readonly number[] = []): Buffer {
  const out = Buffer.alloc(12 + body.length);
  out.writeUInt32BE(body.length, 0);
  out.write(type, 4, 'latin1');
  out.set(body, 8);
  out.writeUInt32BE(crc32(out.subarray(4, 8 + body.length)), 8 + body.length);
  return out;
}

export function header({ width, height, colourType, depth, interlaced = false }: Omit<TinyPng, 'pixel'>): Buffer {
  const body = Buffer.alloc(13);
  body.writeUInt32BE(width, 0);
  body.writeUInt32BE(height, 4);
  body.set([depth, colourType, 0, 0, interlaced ? 1 : 0], 8);
  return chunk('IHDR', body);
}

export const SIGNATURE = Buffer.from('\u0089PNG\r\n\u001a\n', 'latin1');

export function tinyPng(png: TinyPng): Buffer {
  const data = deflateSync(rows(png));
  const size = Math.ceil(data.length / (png.pieces ?? 1));
  const pieces = Array.from({ length: png.pieces ?? 1 }, (_, index) => chunk('IDAT', data.subarray(index * size, (index + 1) * size)));
  return Buffer.concat([
    SIGNATURE,
    header(png),
    ...(png.palette === undefined ? [] : [chunk('PLTE', png.palette)]),
    ...(png.transparency === undefined ? [] : [chunk('tRNS', png.transparency)]),
    chunk('tEXt', Buffer.from('Title\0tiny')),
    ...pieces,
    chunk('IEND'),
  ]);
}

/** Scanlines, filtered. */
export function rows({ width, height, colourType, depth, pixel, filters = [0], interlaced = false }: TinyPng): Buffer {
  const bits = CHANNELS[colourType] * depth;
  const step = Math.max(1, bits >> 3);
  const out: number[] = [];
  for (const [left, top, stepX, stepY] of interlaced ? PASSES : ([[0, 0, 1, 1]] as const)) {
    let above: number[] | undefined;
    if (left >= width) continue;
    for (let y = top, nth = 0; y < height; y += stepY, nth += 1) {
      let [value, held] = [0, 0];
      const row: number[] = [];
      for (let x = left; x < width; x += stepX) {
        for (const sample of pixel(x, y)) {
          if (depth === 16) row.push(sample >> 8, sample & 255);
          else [value, held] = [(value << depth) | sample, held + depth];
          if (held === 8) {
            row.push(value);
            [value, held] = [0, 0];
          }
        }
      }
      if (held > 0) row.push(value << (8 - held));
      const filter = filters[nth % filters.length] ?? 0;
      out.push(filter, ...row.map((byte, at) => (byte - guess(filter, row[at - step] ?? 0, above?.[at] ?? 0, above?.[at - step] ?? 0)) & 255));
      above = row;
    }
  }
  return Buffer.from(out);
}

function guess(filter: number, left: number, up: number, corner: number): number {
  if (filter === 4) return [left, up, corner].reduce((best, next) => (Math.abs(left + up - corner - next) < Math.abs(left + up - corner - best) ? next : best));
  return [0, left, up, (left + up) >> 1][filter] ?? 0;
}
