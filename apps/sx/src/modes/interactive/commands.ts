/** The commands of the editor, in the order of the list: built-in ones, then those of the user and of a trusted project. */
import { type CompletionItem, fuzzyFilter } from '@sx/tui';

import type { CustomCommand } from './custom-commands.ts';

export interface CommandRow {
  readonly name: string;
  /** What may follow. Without one, choosing it from the list runs it. */
  readonly argument?: string;
  readonly help: string;
}

export const SCREEN_COMMANDS = [
  { name: 'help', help: 'keys and commands' },
  { name: 'model', argument: '[MODEL]', help: 'another model, or another provider as provider/model' },
  { name: 'effort', argument: '[EFFORT]', help: 'how hard the model thinks' },
  { name: 'permissions', argument: '[MODE]', help: 'what is asked for: default, accept-edits, plan' },
  { name: 'compact', argument: '[FOCUS]', help: 'replace the conversation by a summary of it' },
  { name: 'resume', argument: '[ID]', help: 'go on with another session of this project' },
  { name: 'fork', help: 'go on in a copy of this session' },
  { name: 'rewind', help: 'go back to before an earlier prompt, in a copy of this session' },
  { name: 'new', help: 'begin a new session' },
  { name: 'diff', help: 'what this session changed' },
  { name: 'undo', help: 'give back the files that the last turn changed' },
  { name: 'more', help: 'show in full what was folded, the newest first' },
  { name: 'queue', argument: 'PROMPT', help: 'send it after the turn instead of steering' },
  { name: 'usage', help: 'tokens, cost, plan and limits' },
  { name: 'export', argument: '[FILE]', help: 'write the session as Markdown' },
  { name: 'trace', argument: '[FILE]', help: 'write every byte sent and received from now on, secrets masked' },
  { name: 'config', help: 'where the configuration is and what is set' },
  { name: 'login', argument: '[PROVIDER]', help: 'choose a provider and give it a key' },
  { name: 'demo', help: 'watch a recorded session, offline' },
  { name: 'quit', help: 'leave' },
] as const satisfies readonly CommandRow[];

export type ScreenCommandName = (typeof SCREEN_COMMANDS)[number]['name'];

export function isScreenCommand(name: string): name is ScreenCommandName {
  return SCREEN_COMMANDS.some((row) => row.name === name);
}

export function completeCommand(query: string, custom: readonly CustomCommand[]): CompletionItem[] {
  const rows: readonly CommandRow[] = [
    ...SCREEN_COMMANDS,
    ...custom.map(({ name, description }) => ({ name, argument: '', help: description })),
  ];
  return fuzzyFilter(rows, query, ({ name }) => name).map((row) => ({
    value: `/${row.name}`,
    label: row.argument === undefined || row.argument === '' ? `/${row.name}` : `/${row.name} ${row.argument}`,
    detail: row.help,
    // Typed out, it runs as it is; chosen from the list, its argument may follow.
    submits: row.argument === undefined || row.name === query.toLowerCase(),
  }));
}
