/**
 * The editor as a function: (state, input) → state, and what the outside shall do.
 *
 * Keys that mean nothing here come back with `taken: false`: Esc with nothing open, Tab without a list, Ctrl-D in an empty
 * editor, Ctrl-C, function keys. The caller looks at its own bindings first or last, as it likes.
 */
import type { InputEvent, KeyPress } from '../keys/input-event.ts';
import { keyId } from '../keys/input-event.ts';
import { acceptCompletion, type CompletionRequest, followWord, moveSelection, openCompletion } from './completion.ts';
import {
  attachmentsOf,
  type Chip,
  type EditorState,
  expandedText,
  insertChip,
  insertText,
  replaceRange,
  type Snapshot,
  snapshotOf,
  submitted,
  withoutChips,
} from './editor-state.ts';
import { acceptSearch, cancelSearch, recall, searchHistory, startSearch } from './history.ts';
import { defaultKeymap, type EditorCommand, type Keymap } from './keymap.ts';
import { kill, yank, yankPop } from './kill-ring.ts';
import { layoutText, offsetAt, positionOf } from './layout.ts';
import { clusterAfter, clusterBefore, lineEnd, lineStart, runBefore, wordAfter, wordBefore } from './motions.ts';

export type EditorEffect =
  /** `text` has its chips expanded; `attachments` are those still in it, in order. The editor is empty already. */
  | { readonly type: 'submit'; readonly text: string; readonly attachments: readonly Chip[] }
  /** Answer with `setCompletions(state, request, items)`. */
  | { readonly type: 'complete'; readonly request: CompletionRequest }
  /** Answer with `setEditorText(state, text)`. */
  | { readonly type: 'open-editor'; readonly text: string };

export interface EditorStep {
  readonly state: EditorState;
  readonly effects: readonly EditorEffect[];
  /** False: the input means nothing to the editor; the state is the same. */
  readonly taken: boolean;
}

export interface EditorContext {
  /** Columns of the text itself, without prompt: vertical motion goes by what is seen. */
  readonly columns: number;
  readonly keymap?: Keymap | undefined;
  readonly ambiguousWidth?: 1 | 2 | undefined;
}

const refused = (state: EditorState): EditorStep => ({ state, effects: [], taken: false });
const taken = (state: EditorState, effects: readonly EditorEffect[] = []): EditorStep => ({ state, effects, taken: true });

export function updateEditor(state: EditorState, event: InputEvent, context: EditorContext): EditorStep {
  if (event.type === 'paste') {
    return followed(taken(pasteText(state.search === undefined ? state : acceptSearch(state), event.text)));
  }
  if (event.type !== 'key') return refused(state);
  const command = (context.keymap ?? defaultKeymap)[keyId(event)];
  if (state.search !== undefined) return followed(searchStep(state, event, command, context));
  if (command !== undefined) return followed(runCommand(state, command, context));
  if (event.text !== '') return followed(taken(insertText(state, event.text, 'type')));
  return refused(state);
}

/** A long text becomes a chip; what is short is typed. */
function pasteText(state: EditorState, pasted: string): EditorState {
  const text = withoutChips(pasted).replace(/\n$/, '');
  const lines = text.split('\n').length;
  const { chipLinesMin, chipCharsMin } = state.limits;
  if (lines < chipLinesMin && text.length < chipCharsMin) return insertText(state, text, 'other');
  const size = lines > 1 ? `${lines.toLocaleString('en')} lines` : `${text.length.toLocaleString('en')} characters`;
  return insertChip(state, { kind: 'text', label: `[Pasted text #${state.chipCount + 1}, ${size}]`, value: text });
}

/** After each change the word at the cursor is looked at. */
function followed(step: EditorStep): EditorStep {
  if (!step.taken || step.state.search !== undefined) return step;
  const { state, asked } = followWord(step.state);
  if (asked === undefined) return { ...step, state };
  return { ...step, state, effects: [...step.effects, { type: 'complete', request: asked }] };
}

function searchStep(state: EditorState, event: KeyPress, command: EditorCommand | undefined, context: EditorContext): EditorStep {
  const { search } = state;
  if (search === undefined) return refused(state);
  if (command === 'search-history') return taken(searchHistory(state, search.query, (search.found ?? state.history.length) - 1));
  if (command === 'dismiss' || keyId(event) === 'ctrl+c') return taken(cancelSearch(state));
  if (command === 'delete-left') {
    const shorter = search.query.slice(0, clusterBefore(search.query, search.query.length));
    return taken(searchHistory(state, shorter, state.history.length));
  }
  if (command === 'submit' || command === 'complete') return taken(acceptSearch(state));
  if (event.text !== '' && command === undefined) {
    return taken(searchHistory(state, search.query + event.text, search.found ?? state.history.length));
  }
  const accepted = acceptSearch(state);
  return command === undefined ? refused(state) : { ...runCommand(accepted, command, context), taken: true };
}

function runCommand(state: EditorState, command: EditorCommand, context: EditorContext): EditorStep {
  const { text, cursor } = state;
  const completion = openCompletion(state);
  switch (command) {
    case 'submit':
      return submit(state);
    case 'newline':
      return taken(insertText(state, '\n', 'other'));
    case 'left':
      return taken(moved(state, clusterBefore(text, cursor)));
    case 'right':
      return taken(moved(state, clusterAfter(text, cursor)));
    case 'up':
    case 'down':
      if (completion !== undefined) return taken(moveSelection(state, completion, command === 'up' ? -1 : 1));
      return vertical(state, command === 'up' ? -1 : 1, context);
    case 'word-left':
      return taken(moved(state, wordBefore(text, cursor)));
    case 'word-right':
      return taken(moved(state, wordAfter(text, cursor)));
    case 'line-start':
      return taken(moved(state, lineStart(text, cursor)));
    case 'line-end':
      return taken(moved(state, lineEnd(text, cursor)));
    case 'text-start':
      return taken(moved(state, 0));
    case 'text-end':
      return taken(moved(state, text.length));
    case 'delete-left':
      return cursor === 0 ? refused(state) : taken(replaceRange(state, clusterBefore(text, cursor), cursor, '', 'delete'));
    case 'delete-right':
      if (text === '') return refused(state);
      return taken(keepCursor(replaceRange(state, cursor, clusterAfter(text, cursor), '', 'delete'), cursor));
    case 'kill-run-left':
      return taken(kill(state, runBefore(text, cursor), cursor, 'before'));
    case 'kill-word-left':
      return taken(kill(state, wordBefore(text, cursor), cursor, 'before'));
    case 'kill-word-right':
      return taken(kill(state, cursor, wordAfter(text, cursor), 'after'));
    case 'kill-line-left':
      return taken(kill(state, lineStart(text, cursor), cursor, 'before'));
    case 'kill-line-right': {
      // At the end of a line: its LF.
      const end = lineEnd(text, cursor);
      return taken(kill(state, cursor, end === cursor ? Math.min(text.length, cursor + 1) : end, 'after'));
    }
    case 'yank':
      return taken(yank(state));
    case 'yank-pop':
      return taken(yankPop(state));
    case 'undo':
      return taken(undo(state));
    case 'redo':
      return taken(redo(state));
    case 'transpose':
      return taken(transpose(state));
    case 'history-previous':
    case 'history-next': {
      if (completion !== undefined) return taken(moveSelection(state, completion, command === 'history-previous' ? -1 : 1));
      const recalled = recall(state, command === 'history-previous' ? -1 : 1);
      return recalled === undefined ? refused(state) : withoutList(recalled);
    }
    case 'search-history':
      return taken(startSearch(state));
    case 'complete': {
      const item = completion?.items[completion.selected];
      return completion === undefined || item === undefined ? refused(state) : taken(acceptCompletion(state, completion, item));
    }
    case 'dismiss':
      return completion === undefined ? refused(state) : taken({ ...state, completion: { ...completion, dismissed: true } });
    case 'open-editor':
      return taken(state, [{ type: 'open-editor', text: expandedText(state) }]);
  }
}

function moved(state: EditorState, cursor: number): EditorState {
  return { ...state, cursor, lastEdit: 'other', goalColumn: undefined, yanked: undefined };
}

function keepCursor(state: EditorState, cursor: number): EditorState {
  return { ...state, cursor };
}

/** A recalled `/command` shall not open a list: Up would move in it instead of going on. */
function withoutList(state: EditorState): EditorStep {
  const { state: followedState } = followWord(state);
  const { completion } = followedState;
  return taken(completion === undefined ? followedState : { ...followedState, completion: { ...completion, dismissed: true } });
}

function submit(state: EditorState): EditorStep {
  const completion = openCompletion(state);
  const item = completion?.items[completion.selected];
  if (completion !== undefined && item !== undefined) {
    const accepted = acceptCompletion(state, completion, item);
    if (item.submits !== true) return taken(accepted);
    return submitText({ ...accepted, text: accepted.text.trimEnd() });
  }
  // A backslash at the end of the line asks for another one, where Shift-Enter does not get through.
  if (state.text[state.cursor - 1] === '\\' && state.text[state.cursor - 2] !== '\\') {
    return taken(replaceRange(state, state.cursor - 1, state.cursor, '\n', 'other'));
  }
  if (state.text.trim() === '') return taken(state);
  return submitText(state);
}

function submitText(state: EditorState): EditorStep {
  return taken(submitted(state), [{ type: 'submit', text: expandedText(state), attachments: attachmentsOf(state) }]);
}

/** By rows as they are seen; from the first and last one into the history. */
function vertical(state: EditorState, direction: -1 | 1, { columns, ambiguousWidth }: EditorContext): EditorStep {
  const rows = layoutText(state.text, state.chips, { columns, ambiguousWidth });
  const { row, column } = positionOf(rows, state.cursor);
  const target = row + direction;
  const goalColumn = state.goalColumn ?? column;
  if (target >= 0 && target < rows.length) return taken({ ...moved(state, offsetAt(rows, target, goalColumn)), goalColumn });
  const recalled = recall(state, direction);
  if (recalled !== undefined) return withoutList(recalled);
  const edge = direction === -1 ? 0 : state.text.length;
  return edge === state.cursor ? refused(state) : taken(moved(state, edge));
}

function undo(state: EditorState): EditorState {
  const before = state.undo.at(-1);
  if (before === undefined) return state;
  return { ...restored(state, before), undo: state.undo.slice(0, -1), redo: [...state.redo, snapshotOf(state)] };
}

function redo(state: EditorState): EditorState {
  const after = state.redo.at(-1);
  if (after === undefined) return state;
  return { ...restored(state, after), redo: state.redo.slice(0, -1), undo: [...state.undo, snapshotOf(state)] };
}

function restored(state: EditorState, snapshot: Snapshot): EditorState {
  return { ...state, ...snapshot, lastEdit: 'other', goalColumn: undefined, yanked: undefined };
}

/** Swaps the characters around the cursor, as Emacs does it; at the end of a line the two before. */
function transpose(state: EditorState): EditorState {
  const { text } = state;
  const middle = state.cursor === lineEnd(text, state.cursor) ? clusterBefore(text, state.cursor) : state.cursor;
  const start = clusterBefore(text, middle);
  const end = clusterAfter(text, middle);
  if (middle <= lineStart(text, state.cursor) || start === middle) return state;
  return replaceRange(state, start, end, text.slice(middle, end) + text.slice(start, middle), 'other');
}
