/**
 * A PNG or GIF to pixels of another size, and those to what terminals take. Loaded when the first such image is shown: whoever
 * shows none does not pay for it.
 */
import { deflateSync } from 'node:zlib';

import { decodeGif } from './gif.ts';
import type { ImageSize } from './image-size.ts';
import { toPalette } from './palette.ts';
import { decodePng } from './png.ts';
import { createShrinking, type Raster } from './raster.ts';
import { encodeSixel } from './sixel.ts';
import { UndecodableImage } from './undecodable-image.ts';

/** Undefined where it is neither PNG nor GIF, or a broken one. */
export function decodeImage(bytes: Uint8Array, from: ImageSize, to: ImageSize): Raster | undefined {
  const { add, raster } = createShrinking(from, to);
  const decode = bytes[0] === 0x89 ? decodePng : bytes[0] === 0x47 ? decodeGif : undefined;
  try {
    decode?.(bytes, add);
  } catch (error) {
    if (error instanceof UndecodableImage) return undefined;
    throw error;
  }
  return decode === undefined ? undefined : raster();
}

export function toSixel(raster: Raster, colours: number): string {
  return encodeSixel(toPalette(raster, colours), raster.width, raster.height);
}

/** RGBA, compressed. */
export function toDeflated({ rgba }: Raster): Uint8Array {
  return deflateSync(rgba);
}
