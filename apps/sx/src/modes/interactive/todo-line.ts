/** How far the model is with its list of what is to be done: out of the call that wrote it, to one row. Pure. */
import { isObject, type JsonObject } from '@sx/llm';
import { type Line, span, type Theme, truncateLine } from '@sx/tui';

import { terminalLine } from '../../terminal-text.ts';

export interface Todo {
  readonly done: number;
  readonly total: number;
  /** The step under way; undefined between two. */
  readonly now: string | undefined;
}

/** Undefined where nothing is left to do. The tool took the input, so what does not fit is nobody's list. */
export function readTodo(input: JsonObject | undefined): Todo | undefined {
  const list = input?.['items'];
  const items = Array.isArray(list) ? list.filter(isObject) : [];
  const done = items.filter(({ state }) => state === 'done').length;
  const now = items.find(({ state }) => state === 'doing')?.['text'];
  return done === items.length ? undefined : { done, total: items.length, now: typeof now === 'string' ? now : undefined };
}

export function todoLines(todo: Todo | undefined, theme: Theme, columns: number): Line[] {
  if (todo === undefined) return [];
  const { done, total, now } = todo;
  const text = now === undefined ? ' to do' : ` · now: ${terminalLine(now)}`;
  return [truncateLine([span(`${done}/${total}`, theme.accent), span(text, theme.muted)], columns).spans];
}
