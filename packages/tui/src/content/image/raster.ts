/**
 * An image made smaller while it is decoded: every pixel of the source is added to the one pixel of the target that it falls
 * into, in whatever order the decoder meets them (Adam7, GIF's interlace). So the whole source never stands in memory.
 *
 * A target pixel is the mean of what was added, weighted by alpha. What nothing was added to is transparent. Never enlarges.
 */
import type { ImageSize } from './image-size.ts';

export interface Raster extends ImageSize {
  /** Red, green, blue, alpha: four bytes a pixel, row by row. */
  readonly rgba: Uint8Array;
}

/** One pixel of the source, not premultiplied, each value from 0 to 255. */
export type AddPixel = (x: number, y: number, red: number, green: number, blue: number, alpha: number) => void;

export interface Shrinking {
  readonly add: AddPixel;
  raster(): Raster;
}

/** Red, green and blue by alpha, alpha, pixels added. */
const SUMS = 5;

export function createShrinking(from: ImageSize, to: ImageSize): Shrinking {
  const { width, height } = to;
  const sums = new Float64Array(width * height * SUMS);
  return {
    add(x, y, red, green, blue, alpha) {
      const row = Math.floor((y * height) / from.height);
      const at = (row * width + Math.floor((x * width) / from.width)) * SUMS;
      sums[at] = (sums[at] ?? 0) + red * alpha;
      sums[at + 1] = (sums[at + 1] ?? 0) + green * alpha;
      sums[at + 2] = (sums[at + 2] ?? 0) + blue * alpha;
      sums[at + 3] = (sums[at + 3] ?? 0) + alpha;
      sums[at + 4] = (sums[at + 4] ?? 0) + 1;
    },
    raster() {
      const rgba = new Uint8Array(width * height * 4);
      for (let from = 0, at = 0; at < rgba.length; from += SUMS, at += 4) {
        const alpha = sums[from + 3] ?? 0;
        if (alpha === 0) continue;
        for (let channel = 0; channel < 3; channel += 1) rgba[at + channel] = Math.round((sums[from + channel] ?? 0) / alpha);
        rgba[at + 3] = Math.round(alpha / (sums[from + 4] ?? 1));
      }
      return { width, height, rgba };
    },
  };
}
