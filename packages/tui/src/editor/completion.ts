/**
 * Completion of the word at the cursor: `@` files anywhere, `/` commands at the start.
 *
 * The editor only finds the word and shows the list; what is in it comes from outside, when it comes, by `setCompletions`. An
 * answer to a query that is no longer asked is dropped.
 */
import { type Completion, type CompletionItem, type EditorState, replaceRange } from './editor-state.ts';

export interface CompletionRequest {
  readonly trigger: '@' | '/';
  readonly query: string;
}

export function wordToComplete(text: string, cursor: number): (CompletionRequest & { readonly start: number }) | undefined {
  const before = text.slice(Math.max(0, cursor - 500), cursor);
  const command = cursor <= 500 ? /^\/(\S*)$/.exec(before) : null;
  if (command !== null) return { trigger: '/', query: command[1] ?? '', start: 0 };
  const file = /(?:^|[\s([{"'])@(\S*)$/.exec(before);
  if (file === null) return undefined;
  const query = file[1] ?? '';
  return { trigger: '@', query, start: cursor - query.length - 1 };
}

/** Keeps the list in step with the text; `asked` is set where a list is wanted. */
export function followWord(state: EditorState): { state: EditorState; asked: CompletionRequest | undefined } {
  const word = wordToComplete(state.text, state.cursor);
  const { completion } = state;
  if (word === undefined) {
    return {
      state: completion === undefined ? state : { ...state, completion: undefined },
      asked: undefined,
    };
  }
  const same = completion !== undefined && completion.trigger === word.trigger && completion.start === word.start;
  if (same && completion.query === word.query) return { state, asked: undefined };
  const next: Completion = { ...word, items: same ? completion.items : [], selected: 0, dismissed: false };
  return { state: { ...state, completion: next }, asked: { trigger: word.trigger, query: word.query } };
}

/** The answer to a `complete` effect. */
export function setCompletions(state: EditorState, request: CompletionRequest, items: readonly CompletionItem[]): EditorState {
  const { completion } = state;
  if (completion === undefined || completion.trigger !== request.trigger || completion.query !== request.query) return state;
  return { ...state, completion: { ...completion, items: items.slice(0, state.limits.completionItemsMax), selected: 0 } };
}

/** The list, where it is shown. */
export function openCompletion({ completion }: EditorState): Completion | undefined {
  return completion === undefined || completion.dismissed || completion.items.length === 0 ? undefined : completion;
}

export function moveSelection(state: EditorState, completion: Completion, by: number): EditorState {
  const count = completion.items.length;
  return { ...state, completion: { ...completion, selected: (completion.selected + by + count) % count } };
}

export function acceptCompletion(state: EditorState, completion: Completion, item: CompletionItem): EditorState {
  const goesOn = item.value.endsWith('/') && item.value.length > 1;
  const text = goesOn || /^\s/.test(state.text.slice(state.cursor)) ? item.value : `${item.value} `;
  const replaced = replaceRange(state, completion.start, state.cursor, text, 'other');
  return goesOn ? replaced : { ...replaced, completion: undefined };
}
