/**
 * Splits `<think>…</think>` off the beginning of a text: what local servers send whose template nobody taught them to read.
 *
 * In: pieces of text. Out: pieces that are thought, pieces that are text, the tags gone, and the blank lines after the closing
 * one. Only the very beginning counts (blanks before it do not): a model may write about tags. States: `before` (may still
 * become a tag) → `opening` (blank lines behind it) → `inside` → `gap` → `after`. At most a tag's length, and leading blanks,
 * are held back; `end` lets them go.
 */
export interface ThinkTags {
  push(text: string, emit: (kind: 'text' | 'thinking', text: string) => void): void;
  end(emit: (kind: 'text' | 'thinking', text: string) => void): void;
}

const OPEN = '<think>';
const CLOSE = '</think>';
/** More blanks than this before a tag are text. */
const BLANKS_MAX = 64;

export function createThinkTags(): ThinkTags {
  let state: 'before' | 'opening' | 'inside' | 'gap' | 'after' = 'before';
  let held = '';
  return {
    push(text, emit) {
      if (state === 'after') return emit('text', text);
      held += text;
      if (state === 'before') {
        const trimmed = held.trimStart();
        if (trimmed.startsWith(OPEN)) {
          state = 'opening';
          held = trimmed.slice(OPEN.length);
        } else if (!OPEN.startsWith(trimmed) || held.length - trimmed.length > BLANKS_MAX) {
          state = 'after';
        } else return;
      }
      if (state === 'opening') {
        held = held.replace(/^\n+/, '');
        if (held === '') return;
        state = 'inside';
      }
      if (state === 'inside') {
        const at = held.indexOf(CLOSE);
        if (at === -1) {
          const safe = held.length - heldBack(held);
          if (safe > 0) emit('thinking', held.slice(0, safe));
          held = held.slice(safe);
          return;
        }
        if (at > 0) emit('thinking', held.slice(0, at));
        held = held.slice(at + CLOSE.length);
        state = 'gap';
      }
      if (state === 'gap') {
        held = held.trimStart();
        if (held === '') return;
        state = 'after';
      }
      const rest = held;
      held = '';
      if (rest !== '') emit('text', rest);
    },
    end(emit) {
      if (held !== '') emit(state === 'inside' ? 'thinking' : 'text', held);
      held = '';
      state = 'after';
    },
  };
}

/** How many of the last characters may be the beginning of a closing tag. */
function heldBack(text: string): number {
  for (let length = Math.min(CLOSE.length - 1, text.length); length > 0; length--) {
    if (text.endsWith(CLOSE.slice(0, length))) return length;
  }
  return 0;
}
