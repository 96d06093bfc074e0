/**
 * Sixel (DEC STD 070, chapter 9): bands of six rows, in each band every colour by itself, one character for a column of six bits.
 *
 * Pure. Out: a DCS that draws at the cursor; where a pixel is transparent, what stood there stays (P2 = 1). Runs are counted, and
 * a colour is only written in the bands that have it. Colours are in per cent, as the standard has them.
 */
import type { Indexed } from './palette.ts';
import { TRANSPARENT } from './palette.ts';

const BAND_ROWS = 6;
const EMPTY = 0x3f;

export function encodeSixel({ palette, indices }: Indexed, width: number, height: number): string {
  const colours = palette.map((rgb, index) => `#${index};2;${rgb.map((value) => Math.round(value / 2.55)).join(';')}`);
  const bands: string[] = [];
  const size = BAND_ROWS * width;
  for (let from = 0; from < indices.length; from += size) bands.push(band(indices.subarray(from, from + size), width));
  return `\u001bP0;1;0q"1;1;${width};${height}${colours.join('')}${bands.join('-')}\u001b\\`;
}

function band(indices: Uint16Array, width: number): string {
  const columns = new Map<number, Uint8Array>();
  for (const [at, colour] of indices.entries()) {
    if (colour === TRANSPARENT) continue;
    let bits = columns.get(colour);
    if (bits === undefined) columns.set(colour, (bits = new Uint8Array(width)));
    const column = at % width;
    bits[column] = (bits[column] ?? 0) | (1 << Math.floor(at / width));
  }
  return [...columns].map(([colour, bits]) => `#${colour}${runs(bits)}`).join('$');
}

function runs(bits: Uint8Array): string {
  let out = '';
  for (let from = 0, to = 0; from < bits.length; from = to) {
    while (to < bits.length && bits[to] === bits[from]) to += 1;
    const character = String.fromCharCode(EMPTY + (bits[from] ?? 0));
    if (to === bits.length && bits[from] === 0) break;
    out += to - from > 3 ? `!${to - from}${character}` : character.repeat(to - from);
  }
  return out;
}
