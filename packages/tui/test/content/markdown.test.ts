import assert from 'node:assert/strict';
import { describe, test } from 'node:test';

import { createMarkdownStream, createTheme, defaultLimits, type Line, lineText, lineWidth, parseInline, parseMarkdown, renderBlocks, type Span, type Theme } from '../../src/index.ts';
import { createSeededRandom } from '@sx/testkit';

const theme = createTheme('dark');
const rendered = (text: string, columns = 40): string[] => renderBlocks(parseMarkdown(text), { columns, theme }).map(lineText);

/** Spans as `role{text}`; plain text as it is. */
function marked(spans: readonly Span[]): string {
  const roles: readonly (keyof Theme)[] = ['strong', 'emphasis', 'strike', 'code', 'link', 'muted', 'quote', 'keyword', 'string', 'comment', 'number', 'function', 'type', 'property'];
  return spans
    .map(({ text, style }) => {
      const { link: _target, ...rest } = style;
      const role = roles.find((name) => JSON.stringify(theme[name]) === JSON.stringify(rest));
      return role === undefined ? (Object.keys(rest).length === 0 ? text : `${Object.keys(rest).join('+')}{${text}}`) : `${role}{${text}}`;
    })
    .join('');
}

describe('blocks', () => {
  const rows: readonly (readonly [rule: string, text: string, lines: readonly string[], columns?: number])[] = [
    ['a paragraph keeps its line breaks', 'one\ntwo', ['one', 'two']],
    ['paragraphs are apart', 'one\n\n\n\ntwo', ['one', '', 'two']],
    ['headings stand apart', 'text\n# One\n## Two ##\n### Three', ['text', '', 'One', '', 'Two', '', '### Three']],
    ['a heading by underline', 'Title\n=====\ntext', ['Title', 'text']],
    ['a hash without a space is text', '#hashtag', ['#hashtag']],
    ['a list', '- a\n* b\n+ c', ['• a', '• b', '• c']],
    ['numbers as written', '3. a\n4) b', ['3. a', '4) b']],
    ['items wrap below their text', '- one two three four', ['• one two', '  three', '  four'], 10],
    ['nested lists', '- a\n  - b\n    - c\n- d', ['• a', '  • b', '    • c', '• d']],
    ['lists nested by too little', '1. a\n  - b\n2. c', ['1. a', '   • b', '2. c']],
    ['a paragraph in an item', '- a\n\n  more\n\nout', ['• a', '', '  more', '', 'out']],
    ['a lazy line goes on', '- a\nb', ['• a', '  b']],
    ['an item without text', '-\n- b', ['• ', '• b']],
    ['tasks', '- [ ] a\n- [x] b', ['• ☐ a', '• ☑ b']],
    ['a year is no list', 'It was in\n2020. Then', ['It was in', '2020. Then']],
    ['a quote', '> a\n> b\n\nc', ['│ a', '│ b', '', 'c']],
    ['a quote of two paragraphs keeps its bar', '> a\n>\n> b', ['│ a', '│', '│ b']],
    ['quotes nest, lists in them too', '> > a\n> - b', ['│ │ a', '│ • b']],
    ['code', '```js\nconst a = 1;\n\n  b();\n```\nafter', ['  const a = 1;', '  ', '    b();', 'after']],
    ['code keeps marks of Markdown', '~~~\n# no heading\n- no list\n~~~', ['  # no heading', '  - no list']],
    ['a fence ends with as many marks', '````\n```\n````\nx', ['  ```', 'x']],
    ['code in an item', '- a\n  ```\n  x\n    y\n  ```\n- b', ['• a', '    x', '      y', '• b']],
    ['code that never ends is code', '```\na\nb', ['  a', '  b']],
    ['code by indentation', 'a\n\n    code\n\nb', ['a', '', '  code', '', 'b']],
    ['long code goes on in the next row', '```\nabcdefghij\n```', ['  abcdef', '  ghij'], 8],
    ['a rule', 'a\n\n---\n\nb', ['a', '', '──────────', '', 'b'], 10],
    ['a table', '| a | b |\n|---|--:|\n| x | 10 |\n| yy | 5 |', ['a  │  b', '───┼───', 'x  │ 10', 'yy │  5']],
    ['a table without outer bars, with a bar in a cell', 'a | b\n--|--\n1 | x \\| y', ['a │ b', '──┼──────', '1 │ x | y']],
    ['a table that does not fit wraps its cells', '| name | text |\n|--|--|\n| one | several words here |', ['name │ text', '─────┼───────────', 'one  │ several', '     │ words here'], 17],
    ['a table for which there is no room at all is a list', '| a | b | c |\n|--|--|--|\n| 1 | 2 | 3 |', ['a: 1', 'b: 2', 'c: 3'], 8],
    ['rows with too few or too many cells', '| a | b |\n|--|--|\n| 1 |\n| 1 | 2 | 3 |', ['a │ b', '──┼──', '1 │ ', '1 │ 2']],
    ['wide characters in a table', '| a | b |\n|--|--|\n| 中文 | x |', ['a    │ b', '─────┼──', '中文 │ x']],
    ['no table without the row of dashes', '| a | b |\ntext', ['| a | b |', 'text']],
    ['HTML is shown as written', '<div>\n<b>x</b>', ['<div>', '<b>x</b>']],
    ['escape sequences are shown', 'a \u001b[31mred', ['a \u001b[31mred'.replace('\u001b', '\\u001b')]],
  ];
  for (const [rule, text, lines, columns] of rows) test(rule, () => assert.deepEqual(rendered(text, columns), lines));
});

describe('inside of a block', () => {
  const rows: readonly (readonly [rule: string, text: string, spans: string])[] = [
    ['strong and emphasis', '**a** *b* __c__ _d_', 'strong{a} emphasis{b} strong{c} emphasis{d}'],
    ['both', '***a***', 'bold+italic{a}'],
    ['nested', '**a *b* c**', 'strong{a }bold+italic{b}strong{ c}'],
    ['nested at the end', '*a **b***', 'emphasis{a }italic+bold{b}'],
    ['struck out', '~~a~~', 'strike{a}'],
    ['marks with spaces around are text', '2 * 3 * 4 ** 5', '2 * 3 * 4 ** 5'],
    ['underscores in words are text', 'snake_case_name __init__.py', 'snake_case_name strong{init}.py'],
    ['marks that never close are text', '**a *b', '**a *b'],
    ['code', '`a*b*` ``c`d``', 'code{a*b*} code{c`d}'],
    ['code that never closes is text', '`a', '`a'],
    ['backslash escapes', '\\*a\\* \\q', '*a* \\q'],
    ['entities', '&lt;a&gt; &amp; &copy;', '<a> & &copy;'],
    ['a link says where it leads', '[a *b*](http://x.y/z "t")', 'link{a }foreground+underline+italic{b}muted{ (http://x.y/z)}'],
    ['a link that is its own label', '[http://x.y](http://x.y)', 'link{http://x.y}'],
    ['brackets in the target', '[a](http://x/(b))', 'link{a}muted{ (http://x/(b))}'],
    ['an image', '![alt](a.png)', 'link{[image: alt]}muted{ (a.png)}'],
    ['bare and angled addresses', 'see https://a.b/c. <http://d.e>', 'see link{https://a.b/c}. link{http://d.e}'],
    ['brackets that are no link', '[a] [b](c', '[a] [b](c'],
  ];
  for (const [rule, text, spans] of rows) test(rule, () => assert.equal(marked(parseInline(text, { theme })), spans));

  const open: readonly (readonly [rule: string, text: string, spans: string])[] = [
    ['strong', 'a **bo', 'a strong{bo}'],
    ['code', 'a `co', 'a code{co}'],
    ['a link', 'a [b](http://x', 'a link{b}'],
    ['nothing yet', 'a **', 'a **'],
  ];
  for (const [rule, text, spans] of open) test(`while the text streams, what is open runs to the end: ${rule}`, () => assert.equal(marked(parseInline(text, { theme, open: true })), spans));

  test('the terminal shows the target where it can', () => {
    assert.equal(marked(parseInline('[a](https://x.y)', { theme, hyperlinks: true })), 'link{a}');
    assert.equal(parseInline('[a](https://x.y)', { theme, hyperlinks: true })[0]?.style.link, 'https://x.y');
  });
});

describe('streaming', () => {
  const TEXT = '# T\n\nSome **bold**\nand `code`.\n\n- one\n  - two\n\n> q\n> r\n\n```py\nx = """a\nb"""\n```\n\n| a | b |\n|---|---|\n| 1 | 2 |\n\n1. x\r\n2. y\n\nend';
  test('what is final does not depend on how the text was cut, nor on looking at the tail', () => {
    const whole = JSON.stringify(parseMarkdown(TEXT));
    for (let size = 1; size < 60; size += 1) {
      const stream = createMarkdownStream();
      const blocks = [];
      for (let at = 0; at < TEXT.length; at += size) {
        blocks.push(...stream.push(TEXT.slice(at, at + size)));
        stream.tail();
      }
      assert.equal(JSON.stringify([...blocks, ...stream.end()]), whole, `pieces of ${size}`);
    }
  });

  test('at every prefix, final blocks and tail together are the whole text', () => {
    const words = (lines: readonly Line[]): string => lines.map(lineText).join('').replace(/[^a-zA-Z0-9"=]/g, '');
    const stream = createMarkdownStream();
    const done = [];
    for (let at = 0; at < TEXT.length; at += 1) {
      done.push(...stream.push(TEXT[at] ?? ''));
      const shown = words(renderBlocks([...done, ...stream.tail()], { columns: 60, theme }));
      const source = TEXT.slice(0, at + 1).replace(/```(p(y)?)?/g, '').replace(/[^a-zA-Z0-9"=]/g, '');
      assert.equal(shown, source, JSON.stringify(TEXT.slice(0, at + 1)));
    }
  });

  test('a line of code is final at its end', () => {
    const stream = createMarkdownStream();
    assert.equal(stream.push('```js\nconst a = 1;').length, 0);
    assert.equal(stream.push('\nlet').length, 1);
    assert.deepEqual(renderBlocks(stream.tail(), { columns: 40, theme }).map(lineText), ['  let']);
  });

  test('a megabyte without a newline is final in pieces, and its tail stays small', () => {
    const stream = createMarkdownStream();
    let count = 0;
    for (let piece = 0; piece < 256; piece += 1) {
      count += stream.push('word '.repeat(820)).length;
      const tail = stream.tail().reduce((sum, { leaf }) => sum + (leaf.kind === 'paragraph' ? leaf.text.length : 0), 0);
      assert.ok(tail <= 2 * defaultLimits.openTextCharsMax, String(tail));
    }
    assert.ok(count > 100);
  });

  test('costs the same per letter at any length', () => {
    for (const hostile of ['*', '[', '`', '_a ', '**a ', '![', '> ', '- ', '|', '<', '\\', '~~', '***a*', '`` ` ', 'http://', '1. ']) {
      const started = performance.now();
      const stream = createMarkdownStream();
      const blocks = stream.push(hostile.repeat(20_000));
      renderBlocks([...blocks, ...stream.tail(), ...stream.end()], { columns: 80, theme });
      assert.ok(performance.now() - started < 2_000, hostile);
    }
  });

  test('text under a style keeps what Markdown says', () => {
    const [line] = renderBlocks(parseMarkdown('a **b**'), { columns: 40, theme, style: theme.thinking });
    assert.deepEqual(line?.map(({ style }) => style), [theme.thinking, { ...theme.thinking, bold: true }]);
  });

  test('no row is wider than the columns, whatever comes', () => {
    const random = createSeededRandom(11);
    const parts = ['# ', '- ', '> ', '```\n', '| a ', '|--|--|\n', '**', '`', '[x](y)', '中文 ', 'word ', '\n', '\n\n', '    ', '1. ', '👍🏽', '\t', '---\n', '\u001b[2J'];
    for (let round = 0; round < 150; round += 1) {
      const text = Array.from({ length: random.below(60) }, () => random.pick(parts)).join('');
      const columns = 1 + random.below(50);
      for (const line of renderBlocks(parseMarkdown(text), { columns, theme })) {
        // A prefix of quotes and items may be as wide as the row; then text has one column.
        assert.ok(lineWidth(line) <= columns, `${JSON.stringify(text)} at ${columns}: ${JSON.stringify(lineText(line))}`);
        assert.doesNotMatch(lineText(line), /[\u0000-\u0008\u000a-\u001f]/);
      }
    }
  });
});
