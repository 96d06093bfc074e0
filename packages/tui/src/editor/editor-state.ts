/**
 * The editor's state: a value. Every change makes a new one; nothing here knows a terminal.
 *
 * Text is one string, lines divided by LF. A chip (a long paste, an attached file) stands in it as one code point of plane 15, so
 * that motions, deletion and undo treat it as one character; what it stands for is in `chips`. The cursor is an offset in UTF-16
 * units, always between grapheme clusters.
 */
import { defaultLimits, type Limits } from '../limits.ts';

export interface Chip {
  /** `text` is expanded when the text is submitted; `attachment` is handed over beside it. */
  readonly kind: 'text' | 'attachment';
  /** What the editor shows: `[Pasted text, 120 lines]`. */
  readonly label: string;
  /** The pasted text, or whatever names the attachment (a path). */
  readonly value: string;
}

export interface Draft {
  readonly text: string;
  readonly chips: ReadonlyMap<string, Chip>;
}

export interface Snapshot extends Draft {
  readonly cursor: number;
}

export interface CompletionItem {
  /** What replaces the word, its `@` or `/` included. A value that ends in `/` leaves the list open for what is inside. */
  readonly value: string;
  readonly label: string;
  readonly detail?: string | undefined;
  /** Choosing it with Enter submits at once: a command without arguments. */
  readonly submits?: boolean | undefined;
}

export interface Completion {
  readonly trigger: '@' | '/';
  /** Where the word begins. */
  readonly start: number;
  /** What stands after the trigger. */
  readonly query: string;
  readonly items: readonly CompletionItem[];
  readonly selected: number;
  /** Closed with Esc, until the word changes. */
  readonly dismissed: boolean;
}

export interface HistorySearch {
  readonly query: string;
  /** Index of the entry found; undefined where there is none. */
  readonly found: number | undefined;
  readonly before: Snapshot;
}

/** What the last key did: runs of typing are one step of undo, runs of kills are one entry of the ring. */
export type LastEdit = 'type' | 'delete' | 'kill' | 'yank' | 'other';

export interface EditorState extends Snapshot {
  readonly limits: Limits;
  readonly undo: readonly Snapshot[];
  readonly redo: readonly Snapshot[];
  readonly lastEdit: LastEdit;
  readonly killRing: readonly string[];
  /** The yanked text that Alt-Y would replace. */
  readonly yanked: { readonly start: number; readonly end: number; readonly index: number } | undefined;
  /** Oldest first. */
  readonly history: readonly Draft[];
  /** The entry shown; `history.length` is the draft. */
  readonly historyAt: number;
  readonly draft: Snapshot | undefined;
  readonly search: HistorySearch | undefined;
  readonly completion: Completion | undefined;
  /** Column that vertical motion keeps to. */
  readonly goalColumn: number | undefined;
  readonly chipCount: number;
}

const NO_CHIPS: ReadonlyMap<string, Chip> = new Map();

/** @param options.history - Texts submitted before, oldest first. */
export function createEditor(options: { readonly history?: readonly string[]; readonly limits?: Limits } = {}): EditorState {
  const limits = options.limits ?? defaultLimits;
  const history = (options.history ?? []).slice(-limits.historyEntriesMax).map(
    (text) => ({ text: withoutChips(text), chips: NO_CHIPS }),
  );
  return {
    text: '',
    cursor: 0,
    chips: NO_CHIPS,
    limits,
    undo: [],
    redo: [],
    lastEdit: 'other',
    killRing: [],
    yanked: undefined,
    history,
    historyAt: history.length,
    draft: undefined,
    search: undefined,
    completion: undefined,
    goalColumn: undefined,
    chipCount: 0,
  };
}

const CHIP = /[\u{f0000}-\u{fffff}]/gu;

export function isChip(cluster: string): boolean {
  const codePoint = cluster.codePointAt(0) ?? 0;
  return codePoint >= 0xf0000 && codePoint <= 0xfffff;
}

/** Text from outside may not pretend to be a chip, and its lines end in LF. */
export function withoutChips(text: string): string {
  return text.replace(/\r\n?/g, '\n').replace(CHIP, '\ufffd');
}

/** The text with each chip replaced by what it stands for, or by its label where that is an attachment. */
export function expandedText({ text, chips }: Draft): string {
  return text.replace(CHIP, (character) => {
    const chip = chips.get(character);
    return chip === undefined ? '' : chip.kind === 'text' ? chip.value : chip.label;
  });
}

export function attachmentsOf({ text, chips }: Draft): Chip[] {
  return [...text.matchAll(CHIP)].flatMap(([character]) => {
    const chip = chips.get(character);
    return chip?.kind === 'attachment' ? [chip] : [];
  });
}

/** The newest of a list, as many as the limits allow. */
function newest<Kept extends Draft>(list: readonly Kept[], countMax: number, charsMax: number): readonly Kept[] {
  let chars = 0;
  let start = list.length;
  while (start > 0 && list.length - start < countMax) {
    const entry = list[start - 1];
    if (entry === undefined) break;
    chars += entry.text.length;
    for (const [character] of entry.text.matchAll(CHIP)) chars += entry.chips.get(character)?.value.length ?? 0;
    if (chars > charsMax) break;
    start -= 1;
  }
  return start === 0 ? list : list.slice(start);
}

/** The steps of undo with the present state on top. */
export function remembered(state: EditorState, snapshot: Snapshot = snapshotOf(state)): readonly Snapshot[] {
  return newest([...state.undo, snapshot], state.limits.undoStepsMax, state.limits.rememberedCharsMax);
}

export function snapshotOf({ text, cursor, chips }: Snapshot): Snapshot {
  return { text, cursor, chips };
}

/** Replaces a range and puts the cursor behind what is new. Remembers a step of undo, unless it goes on with the last edit. */
export function replaceRange(state: EditorState, start: number, end: number, inserted: string, edit: LastEdit): EditorState {
  const room = Math.max(0, state.limits.editorCharsMax - (state.text.length - (end - start)));
  const text = inserted.length > room ? cutText(inserted, room) : inserted;
  if (start === end && text === '') return { ...state, lastEdit: edit };
  const goesOn = (edit === 'type' || edit === 'delete') && edit === state.lastEdit && state.undo.length > 0 && !/\s/.test(text);
  return {
    ...state,
    text: state.text.slice(0, start) + text + state.text.slice(end),
    cursor: start + text.length,
    undo: goesOn ? state.undo : remembered(state),
    redo: [],
    lastEdit: edit,
    goalColumn: undefined,
    yanked: undefined,
  };
}

function cutText(text: string, length: number): string {
  const cut = text.slice(0, length);
  return /[\ud800-\udbff]$/.test(cut) ? cut.slice(0, -1) : cut;
}

export function insertText(state: EditorState, text: string, edit: LastEdit = 'other'): EditorState {
  return replaceRange(state, state.cursor, state.cursor, withoutChips(text), edit);
}

/** Puts a chip at the cursor. */
export function insertChip(state: EditorState, chip: Chip): EditorState {
  const character = String.fromCodePoint(0xf0000 + (state.chipCount % 0xfffe));
  const chips = new Map(state.chips).set(character, chip);
  return replaceRange({ ...state, chips, chipCount: state.chipCount + 1 }, state.cursor, state.cursor, character, 'other');
}

/** Replaces the whole text, the cursor at its end; undo brings the old one back. */
export function setEditorText(state: EditorState, text: string): EditorState {
  return replaceRange(
    { ...state, lastEdit: 'other', completion: undefined, search: undefined },
    0,
    state.text.length,
    withoutChips(text),
    'other',
  );
}

/** An empty editor that remembers what was in it, as after a submit. */
export function submitted(state: EditorState): EditorState {
  const last = state.history.at(-1);
  const entry: Draft = { text: state.text, chips: state.chips };
  const known = last !== undefined && expandedText(last) === expandedText(entry);
  const { limits, killRing, chipCount } = state;
  const longer = newest([...state.history, entry], limits.historyEntriesMax, limits.rememberedCharsMax);
  const history = known || state.text.trim() === '' ? state.history : longer;
  return { ...createEditor({ limits }), killRing, chipCount, history, historyAt: history.length };
}
