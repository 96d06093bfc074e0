/**
 * The live region: what still changes, what waits, the question or the editor, the status. Pure: state and size in, lines and
 * caret out.
 */
import { editorColumns, type Line, span, type Size, type Theme, truncateLine, type View, viewEditor } from '@sx/tui';

import { approvalView } from './approval.ts';
import { approvalHasKeys, type Prompt, type ScreenState } from './controller.ts';
import { dialogView } from './dialog.ts';
import { type Status, statusLine } from './status-line.ts';

export interface ScreenView {
  readonly state: ScreenState;
  readonly status: Status;
  readonly theme: Theme;
  /** What the transcript has under way. */
  readonly live: readonly Line[];
  /** Since when something runs, in seconds. */
  readonly seconds: number;
  readonly placeholder: string;
}

const EDITOR_ROWS_MAX = 10;
const WAITING_ROWS_MAX = 3;

export function screenPrompt(theme: Theme): Line {
  return [span('› ', theme.prompt)];
}

export function textColumns(size: Size, theme: Theme): number {
  return editorColumns(size.columns, screenPrompt(theme));
}

export function viewScreen({ state, status, theme, live, seconds, placeholder }: ScreenView, size: Size): View {
  const { columns } = size;
  const above: Line[] = [
    ...live,
    ...(status.todo === undefined ? [] : [truncateLine([span(status.todo, theme.muted)], columns).spans]),
    ...activityLines(state, seconds, theme),
    ...waitingLines(state, theme),
  ];
  const hasKeys = approvalHasKeys(state);
  const question = state.approval === undefined ? undefined : approvalView(state.approval, theme, columns, hasKeys);
  const dialog = state.dialog === undefined ? undefined : dialogView(state.dialog, theme, columns);
  const editor = viewEditor(
    state.editor,
    { columns, theme, rows: Math.min(EDITOR_ROWS_MAX, Math.max(1, size.rows - 4)), prompt: screenPrompt(theme), placeholder },
  );
  const blocks: View[] = dialog !== undefined
    ? [dialog]
    : question === undefined ? [editor] : hasKeys ? [question] : [question, editor];
  const foot: Line[] = [footLine(state, status, theme, columns)];
  const below = blocks.reduce((sum, block) => sum + block.lines.length, 0) + foot.length;
  // The question or the editor is never pushed out of sight by what streams above it.
  const room = Math.max(0, size.rows - below - 1);
  const shownAbove = room === 0 ? [] : above.slice(-room);
  const lines: Line[] = [...shownAbove, ...(shownAbove.length > 0 || size.rows > 6 ? [[]] : [])];
  let cursor: View['cursor'];
  for (const block of blocks) {
    if (block.cursor !== undefined) cursor = { row: lines.length + block.cursor.row, column: block.cursor.column };
    lines.push(...block.lines);
  }
  return { lines: [...lines, ...foot], cursor };
}

function activityLines({ phase, steers, approval }: ScreenState, seconds: number, theme: Theme): Line[] {
  if (phase === 'idle' || approval !== undefined) return [];
  const text = phase === 'stopping' ? 'stopping' : 'working';
  return [
    [
      span(`${text} ${seconds} s`, theme.accent),
      span(phase === 'stopping' ? '' : ` · Esc stops · Enter ${steers ? 'steers · Tab queues' : 'queues'}`, theme.muted),
    ],
  ];
}

function waitingLines({ steering, queue }: ScreenState, theme: Theme): Line[] {
  const rows = [
    ...steering.map((prompt) => waitingLine('steers', prompt, theme)),
    ...queue.map((prompt) => waitingLine('queued', prompt, theme)),
  ];
  if (rows.length <= WAITING_ROWS_MAX) return rows;
  return [...rows.slice(0, WAITING_ROWS_MAX), [span(`  … ${rows.length - WAITING_ROWS_MAX} more`, theme.muted)]];
}

function waitingLine(word: string, { text }: Prompt, theme: Theme): Line {
  return [span(`  ${word}: `, theme.muted), span(text.replace(/\s+/g, ' ').slice(0, 200), theme.quote)];
}

function footLine(state: ScreenState, status: Status, theme: Theme, columns: number): Line {
  if (state.leaving) return [span('Ctrl-C once more leaves', theme.warning)];
  return state.escaped ? [span('Esc once more goes back to an earlier prompt', theme.muted)] : statusLine(status, theme, columns);
}
