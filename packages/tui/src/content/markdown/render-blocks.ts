/**
 * Blocks as rows of a width: what is printed when they are final, and shown while they are not.
 *
 * The same block gives the same rows in both places, so that committing it redraws nothing.
 */
import type { Theme } from '../../colour/theme.ts';
import { type Line, restyle, span, type Span, type Style } from '../../text/span.ts';
import { lineWidth, wrapLine } from '../../text/wrap.ts';
import { tokensToLine } from '../highlight/highlighter.ts';
import type { Block, Container } from './block.ts';
import { parseInline } from './inline.ts';
import { renderTable } from './render-table.ts';

export interface MarkdownRenderOptions {
  readonly columns: number;
  readonly theme: Theme;
  readonly hyperlinks?: boolean | undefined;
  readonly ambiguousWidth?: 1 | 2 | undefined;
  /** Laid under all text: dimmed thinking. */
  readonly style?: Style | undefined;
}

const CODE_INDENT: Line = [span('  ')];

export function renderBlocks(blocks: readonly Block[], options: MarkdownRenderOptions): Line[] {
  const lines = blocks.flatMap((block) => {
    const rendered = renderBlock(block, options);
    return block.gap ? [gapLine(block, options.theme), ...rendered] : rendered;
  });
  const { style } = options;
  return style === undefined ? lines : lines.map((line) => restyle(line, style));
}

/** The empty row between two blocks keeps the bars of the quotes that hold both. */
function gapLine({ sharedQuotes }: Block, theme: Theme): Line {
  return sharedQuotes === 0 ? [] : [span('│ '.repeat(sharedQuotes).trimEnd(), theme.quote)];
}

function renderBlock({ containers, leaf, open }: Block, options: MarkdownRenderOptions): Line[] {
  const { theme, columns, hyperlinks, ambiguousWidth } = options;
  const { lead, hang } = prefixOf(containers, theme);
  const width = Math.max(1, columns - lineWidth(hang));
  const quoted = containers.some(({ kind }) => kind === 'quote');
  const base = quoted ? theme.quote : theme.plain;
  const inline = (text: string, style: Style = base): Span[] => parseInline(text, { theme, open, hyperlinks }, style);
  const wrapped = (line: Line, first: Line, by: 'words' | 'clusters' = 'words', indent: Line = []): Line[] =>
    wrapLine(
      [...first, ...indent, ...line],
      columns,
      { hang: [...hang, ...indent], by, ambiguousWidth },
    ).map(({ spans }) => spans);
  switch (leaf.kind) {
    case 'heading': {
      const text = inline(leaf.text).map(({ text: part, style }) => span(part, { ...style, ...theme.heading }));
      if (leaf.level > 2) return wrapped([span(`${'#'.repeat(leaf.level)} `, theme.muted), ...text], lead);
      return wrapped(text.map((part) => span(part.text, { ...part.style, underline: leaf.level === 1 })), lead);
    }
    case 'paragraph': {
      const text = containers.at(-1)?.kind === 'item' ? withCheckbox(leaf.text) : leaf.text;
      return splitAtBreaks(inline(text)).flatMap((line, index) => wrapped(line, index === 0 ? lead : hang));
    }
    case 'code':
      return wrapped(tokensToLine(leaf.tokens, theme), lead, 'clusters', CODE_INDENT);
    case 'rule':
      return [[...lead, span('─'.repeat(Math.min(width, 40)), theme.rule)]];
    case 'table':
      return renderTable(leaf, width, (text) => inline(text), theme, { ambiguousWidth }).map(
        (line, index) => [...(index === 0 ? lead : hang), ...line],
      );
  }
}

/** GFM's task list items. */
function withCheckbox(text: string): string {
  return text.replace(/^\[([ xX])\](?=\s)/, (_, mark: string) => (mark === ' ' ? '☐' : '☑'));
}

function splitAtBreaks(spans: readonly Span[]): Line[] {
  const lines: Span[][] = [[]];
  for (const { text, style } of spans) {
    for (const [index, part] of text.split('\n').entries()) {
      if (index > 0) lines.push([]);
      const shown = index > 0 ? part.trimStart() : part;
      if (shown !== '') lines.at(-1)?.push({ text: shown, style });
    }
  }
  return lines;
}

function prefixOf(containers: readonly Container[], theme: Theme): { lead: Span[]; hang: Span[] } {
  const lead: Span[] = [];
  const hang: Span[] = [];
  for (const container of containers) {
    if (container.kind === 'quote') {
      lead.push(span('│ ', theme.quote));
      hang.push(span('│ ', theme.quote));
      continue;
    }
    const marker = /\d/.test(container.marker) ? container.marker : '•';
    const blank = span(' '.repeat(marker.length + 1));
    if (container.first) lead.push(span(marker, theme.marker), span(' '));
    else lead.push(blank);
    hang.push(blank);
  }
  return { lead, hang };
}
