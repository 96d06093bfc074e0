/**
 * Back to before an earlier prompt: the conversation up to there goes on in a copy, and the prompt stands in the editor again.
 * The session that was open stays as it is, and so do the files.
 */
import type { UserMessage } from '@sx/llm';

import { sessionStore } from '../../compose/session.ts';
import { terminalLine } from '../../terminal-text.ts';
import type { ScreenContext } from './run-command.ts';

const TITLE_CHARS_MAX = 70;

export async function rewind({ desk, transcript, choose, open, giveBack }: ScreenContext): Promise<void> {
  const { session, settings } = desk;
  if (session === undefined || session.agent.messages.length === 0) return transcript.notice('there is no earlier prompt yet');
  const store = settings === undefined || desk.args.on('ephemeral') ? undefined : sessionStore(settings);
  if (store === undefined) return transcript.notice('this session is not kept, so there is no way back in it', 'warning');
  const { id } = session;
  const { prompts } = store.read(store.find(id));
  const choices = prompts.map((prompt, index) => ({ value: String(index), label: titleOf(prompt) })).reverse();
  const chosen = Number(await choose('back to before', choices));
  const prompt = prompts[chosen];
  if (prompt === undefined) return;
  if (!(await open({ resume: id, 'fork-session': '' }, { isShown: true, beforePrompt: chosen }))) {
    await open({ resume: id }, { isShown: true });
    return;
  }
  const files = 'files stay as they are; /undo gives back what the last turn changed';
  transcript.notice(`forked before: ${titleOf(prompt)}\n${files}. sx -r ${id.slice(0, 8)} is the session as it was`, 'success');
  const hasMedia = prompt.content.some(({ type }) => type === 'media');
  if (hasMedia) transcript.notice('images and documents are to be attached again', 'warning');
  giveBack(textOf(prompt));
}

/** Without the notes that went along (`prompt-parts.ts`). */
function textOf({ content }: UserMessage): string {
  const texts = content.flatMap((part) => (part.type === 'text' && !part.text.startsWith('<note>\n') ? [part.text] : []));
  return texts.join('\n');
}

function titleOf(prompt: UserMessage): string {
  return terminalLine(textOf(prompt).trimStart().split('\n', 1)[0] ?? '', TITLE_CHARS_MAX);
}
