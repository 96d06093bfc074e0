/**
 * What the person says, and what comes of it: a prompt or a shell line becomes a run, its events go to the transcript and the
 * status, and what was typed meanwhile goes to the model at the next boundary.
 *
 * Back-pressure: a source of events that is far ahead of the terminal waits for it.
 */
import type { AgentEvent } from '@sx/agent';
import type { MediaPart, UserMessage, UserPart } from '@sx/llm';

import type { Prompt, ScreenInput } from './controller.ts';
import type { Desk } from './desk.ts';
import { addToPromptHistory } from './prompt-history.ts';
import type { Transcript } from './transcript.ts';
import type { Outcome, Work } from './work.ts';

export interface Turns {
  send(prompt: Prompt): Promise<void>;
  /** @param echoed - The terminal showed the line as it was typed. */
  shell(command: string, echoed?: boolean): Promise<void>;
  /** Shows what happens, to its end. */
  watch(events: AsyncIterable<AgentEvent>): Promise<Outcome>;
  /** What was typed for the run that goes on, which takes it. */
  takeSteering(): readonly UserMessage[];
  /** For the model, with the next prompt. */
  note(text: string): void;
}

export interface TurnParts {
  readonly desk: () => Desk;
  readonly transcript: Transcript;
  readonly work: Work;
  readonly dispatch: (input: ScreenInput) => void;
  /** Resolves when the session is open, or could not be opened. */
  readonly opened: () => Promise<unknown>;
  /** What to do where a prompt has no session to go to. */
  readonly withoutSession: () => string;
  readonly steering: () => readonly Prompt[];
  /** @param named - Where it cannot be shown, it is named. */
  readonly showImage: (image: MediaPart, named: boolean) => Promise<void>;
  /** After the transcript has it: for the status and the next frame. */
  readonly onEvent: (event: AgentEvent) => void;
  readonly report: (error: unknown) => void;
  /** Undefined while the terminal keeps up. */
  readonly keepUp: () => Promise<void> | undefined;
}

/** What the model has not heard yet; the oldest goes first. */
const NOTES_MAX = 100;

export function createTurns(parts: TurnParts): Turns {
  const { transcript, work, dispatch, report } = parts;
  let notes: string[] = [];
  let promptParts: typeof import('./prompt-parts.ts').promptParts | undefined;

  const note = (text: string): void => {
    notes = [...notes, text].slice(-NOTES_MAX);
  };
  const partsOf = (prompt: Prompt): UserPart[] => {
    const directory = parts.desk().settings?.workingDirectory ?? '/';
    const found = promptParts?.(prompt, notes, directory, (text) => transcript.notice(text, 'warning')) ?? [];
    notes = [];
    return found;
  };

  /** Without one it comes back to the editor, and what is missing is said. */
  const sessionFor = async (prompt: Prompt): Promise<Desk['session']> => {
    await parts.opened();
    const { session } = parts.desk();
    if (session !== undefined) return session;
    dispatch({ type: 'give-back', prompt });
    transcript.notice(parts.withoutSession(), 'warning');
    return undefined;
  };

  const watch = async (events: AsyncIterable<AgentEvent>): Promise<Outcome> => {
    let outcome: Outcome = 'done';
    for await (const event of events) {
      transcript.event(event);
      // What a tool gives has its line already.
      const seen = event.type === 'tool-end' ? event.output.content : [];
      for (const part of seen) if (part.type === 'media') await parts.showImage(part, false);
      if (event.type === 'run-end') {
        if (event.result.outcome === 'error') report(event.result.error);
        if (event.result.outcome !== 'success') outcome = 'stopped';
      }
      parts.onEvent(event);
      const kept = parts.keepUp();
      if (kept !== undefined) await kept;
    }
    return outcome;
  };

  return {
    watch,
    send: (prompt) =>
      work.busy(async (signal) => {
        const session = await sessionFor(prompt);
        const { settings } = parts.desk();
        if (settings !== undefined) addToPromptHistory(settings, prompt.text, session?.redact ?? ((text) => text));
        if (session === undefined) return 'stopped';
        ({ promptParts } = await import('./prompt-parts.ts'));
        const content = partsOf(prompt);
        if (prompt.echoed !== true) transcript.prompt([{ type: 'text', text: prompt.text }]);
        for (const part of content) if (part.type === 'media') await parts.showImage(part, true);
        return watch(session.run(content, signal));
      }, { steers: true }),
    shell: (command, echoed = false) =>
      work.busy(async (signal) => {
        const session = await sessionFor({ text: `!${command}`, attachments: [] });
        if (session === undefined) return 'stopped';
        if (!echoed) transcript.echo(`! ${command}`);
        for await (const event of session.agent.callTool('shell', { command }, { signal })) {
          transcript.event(event);
          if (event.type === 'tool-end') {
            const output = event.output.content.flatMap((part) => (part.type === 'text' ? [part.text] : [])).join('\n');
            note(`The user ran this shell line:\n$ ${command}\n${output}`);
          }
          parts.onEvent(event);
        }
        return 'done';
      }),
    takeSteering() {
      const waiting = parts.steering();
      if (waiting.length === 0) return [];
      dispatch({ type: 'steered' });
      return waiting.map((prompt) => ({ role: 'user', content: partsOf(prompt) }));
    },
    note,
  };
}
