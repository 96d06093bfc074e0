/**
 * The editor as lines and a caret: prompt, text, then the list of completions or the line of the history search.
 *
 * At most `rows` rows of text are shown, around the caret; a text that is taller says how much is above and below. The caret is
 * the terminal's own cursor, so that input methods open beside it.
 */
import type { Theme } from '../colour/theme.ts';
import type { View } from '../screen/screen.ts';
import { type Line, lineText, span, type Span } from '../text/span.ts';
import { lineWidth, truncateLine } from '../text/wrap.ts';
import { openCompletion } from './completion.ts';
import type { Completion, EditorState } from './editor-state.ts';
import { layoutText, positionOf, type VisualRow } from './layout.ts';

export interface EditorViewOptions {
  readonly columns: number;
  /** Rows of text at most. Default 10. */
  readonly rows?: number | undefined;
  readonly theme: Theme;
  /** Before the first row; others are indented by its width. Default `› `. */
  readonly prompt?: Line | undefined;
  /** Shown dimmed while there is no text. */
  readonly placeholder?: string | undefined;
  readonly ambiguousWidth?: 1 | 2 | undefined;
}

/** Columns that are left for text beside a prompt: what `updateEditor` wants to know. */
export function editorColumns(columns: number, prompt: Line): number {
  const lead = lineWidth(prompt);
  return lead * 2 > columns ? columns : columns - lead;
}

export function viewEditor(state: EditorState, options: EditorViewOptions): View {
  const { theme, columns, ambiguousWidth, rows: rowsMax = 10 } = options;
  const prompt = options.prompt ?? [span('› ', theme.prompt)];
  const width = editorColumns(columns, prompt);
  const lead = width === columns ? [] : prompt;
  const indent = width === columns ? [] : [span(' '.repeat(columns - width))];
  const layout = layoutText(
    state.text,
    state.chips,
    { columns: width, chipStyle: theme.chip, textStyle: theme.plain, ambiguousWidth },
  );
  const { row, column } = positionOf(layout, state.cursor);
  const height = Math.max(1, rowsMax);
  const top = Math.max(0, Math.min(row - (height >> 1), layout.length - height));
  const shown = layout.slice(top, top + height);
  const lines: Line[] = shown.map((visual, index) => [...(top + index === 0 ? lead : indent), ...spansOf(visual)]);
  if (state.text === '' && options.placeholder !== undefined) lines[0] = [...lead, span(options.placeholder, theme.muted)];
  const caret = { row: row - top, column: columns - width + column };
  const below = layout.length - shown.length - top;
  const hidden = [...(top > 0 ? [`${top} more above`] : []), ...(below > 0 ? [`${below} more below`] : [])];
  const more: Line[] = hidden.length > 0 ? [[...indent, span(hidden.join(', '), theme.muted)]] : [];
  return { lines: [...lines, ...more, ...belowEditor(state, options)], cursor: caret };
}

function spansOf({ cells }: VisualRow): Span[] {
  const spans: { text: string; style: Span['style'] }[] = [];
  for (const { text, style } of cells) {
    const last = spans.at(-1);
    if (last !== undefined && last.style === style) last.text += text;
    else spans.push({ text, style });
  }
  return spans;
}

function belowEditor(state: EditorState, options: EditorViewOptions): Line[] {
  const { theme } = options;
  if (state.search !== undefined) {
    const failed = state.search.query !== '' && state.search.found === undefined;
    const label = failed ? span('no match in history: ', theme.warning) : span('search history: ', theme.muted);
    return [[label, span(state.search.query, theme.strong)]];
  }
  const completion = openCompletion(state);
  return completion === undefined ? [] : completionLines(completion, state.limits.completionRowsMax, options);
}

function completionLines({ items, selected }: Completion, rowsMax: number, { theme, columns }: EditorViewOptions): Line[] {
  const top = Math.max(0, Math.min(selected - (rowsMax >> 1), items.length - rowsMax));
  const shown = items.slice(top, top + rowsMax);
  const labelWidth = Math.min(Math.floor(columns / 2), Math.max(...shown.map(({ label }) => lineWidth([span(label)]))));
  const lines = shown.map((item, index): Line => {
    const chosen = top + index === selected;
    const label = truncateLine([span(item.label)], labelWidth);
    const padded = lineText(label.spans) + ' '.repeat(Math.max(0, labelWidth - label.width));
    const detail = item.detail === undefined ? [] : [span(`  ${item.detail}`, theme.muted)];
    return [span(chosen ? '❯ ' : '  ', theme.prompt), span(padded, chosen ? theme.selected : theme.plain), ...detail];
  });
  return items.length > shown.length ? [...lines, [span(`  ${selected + 1} of ${items.length}`, theme.muted)]] : lines;
}
