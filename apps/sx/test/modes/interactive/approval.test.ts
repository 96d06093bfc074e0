import assert from 'node:assert/strict';
import { test } from 'node:test';

import { createTheme, keyPress, lineText } from '@sx/tui';

import { approvalKey, approvalOptions, approvalView, createApproval } from '../../../src/modes/interactive/approval.ts';
import { createLine, createList, dialogKey, dialogView } from '../../../src/modes/interactive/dialog.ts';

const theme = createTheme('dark');
const question = {
  call: { type: 'tool-call' as const, id: 'c', name: 'shell', input: {}, inputText: '{}' },
  title: 'npm test',
  reason: 'running `npm test` needs approval',
  accesses: [],
  suggestedRule: 'shell(npm test:*)',
};
const lasting = { rule: 'shell(npm test:*)', file: '/home/u/.scorpiox/permissions.txt', section: '[/work/otter]' };
const shown = (lines: readonly (readonly { text: string }[])[]): string[] => lines.map((line) => line.map(({ text }) => text).join(''));

test('a question shows what, why and the four answers, the first one chosen', () => {
  const { lines, cursor } = approvalView(createApproval(question, lasting), theme, 80, true);
  assert.deepEqual(shown(lines), [
    '? npm test',
    '  running `npm test` needs approval',
    '❯ 1. Yes, once',
    '  2. Yes, and for this session: shell(npm test:*)',
    '  3. Yes, and always in this project: allow shell(npm test:*)',
    '     is written to /home/u/.scorpiox/permissions.txt under [/work/otter]',
    '  4. No, and tell why',
    '  1-4 or Enter answers · Esc stops the turn · Shift-Tab changes the mode',
  ]);
  assert.equal(cursor?.row, 2);
});

test('what would be stored is shown in full where the terminal is narrow', () => {
  const { lines, cursor } = approvalView({ ...createApproval(question, lasting), selected: 3 }, theme, 24, true);
  const text = shown(lines).slice(2, -1).join('').replace(/\s+/g, '');
  assert.match(text, /3\.Yes,andalwaysinthisproject:allowshell\(npmtest:\*\)iswrittento\/home\/u\/\.scorpiox\/permissions\.txtunder\[\/work\/otter\]/);
  assert.match(shown(lines)[cursor?.row ?? 0] ?? '', /❯ 4\. No/);
});

test('without a place to keep it, always is not offered, and a rule nobody would read is not offered at all', () => {
  const options = (...given: Parameters<typeof createApproval>): string[] => approvalOptions(createApproval(...given)).map(({ kind }) => kind);
  assert.deepEqual(options(question, lasting), ['once', 'session', 'always', 'no']);
  assert.deepEqual(options(question), ['once', 'session', 'no']);
  const long = `shell(echo ${'x'.repeat(600)})`;
  assert.deepEqual(options({ ...question, suggestedRule: long }, { ...lasting, rule: long }), ['once', 'no']);
});

test('a question without the keys has no cursor and nothing chosen', () => {
  const { lines, cursor } = approvalView(createApproval(question), theme, 80, false);
  assert.equal(cursor, undefined);
  assert.ok(!shown(lines).some((line) => line.startsWith('❯')));
});

test('the line for the reason has the cursor', () => {
  const asked = approvalKey(createApproval(question, lasting), keyPress('4', {}, '4'), 80);
  assert.equal(asked.kind, 'open');
  if (asked.kind !== 'open') return;
  const typed = approvalKey(asked.approval, keyPress('x', {}, 'x'), 80);
  assert.equal(typed.kind, 'open');
  if (typed.kind !== 'open') return;
  const { lines, cursor } = approvalView(typed.approval, theme, 80, true);
  assert.equal(shown(lines)[2], '  no: x');
  assert.deepEqual(cursor, { row: 2, column: 7 });
});

test('a secret is shown as dots, and never as itself', () => {
  let dialog = createLine('key', { secret: true });
  for (const letter of 'sk-1') {
    const next = dialogKey(dialog, keyPress(letter, {}, letter), 80);
    if (next.kind === 'open') dialog = next.dialog;
  }
  const text = dialogView(dialog, theme, 80).lines.map((line) => lineText(line)).join('\n');
  assert.match(text, /••••/);
  assert.doesNotMatch(text, /sk|1/);
});

test('a long list shows a window around the choice', () => {
  const dialog = createList(
    'list',
    Array.from({ length: 40 }, (_, index) => ({ value: String(index), label: `row ${index}` })),
    '30',
  );
  const lines = dialogView(dialog, theme, 80).lines.map((line) => lineText(line));
  assert.equal(lines.length, 12);
  assert.ok(lines.some((line) => line.startsWith('❯ row 30')));
  assert.match(lines.at(-1) ?? '', /31 of 40/);
});
