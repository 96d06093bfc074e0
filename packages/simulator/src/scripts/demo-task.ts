/**
 * The demo: a real task for a real agent, with a scripted model on the other side.
 *
 * The folder holds `files`; the user asks `prompt`; the model reads, edits, checks and answers, looking at what the tools really
 * said; in the end the folder holds `expectedFiles`. All of it stands here, so that it can be read in one go.
 */
import { currentTurn, type Conversation, type Turn } from '../server/conversation.ts';
import type { Reply } from '../server/reply.ts';

const MISTAKE = 'Hello, wrold! Welcome to the demo.';
const CORRECT = 'Hello, world! Welcome to the demo.';

export const demoTask = {
  prompt: 'There is a spelling mistake in greeting.txt. Find it, fix it, and check that src/greet.sh prints the corrected line.',
  /** Path → content, as they are before. */
  files: {
    'greeting.txt': `${MISTAKE}\n`,
    'src/greet.sh': '#!/bin/sh\n# Prints the greeting.\ncat "$(dirname "$0")/../greeting.txt"\n',
  },
  expectedFiles: { 'greeting.txt': `${CORRECT}\n` },
  /** What the last answer contains. */
  expectedAnswer: '`wrold` is now `world`',
} as const;

export const isDemoPrompt = (text: string): boolean => text.includes(demoTask.prompt);

export function playDemoTask(conversation: Conversation): Reply {
  const turn = currentTurn(conversation);
  const failed = turn.results.findLast((result) => result.isError);
  if (failed !== undefined) return say(`I could not finish: ${failed.text.split('\n')[0] ?? ''}`);
  switch (turn.rounds) {
    case 0:
      return {
        parts: [
          {
            type: 'reasoning',
            text: '**Looking for the mistake**\n\nThe file is small, so I read it whole before I change anything.',
          },
          { type: 'text', text: 'I will read the greeting first.' },
          { type: 'tool-call', name: 'read', input: { path: 'greeting.txt' } },
        ],
      };
    case 1:
      return afterReading(turn);
    case 2:
      return {
        parts: [
          conversation.tools.some(({ name }) => name === 'shell')
            ? { type: 'tool-call', name: 'shell', input: { command: 'sh src/greet.sh' } }
            : { type: 'tool-call', name: 'read', input: { path: 'greeting.txt' } },
        ],
      };
    default:
      return afterChecking(turn);
  }
}

function afterReading({ results }: Turn): Reply {
  if (!results.some(({ text }) => text.includes(MISTAKE))) {
    return say('The greeting has no mistake that I can see, so I changed nothing.');
  }
  return {
    parts: [
      { type: 'reasoning', text: '**Fixing one word**\n\nTwo letters changed places. Everything else stays as it is.' },
      { type: 'text', text: 'Found it: two letters are swapped. I fix that one word.' },
      { type: 'tool-call', name: 'edit', input: { path: 'greeting.txt', oldText: 'wrold', newText: 'world' } },
    ],
  };
}

function afterChecking({ results }: Turn): Reply {
  if (results.at(-1)?.text.includes(CORRECT) !== true) {
    return say('I changed the word, but the check does not print the corrected line.');
  }
  return say('Done. In `greeting.txt`, `wrold` is now `world`, and the script prints the corrected line.');
}

const say = (text: string): Reply => ({ parts: [{ type: 'text', text }] });
