import assert from 'node:assert/strict';
import { describe, test } from 'node:test';

import { createVirtualTerminal, type VirtualTerminal } from '../src/index.ts';

const at = ({ cursor }: VirtualTerminal): string => `${cursor.row},${cursor.column}${cursor.pendingWrap ? ' pending' : ''}`;

function written(columns: number, rows: number, ...texts: string[]): VirtualTerminal {
  const terminal = createVirtualTerminal({ columns, rows });
  for (const text of texts) terminal.write(text);
  return terminal;
}

describe('what a real terminal does', () => {
  test('text in the last column leaves the wrap pending', () => {
    const terminal = written(5, 3, 'abcde');
    assert.equal(at(terminal), '0,4 pending');
    terminal.write('f');
    assert.equal(terminal.screen(), 'abcde\nf');
    assert.equal(terminal.text(), 'abcdef');
  });
  test('a CR takes a pending wrap back', () => assert.equal(written(5, 3, 'abcde\rX').screen(), 'Xbcde'));
  test('without autowrap the last column is overwritten', () => assert.equal(written(5, 2, '\u001b[?7labcdefg').screen(), 'abcdg'));
  test('erasing in pending wrap takes the last cell', () => assert.equal(written(5, 2, 'abcde\u001b[K').screen(), 'abcd'));
  test('lines that leave the top are in the scroll-back', () => {
    const terminal = written(5, 2, '1\r\n2\r\n3\r\n4');
    assert.deepEqual([terminal.scrollback(), terminal.lines()], [['1', '2'], ['3', '4']]);
  });
  test('moves stop at the edges', () => assert.equal(at(written(5, 3, '\u001b[99;99H\u001b[99A\u001b[2G')), '0,1'));
  test('a wide character takes two cells and does not straddle the edge', () => {
    const terminal = written(3, 2, '中文');
    assert.equal(terminal.screen(), '中\n文');
    assert.deepEqual([terminal.cell(0, 0).width, terminal.cell(0, 1).width], [2, 0]);
  });
  test('writing over half of a wide character erases the other half', () => assert.equal(written(6, 1, '中文\rx').screen(), 'x 文'));
  test('marks join the cell before', () => assert.equal(written(5, 1, 'e\u0301x').cell(0, 0).text, 'e\u0301'));
  test('SGR stays with the cells', () => {
    const terminal = written(5, 1, '\u001b[1;38;2;1;2;3ma\u001b[0;4mb\u001b[mc');
    assert.deepEqual([0, 1, 2].map((column) => terminal.cell(0, column).style), ['1;38;2;1;2;3', '4', '']);
  });
  test('erasing below', () => assert.equal(written(3, 3, 'a\r\nb\r\nc\u001b[2A\r\u001b[J').screen(), ''));
  test('bytes may be cut inside of a character and of a sequence', () => {
    const terminal = createVirtualTerminal({ columns: 5, rows: 1 });
    for (const byte of Buffer.from('\u001b[1m中\u001b]8;;http://x\u001b\\a')) terminal.write(Uint8Array.of(byte));
    assert.equal(terminal.screen(), '中a');
    assert.deepEqual([terminal.cell(0, 0).style, terminal.cell(0, 2).link], ['1', 'http://x']);
  });
});

describe('a cell holds a grapheme cluster', () => {
  const rows: readonly (readonly [what: string, text: string, clustered: readonly string[], byCodePoint: readonly string[]])[] = [
    ['a family of ZWJ', '👨‍👩‍👧‍👦', ['👨‍👩‍👧‍👦:2'], ['👨‍:2', '👩‍:2', '👧‍:2', '👦:2']],
    ['a profession', '👩🏽‍💻', ['👩🏽‍💻:2'], ['👩:2', '🏽‍:2', '💻:2']],
    ['a skin tone', '👍🏽', ['👍🏽:2'], ['👍:2', '🏽:2']],
    ['a flag', '🇩🇪', ['🇩🇪:2'], ['🇩:2', '🇪:2']],
    ['two flags', '🇩🇪🇫🇷', ['🇩🇪:2', '🇫🇷:2'], ['🇩:2', '🇪:2', '🇫:2', '🇷:2']],
    ['a flag of tags', '🏴\u{e0067}\u{e0062}\u{e007f}', ['🏴\u{e0067}\u{e0062}\u{e007f}:2'], ['🏴\u{e0067}\u{e0062}\u{e007f}:2']],
    ['a keycap', '1\ufe0f\u20e3', ['1\ufe0f\u20e3:2'], ['1\ufe0f\u20e3:1']],
    ['emoji by U+FE0F', '❤\ufe0f', ['❤\ufe0f:2'], ['❤\ufe0f:1']],
    ['text by U+FE0E', '❤\ufe0e', ['❤\ufe0e:1'], ['❤\ufe0e:1']],
    ['a letter with marks', 'e\u0301\u0323', ['e\u0301\u0323:1'], ['e\u0301\u0323:1']],
    ['Hangul of jamo', '\u1112\u1161\u11ab', ['\u1112\u1161\u11ab:2'], ['\u1112\u1161\u11ab:2']],
    ['neighbours that are none', 'a中👍', ['a:1', '中:2', '👍:2'], ['a:1', '中:2', '👍:2']],
  ];
  for (const [what, text, clustered, byCodePoint] of rows) {
    test(`${what}, however the bytes are cut`, () => {
      for (const [clusters, expected] of [[true, clustered], [false, byCodePoint]] as const) {
        for (const pieces of [[Buffer.from(text)], [...Buffer.from(text)].map((byte) => Uint8Array.of(byte))]) {
          const terminal = createVirtualTerminal({ columns: 20, rows: 2, clusters });
          for (const piece of pieces) terminal.write(piece);
          const cells = Array.from({ length: 20 }, (_, column) => terminal.cell(0, column)).filter(({ width, text: held }) => width > 0 && held !== ' ');
          assert.deepEqual(cells.map((cell) => `${cell.text}:${cell.width}`), expected);
          const columns = expected.reduce((sum, cell) => sum + Number(cell.at(-1)), 0);
          assert.equal(terminal.cursor.column, columns);
        }
      }
    });
  }

  test('what is widened in the middle of a row erases the cell behind it', () => {
    const terminal = written(6, 1, '❤bc\r\u001b[C\ufe0f');
    assert.deepEqual([terminal.screen(), terminal.cell(0, 0).width, terminal.cursor.column], ['❤\ufe0fc', 2, 2]);
  });
  test('in the last column there is no room to widen', () => assert.equal(written(2, 1, 'a❤\ufe0f').cell(0, 1).width, 1));
  test('a cluster survives a resize', () => {
    const terminal = written(8, 2, 'ab👨‍👩‍👧cd');
    terminal.resize(3, 4);
    assert.equal(terminal.screen(), 'ab\n👨‍👩‍👧c\nd');
    terminal.resize(8, 2);
    assert.equal(terminal.screen(), 'ab👨‍👩‍👧cd');
  });
});

describe('a resize', () => {
  test('wraps rows that are too wide, and joins them again', () => {
    const terminal = written(10, 4, 'abcdefgh\r\nij');
    terminal.resize(5, 4);
    assert.deepEqual([terminal.screen(), at(terminal)], ['abcde\nfgh\nij', '2,2']);
    terminal.resize(10, 4);
    assert.deepEqual([terminal.screen(), at(terminal)], ['abcdefgh\nij', '1,2']);
  });
  test('cuts them in a terminal that does not', () => {
    const terminal = createVirtualTerminal({ columns: 10, rows: 2, reflow: false });
    terminal.write('abcdefgh');
    terminal.resize(5, 2);
    assert.equal(terminal.screen(), 'abcde');
  });
  test('fewer rows send the top to the scroll-back, more bring it back', () => {
    const terminal = written(5, 4, '1\r\n2\r\n3\r\n4');
    terminal.resize(5, 2);
    assert.deepEqual([terminal.scrollback(), terminal.screen()], [['1', '2'], '3\n4']);
    terminal.resize(5, 4);
    assert.deepEqual([terminal.scrollback(), terminal.screen(), at(terminal)], [[], '1\n2\n3\n4', '3,1']);
  });
  test('empty rows below the cursor go first', () => {
    const terminal = written(5, 4, '1\r\n2');
    terminal.resize(5, 2);
    assert.deepEqual([terminal.scrollback(), terminal.screen()], [[], '1\n2']);
  });
});

describe('images take cells', () => {
  const kitty = (keys: string, data = 'AAAA'): string => `\u001b_G${keys};${data}\u001b\\`;
  const iterm2 = (width: number, height: number, size = 3): string =>
    `\u001b]1337;File=name=YQ==;size=${size};width=${width};height=${height};preserveAspectRatio=1;inline=1:AAAA\u0007`;
  const sixel = (width: number, height: number): string => `\u001bP0;1;0q"1;1;${width};${height}#0;2;0;0;0#0!${width}~\u001b\\`;
  test('of kitty, in one piece or several, with the cursor behind them', () => {
    const one = written(5, 4, kitty('a=T,q=2,f=100,c=3,r=2,m=0'), 'x');
    assert.deepEqual([one.screen(), one.images.length, one.unknown], ['▒▒▒\n▒▒▒x', 1, []]);
    const pieces = written(5, 4, kitty('a=T,q=2,f=100,c=3,r=2,m=1'));
    assert.equal(pieces.screen(), '');
    pieces.write(kitty('m=1') + kitty('m=0', 'AA=='));
    assert.deepEqual([pieces.screen(), pieces.images[0]?.data.length], ['▒▒▒\n▒▒▒', 7]);
  });
  test('of iTerm2', () => assert.equal(written(5, 4, iterm2(2, 2), 'x').screen(), '▒▒\n▒▒x'));
  test('of sixel, by pixels, with the cursor in front of the last row', () => {
    const terminal = written(5, 4, sixel(21, 40), '');
    assert.deepEqual([terminal.screen(), at(terminal)], ['▒▒▒\n▒▒▒', '1,0']);
  });
  test('the edge cuts them, the bottom makes them scroll', () => {
    const terminal = written(3, 2, 'a\r\n', iterm2(5, 3));
    assert.deepEqual([terminal.scrollback(), terminal.screen(), at(terminal)], [['a', '▒▒▒'], '▒▒▒\n▒▒▒', '1,2']);
  });
  test('what is not one of them, or not whole, is unknown', () => {
    const bad = [kitty('a=T,f=100,m=0'), kitty('m=0'), kitty('a=T,q=2,f=100,c=3,r=2,m=0', 'A%'), iterm2(2, 2, 4), '\u001bPq~\u001b\\', '\u001b]1337;SetMark\u0007'];
    for (const sequence of bad) assert.equal(written(9, 9, sequence).unknown.length, 1, JSON.stringify(sequence));
  });
  test('it says what it can: the size of a cell, and sixel with its colours and pixels', () => {
    const asked = (options: { readonly sixel?: boolean; readonly saysCell?: boolean }): readonly string[] => {
      const terminal = createVirtualTerminal({ columns: 4, rows: 2, cell: { width: 6, height: 13 }, ...options });
      terminal.write('\u001b[16t\u001b[c\u001b[?1;1;0S\u001b[?2;1;0S');
      return terminal.replies;
    };
    assert.deepEqual(asked({}), ['\u001b[6;13;6t', '\u001b[?62;22c']);
    assert.deepEqual(asked({ sixel: true, saysCell: false }), ['\u001b[?62;4;22c', '\u001b[?1;0;256S', '\u001b[?2;0;24;26S']);
  });
});

describe('what a test may ask', () => {
  test('modes, keyboard flags, title, bells', () => {
    const terminal = written(5, 1, '\u001b[?2004h\u001b[>1u\u001b]2;hi\u0007\u0007\u001b[?25l');
    assert.deepEqual([terminal.modes.has(2004), terminal.keyboardFlags, terminal.title, terminal.bells, terminal.cursor.visible], [true, 1, 'hi', 1, false]);
    terminal.write('\u001b[<u');
    assert.equal(terminal.keyboardFlags, 0);
  });
  test('synchronized updates', () => {
    const terminal = written(5, 1, '\u001b[?2026ha');
    assert.deepEqual([terminal.updating, terminal.updates], [true, 0]);
    terminal.write('\u001b[?2026l');
    assert.deepEqual([terminal.updating, terminal.updates], [false, 1]);
  });
  test('answers', () => assert.deepEqual(written(5, 1, '\u001b[c\u001b[?u\u001b]11;?\u001b\\').replies, ['\u001b[?62;22c', '\u001b[?0u', '\u001b]11;rgb:1e1e/1e1e/1e1e\u001b\\']));
  test('what it does not know, and what nobody may do', () => {
    const terminal = written(5, 1, '\u001b[5i\u0001\u001b[?1049h\u001b[3J\u001b[2J');
    assert.deepEqual([terminal.unknown.length, terminal.trespasses.length], [2, 3]);
  });
});
