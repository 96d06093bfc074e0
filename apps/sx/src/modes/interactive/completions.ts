/** What the editor completes: files for `@`, commands for `/`, and those that people wrote, once the configuration is read. */
import type { CompletionItem, CompletionRequest } from '@sx/tui';

import type { Settings } from '../../settings.ts';
import { completeCommand } from './commands.ts';
import type { CustomCommand } from './custom-commands.ts';
import type { FileMentions } from './file-mentions.ts';

export interface Completions {
  readonly custom: readonly CustomCommand[];
  /** @returns what the person should know: commands that were left out. */
  load(settings: Settings, mayRead: (path: string) => boolean): Promise<readonly string[]>;
  /** Undefined: nothing is to be had, or not yet. */
  items(request: CompletionRequest): Promise<readonly CompletionItem[]> | readonly CompletionItem[] | undefined;
}

export function createCompletions(): Completions {
  let custom: readonly CustomCommand[] = [];
  let mentions: FileMentions | undefined;
  return {
    get custom() {
      return custom;
    },
    async load(settings, mayRead) {
      const { createFileMentions } = await import('./file-mentions.ts');
      mentions = createFileMentions(settings.workingDirectory, mayRead);
      const { readCustomCommands } = await import('./custom-commands.ts');
      const read = readCustomCommands(settings);
      custom = read.commands;
      return read.notices;
    },
    items: ({ trigger, query }) => (trigger === '/' ? completeCommand(query, custom) : mentions?.complete(query)),
  };
}
