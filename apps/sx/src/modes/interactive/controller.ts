/**
 * What keys, lines and events mean: (state, input) → state, and what shall be done. Pure; knows no terminal, no session, no
 * clock. The screen hands over keys; where the terminal itself edits (`line-mode.ts`), whole lines come.
 *
 * States: `idle` → `running` (a turn, a compaction, a shell line) → `stopping` (Esc) → `idle`. Over each may lie a dialog, which
 * gets the keys first, and an approval; that only while the editor is empty and no dialog is open, so that what somebody is
 * typing or choosing never answers a question that has just appeared.
 *
 * What is typed during a turn steers (Enter: it goes to the model at the next tool boundary) or queues (Tab, Alt-Enter: it is
 * sent after the run, and so is what stands behind `/queue`); commands and shell lines that need the session queue, and whatever
 * is said while a command may change the session. All are shown until they are taken, and a run that is stopped or fails gives
 * them back to the editor: nothing typed is ever lost.
 */
import {
  type Chip, type CompletionItem, type CompletionRequest, createEditor, type EditorState, expandedText, type InputEvent,
  insertChip, insertText, keyId, setCompletions, setEditorText, updateEditor,
} from '@sx/tui';

import { type Approval, type ApprovalAnswer, approvalKey, approvalLine, type ApprovalResult } from './approval.ts';
import { type Dialog, dialogKey, dialogLine, type DialogResult } from './dialog.ts';

export interface Prompt {
  readonly text: string;
  readonly attachments: readonly Chip[];
  /** The terminal showed it as it was typed, right where its answer comes. */
  readonly echoed?: boolean;
}

export interface ScreenState {
  readonly editor: EditorState;
  readonly phase: 'idle' | 'running' | 'stopping';
  /** What runs is a turn: Enter steers it. */
  readonly steers: boolean;
  readonly approval: Approval | undefined;
  readonly dialog: Dialog | undefined;
  /** For the run that goes on. */
  readonly steering: readonly Prompt[];
  /** For runs to come. */
  readonly queue: readonly Prompt[];
  /** Ctrl-C was pressed once. */
  readonly leaving: boolean;
  /** Esc was pressed once, with nothing to close, to stop or to empty. */
  readonly escaped: boolean;
  /** Commands that are being carried out. What is said meanwhile waits for those that may change the session. */
  readonly acting: readonly string[];
}

export type ScreenInput =
  | { readonly type: 'event'; readonly event: InputEvent; readonly columns: number }
  /** Where the terminal edits: a line (of which `isPrompt` says that it answers nothing), Ctrl-C, the end of what is typed. */
  | { readonly type: 'line'; readonly text: string; readonly isPrompt?: boolean }
  /** From the command line. */
  | { readonly type: 'prompt'; readonly prompt: Prompt }
  | { readonly type: 'interrupt' }
  | { readonly type: 'end' }
  /** `steers`: it is a turn, which takes what is typed meanwhile. */
  | { readonly type: 'run-start'; readonly steers: boolean }
  /** `stopped`: by the user, or by an error; what waits is given back instead of sent. */
  | { readonly type: 'run-end'; readonly stopped: boolean }
  /** A command is done: what waits may go on. */
  | { readonly type: 'next'; readonly command: string }
  /** The loop took what was said. */
  | { readonly type: 'steered' }
  | { readonly type: 'ask'; readonly approval: Approval }
  | { readonly type: 'asked' }
  | { readonly type: 'dialog'; readonly dialog: Dialog }
  | { readonly type: 'completions'; readonly request: CompletionRequest; readonly items: readonly CompletionItem[] }
  | { readonly type: 'editor-text'; readonly text: string }
  /** It could not be sent: back to the editor, in front of what stands there. */
  | { readonly type: 'give-back'; readonly prompt: Prompt }
  | { readonly type: 'attach'; readonly chip: Chip };

export type ScreenEffect =
  | { readonly type: 'send'; readonly prompt: Prompt }
  | {
    readonly type: 'command';
    readonly name: string;
    readonly argument: string;
    readonly text: string;
    readonly echoed?: boolean;
  }
  | { readonly type: 'shell'; readonly command: string; readonly echoed?: boolean }
  | { readonly type: 'stop' }
  | { readonly type: 'answer'; readonly answer: ApprovalAnswer }
  | { readonly type: 'cycle-mode' }
  /** `value` is undefined where the dialog was left. */
  | { readonly type: 'chosen'; readonly dialog: Dialog; readonly value: string | undefined }
  | { readonly type: 'complete'; readonly request: CompletionRequest }
  | { readonly type: 'open-editor'; readonly text: string }
  | { readonly type: 'unfold' | 'suspend' }
  | { readonly type: 'notice'; readonly text: string }
  | { readonly type: 'quit' };

export interface ScreenStep {
  readonly state: ScreenState;
  readonly effects: readonly ScreenEffect[];
}

/** What works while a turn runs: it neither talks to the model nor changes the conversation. */
export const COMMANDS_WHILE_RUNNING: ReadonlySet<string> = new Set(
  ['help', 'usage', 'diff', 'quit', 'config', 'permissions', 'more'],
);
/** Prompts that wait, both kinds together. */
const WAITING_MAX = 100;
const FULL = `${WAITING_MAX} prompts wait already`;

export function createScreenState(history: readonly string[] = []): ScreenState {
  return {
    editor: createEditor({ history }),
    phase: 'idle',
    steers: false,
    approval: undefined,
    dialog: undefined,
    steering: [],
    queue: [],
    leaving: false,
    escaped: false,
    acting: [],
  };
}

export function updateScreen(state: ScreenState, input: ScreenInput): ScreenStep {
  switch (input.type) {
    case 'event':
      return pressed(state, input.event, input.columns);
    case 'line':
      return entered({ ...state, leaving: false }, input.text, input.isPrompt === true);
    case 'prompt':
      return isBusy(state) ? queue(state, input.prompt) : step(state, { type: 'send', prompt: input.prompt });
    case 'interrupt':
      return interrupted(state);
    case 'end':
      return step(state, { type: 'quit' });
    case 'run-start':
      return step({ ...state, phase: 'running', steers: input.steers, escaped: false });
    case 'run-end':
      return runEnded({ ...state, phase: 'idle', approval: undefined }, input.stopped);
    case 'next':
      return goOn({ ...state, acting: state.acting.filter((_, index) => index !== state.acting.indexOf(input.command)) });
    case 'steered':
      return step({ ...state, steering: [] });
    case 'ask':
      return step({ ...state, approval: input.approval });
    case 'asked':
      return step({ ...state, approval: undefined });
    case 'dialog':
      return step({ ...state, dialog: input.dialog });
    case 'completions':
      return step({ ...state, editor: setCompletions(state.editor, input.request, input.items) });
    case 'editor-text':
      return step({ ...state, editor: setEditorText(state.editor, input.text) });
    case 'give-back':
      return step(givenBack(state, [input.prompt]));
    case 'attach':
      return step({ ...state, editor: insertChip(state.editor, input.chip) });
    default:
      return input satisfies never;
  }
}

/** Whether the keys belong to the question rather than to the editor or a dialog. */
export function approvalHasKeys({ approval, dialog, editor }: ScreenState): boolean {
  return approval !== undefined && dialog === undefined && (editor.text === '' || approval.stage === 'why');
}

function step(state: ScreenState, ...effects: ScreenEffect[]): ScreenStep {
  return { state, effects };
}

function runEnded(state: ScreenState, stopped: boolean): ScreenStep {
  const waiting = [...state.steering, ...state.queue];
  if (!stopped || waiting.length === 0) return goOn(state);
  return step(givenBack({ ...state, steering: [], queue: [] }, waiting));
}

function givenBack(state: ScreenState, prompts: readonly Prompt[]): ScreenState {
  const draft = expandedText(state.editor);
  let editor = setEditorText(state.editor, [...prompts.map(({ text }) => text), ...(draft === '' ? [] : [draft])].join('\n\n'));
  for (const chip of prompts.flatMap(({ attachments }) => attachments)) editor = insertChip(editor, chip);
  return { ...state, editor };
}

/** The first of what waits, as if it were typed now. */
function goOn(state: ScreenState): ScreenStep {
  if (isBusy(state)) return step(state);
  const [next, ...rest] = [...state.steering, ...state.queue];
  return next === undefined ? step(state) : submit({ ...state, steering: [], queue: rest }, next);
}

function pressed(before: ScreenState, event: InputEvent, columns: number): ScreenStep {
  if (event.type !== 'key' && event.type !== 'paste') return step(before);
  const key = event.type === 'key' ? keyId(event) : undefined;
  if (key === 'ctrl+c') return interrupted(before);
  const state = { ...before, leaving: false, escaped: false };
  if (key === 'ctrl+z') return step(state, { type: 'suspend' });
  if (key === 'shift+tab' && state.dialog === undefined) return step(state, { type: 'cycle-mode' });
  if (state.approval !== undefined && approvalHasKeys(state)) return inApproval(state, state.approval, event, columns);
  if (state.dialog !== undefined) return inDialog(state, state.dialog, event, columns);
  if (key === 'ctrl+o') return step(state, { type: 'unfold' });
  const busy = state.phase !== 'idle';
  if (busy && key === 'alt+enter' && state.editor.text.trim() !== '') return queued(state);
  const edited = updateEditor(state.editor, event, { columns });
  if (edited.taken) return edited.effects.reduce(
    (done, effect) => chained(done, (next) => editorEffect(next, effect)),
    step({ ...state, editor: edited.state }),
  );
  if (key === 'tab' && busy && state.editor.text.trim() !== '') return queued(state);
  if (key === 'escape' && busy) return stopped(state);
  if (key === 'escape' && state.editor.text === '' && !isBusy(state)) {
    return before.escaped ? submit(state, { text: '/rewind', attachments: [], echoed: true }) : step({ ...state, escaped: true });
  }
  if (key === 'ctrl+d' && state.editor.text === '') return step(state, { type: 'quit' });
  return step(state);
}

/** A line answers what is asked, else it is what somebody says. */
function entered(state: ScreenState, text: string, isPrompt: boolean): ScreenStep {
  if (state.dialog !== undefined && !isPrompt) return closed(state, state.dialog, dialogLine(state.dialog, text));
  if (state.approval !== undefined && !isPrompt) return answered(state, approvalLine(state.approval, text));
  return text.trim() === '' ? step(state) : submit(state, { text, attachments: [], echoed: true });
}

function chained({ state, effects }: ScreenStep, next: (state: ScreenState) => ScreenStep): ScreenStep {
  const after = next(state);
  return { state: after.state, effects: [...effects, ...after.effects] };
}

function editorEffect(state: ScreenState, effect: ReturnType<typeof updateEditor>['effects'][number]): ScreenStep {
  switch (effect.type) {
    case 'submit':
      return submit(state, { text: effect.text, attachments: effect.attachments });
    case 'complete':
    case 'open-editor':
      return step(state, effect);
    default:
      return effect satisfies never;
  }
}

function submit(state: ScreenState, prompt: Prompt): ScreenStep {
  const busy = isBusy(state);
  const echoed = prompt.echoed === true ? { echoed: true } : {};
  const command = /^\/([a-z][\w:-]*)(?:\s+([\s\S]*))?$/i.exec(prompt.text.trimEnd());
  if (command?.[1] !== undefined && !prompt.text.startsWith(' ')) {
    const name = command[1].toLowerCase();
    if (name === 'queue' && command[2] !== undefined) {
      const later = { ...prompt, text: command[2] };
      return busy ? queue(state, later) : submit(state, later);
    }
    if (busy && !COMMANDS_WHILE_RUNNING.has(name)) return queue(state, prompt);
    const argument = command[2]?.trim() ?? '';
    return step(
      { ...state, acting: [...state.acting, name] },
      { type: 'command', name, argument, text: prompt.text, ...echoed },
    );
  }
  if (prompt.text.startsWith('!') && prompt.text.slice(1).trim() !== '') {
    if (busy) return queue(state, prompt);
    return step(state, { type: 'shell', command: prompt.text.slice(1).trim(), ...echoed });
  }
  if (!busy) return step(state, { type: 'send', prompt });
  if (state.phase === 'idle' || !state.steers) return queue(state, prompt);
  return isFull(state) ? refused(state, prompt) : step({ ...state, steering: [...state.steering, kept(prompt)] });
}

function isBusy({ phase, acting }: ScreenState): boolean {
  return phase !== 'idle' || acting.some((name) => !COMMANDS_WHILE_RUNNING.has(name));
}

function queue(state: ScreenState, prompt: Prompt): ScreenStep {
  return isFull(state) ? refused(state, prompt) : step({ ...state, queue: [...state.queue, kept(prompt)] });
}

function refused(state: ScreenState, { text }: Prompt): ScreenStep {
  return step({ ...state, editor: setEditorText(state.editor, text) }, { type: 'notice', text: FULL });
}

/** What it says is far above when its turn comes. */
function kept({ text, attachments }: Prompt): Prompt {
  return { text, attachments };
}

/** The editor's own submit makes the prompt: it expands chips and remembers it in the history. */
function queued(state: ScreenState): ScreenStep {
  const { state: editor, effects } = updateEditor(
    { ...state.editor, completion: undefined },
    { type: 'key', name: 'enter', text: '', ctrl: false, alt: false, shift: false, super: false },
    { columns: 80 },
  );
  const [submitted] = effects;
  if (submitted?.type !== 'submit' || isFull(state)) return step(state);
  return step({ ...state, editor, queue: [...state.queue, { text: submitted.text, attachments: submitted.attachments }] });
}

function isFull({ steering, queue }: ScreenState): boolean {
  return steering.length + queue.length >= WAITING_MAX;
}

function stopped(state: ScreenState): ScreenStep {
  return state.phase === 'stopping' ? step(state) : step({ ...state, phase: 'stopping', approval: undefined }, { type: 'stop' });
}

/** The first Ctrl-C empties the editor or stops what runs; the second in a row leaves. */
function interrupted(state: ScreenState): ScreenStep {
  if (state.leaving) return step(state, { type: 'quit' });
  if (state.dialog !== undefined) return step(
    { ...state, dialog: undefined, leaving: true },
    { type: 'chosen', dialog: state.dialog, value: undefined },
  );
  if (state.editor.search !== undefined) {
    const { state: editor } = updateEditor(
      state.editor,
      { type: 'key', name: 'escape', text: '', ctrl: false, alt: false, shift: false, super: false },
      { columns: 80 },
    );
    return step({ ...state, editor });
  }
  if (state.phase !== 'idle') return { state: { ...stopped(state).state, leaving: true }, effects: stopped(state).effects };
  return step({ ...state, leaving: true, editor: state.editor.text === '' ? state.editor : setEditorText(state.editor, '') });
}

function inApproval(state: ScreenState, approval: Approval, event: InputEvent, columns: number): ScreenStep {
  return answered(state, approvalKey(approval, event, columns));
}

function answered(state: ScreenState, result: ApprovalResult): ScreenStep {
  switch (result.kind) {
    case 'open':
      return step({ ...state, approval: result.approval });
    case 'answered':
      return step({ ...state, approval: undefined }, { type: 'answer', answer: result.answer });
    case 'stop':
      return stopped(state);
    case 'unfold':
      return step(state, { type: 'unfold' });
    case 'typed':
      return step({ ...state, editor: insertText(state.editor, result.text, 'type') });
    case 'said':
      return submit(state, { text: result.text, attachments: [], echoed: true });
    case 'unclear':
      return step(state, { type: 'notice', text: result.text });
    default:
      return result satisfies never;
  }
}

function inDialog(state: ScreenState, dialog: Dialog, event: InputEvent, columns: number): ScreenStep {
  return closed(state, dialog, dialogKey(dialog, event, columns));
}

function closed(state: ScreenState, dialog: Dialog, result: DialogResult): ScreenStep {
  if (result.kind === 'open') return step({ ...state, dialog: result.dialog });
  return step({ ...state, dialog: undefined }, { type: 'chosen', dialog, value: result.value });
}
