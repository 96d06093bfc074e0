/**
 * Width of text in terminal cells.
 *
 * By grapheme cluster (UAX 29, from `Intl.Segmenter`), the way terminals agree most: a cluster is as wide as its code points in
 * sum (`width-table.ts`), but an emoji sequence (joined, with modifier, flag, keycap, U+FE0F) is two. Ambiguous width is one
 * unless asked otherwise. Control characters have no width: they never get here.
 */
import { AMBIGUOUS, VS16, WIDE, ZERO } from './width-table.ts';

export interface WidthOptions {
  /** Cells of a character of ambiguous East Asian width. Default 1; 2 is what CJK terminals with a legacy font show. */
  readonly ambiguousWidth?: 1 | 2 | undefined;
}

const ASCII = /^[\x20-\x7e]*$/;
let segmenter: Intl.Segmenter | undefined;
/** Made on first use: the first one of a process costs several milliseconds, and many a screen never needs it. */
function segments(text: string): Intl.Segments {
  segmenter ??= new Intl.Segmenter('und', { granularity: 'grapheme' });
  return segmenter.segment(text);
}

/**
 * Code points whose width no two terminals differ about, so that a column may be counted past them: Latin, Greek, Cyrillic,
 * punctuation, box drawing, blocks, CJK, kana, Hangul. Each is a grapheme cluster of its own, too. Emoji, marks and everything
 * else are uncertain: a row with them is written from its start.
 */
const CERTAIN = new RegExp(
  '^[' +
    // Latin, Greek, Cyrillic, Armenian
    '\\x20-\\x7e\\u00a0-\\u00ac\\u00ae-\\u02ff\\u0370-\\u0482\\u048a-\\u0530' +
    // punctuation, arrows, box drawing, blocks
    '\\u2010-\\u2027\\u2030-\\u205e\\u2190-\\u2193\\u2500-\\u259f\\u25cf' +
    // CJK, kana, Hangul, full width
    '\\u3001-\\u3029\\u3030-\\u303e\\u3041-\\u3096\\u309b-\\u30ff\\u3400-\\u4dbf\\u4e00-\\u9fff\\uac00-\\ud7a3\\uff01-\\uff60' +
    ']*$',
);

export function isCertain(text: string): boolean {
  return CERTAIN.test(text);
}

export function isAscii(text: string): boolean {
  return ASCII.test(text);
}

export function graphemes(text: string): string[] {
  if (isCertain(text)) return text.split('');
  const clusters: string[] = [];
  for (const { segment } of segments(text)) clusters.push(segment);
  return clusters;
}

function codePointWidth(codePoint: number, ambiguousWidth: 1 | 2): number {
  if (codePoint < 0x300) return ambiguousWidth === 2 && AMBIGUOUS.has(codePoint) ? 2 : 1;
  if (ZERO.has(codePoint)) return 0;
  if (WIDE.has(codePoint)) return 2;
  return ambiguousWidth === 2 && AMBIGUOUS.has(codePoint) ? 2 : 1;
}

const VARIATION_EMOJI = 0xfe0f;
const VARIATION_TEXT = 0xfe0e;
const JOINER = 0x200d;
const KEYCAP = 0x20e3;

const isRegionalIndicator = (codePoint: number): boolean => codePoint >= 0x1f1e6 && codePoint <= 0x1f1ff;
const isModifier = (codePoint: number): boolean => codePoint >= 0x1f3fb && codePoint <= 0x1f3ff;

/** Width of one grapheme cluster: 0, 1, 2, or more where a script joins several letters into one. */
export function clusterWidth(cluster: string, { ambiguousWidth = 1 }: WidthOptions = {}): number {
  const first = cluster.codePointAt(0) ?? 0;
  const firstLength = first > 0xffff ? 2 : 1;
  if (cluster.length === firstLength) return isRegionalIndicator(first) ? 1 : codePointWidth(first, ambiguousWidth);
  let sum = codePointWidth(first, ambiguousWidth);
  for (let at = firstLength; at < cluster.length; ) {
    const codePoint = cluster.codePointAt(at) ?? 0;
    at += codePoint > 0xffff ? 2 : 1;
    if (codePoint === VARIATION_TEXT) continue;
    if (codePoint === VARIATION_EMOJI) {
      if (VS16.has(first)) return 2;
    } else if (codePoint === KEYCAP || isRegionalIndicator(codePoint)) return 2;
    else if (isModifier(codePoint) || (codePoint === JOINER && WIDE.has(first))) return 2;
    else sum += codePointWidth(codePoint, ambiguousWidth);
  }
  return sum;
}

/** Width of a text without control characters. */
export function cellWidth(text: string, options: WidthOptions = {}): number {
  if (isAscii(text)) return text.length;
  return graphemes(text).reduce((width, cluster) => width + clusterWidth(cluster, options), 0);
}
