import assert from 'node:assert/strict';
import { describe, test } from 'node:test';

import {
  createEditor,
  createKeyDecoder,
  createTheme,
  type EditorEffect,
  type EditorState,
  fuzzyFilter,
  insertChip,
  type InputEvent,
  lineText,
  setCompletions,
  setEditorText,
  updateEditor,
  viewEditor,
} from '../../src/index.ts';

const theme = createTheme('dark');
const E = '\u001b';

/** Types bytes as a terminal sends them. */
function type(state: EditorState, input: string, columns = 40): { state: EditorState; effects: EditorEffect[]; refused: InputEvent[] } {
  const effects: EditorEffect[] = [];
  const refused: InputEvent[] = [];
  const decoder = createKeyDecoder();
  const take = (event: InputEvent): void => {
    const step = updateEditor(state, event, { columns });
    state = step.state;
    effects.push(...step.effects);
    if (!step.taken) refused.push(event);
  };
  decoder.push(Buffer.from(input), take);
  decoder.expire(take);
  return { state, effects, refused };
}

/** The text with `|` at the cursor. */
const shown = ({ text, cursor }: EditorState): string => `${text.slice(0, cursor)}|${text.slice(cursor)}`;

const UP = `${E}[A`;
const DOWN = `${E}[B`;
const LEFT = `${E}[D`;
const RIGHT = `${E}[C`;

describe('editing', () => {
  const rows: readonly (readonly [rule: string, keys: string, result: string])[] = [
    ['types', 'hello', 'hello|'],
    ['left and right by clusters', `a👨‍👩‍👧e\u0301${LEFT}${LEFT}`, 'a|👨‍👩‍👧e\u0301'],
    ['backspace takes a cluster', 'a👍🏽\u007f', 'a|'],
    ['delete takes the next one', `ab${LEFT}${LEFT}${E}[3~`, '|b'],
    ['start and end of the line', 'ab\ncd\u0001x\u0005y', 'ab\nxcdy|'],
    ['words', `one two-three${E}b${E}b_`, 'one _|two-three'],
    ['words of Chinese', `我们学习${E}b`, '我们|学习'],
    ['forward by words', `one two\u0001${E}f!`, 'one!| two'],
    ['Ctrl-W kills to the space', 'one two-three\u0017', 'one |'],
    ['Alt-Backspace kills a word', `one two-three${E}\u007f`, 'one two-|'],
    ['Ctrl-U and Ctrl-K', `abc def${E}b\u000b\u0015x`, 'x|'],
    ['Ctrl-K at the end of a line takes its end', `ab\ncd${UP}\u0005\u000b`, 'ab|cd'],
    ['kills in a row are one yank', 'one two\u0017\u0017\u0019', 'one two|'],
    ['Alt-Y goes to the older kill', `a\u0015b\u0015\u0019${E}y`, 'a|'],
    ['Alt-Y without a yank does nothing', `a\u0015b${E}y`, 'b|'],
    ['undo takes a run of typing', 'one two\u001f', 'one|'],
    ['undo twice', 'one two\u001f\u001f', '|'],
    ['undo and redo', `one\u0015\u001f${E}_`, '|'],
    ['transpose', 'ab\u0014', 'ba|'],
    ['Ctrl-J is a new line', 'a\nb', 'a\nb|'],
    ['a backslash before Enter is a new line', 'a\\\rb', 'a\nb|'],
    ['Alt-Enter is a new line', `a${E}\rb`, 'a\nb|'],
    ['up keeps its column over short lines', `abcd\nx\nefgh${UP}${UP}`, 'abcd|\nx\nefgh'],
    ['up by rows as they are seen', `${'word '.repeat(9)}end${UP}`, `${'word '.repeat(1)}wor|d ${'word '.repeat(7)}end`],
    ['a short paste is typed', `${E}[200~a\nb${E}[201~`, 'a\nb|'],
    ['text that pretends to be a chip is replaced', 'a\u{f0001}', 'a\ufffd|'],
  ];
  for (const [rule, keys, result] of rows) test(rule, () => assert.equal(shown(type(createEditor(), keys).state), result));

  test('what means nothing here comes back', () => {
    for (const keys of [`${E}`, '\t', '\u0004', '\u0003', `${E}OP`, `${E}[Z`, '\u007f']) {
      const { state, refused } = type(createEditor(), keys);
      assert.equal(refused.length, 1, JSON.stringify(keys));
      assert.equal(state.text, '');
    }
  });
  test('undo and history forget the oldest beyond their limit', () => {
    const editor = createEditor();
    let state: EditorState = { ...editor, limits: { ...editor.limits, rememberedCharsMax: 3_000 } };
    for (let count = 0; count < 10; count += 1) state = type(setEditorText(state, `${count}${'x'.repeat(900)}`), '\r').state;
    assert.equal(state.history.length, 3);
    for (let count = 0; count < 10; count += 1) state = setEditorText(state, `${count}${'x'.repeat(900)}`);
    assert.equal(state.undo.length, 3);
  });
  test('a text does not grow beyond its limit', () => {
    const editor = createEditor();
    const state = type({ ...editor, limits: { ...editor.limits, editorCharsMax: 5 } }, 'abcdefgh').state;
    assert.equal(state.text, 'abcde');
  });
});

describe('submitting', () => {
  test('gives the text and empties the editor', () => {
    const { state, effects } = type(createEditor(), 'hello\r');
    assert.deepEqual(effects, [{ type: 'submit', text: 'hello', attachments: [] }]);
    assert.equal(state.text, '');
  });
  test('an empty text is not submitted', () => assert.deepEqual(type(createEditor(), '  \r').effects, []));
  test('a long paste is a chip, expanded when submitted', () => {
    const pasted = Array.from({ length: 10_000 }, (_, index) => `line ${index}`).join('\n');
    const { state } = type(createEditor(), `look: ${E}[200~${pasted}${E}[201~`);
    const view = viewEditor(state, { columns: 60, theme });
    assert.equal(lineText(view.lines[0] ?? []), '› look: [Pasted text #1, 10,000 lines]');
    const { effects } = type(state, '!\r');
    assert.deepEqual(effects, [{ type: 'submit', text: `look: ${pasted}!`, attachments: [] }]);
  });
  test('a chip is one character to the keys', () => {
    const { state } = type(createEditor(), `a${E}[200~${'x'.repeat(2_000)}${E}[201~b`);
    assert.equal(shown(type(state, `${LEFT}\u007f`).state), 'a|b');
    const back = type(state, `${LEFT}\u007f\u001f\r`);
    assert.deepEqual(back.effects.at(-1), { type: 'submit', text: `a${'x'.repeat(2_000)}b`, attachments: [] });
  });
  test('attachments are handed over beside the text, unless they were deleted', () => {
    const chip = { kind: 'attachment', label: '[image a.png]', value: '/tmp/a.png' } as const;
    const state = insertChip(type(createEditor(), 'see ').state, chip);
    assert.deepEqual(type(state, '\r').effects, [{ type: 'submit', text: 'see [image a.png]', attachments: [chip] }]);
    assert.deepEqual(type(state, '\u007fx\r').effects, [{ type: 'submit', text: 'see x', attachments: [] }]);
  });
});

describe('history', () => {
  const editor = createEditor({ history: ['first', 'second\nline', 'third'] });
  test('up goes back, down returns to the draft', () => {
    const up = type(editor, `draft${UP}`).state;
    assert.equal(up.text, 'third');
    assert.equal(type(up, UP).state.text, 'second\nline');
    assert.equal(shown(type(up, `${DOWN}`).state), 'draft|');
  });
  test('up walks through the rows of an entry first', () => assert.equal(shown(type(editor, `${UP}${UP}${UP}`).state), 'seco|nd\nline'));
  test('what was submitted is the newest, once', () => {
    const { state } = type(editor, 'new\rnew\r');
    assert.equal(type(state, UP).state.text, 'new');
    assert.equal(type(state, `${UP}${UP}`).state.text, 'third');
  });
  test('Ctrl-R finds the newest, again the next older, Enter takes it without submitting', () => {
    const { state, effects } = type(editor, '\u0012ir\u0012\r');
    assert.equal(state.text, 'first');
    assert.deepEqual(effects, []);
    assert.equal(state.search, undefined);
  });
  test('Esc gives the draft back', () => assert.equal(type(editor, `draft\u0012ir${E}`).state.text, 'draft'));
  test('the view says what is searched and when nothing is found', () => {
    const line = (keys: string): string => lineText(viewEditor(type(editor, keys).state, { columns: 40, theme }).lines.at(-1) ?? []);
    assert.equal(line('\u0012ir'), 'search history: ir');
    assert.equal(line('\u0012zzz'), 'no match in history: zzz');
  });
  test('a recalled command opens no list', () => {
    const state = type(createEditor({ history: ['older', '/model'] }), UP).state;
    assert.equal(type(state, UP).state.text, 'older');
  });
});

describe('completion', () => {
  const items = [
    { value: '@src/', label: 'src/' },
    { value: '@src/main.ts', label: 'src/main.ts', detail: 'file' },
  ];
  const asked = (keys: string): EditorEffect[] => type(createEditor(), keys).effects;
  const open = (): EditorState => setCompletions(type(createEditor(), 'see @src').state, { trigger: '@', query: 'src' }, items);

  test('asks for files after @ and for commands at the start', () => {
    assert.deepEqual(asked('see @s').at(-1), { type: 'complete', request: { trigger: '@', query: 's' } });
    assert.deepEqual(asked('/mo').at(-1), { type: 'complete', request: { trigger: '/', query: 'mo' } });
    assert.deepEqual(asked('a/b me@host'), []);
  });
  test('Tab and Enter take the selected one, arrows move', () => {
    assert.equal(shown(type(open(), `${DOWN}\t`).state), 'see @src/main.ts |');
    assert.equal(shown(type(open(), `${DOWN}\r`).state), 'see @src/main.ts |');
    assert.equal(shown(type(open(), `${UP}\r`).state), 'see @src/main.ts |');
  });
  test('a folder leaves the list open for what is in it', () => {
    const { state, effects } = type(open(), '\t');
    assert.equal(shown(state), 'see @src/|');
    assert.deepEqual(effects, [{ type: 'complete', request: { trigger: '@', query: 'src/' } }]);
  });
  test('Esc closes it until the word changes; then Enter submits', () => {
    const { state, refused } = type(open(), E);
    assert.deepEqual(refused, []);
    assert.equal(type(state, '\r').effects[0]?.type, 'submit');
    assert.equal(type(state, 'x').effects[0]?.type, 'complete');
  });
  test('a command without arguments is submitted at once', () => {
    const state = setCompletions(type(createEditor(), '/co').state, { trigger: '/', query: 'co' }, [{ value: '/compact', label: '/compact', submits: true }]);
    assert.deepEqual(type(state, '\r').effects, [{ type: 'submit', text: '/compact', attachments: [] }]);
  });
  test('an answer that comes too late is dropped', () => {
    const { state } = type(createEditor(), '@sr');
    assert.equal(setCompletions(state, { trigger: '@', query: 's' }, items), state);
  });
  test('the list is shown below, the selected row marked', () => {
    const view = viewEditor(open(), { columns: 40, theme });
    assert.deepEqual(view.lines.map(lineText), ['› see @src', '❯ src/       ', '  src/main.ts  file']);
    assert.deepEqual(view.cursor, { row: 0, column: 10 });
  });
  test('the filter ranks starts before middles before scattered letters', () => {
    const names = ['src/komodel.ts', 'my-odd-elf', '/model', 'none'];
    assert.deepEqual(fuzzyFilter(names, 'model', (name) => name), ['/model', 'src/komodel.ts', 'my-odd-elf']);
  });
  test('the filter takes the start of a word, wherever it stands, before scattered letters', () => {
    const first = (query: string, ...names: string[]): string | undefined => fuzzyFilter(names, query, (name) => name)[0];
    assert.equal(first('code', 'decode the decoded', 'with a long, long, long way to code and decode'), 'with a long, long, long way to code and decode');
    assert.equal(first('an-endless-identifier-of-many', 'an-endless-identifier-of-xmany', `${'x'.repeat(200)}/an-endless-identifier-of-many`), `${'x'.repeat(200)}/an-endless-identifier-of-many`);
  });
  test('what a row is called counts before what is said of it', () => {
    const rows = [
      { label: 'later', detail: 'sx login codex, with a browser' },
      { label: 'with a code', detail: 'to enter in a browser on any machine' },
      { label: 'c-o-d-e', detail: '' },
    ];
    const found = fuzzyFilter(rows, 'code', ({ label }) => label, ({ detail }) => detail);
    assert.deepEqual(found.map(({ label }) => label), ['with a code', 'later', 'c-o-d-e']);
  });
});

describe('the view', () => {
  const view = (state: EditorState, columns: number, rows = 10): { lines: string[]; cursor: unknown } => {
    const { lines, cursor } = viewEditor(state, { columns, rows, theme });
    return { lines: lines.map(lineText), cursor };
  };
  test('wraps at words, indents by the prompt, and puts the caret where the text goes on', () => {
    assert.deepEqual(view(type(createEditor(), 'one two three').state, 12), { lines: ['› one two ', '  three'], cursor: { row: 1, column: 7 } });
  });
  test('the caret behind a full row has a column', () => {
    assert.deepEqual(view(type(createEditor(), 'abcdefg').state, 10), { lines: ['› abcdefg'], cursor: { row: 0, column: 9 } });
  });
  test('wide characters count twice', () => {
    assert.deepEqual(view(type(createEditor(), '中文').state, 40), { lines: ['› 中文'], cursor: { row: 0, column: 6 } });
  });
  test('shows rows around the caret of a tall text, and how many are hidden', () => {
    const text = Array.from({ length: 30 }, (_, index) => `row ${index}`).join('\n');
    const { lines, cursor } = view(setEditorText(createEditor(), text), 40, 4);
    assert.deepEqual(lines, ['  row 26', '  row 27', '  row 28', '  row 29', '  26 more above']);
    assert.deepEqual(cursor, { row: 3, column: 8 });
  });
  test('a placeholder while there is nothing', () => {
    const { lines, cursor } = viewEditor(createEditor(), { columns: 40, theme, placeholder: 'Ask anything' });
    assert.deepEqual([lines.map(lineText), cursor], [['› Ask anything'], { row: 0, column: 2 }]);
  });
  test('one column is enough to survive', () => {
    const { cursor } = viewEditor(type(createEditor(), '中文 abc').state, { columns: 1, theme });
    assert.ok(cursor !== undefined && cursor.row >= 0);
  });
  test('control characters in a text are shown', () => {
    assert.deepEqual(view(setEditorText(createEditor(), 'a\u001b[2Jb'), 40).lines, ['› a\\u001b[2Jb']);
  });
});

test('Ctrl-G hands the text over', () => assert.deepEqual(type(createEditor(), 'abc\u0007').effects, [{ type: 'open-editor', text: 'abc' }]));
test('right at the end stays', () => assert.equal(shown(type(createEditor(), `a${RIGHT}`).state), 'a|'));
