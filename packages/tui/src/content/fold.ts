/** Shows the start and the end of something long, and says how much is between. */
import { type Line, type Span, span, type Style } from '../text/span.ts';

export interface FoldOptions {
  readonly head: number;
  readonly tail: number;
  readonly style: Style;
  /** What unfolds it, for the note: `ctrl+o`. */
  readonly key?: string | undefined;
}

/** The lines as they are where hiding would save nothing. */
export function foldLines(lines: readonly Line[], { head, tail, style, key }: FoldOptions): readonly Line[] {
  const hidden = lines.length - head - tail;
  if (hidden <= 1) return lines;
  const how = key === undefined ? '' : ` (${key} shows all)`;
  const note: Span = span(`… ${hidden.toLocaleString('en')} more lines${how}`, style);
  return [...lines.slice(0, head), [note], ...(tail > 0 ? lines.slice(-tail) : [])];
}
