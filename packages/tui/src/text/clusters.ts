/**
 * A line as the terminal will show it: grapheme clusters with width and style.
 *
 * This is the one gate to the terminal: control characters become visible, tabs become spaces, a line feed one space (`wrapLine`
 * breaks there before), what has no width is dropped, and a flood of marks on one letter is cut. Whatever a row holds went
 * through here.
 */
import { clusterWidth, graphemes, isAscii, type WidthOptions } from './cell-width.ts';
import { escapeControls } from './escape-controls.ts';
import { defaultLimits } from '../limits.ts';
import type { Line, Span, Style } from './span.ts';

export interface Cluster {
  readonly text: string;
  readonly width: number;
  readonly style: Style;
}

export interface TextOptions extends WidthOptions {
  /** Default 4. */
  readonly tabColumns?: number | undefined;
}

export function toClusters(line: Line, options: TextOptions = {}): Cluster[] {
  const clusters: Cluster[] = [];
  let column = 0;
  for (const { text, style } of line) {
    for (const segment of segmentsOf(text)) {
      if (segment === '\t') {
        const tabColumns = options.tabColumns ?? 4;
        const spaces = tabColumns - (column % tabColumns);
        for (let count = 0; count < spaces; count += 1) clusters.push({ text: ' ', width: 1, style });
        column += spaces;
        continue;
      }
      const width = segment.length === 1 && segment < '\u007f' ? 1 : clusterWidth(segment, options);
      if (width === 0) continue;
      clusters.push({ text: cut(segment), width, style });
      column += width;
    }
  }
  return clusters;
}

function segmentsOf(text: string): string[] {
  if (isAscii(text)) return text.split('');
  return graphemes(escapeControls(text).replaceAll('\n', ' '));
}

function cut(segment: string): string {
  const { clusterUnitsMax } = defaultLimits;
  if (segment.length <= clusterUnitsMax) return segment;
  const end = /[\ud800-\udbff]/.test(segment[clusterUnitsMax - 1] ?? '') ? clusterUnitsMax - 1 : clusterUnitsMax;
  return segment.slice(0, end);
}

/** Joins clusters of one style into spans again. */
export function toSpans(clusters: readonly Cluster[]): Span[] {
  const spans: { text: string; style: Style }[] = [];
  for (const { text, style } of clusters) {
    const last = spans.at(-1);
    if (last !== undefined && last.style === style) last.text += text;
    else spans.push({ text, style });
  }
  return spans;
}
