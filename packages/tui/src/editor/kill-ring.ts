/** Killed text and its way back. Kills in a row are one entry; Alt-Y after a yank goes through older ones. */
import { type EditorState, replaceRange } from './editor-state.ts';

export function kill(state: EditorState, start: number, end: number, side: 'before' | 'after'): EditorState {
  if (start === end) return { ...state, lastEdit: 'other' };
  const killed = state.text.slice(start, end);
  const last = state.killRing[0];
  const joins = state.lastEdit === 'kill' && last !== undefined;
  const entry = joins ? (side === 'before' ? killed + last : last + killed) : killed;
  const killRing = [entry, ...(joins ? state.killRing.slice(1) : state.killRing)].slice(0, state.limits.killRingMax);
  return { ...replaceRange(state, start, end, '', 'kill'), cursor: start, killRing };
}

export function yank(state: EditorState): EditorState {
  const entry = state.killRing[0];
  if (entry === undefined) return state;
  return {
    ...replaceRange(state, state.cursor, state.cursor, entry, 'yank'),
    yanked: { start: state.cursor, end: state.cursor + entry.length, index: 0 },
  };
}

export function yankPop(state: EditorState): EditorState {
  const { yanked, killRing } = state;
  if (yanked === undefined) return state;
  const index = (yanked.index + 1) % killRing.length;
  const entry = killRing[index] ?? '';
  return {
    ...replaceRange(state, yanked.start, yanked.end, entry, 'yank'),
    yanked: { start: yanked.start, end: yanked.start + entry.length, index },
  };
}
