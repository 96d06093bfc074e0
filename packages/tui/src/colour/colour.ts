/**
 * Colours and how they reach a terminal.
 *
 * A colour is given twice: as RGB for terminals with 256 or more colours, and as one of the 16 that the reader's own palette
 * defines. With depth `none` (NO_COLOR) bold, dim, italic and underline stay, for they are no colour; grey becomes dim.
 */
import type { Style } from '../text/span.ts';

/** `none` is what NO_COLOR asks for. */
export type ColourDepth = 'none' | '16' | '256' | 'true';

export interface Colour {
  /** 0xRRGGBB */
  readonly rgb: number;
  /** 0 to 15: black, red, green, yellow, blue, magenta, cyan, white, then the same bright. */
  readonly ansi: number;
}

const LEVELS = [0, 95, 135, 175, 215, 255];

function nearestLevel(value: number): number {
  let best = 0;
  for (const [index, level] of LEVELS.entries()) if (
    Math.abs(level - value) < Math.abs((LEVELS[best] ?? 0) - value)
  ) best = index;
  return best;
}

/** The nearest of the colours 16 to 255: the 6 × 6 × 6 cube, or the ramp of greys where red, green and blue are alike. */
export function toIndexed(rgb: number): number {
  const [red, green, blue] = [(rgb >> 16) & 255, (rgb >> 8) & 255, rgb & 255];
  if (Math.max(red, green, blue) - Math.min(red, green, blue) < 10) {
    if (red < 4) return 16;
    return red > 246 ? 231 : 232 + Math.min(23, Math.max(0, Math.round((red - 8) / 10)));
  }
  return 16 + 36 * nearestLevel(red) + 6 * nearestLevel(green) + nearestLevel(blue);
}

function parameters({ rgb, ansi }: Colour, depth: ColourDepth, ground: 'foreground' | 'background'): string {
  const base = ground === 'foreground' ? 30 : 40;
  switch (depth) {
    case 'none':
      return '';
    case '16':
      return String(ansi < 8 ? base + ansi : base + 60 + ansi - 8);
    case '256':
      return `${base + 8};5;${toIndexed(rgb)}`;
    case 'true':
      return `${base + 8};2;${(rgb >> 16) & 255};${(rgb >> 8) & 255};${rgb & 255}`;
  }
}

const cache = new WeakMap<Style, Map<ColourDepth, string>>();

/**
 * The SGR parameters of a style, to stand in `ESC [ … m`; empty for plain text. Styles are few objects used often, so they are
 * kept.
 */
export function sgrParameters(style: Style, depth: ColourDepth): string {
  let byDepth = cache.get(style);
  if (byDepth === undefined) cache.set(style, (byDepth = new Map()));
  let found = byDepth.get(depth);
  if (found === undefined) byDepth.set(depth, (found = encode(style, depth)));
  return found;
}

function encode(style: Style, depth: ColourDepth): string {
  const parts = [
    style.bold === true ? '1' : '',
    // What is grey stays in the background without colours, too.
    style.dim === true || (depth === 'none' && style.foreground?.ansi === 8) ? '2' : '',
    style.italic === true ? '3' : '',
    style.underline === true ? '4' : '',
    style.inverse === true ? '7' : '',
    style.strike === true ? '9' : '',
    style.foreground === undefined ? '' : parameters(style.foreground, depth, 'foreground'),
    style.background === undefined ? '' : parameters(style.background, depth, 'background'),
  ];
  return parts.filter((part) => part !== '').join(';');
}
