/**
 * Lets a test write the model's part into the prompt. Everything after a line `[script]` is read, a directive a line:
 *
 *   think TEXT          a reasoning summary
 *   say TEXT            visible text (`\n` is a line feed)
 *   call NAME JSON      a tool call; the JSON goes out as written, so that it may be broken
 *   then                the rest is for after the tools have answered
 *   echo                visible text: the last tool result, whole
 *
 * Example: `[script]\nthink first\ncall read {"path":"a.txt"}\ncall read {"path":"b.txt"}\nthen\necho`. Unknown lines are
 * ignored.
 */
import { currentTurn, type Conversation } from '../server/conversation.ts';
import type { Reply, ReplyPart } from '../server/reply.ts';

const MARK = '[script]';

export const hasPromptScript = (text: string): boolean => text.split('\n').some((line) => line.trim() === MARK);

export function playPromptScript(conversation: Conversation): Reply {
  const turn = currentTurn(conversation);
  const lines = turn.userText.split('\n').map((line) => line.trim());
  const steps = splitSteps(lines.slice(lines.indexOf(MARK) + 1));
  const step = steps[turn.rounds];
  if (step === undefined) return { parts: [{ type: 'text', text: `Done after ${turn.results.length} tool results.` }] };
  const lastResult = turn.results.at(-1)?.text ?? '';
  const parts = step.flatMap((line) => toPart(line, lastResult));
  return { parts: parts.length > 0 ? parts : [{ type: 'text', text: 'Done.' }] };
}

function splitSteps(lines: readonly string[]): string[][] {
  const steps: string[][] = [[]];
  for (const line of lines) {
    if (line === 'then') steps.push([]);
    else steps.at(-1)?.push(line);
  }
  return steps;
}

function toPart(line: string, lastResult: string): ReplyPart[] {
  const [verb = '', ...words] = line.split(' ');
  const rest = words.join(' ').replaceAll('\\n', '\n');
  switch (verb) {
    case 'think':
      return [{ type: 'reasoning', text: rest }];
    case 'say':
      return [{ type: 'text', text: rest }];
    case 'echo':
      return [{ type: 'text', text: lastResult }];
    case 'call':
      return [{ type: 'tool-call', name: words[0] ?? '', inputText: words.slice(1).join(' ') }];
    default:
      return [];
  }
}
