/** Where a motion leads: offsets of grapheme clusters, words (UAX 29, so that Chinese and Thai have words too) and lines. */
import { graphemes } from '../text/cell-width.ts';
import { isChip } from './editor-state.ts';

let segmenter: Intl.Segmenter | undefined;
const words = (text: string): Intl.Segments => (segmenter ??= new Intl.Segmenter('und', { granularity: 'word' })).segment(text);
/** Text looked at around the cursor: no cluster and no word that a reader means is longer. */
const WINDOW_CHARS = 2_000;

export function clusterBefore(text: string, at: number): number {
  if (at <= 0) return 0;
  if (text[at - 1] === '\n') return at - 1;
  const start = Math.max(text.lastIndexOf('\n', at - 1) + 1, at - WINDOW_CHARS);
  return at - (graphemes(text.slice(start, at)).at(-1)?.length ?? 1);
}

export function clusterAfter(text: string, at: number): number {
  if (at >= text.length) return text.length;
  return at + (graphemes(text.slice(at, at + WINDOW_CHARS))[0]?.length ?? 1);
}

export function lineStart(text: string, at: number): number {
  return text.lastIndexOf('\n', at - 1) + 1;
}

export function lineEnd(text: string, at: number): number {
  const end = text.indexOf('\n', at);
  return end === -1 ? text.length : end;
}

/** The start of the word before; over line ends. */
export function wordBefore(text: string, at: number): number {
  const from = Math.max(0, at - WINDOW_CHARS);
  let start = from;
  for (const { segment, index, isWordLike } of words(text.slice(from, at))) {
    if (isWordLike === true || isChip(segment)) start = from + index;
  }
  return start;
}

/** The end of the word after. */
export function wordAfter(text: string, at: number): number {
  const part = text.slice(at, at + WINDOW_CHARS);
  for (const { segment, index, isWordLike } of words(part)) {
    if (isWordLike === true || isChip(segment)) return at + index + segment.length;
  }
  return at + part.length;
}

/** The start of the run without spaces before: what Ctrl-W deletes. */
export function runBefore(text: string, at: number): number {
  let start = at;
  while (start > 0 && /\s/.test(text[start - 1] ?? '')) start -= 1;
  while (start > 0 && !/\s/.test(text[start - 1] ?? '')) start -= 1;
  return start;
}
