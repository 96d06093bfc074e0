/** Recall of what was submitted before: step by step, keeping the draft, and by search from the newest to the oldest. */
import { type Draft, type EditorState, expandedText, remembered, snapshotOf } from './editor-state.ts';

/** Shows an older (-1) or newer (+1) entry; undefined where there is none. */
export function recall(state: EditorState, direction: -1 | 1): EditorState | undefined {
  const target = state.historyAt + direction;
  if (target < 0 || target > state.history.length) return undefined;
  const draft = state.historyAt === state.history.length ? snapshotOf(state) : state.draft;
  const shown = target === state.history.length ? draft : atEnd(state.history[target]);
  if (shown === undefined) return undefined;
  return {
    ...state,
    ...shown,
    historyAt: target,
    draft,
    undo: remembered(state),
    lastEdit: 'other',
    goalColumn: undefined,
    completion: undefined,
  };
}

function atEnd(entry: Draft | undefined): { text: string; chips: Draft['chips']; cursor: number } | undefined {
  return entry === undefined ? undefined : { text: entry.text, chips: entry.chips, cursor: entry.text.length };
}

export function startSearch(state: EditorState): EditorState {
  return { ...state, search: { query: '', found: undefined, before: snapshotOf(state) }, completion: undefined };
}

/** Looks for a query from an entry down to the oldest. Case counts only where the query has capitals. */
export function searchHistory(state: EditorState, query: string, from: number): EditorState {
  const { search } = state;
  if (search === undefined) return state;
  const exact = query !== query.toLowerCase();
  for (let index = Math.min(from, state.history.length - 1); index >= 0 && query !== ''; index -= 1) {
    const entry = state.history[index];
    if (entry === undefined) continue;
    const text = exact ? expandedText(entry) : expandedText(entry).toLowerCase();
    if (!text.includes(query)) continue;
    return {
      ...state,
      text: entry.text,
      chips: entry.chips,
      cursor: entry.text.length,
      search: { ...search, query, found: index },
    };
  }
  const nothing = query === '' ? { ...search.before } : {};
  return { ...state, ...nothing, search: { ...search, query, found: undefined } };
}

export function acceptSearch(state: EditorState): EditorState {
  const { search } = state;
  if (search === undefined) return state;
  const historyAt = search.found ?? state.historyAt;
  return {
    ...state,
    search: undefined,
    historyAt,
    draft: search.before,
    undo: remembered(state, search.before),
    lastEdit: 'other',
  };
}

export function cancelSearch(state: EditorState): EditorState {
  return state.search === undefined ? state : { ...state, ...state.search.before, search: undefined };
}
