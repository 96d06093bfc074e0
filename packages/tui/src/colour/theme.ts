/**
 * What each kind of text looks like, on dark and on light grounds.
 *
 * The 16-colour entries are the reader's own palette, so they are chosen to be readable on both. No theme paints a ground under
 * plain text; only changed words of a diff and selected rows have one.
 */
import type { Style } from '../text/span.ts';
import type { Colour } from './colour.ts';

export interface Theme {
  readonly ground: 'dark' | 'light';
  readonly plain: Style;
  readonly muted: Style;
  readonly accent: Style;
  readonly success: Style;
  readonly warning: Style;
  readonly danger: Style;
  readonly thinking: Style;
  readonly selected: Style;
  readonly prompt: Style;
  readonly chip: Style;
  readonly heading: Style;
  readonly strong: Style;
  readonly emphasis: Style;
  readonly strike: Style;
  readonly code: Style;
  readonly link: Style;
  readonly quote: Style;
  readonly marker: Style;
  readonly rule: Style;
  readonly keyword: Style;
  readonly type: Style;
  readonly function: Style;
  readonly string: Style;
  readonly number: Style;
  readonly comment: Style;
  readonly property: Style;
  readonly added: Style;
  readonly removed: Style;
  readonly addedWord: Style;
  readonly removedWord: Style;
  readonly hunk: Style;
}

type Pair = readonly [dark: number, light: number, ansi: number];

const INK = {
  grey: [0x8b8f98, 0x6a6f78, 8],
  blue: [0x7aa8ff, 0x1a56c4, 4],
  cyan: [0x67c9d8, 0x0b6f80, 6],
  green: [0x86c67c, 0x1f7a33, 2],
  yellow: [0xe0b860, 0x8a5a00, 3],
  red: [0xf07c78, 0xb3261e, 1],
  magenta: [0xc79bf0, 0x7a3bb0, 5],
  orange: [0xe89a62, 0xa04a00, 3],
  addedGround: [0x1f4a2a, 0xb7ebc3, 2],
  removedGround: [0x5a2626, 0xffc9c5, 1],
  selectedGround: [0x2f3a4f, 0xd5e2fb, 4],
  onGround: [0xf4f5f7, 0x14161a, 0],
} as const satisfies Record<string, Pair>;

export function createTheme(ground: 'dark' | 'light'): Theme {
  const ink = (name: keyof typeof INK): Colour => {
    const [dark, light, ansi] = INK[name];
    return { rgb: ground === 'dark' ? dark : light, ansi: name === 'onGround' ? (ground === 'dark' ? 15 : 0) : ansi };
  };
  return {
    ground,
    plain: {},
    muted: { foreground: ink('grey') },
    accent: { foreground: ink('blue') },
    success: { foreground: ink('green') },
    warning: { foreground: ink('yellow') },
    danger: { foreground: ink('red') },
    thinking: { dim: true, italic: true },
    selected: { foreground: ink('onGround'), background: ink('selectedGround') },
    prompt: { foreground: ink('blue'), bold: true },
    chip: { foreground: ink('cyan') },
    heading: { foreground: ink('blue'), bold: true },
    strong: { bold: true },
    emphasis: { italic: true },
    strike: { strike: true },
    code: { foreground: ink('cyan') },
    link: { foreground: ink('blue'), underline: true },
    quote: { foreground: ink('grey') },
    marker: { foreground: ink('blue') },
    rule: { foreground: ink('grey') },
    keyword: { foreground: ink('magenta') },
    type: { foreground: ink('cyan') },
    function: { foreground: ink('blue') },
    string: { foreground: ink('green') },
    number: { foreground: ink('orange') },
    comment: { foreground: ink('grey'), italic: true },
    property: { foreground: ink('cyan') },
    added: { foreground: ink('green') },
    removed: { foreground: ink('red') },
    addedWord: { foreground: ink('onGround'), background: ink('addedGround'), bold: true },
    removedWord: { foreground: ink('onGround'), background: ink('removedGround'), bold: true },
    hunk: { foreground: ink('cyan'), dim: true },
  };
}

/** Which theme suits a ground colour that the terminal reported: by perceived lightness (ITU-R BT.601). */
export function groundOf(rgb: number): 'dark' | 'light' {
  const lightness = 0.299 * ((rgb >> 16) & 255) + 0.587 * ((rgb >> 8) & 255) + 0.114 * (rgb & 255);
  return lightness > 127 ? 'light' : 'dark';
}
