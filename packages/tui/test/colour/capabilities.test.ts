import assert from 'node:assert/strict';
import { describe, test } from 'node:test';

import { createTheme, detectCapabilities, groundOf, sgrParameters, type TerminalVariables, toIndexed } from '../../src/index.ts';

describe('what a terminal can do', () => {
  const rows: readonly (readonly [variables: TerminalVariables, what: string])[] = [
    [{ TERM: 'dumb' }, 'plain none none'],
    [{}, 'plain none none'],
    [{ TERM: 'xterm' }, '16 none'],
    [{ TERM: 'xterm-256color' }, '256 none'],
    [{ TERM: 'xterm-256color', COLORTERM: 'truecolor' }, 'true none'],
    [{ TERM: 'xterm-256color', COLORTERM: 'truecolor', NO_COLOR: '1' }, 'none none'],
    [{ TERM: 'xterm-256color', NO_COLOR: '' }, '256 none'],
    [{ TERM: 'xterm', FORCE_COLOR: '3' }, 'true none'],
    [{ TERM: 'xterm-256color', FORCE_COLOR: '0' }, 'none none'],
    [{ TERM: 'xterm-kitty' }, 'true kitty links'],
    [{ TERM: 'xterm-256color', TERM_PROGRAM: 'iTerm.app', COLORTERM: 'truecolor' }, 'true iterm2 links'],
    [{ TERM: 'tmux-256color', TMUX: '/tmp/x', KITTY_WINDOW_ID: '1' }, '256 none links'],
    [{ TERM: 'xterm-256color', LC_TERMINAL: 'iTerm2' }, '256 iterm2 links'],
    [{ TERM: 'xterm-256color', LC_TERMINAL: 'iTerm2', TERM_PROGRAM: 'vscode' }, '256 none links'],
    [{ TERM: 'linux' }, '16 none'],
    [{ TERM: 'vt100' }, 'none none'],
  ];
  for (const [variables, what] of rows) {
    test(`${JSON.stringify(variables)}: ${what}`, () => {
      const { plain, colourDepth, images, hyperlinks } = detectCapabilities(variables);
      assert.equal(`${plain ? 'plain ' : ''}${colourDepth} ${images}${hyperlinks ? ' links' : ''}`, what);
    });
  }
  for (const [value, ground] of [[undefined, 'dark'], ['15;0', 'dark'], ['0;15', 'light'], ['0;default;15', 'light'], ['0;7', 'light'], ['12;8', 'dark'], ['0;default', 'dark'], ['7;17', 'dark']] as const) {
    test(`COLORFGBG ${value} is a ${ground} ground`, () => assert.equal(detectCapabilities({ TERM: 'xterm', COLORFGBG: value }).ground, ground));
  }
  test('a Windows console sets no TERM and has true colour', () => assert.deepEqual(detectCapabilities({}, 'win32').colourDepth, 'true'));
});

test('what is grey is dim where there are no colours, so that a placeholder is not taken for text', () => {
  assert.deepEqual([sgrParameters(createTheme('dark').muted, 'none'), sgrParameters(createTheme('light').muted, 'none')], ['2', '2']);
});

test('a colour becomes the nearest of 256', () => {
  assert.deepEqual([0x000000, 0xffffff, 0xff0000, 0x00ff00, 0x808080, 0x5f87af].map(toIndexed), [16, 231, 196, 46, 244, 67]);
});

test('a style becomes SGR', () => {
  const style = { bold: true, underline: true, foreground: { rgb: 0xff0000, ansi: 9 }, background: { rgb: 0, ansi: 0 } };
  assert.deepEqual((['none', '16', '256', 'true'] as const).map((depth) => sgrParameters(style, depth)), ['1;4', '1;4;91;40', '1;4;38;5;196;48;5;16', '1;4;38;2;255;0;0;48;2;0;0;0']);
});

test('themes differ by ground, and every ground has one', () => {
  assert.equal(groundOf(0x1e1e1e), 'dark');
  assert.equal(groundOf(0xfdf6e3), 'light');
  assert.notDeepEqual(createTheme('dark').keyword, createTheme('light').keyword);
});
