/**
 * The model's own list of what is to be done. It changes nothing: it keeps the model on its way, people see how far it is, and a
 * condensed conversation carries it on. Each call replaces the whole list, so that there is nothing to get out of step.
 */
import type { JsonValue } from '@sx/llm';

import { defineTool, textOutput } from './define-tool.ts';
import { toolLimits } from './limits.ts';
import { BadInput } from './tool-input.ts';

const STATES = ['open', 'doing', 'done'] as const;
type State = (typeof STATES)[number];

interface Item {
  readonly text: string;
  readonly state: State;
}

export const todoTool = defineTool<readonly Item[]>({
  name: 'todo',
  description: 'Writes down your list of steps, whole, each time something changes. For work of three steps or more. One item at a time is `doing`.',
  properties: {
    items: {
      type: 'array',
      items: { type: 'object', properties: { text: { type: 'string' }, state: { type: 'string', enum: [...STATES] } }, required: ['text', 'state'], additionalProperties: false },
    },
  },
  required: ['items'],
  parallel: false,
  read(input) {
    const items = input['items'];
    if (!Array.isArray(items)) throw new BadInput('`items` must be an array.');
    if (items.length > toolLimits.todoItemsMax) throw new BadInput(`\`items\` has ${items.length} items, at most ${toolLimits.todoItemsMax}.`);
    return items.map(readItem);
  },
  accesses: (items) => ({ list: [], title: `to do: ${count(items)}` }),
  run: (items) => Promise.resolve(textOutput(`${items.map(({ text, state }) => `[${MARKS[state]}] ${text}`).join('\n')}\n(${count(items)})`, { summary: count(items) })),
});

const MARKS: Readonly<Record<State, string>> = { open: ' ', doing: '>', done: 'x' };

function readItem(value: JsonValue, index: number): Item {
  const item = typeof value === 'object' && value !== null ? value : {};
  const text: unknown = Reflect.get(item, 'text');
  const state = STATES.find((known) => known === Reflect.get(item, 'state'));
  if (typeof text !== 'string' || text.trim() === '') throw new BadInput(`\`items[${index}].text\` must be a text.`);
  if (text.length > toolLimits.todoTextCharsMax) throw new BadInput(`\`items[${index}].text\` has ${text.length} characters, at most ${toolLimits.todoTextCharsMax}.`);
  if (state === undefined) throw new BadInput(`\`items[${index}].state\` must be one of ${STATES.join(', ')}.`);
  return { text: text.trim(), state };
}

function count(items: readonly Item[]): string {
  const of = (state: State): number => items.filter((item) => item.state === state).length;
  return items.length === 0 ? 'an empty list' : `${of('done')} of ${items.length} done`;
}
