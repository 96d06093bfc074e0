/** Carries out what the controller decided: each effect goes to the part that can do it. What fails is said in the transcript. */
import type { CompletionItem, CompletionRequest } from '@sx/tui';

import type { Approvals } from './approvals.ts';
import { isScreenCommand } from './commands.ts';
import type { Completions } from './completions.ts';
import { COMMANDS_WHILE_RUNNING, type ScreenEffect, type ScreenInput } from './controller.ts';
import type { Dialogs } from './dialogs.ts';
import type { ScreenContext } from './run-command.ts';
import type { Front } from './sitting.ts';
import type { Turns } from './turns.ts';
import type { Work } from './work.ts';

export interface EffectParts {
  readonly context: ScreenContext;
  readonly turns: Turns;
  readonly work: Work;
  readonly approvals: Approvals;
  readonly dialogs: Dialogs;
  readonly completions: Completions;
  readonly front: Pick<Front, 'lend' | 'suspend'>;
  readonly dispatch: (input: ScreenInput) => void;
  /** Resolves when the session is open, or could not be opened. */
  readonly opened: () => Promise<void>;
}

export function createEffects(parts: EffectParts): (effect: ScreenEffect) => void {
  const { context, turns, work, approvals, dialogs, completions, front, dispatch } = parts;
  const { transcript, report } = context;

  const command = async ({ name, argument, text, echoed }: Extract<ScreenEffect, { type: 'command' }>): Promise<void> => {
    try {
      if (isScreenCommand(name) && name !== 'quit' && echoed !== true) transcript.echo(text);
      if (!COMMANDS_WHILE_RUNNING.has(name)) await parts.opened();
      await (await import('./run-command.ts')).runCommand(name, argument, text, context);
    } catch (error) {
      report(error);
    }
    dispatch({ type: 'next', command: name });
  };

  const openEditor = async (text: string): Promise<void> => {
    const { settings } = context.desk;
    if (settings === undefined) return;
    const { editText } = await import('./edit-text.ts');
    try {
      await front.lend(async () => dispatch({ type: 'editor-text', text: await editText(context.invocation, settings, text) }));
    } catch (error) {
      report(error);
    }
  };

  const complete = (request: CompletionRequest): void => {
    const show = (items: readonly CompletionItem[]): void => dispatch({ type: 'completions', request, items });
    const found = completions.items(request);
    if (found instanceof Promise) void found.then(show, () => undefined);
    else if (found !== undefined) show(found);
  };

  return (effect) => {
    switch (effect.type) {
      case 'send':
        return void turns.send(effect.prompt);
      case 'command':
        return void command(effect);
      case 'shell':
        return void turns.shell(effect.command, effect.echoed);
      case 'stop':
        return work.stop();
      case 'answer':
        return void approvals.answer(effect.answer);
      case 'cycle-mode':
        approvals.cycleMode();
        return context.follow();
      case 'chosen':
        return dialogs.settle(effect.value);
      case 'complete':
        return complete(effect.request);
      case 'open-editor':
        return void openEditor(effect.text);
      case 'unfold':
        if (!transcript.unfold()) transcript.notice('nothing is folded');
        return;
      case 'suspend':
        return front.suspend();
      case 'notice':
        return transcript.notice(effect.text, 'warning');
      case 'quit':
        work.stop();
        return context.quit();
      default:
        return effect satisfies never;
    }
  };
}
