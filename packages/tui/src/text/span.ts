/**
 * Styled text: what every part of the package makes and the renderer shows.
 *
 * A `Line` is one logical line, of any width; the renderer wraps or cuts it. Text in spans may hold anything that a model, a tool
 * or a file wrote: what could act on the terminal is escaped where rows are made (`clusters.ts`), never by the caller.
 */
import type { Colour } from '../colour/colour.ts';

export interface Style {
  readonly foreground?: Colour | undefined;
  readonly background?: Colour | undefined;
  readonly bold?: boolean | undefined;
  readonly dim?: boolean | undefined;
  readonly italic?: boolean | undefined;
  readonly underline?: boolean | undefined;
  readonly strike?: boolean | undefined;
  readonly inverse?: boolean | undefined;
  /** Target of a hyperlink (OSC 8); shown only where the screen was told that the terminal has them. */
  readonly link?: string | undefined;
}

export interface Span {
  readonly text: string;
  readonly style: Style;
}

export type Line = readonly Span[];

export const PLAIN: Style = {};

export function span(text: string, style: Style = PLAIN): Span {
  return { text, style };
}

/** One line for each line of the text; a CR before LF is dropped, and an empty text is one empty line. */
export function textLines(text: string, style: Style = PLAIN): Line[] {
  return text.split(/\r?\n/).map((line) => (line === '' ? [] : [{ text: line, style }]));
}

/** A line whose text has line feeds as the several lines that it is. */
export function splitLines(line: Line): Line[] {
  if (!line.some(({ text }) => text.includes('\n'))) return [line];
  const lines: Span[][] = [[]];
  for (const { text, style } of line) {
    for (const [index, part] of text.split(/\r?\n/).entries()) {
      if (index > 0) lines.push([]);
      if (part !== '') lines.at(-1)?.push({ text: part, style });
    }
  }
  return lines;
}

export function lineText(line: Line): string {
  return line.map(({ text }) => text).join('');
}

/** The line with one more style laid under each span: what the span says itself wins. */
export function restyle(line: Line, style: Style): Line {
  return line.map((part) => ({ text: part.text, style: { ...style, ...part.style } }));
}

const STYLE_KEYS = ['foreground', 'background', 'bold', 'dim', 'italic', 'underline', 'strike', 'inverse', 'link'] as const;

export function sameStyle(one: Style, other: Style): boolean {
  return one === other || STYLE_KEYS.every((key) => one[key] === other[key]);
}
