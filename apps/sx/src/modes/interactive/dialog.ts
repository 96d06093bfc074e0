/**
 * A list to choose from, with a filter, or a line to fill in (hidden, where it is a secret). Pure; used by commands and by the
 * first run.
 */
import {
  createEditor, type EditorState, expandedText, fuzzyFilter, type InputEvent, keyId, type Line, span, type Theme, updateEditor,
  viewEditor, type View,
} from '@sx/tui';

export interface Choice {
  readonly value: string;
  readonly label: string;
  readonly detail?: string | undefined;
}

export type Dialog =
  | {
    readonly kind: 'list';
    readonly title: string;
    readonly choices: readonly Choice[];
    readonly filter: string;
    readonly selected: number;
  }
  | { readonly kind: 'line'; readonly title: string; readonly secret: boolean; readonly editor: EditorState };

export type DialogResult = { readonly kind: 'open'; readonly dialog: Dialog } | {
  readonly kind: 'closed';
  readonly value: string | undefined;
};

const ROWS_MAX = 10;
const FILTER_CHARS_MAX = 200;

export function createList(title: string, choices: readonly Choice[], current?: string): Dialog {
  return { kind: 'list', title, choices, filter: '', selected: Math.max(0, choices.findIndex(({ value }) => value === current)) };
}

export function createLine(title: string, options: { readonly secret?: boolean } = {}): Dialog {
  return { kind: 'line', title, secret: options.secret ?? false, editor: createEditor() };
}

export function dialogKey(dialog: Dialog, event: InputEvent, columns: number): DialogResult {
  if (event.type === 'key' && keyId(event) === 'escape') return { kind: 'closed', value: undefined };
  return dialog.kind === 'list' ? listKey(dialog, event) : lineKey(dialog, event, columns);
}

export function shownChoices({ choices, filter }: Extract<Dialog, { kind: 'list' }>): readonly Choice[] {
  return filter === '' ? choices : fuzzyFilter(choices, filter, ({ label }) => label, ({ detail = '' }) => detail);
}

function listKey(dialog: Extract<Dialog, { kind: 'list' }>, event: InputEvent): DialogResult {
  const open = (changes: Partial<typeof dialog>): DialogResult => ({ kind: 'open', dialog: { ...dialog, ...changes } });
  if (event.type !== 'key') return open({});
  const rows = shownChoices(dialog);
  const key = keyId(event);
  switch (key) {
    case 'up':
    case 'ctrl+p':
      return open({ selected: rows.length === 0 ? 0 : (dialog.selected + rows.length - 1) % rows.length });
    case 'down':
    case 'ctrl+n':
    case 'tab':
      return open({ selected: rows.length === 0 ? 0 : (dialog.selected + 1) % rows.length });
    case 'enter': {
      const chosen = rows[dialog.selected];
      return chosen === undefined ? open({}) : { kind: 'closed', value: chosen.value };
    }
    case 'backspace':
      return open({ filter: [...dialog.filter].slice(0, -1).join(''), selected: 0 });
    default:
      return event.text === '' || dialog.filter.length >= FILTER_CHARS_MAX
        ? open({})
        : open({ filter: dialog.filter + event.text, selected: 0 });
  }
}

/** A line as an answer: the number of a row, words to filter by, nothing to leave; or the value itself. */
export function dialogLine(dialog: Dialog, line: string): DialogResult {
  const text = line.trim();
  if (text === '' || dialog.kind === 'line') return { kind: 'closed', value: text === '' ? undefined : text };
  const row = /^\d{1,4}$/.test(text) ? shownChoices(dialog)[Number(text) - 1] : undefined;
  if (row !== undefined) return { kind: 'closed', value: row.value };
  return { kind: 'open', dialog: { ...dialog, filter: text.slice(0, FILTER_CHARS_MAX), selected: 0 } };
}

function lineKey(dialog: Extract<Dialog, { kind: 'line' }>, event: InputEvent, columns: number): DialogResult {
  if (event.type === 'key' && keyId(event) === 'enter') {
    const text = expandedText(dialog.editor).trim();
    return { kind: 'closed', value: text === '' ? undefined : text };
  }
  // A pasted key may be long, and still is one line.
  const typed = event.type === 'paste' ? { ...event, text: event.text.replace(/\s+/g, '') } : event;
  const { state } = updateEditor(dialog.editor, typed, { columns });
  return { kind: 'open', dialog: { ...dialog, editor: { ...state, completion: undefined } } };
}

export function dialogView(dialog: Dialog, theme: Theme, columns: number): View {
  return dialog.kind === 'list' ? listView(dialog, theme) : lineView(dialog, theme, columns);
}

function listView(dialog: Extract<Dialog, { kind: 'list' }>, theme: Theme): View {
  const rows = shownChoices(dialog);
  const top = Math.max(0, Math.min(dialog.selected - (ROWS_MAX >> 1), rows.length - ROWS_MAX));
  const width = Math.min(40, Math.max(0, ...rows.map(({ label }) => label.length)));
  const lines = rows.slice(top, top + ROWS_MAX).map(({ label, detail }, index): Line => {
    const chosen = top + index === dialog.selected;
    return [
      span(chosen ? '❯ ' : '  ', theme.prompt),
      span(label.padEnd(width), chosen ? theme.selected : theme.plain),
      span(detail === undefined ? '' : `  ${detail}`, theme.muted),
    ];
  });
  const head: Line = [span(dialog.title, theme.heading), span(dialog.filter === '' ? '' : `  ${dialog.filter}`, theme.strong)];
  const count = rows.length > ROWS_MAX
    ? `${dialog.selected + 1} of ${rows.length} · `
    : rows.length === 0 ? 'nothing matches · ' : '';
  const foot: Line = [span(`  ${count}type to filter · Enter chooses · Esc leaves`, theme.muted)];
  return { lines: [head, ...lines, foot], cursor: { row: 0, column: dialog.title.length + 2 + dialog.filter.length } };
}

function lineView({ title, secret, editor }: Extract<Dialog, { kind: 'line' }>, theme: Theme, columns: number): View {
  const hidden = secret
    ? { ...editor, text: '•'.repeat(Math.min(editor.text.length, 60)), cursor: Math.min(editor.cursor, 60) }
    : editor;
  const view = viewEditor(hidden, { columns, theme, rows: 4 });
  const foot: Line = [span('  Enter confirms · Esc leaves', theme.muted)];
  return {
    lines: [[span(title, theme.heading)], ...view.lines, foot],
    cursor: view.cursor === undefined ? undefined : { row: view.cursor.row + 1, column: view.cursor.column },
  };
}
