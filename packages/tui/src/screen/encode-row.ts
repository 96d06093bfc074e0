/**
 * One row as bytes for the terminal: SGR where the style changes, OSC 8 around links, a plain style at its end.
 *
 * Rows hold clean text only (`wrap.ts`). The one string from outside that goes into a sequence is the target of a link: only
 * visible ASCII of known schemes gets there.
 */
import { sgrParameters, type ColourDepth } from '../colour/colour.ts';
import { cellWidth, isAscii, isCertain, type WidthOptions } from '../text/cell-width.ts';
import { sameStyle, type Span } from '../text/span.ts';
import type { Row } from '../text/wrap.ts';

export interface EncodeOptions {
  readonly colourDepth: ColourDepth;
  readonly hyperlinks: boolean;
}

const LINK = /^(?:https?|mailto|file):[\x21-\x7e]{1,2000}$/i;

export function encodeSpans(spans: readonly Span[], { colourDepth, hyperlinks }: EncodeOptions): string {
  let out = '';
  let current = '';
  let target = '';
  for (const { text, style } of spans) {
    if (text === '') continue;
    const link = hyperlinks && style.link !== undefined && LINK.test(style.link) ? style.link : '';
    if (link !== target) out += `\u001b]8;;${link}\u001b\\`;
    target = link;
    const parameters = sgrParameters(style, colourDepth);
    if (parameters !== current) out += `\u001b[${current === '' || parameters === '' ? '' : '0;'}${parameters}m`;
    current = parameters;
    out += text;
  }
  if (target !== '') out += '\u001b]8;;\u001b\\';
  return current === '' ? out : `${out}\u001b[m`;
}

/** Where two rows begin to differ: columns that both share, and what the new one has from there. */
export function rowChange(before: Row, after: Row, options: WidthOptions): { column: number; rest: readonly Span[] } {
  let column = 0;
  for (const [index, span] of after.spans.entries()) {
    const old = before.spans[index];
    if (old === undefined || !sameStyle(old.style, span.style)) return { column, rest: after.spans.slice(index) };
    if (old.text === span.text && isCertain(span.text)) {
      column += cellWidth(span.text, options);
      continue;
    }
    const shared = sharedLength(old.text, span.text);
    const rest = [{ text: span.text.slice(shared), style: span.style }, ...after.spans.slice(index + 1)];
    return { column: column + cellWidth(span.text.slice(0, shared), options), rest };
  }
  return { column, rest: [] };
}

/**
 * Characters that two texts share and that are certain, and so is what follows them: a mark after the last one would change it.
 */
function sharedLength(before: string, after: string): number {
  const most = Math.min(before.length, after.length);
  let length = 0;
  while (length < most && before.charCodeAt(length) === after.charCodeAt(length)) length += 1;
  if (isAscii(after) && isAscii(before)) return length;
  const certain = (text: string): number => /^[\x20-\x7e]*/.exec(text)?.[0].length ?? 0;
  const prefix = isCertain(after.slice(0, length)) ? length : certain(after);
  const next = (text: string): boolean => isCertain(text.slice(prefix, prefix + 1));
  return next(before) && next(after) ? prefix : Math.max(0, prefix - 1);
}
