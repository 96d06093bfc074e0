/**
 * The editor of the configuration, without a terminal: what it knows, and what a key does to it. Pure.
 *
 * States: `browse` (move, toggle, unset), `search` (a filter is typed), `edit` (a value is typed), `leave` (changes would be
 * lost: asked once). Changes are kept here until they are saved; the file and its trust are the caller's.
 */
import { canonicalChoice, isKeyName, KEYS, type KeyName, type KeyRow, keyRow, valueFault } from '@sx/config';

import type { Key } from './keys.ts';

/** The effective value of a key, and where it was set. */
export interface Value {
  readonly value: string;
  /** `default`, or file and line, or `environment`. */
  readonly source: string;
}

export interface EditorData {
  /** Where changes go, for the head of the screen. */
  readonly file: string;
  /** Effective settings; a key that is absent is unset. */
  readonly values: ReadonlyMap<KeyName, Value>;
  /** Keys that the file itself sets. */
  readonly own: ReadonlySet<KeyName>;
  /** Keys that something above the file sets, and what: a change here would not show. */
  readonly hiddenBy: ReadonlyMap<KeyName, string>;
}

export interface EditorState {
  readonly data: EditorData;
  /** Undefined: to be unset. */
  readonly changes: ReadonlyMap<KeyName, string | undefined>;
  readonly selected: KeyName;
  readonly filter: string;
  readonly mode: 'browse' | 'search' | 'edit' | 'leave';
  /** What is typed, in `search` and `edit`. */
  readonly input: string;
  readonly message: string | undefined;
}

export type Effect = 'none' | 'save' | 'quit';

export interface Step {
  readonly state: EditorState;
  readonly effect: Effect;
}

export const INPUT_CHARS_MAX = 8_192;
const PAGE_ROWS = 10;

export function createEditor(data: EditorData): EditorState {
  return { data, changes: new Map(), selected: 'PROVIDER', filter: '', mode: 'browse', input: '', message: undefined };
}

/** After a save: the settings as they are now, the place kept. */
export function withData(state: EditorState, data: EditorData, message: string): EditorState {
  return reselected({ ...state, data, changes: new Map(), message });
}

/** What will hold once the changes are saved. */
export function valueOf({ data, changes }: EditorState, name: KeyName): string {
  if (!changes.has(name)) return data.values.get(name)?.value ?? '';
  return changes.get(name) ?? keyRow(name).default ?? '';
}

/** The rows that matter with what is chosen, and match the filter; in the order of the table. */
export function visibleRows(state: EditorState): KeyName[] {
  const rows: readonly (KeyRow & { readonly name: KeyName })[] = KEYS;
  const wanted = state.filter.toLowerCase();
  const matches = ({ name, description }: KeyRow): boolean => `${name}\n${description}`.toLowerCase().includes(wanted);
  return rows.filter((row) => row.environmentOnly !== true && matters(state, row) && matches(row)).map(({ name }) => name);
}

/** A row matters while its parent has one of the values that it is for, and its parent matters too. */
function matters(state: EditorState, { when }: KeyRow): boolean {
  if (when === undefined || !isKeyName(when.key)) return true;
  const parent = keyRow(when.key);
  const value = canonicalChoice(parent, valueOf(state, when.key)) ?? '';
  return when.values.includes(value) && matters(state, parent);
}

export function update(state: EditorState, key: Key): Step {
  if (key.kind === 'interrupt') return { state, effect: 'quit' };
  const clean = { ...state, message: undefined };
  switch (state.mode) {
    case 'browse':
      return browse(clean, key);
    case 'search':
      return stay(search(clean, key));
    case 'edit':
      return stay(edit(clean, key));
    case 'leave':
      if (key.kind === 'text' && key.text === 'q') return { state, effect: 'quit' };
      if (key.kind === 'text' && key.text === 's') return { state: { ...clean, mode: 'browse' }, effect: 'save' };
      return stay({ ...clean, mode: 'browse' });
    default: {
      const unknown: never = state.mode;
      return unknown;
    }
  }
}

function stay(state: EditorState): Step {
  return { state, effect: 'none' };
}

function browse(state: EditorState, key: Key): Step {
  switch (key.kind) {
    case 'up':
      return stay(moved(state, -1));
    case 'down':
    case 'tab':
      return stay(moved(state, 1));
    case 'page-up':
      return stay(moved(state, -PAGE_ROWS));
    case 'page-down':
      return stay(moved(state, PAGE_ROWS));
    case 'home':
      return stay(moved(state, -Infinity));
    case 'end':
      return stay(moved(state, Infinity));
    case 'enter':
      return stay(begun(state));
    case 'left':
    case 'right':
      return stay(stepped(state, key.kind === 'left' ? -1 : 1));
    case 'delete':
    case 'backspace':
      return stay(unset(state));
    case 'escape':
      return stay(reselected({ ...state, filter: '' }));
    case 'text':
      return command(state, key.text);
    default:
      return stay(state);
  }
}

function command(state: EditorState, text: string): Step {
  switch (text) {
    case 'k':
      return stay(moved(state, -1));
    case 'j':
      return stay(moved(state, 1));
    case 'g':
      return stay(moved(state, -Infinity));
    case 'G':
      return stay(moved(state, Infinity));
    case ' ':
      return stay(stepped(state, 1));
    case 'u':
      return stay(unset(state));
    case '/':
      return stay({ ...state, mode: 'search', input: state.filter });
    case 's':
      return state.changes.size === 0 ? stay({ ...state, message: 'nothing to save' }) : { state, effect: 'save' };
    case 'q':
      return state.changes.size === 0 ? { state, effect: 'quit' } : stay({ ...state, mode: 'leave' });
    default:
      return stay(state);
  }
}

/** Typed into a filter, it is applied at once. */
function search(state: EditorState, key: Key): EditorState {
  if (key.kind === 'enter') return { ...state, mode: 'browse' };
  if (key.kind === 'escape') return reselected({ ...state, mode: 'browse', filter: '' });
  if (key.kind === 'up' || key.kind === 'down') return moved(state, key.kind === 'up' ? -1 : 1);
  const input = typed(state.input, key);
  return reselected({ ...state, input, filter: input });
}

function edit(state: EditorState, key: Key): EditorState {
  if (key.kind === 'escape') return { ...state, mode: 'browse' };
  if (key.kind !== 'enter') return { ...state, input: typed(state.input, key) };
  const value = state.input.trim();
  const fault = valueFault(keyRow(state.selected), value);
  return fault === undefined ? changed({ ...state, mode: 'browse' }, value) : { ...state, message: fault };
}

function typed(input: string, key: Key): string {
  if (key.kind === 'text' || key.kind === 'paste') return (input + key.text).slice(0, INPUT_CHARS_MAX);
  if (key.kind === 'backspace') return [...input].slice(0, -1).join('');
  return key.kind === 'clear-line' ? '' : input;
}

/** Enter: what has few values goes to the next one, the rest is typed. A secret begins empty: it is never shown. */
function begun(state: EditorState): EditorState {
  if (!visibleRows(state).includes(state.selected)) return state;
  const row = keyRow(state.selected);
  if (row.type.kind === 'switch' || row.type.kind === 'choice') return stepped(state, 1);
  return { ...state, mode: 'edit', input: row.secret === undefined ? valueOf(state, state.selected) : '' };
}

function stepped(state: EditorState, by: 1 | -1): EditorState {
  if (!visibleRows(state).includes(state.selected)) return state;
  const row = keyRow(state.selected);
  const values = row.type.kind === 'switch' ? ['0', '1'] : row.type.kind === 'choice' ? row.type.values : undefined;
  if (values === undefined) return state;
  const at = values.indexOf(canonicalChoice(row, valueOf(state, state.selected)) ?? '');
  // Unset, there is no place to step from: the first one, or the last.
  const next = at < 0 ? (by > 0 ? 0 : values.length - 1) : (at + by + values.length) % values.length;
  return changed(state, values[next] ?? '');
}

function unset(state: EditorState): EditorState {
  const { selected, data, changes } = state;
  if (data.own.has(selected)) return reselected({ ...state, changes: new Map([...changes, [selected, undefined]]) });
  const rest = new Map(changes);
  const taken = rest.delete(selected);
  return reselected({ ...state, changes: rest, message: taken ? undefined : `${data.file} does not set it` });
}

function changed(state: EditorState, value: string): EditorState {
  const { selected, data } = state;
  const hiddenBy = data.hiddenBy.get(selected);
  const rest = new Map(state.changes);
  // Back to what it was: no change any more.
  if (data.own.has(selected) && data.values.get(selected)?.value === value && hiddenBy === undefined) rest.delete(selected);
  else rest.set(selected, value);
  return reselected({
    ...state,
    changes: rest,
    message: hiddenBy === undefined ? undefined : `${hiddenBy} sets it too, and wins`,
  });
}

function moved(state: EditorState, by: number): EditorState {
  const rows = visibleRows(state);
  const at = Math.max(0, rows.indexOf(state.selected));
  const next = rows[Math.min(rows.length - 1, Math.max(0, at + by))];
  return next === undefined ? state : { ...state, selected: next };
}

/** What is selected stays so while it is shown; else the first row that is. */
function reselected(state: EditorState): EditorState {
  const rows = visibleRows(state);
  return rows.includes(state.selected) ? state : { ...state, selected: rows[0] ?? state.selected };
}
