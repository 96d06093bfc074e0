import assert from 'node:assert/strict';
import { test } from 'node:test';

import { createLineDraft, DRAFT_CHARS_MAX } from '../../../src/modes/interactive/line-draft.ts';

const ROWS: readonly (readonly [rule: string, lines: readonly string[], prompts: readonly string[]])[] = [
  ['a line is a prompt', ['one', '', 'two '], ['one', '', 'two ']],
  ['a backslash at the end goes on', ['one\\', '  two\\', 'three', 'four'], ['one\n  two\nthree', 'four']],
  ['a line of the mark begins a block and ends it', ['"""', 'one\\', '', '/two', ' """ ', 'three'], ['one\\\n\n/two', 'three']],
  ['a block may follow what was begun', ['first\\', '"""', 'second', '"""'], ['first\nsecond']],
  ['an empty block is an empty prompt', ['"""', '"""'], ['']],
  ['a mark within a line is text', ['say """'], ['say """']],
];
for (const [rule, lines, prompts] of ROWS) {
  test(rule, () => {
    const draft = createLineDraft();
    assert.deepEqual(lines.flatMap((line) => draft.push(line) ?? []), prompts.map((text) => ({ text })));
    assert.equal(draft.isOpen, false);
  });
}

test('what is longer than the limit is passed over to its end, and the next prompt is whole', () => {
  const draft = createLineDraft();
  const long = 'x'.repeat(DRAFT_CHARS_MAX / 4);
  assert.equal(draft.push('"""'), undefined);
  for (let count = 0; count < 9; count += 1) assert.equal(draft.push(long), undefined);
  assert.equal(draft.push('"""'), 'too-long');
  assert.deepEqual(draft.push('next'), { text: 'next' });
});

test('what was begun can be dropped', () => {
  const draft = createLineDraft();
  draft.push('one\\');
  draft.push('"""');
  assert.deepEqual([draft.isOpen, draft.isBlock], [true, true]);
  draft.drop();
  assert.deepEqual(draft.push('two'), { text: 'two' });
});
