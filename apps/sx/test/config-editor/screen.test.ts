import assert from 'node:assert/strict';
import { test } from 'node:test';

import { KEY_NAMES } from '@sx/config';

import { screen } from '../../src/config-editor/screen.ts';
import { editor, press } from './editor-fixture.ts';

const text = (...given: Parameters<typeof screen>): string => screen(...given).map((line) => line.text).join('\n');
const WIDE = { columns: 100, rows: 30 };

test('a row has name, value and source; the selected one its meaning and default; topics stand above', () => {
  const shown = text({ ...editor({ PROVIDER: 'codex', MODEL: 'opus' }), selected: 'MODEL' }, WIDE);
  assert.match(shown, /^sx config · \/home\/me\/\.scorpiox\/scorpiox-env\.txt\nProvider\n {2}PROVIDER {20}codex .* scorpiox-env\.txt:1\nModel\n> MODEL {23}opus/);
  assert.match(shown, /Model: a vendor's id, or an alias \(opus, sonnet, haiku\)/);
  assert.match(shown, /\ndefault sonnet; from \/home\/me\/\.scorpiox\/scorpiox-env\.txt:1\n/);
  assert.match(shown, /q quit$/);
});

test('secrets are stars: in the row, and while they are typed', () => {
  const state = { ...editor({ PROVIDER: 'anthropic', ANTHROPIC_API_KEY: 'marked', HTTPS_PROXY: 'http://me:marked@proxy' }), selected: 'ANTHROPIC_API_KEY' as const };
  assert.match(text(state, { columns: 100, rows: 60 }), /> ANTHROPIC_API_KEY {11}\*{8} /);
  assert.match(text(state, { columns: 100, rows: 60 }), /HTTPS_PROXY {17}http:\/\/\*{8}@proxy/);
  const typing = press(state, '<enter>', 'marked').state;
  assert.match(text(typing, WIDE), /ANTHROPIC_API_KEY=\*{6}_$/);
  for (const step of [state, typing, press(typing, '<enter>').state]) assert.doesNotMatch(text(step, { columns: 100, rows: 99 }), /marked/);
});

test('changes are marked, counted, and called not saved', () => {
  const { state } = press(editor({ PROVIDER: 'codex' }), ' ');
  assert.match(text(state, WIDE), /^sx config · 1 unsaved · .*\nProvider\n>\*PROVIDER {20}claude_code .* not saved\n/);
});

test('at every size no line is too long, there are never too many, and the selected row is among them', () => {
  const states = [
    editor({ PROVIDER: 'codex' }),
    { ...editor({ PROVIDER: 'codex', MODEL: '中文'.repeat(80) }), selected: 'MODEL' as const },
    press({ ...editor({ MODEL: '中文'.repeat(80) }), selected: 'MODEL' as const }, '<enter>').state,
    press(editor(), '/', 'timeout').state,
    press(editor(), '/', 'zzzz').state,
    press(editor(), ' ', 'q').state,
    press(editor(), 's').state,
    ...KEY_NAMES.map((selected) => ({ ...editor({ PROVIDER: 'codex', CODEX_TOKEN_SOURCE: 'ssh' }), selected })),
  ];
  const widthOf = (line: string): number => [...line].reduce((sum, character) => sum + ((character.codePointAt(0) ?? 0) >= 0x2e80 ? 2 : 1), 0);
  for (const state of states) {
    for (const [columns, rows] of [[100, 30], [72, 10], [40, 24], [40, 9], [20, 4], [3, 3], [1, 1]] as const) {
      const lines = screen(state, { columns, rows });
      assert.ok(lines.length <= rows && lines.length > 0, `${lines.length} lines of ${rows}`);
      for (const line of lines) assert.ok(widthOf(line.text) <= columns, `${columns}: ${line.text}`);
    }
  }
});

test('on 40 columns everything is there', () => {
  const shown = text({ ...editor({ PROVIDER: 'codex' }), selected: 'CODEX_TOKEN_SOURCE' }, { columns: 40, rows: 24 });
  assert.match(shown, /\n> CODEX_TOKEN_SOURCE local\n/);
  assert.match(shown, /\nWhere the access token comes from: a\n/);
  assert.match(shown, /\ndefault local; from default\n/);
});

test('nothing in a value can act on the terminal', () => {
  const state = { ...editor({ MODEL: 'a\u001b[2Jb\u202e\u0007' }), selected: 'MODEL' as const };
  for (const shown of [text(state, WIDE), text(press(state, '<enter>').state, WIDE)]) assert.doesNotMatch(shown, /[\u001b\u0007\u202e]/);
});
