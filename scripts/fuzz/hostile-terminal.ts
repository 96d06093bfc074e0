/** What sessions at a virtual terminal share: hostile keys and texts, what must hold whatever comes. */
import assert from 'node:assert/strict';

import type { SeededRandom, VirtualTerminal } from '@sx/testkit';

/** What keyboards send, whole and in pieces. */
export const KEYS = ['a', ' ', '中', '👍🏽', '\r', '\n', '\t', '\u007f', '\u001b', '\u001b[A', '\u001b[B', '\u001b[D', '\u001b[C', '\u0001', '\u0005', '\u000b', '\u0015', '\u0017', '\u0019', '\u001by', '\u001f', '\u0012',
  '@', '/', '\u001b[200~', '\u001b[201~', 'x\ny\nz\n1\n2\n3\n4\n', '\u001b[97;5u', '\u001b]11;rgb:0/0/0\u0007', '\u001b[M', '\u001b[1;', '\ufffd', '\u0014', '\u001b_'];
/** What models, tools and files say to do harm, and what merely is hard to show. */
export const TEXTS = ['word ', 'more words here. ', '\n', '\n\n', '# ', '- ', '1. ', '> ', '**', '`', '```\n', '```js\n', '| a | b |\n|--|--|\n| 1 | 2 |\n', '[x](http://y/)', '中文', '👨‍👩‍👧', 'e\u0301\u0301\u0301', '\t', '\r\n', '\r',
  '\u001b[2J', '\u001b[?1049h', '\u001b[3J', '\u001b]0;title\u0007', '\u0007', '\u009b31m', '\u001b', '\u202e', '\u200b'.repeat(50), '\u0301'.repeat(200), '\ud800', '\u{e0041}', 'x'.repeat(300), '\u001bP', '\u0000', '\u001b]8;;http://evil\u001b\\',
  '\u0903', 'ก็', 'שלום', '❤️', '🇩', '\u1100', '＿', '\u2028', '\ufe0f', '\u200d'];

/** Up to so many parts in a row, one of eight random bytes. */
export function hostileText(random: SeededRandom, parts: readonly string[], most: number): string {
  const bytes = (): string => Buffer.from(Uint8Array.from({ length: 8 }, () => random.below(256))).toString('utf8');
  return Array.from({ length: random.below(most) }, () => (random.below(8) === 0 ? bytes() : random.pick(parts))).join('');
}

/** @param allowed.title - It may set the window's title, to what can be seen. */
export function assertHarmless(terminal: VirtualTerminal, allowed: { readonly title?: boolean } = {}): void {
  const { unknown, trespasses, updating, modes, bells, title, keyboardFlags } = terminal;
  assert.deepEqual([...unknown], [], 'sequences that no part of ours writes');
  assert.deepEqual([...trespasses], []);
  assert.deepEqual([updating, modes.has(7), modes.has(1049), bells, keyboardFlags], [false, true, false, 0, 0]);
  if (allowed.title !== true) assert.equal(title, '');
  assert.doesNotMatch(title, /[\u0000-\u001f\u007f-\u009f]/);
}
