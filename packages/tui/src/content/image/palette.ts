/**
 * Few colours for many, by median cut (Heckbert 1982): colours are counted by 5 bits a channel, and the box whose colours differ
 * most, by how many pixels have them, is cut in two until there are enough.
 *
 * Pure. A colour of the palette is the mean of the pixels in its box: an image of few colours that lie apart keeps them exactly.
 * No dithering: screenshots, which most images here are, would get noise where they are flat.
 */
import type { Raster } from './raster.ts';

export interface Indexed {
  /** Red, green, blue from 0 to 255. */
  readonly palette: readonly (readonly [number, number, number])[];
  /** One a pixel; `TRANSPARENT` where nothing is drawn. */
  readonly indices: Uint16Array;
}

export const TRANSPARENT = 0xffff;
const OPAQUE_MIN = 128;
const BINS = 1 << 15;

interface Box {
  readonly bins: readonly number[];
  /** How far a bin number is shifted to get the channel in which the box is widest. */
  readonly shift: number;
  readonly score: number;
}

/** @param colours - At least 1. */
export function toPalette({ rgba }: Raster, colours: number): Indexed {
  const counts = new Uint32Array(BINS);
  const sums = new Float64Array(BINS * 3);
  const indices = new Uint16Array(rgba.length / 4).fill(TRANSPARENT);
  for (let pixel = 0, at = 0; at < rgba.length; pixel += 1, at += 4) {
    if ((rgba[at + 3] ?? 0) < OPAQUE_MIN) continue;
    const red = rgba[at] ?? 0;
    const green = rgba[at + 1] ?? 0;
    const blue = rgba[at + 2] ?? 0;
    const bin = ((red >> 3) << 10) | ((green >> 3) << 5) | (blue >> 3);
    counts[bin] = (counts[bin] ?? 0) + 1;
    sums[bin * 3] = (sums[bin * 3] ?? 0) + red;
    sums[bin * 3 + 1] = (sums[bin * 3 + 1] ?? 0) + green;
    sums[bin * 3 + 2] = (sums[bin * 3 + 2] ?? 0) + blue;
    indices[pixel] = bin;
  }
  const boxes = cut(counts, colours);
  const indexOf = new Uint16Array(BINS);
  const palette = boxes.map(({ bins }, index): [number, number, number] => {
    let [red, green, blue, count] = [0, 0, 0, 0];
    for (const bin of bins) {
      indexOf[bin] = index;
      red += sums[bin * 3] ?? 0;
      green += sums[bin * 3 + 1] ?? 0;
      blue += sums[bin * 3 + 2] ?? 0;
      count += counts[bin] ?? 0;
    }
    return [Math.round(red / count), Math.round(green / count), Math.round(blue / count)];
  });
  return { palette, indices: indices.map((bin) => (bin === TRANSPARENT ? bin : (indexOf[bin] ?? 0))) };
}

function cut(counts: Uint32Array, colours: number): Box[] {
  const used = [...counts.keys()].filter((bin) => (counts[bin] ?? 0) > 0);
  const boxes = used.length === 0 ? [] : [toBox(used, counts)];
  while (boxes.length < Math.min(colours, used.length)) {
    const { bins, shift } = boxes.sort((one, other) => one.score - other.score).pop() ?? { bins: [], shift: 0 };
    const sorted = bins.toSorted((one, other) => ((one >> shift) & 31) - ((other >> shift) & 31));
    let left = sorted.reduce((sum, bin) => sum + (counts[bin] ?? 0), 0) / 2;
    let at = 1;
    while (at < sorted.length - 1 && (left -= counts[sorted[at - 1] ?? 0] ?? 0) > 0) at += 1;
    boxes.push(toBox(sorted.slice(0, at), counts), toBox(sorted.slice(at), counts));
  }
  return boxes;
}

function toBox(bins: readonly number[], counts: Uint32Array): Box {
  const widths = [10, 5, 0].map((shift) => {
    const values = bins.map((bin) => (bin >> shift) & 31);
    const least = values.reduce((one, other) => Math.min(one, other), 31);
    return { shift, width: values.reduce((one, other) => Math.max(one, other), 0) - least };
  });
  const { shift, width } = widths.reduce((widest, next) => (next.width > widest.width ? next : widest));
  return { bins, shift, score: width * bins.reduce((sum, bin) => sum + (counts[bin] ?? 0), 0) };
}
