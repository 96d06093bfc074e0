import assert from 'node:assert/strict';
import { describe, test } from 'node:test';

import type { KeyName } from '@sx/config';

import { update, valueOf, visibleRows, withData } from '../../src/config-editor/model.ts';
import { editor, press } from './editor-fixture.ts';

const shows = (state: Parameters<typeof visibleRows>[0], name: KeyName): boolean => visibleRows(state).includes(name);

describe('the rows that matter', () => {
  test('are those of the chosen provider', () => {
    const codex = editor({ PROVIDER: 'codex' });
    assert.ok(shows(codex, 'CODEX_TOKEN_SOURCE') && !shows(codex, 'ANTHROPIC_API_KEY') && shows(codex, 'MODEL'));
    const anthropic = editor({ PROVIDER: 'anthropic' });
    assert.ok(!shows(anthropic, 'CODEX_TOKEN_SOURCE') && shows(anthropic, 'ANTHROPIC_API_KEY'));
  });

  test('another name of a provider is that provider', () => assert.ok(shows(editor(), 'ROUTER_URL')));

  test('depend on parents of parents', () => {
    assert.ok(!shows(editor({ PROVIDER: 'codex' }), 'CODEX_SSH_HOST'));
    assert.ok(shows(editor({ PROVIDER: 'codex', CODEX_TOKEN_SOURCE: 'ssh' }), 'CODEX_SSH_HOST'));
    assert.ok(!shows(editor({ PROVIDER: 'gemini', CODEX_TOKEN_SOURCE: 'ssh' }), 'CODEX_SSH_HOST'));
  });

  test('follow a change at once, before it is saved', () => {
    const { state } = press(editor({ PROVIDER: 'codex' }), ' ');
    assert.equal(valueOf(state, 'PROVIDER'), 'claude_code');
    assert.ok(shows(state, 'CLAUDE_CODE_TOKEN_SOURCE') && !shows(state, 'CODEX_TOKEN_SOURCE'));
  });

  test('leave out what counts only in the environment', () => assert.ok(!shows(editor(), 'SX_HOME')));
});

describe('moving', () => {
  test('by arrows, letters, pages; it stops at the ends', () => {
    const rows = visibleRows(editor());
    assert.equal(press(editor(), 'j').state.selected, rows[1]);
    assert.equal(press(editor(), '<down>', '<down>', '<up>').state.selected, rows[1]);
    assert.equal(press(editor(), 'k').state.selected, rows[0]);
    assert.equal(press(editor(), 'G', 'j').state.selected, rows.at(-1));
    assert.equal(press(editor(), '<page-down>').state.selected, rows[10]);
    assert.equal(press(editor(), '<end>', '<home>').state.selected, rows[0]);
  });
});

describe('searching', () => {
  test('narrows as it is typed, in names and meanings, and keeps a row selected', () => {
    const { state } = press(editor({ PROVIDER: 'codex' }), '/', 'timeout');
    assert.ok(visibleRows(state).every((name) => name.includes('_TIMEOUT')));
    assert.equal(state.selected, 'CONNECT_TIMEOUT_MS');
    const kept = press(state, '<enter>').state;
    assert.deepEqual([kept.mode, kept.filter], ['browse', 'timeout']);
    assert.ok(visibleRows(press(editor(), '/', 'handshake').state).includes('TLS_TIMEOUT_MS'));
  });

  test('Escape takes the filter away; letters are text while it is typed', () => {
    const { state, effect } = press(editor(), '/', 'qsu');
    assert.deepEqual([state.filter, effect], ['qsu', 'none']);
    assert.equal(press(state, '<escape>').state.filter, '');
    assert.equal(press(state, '<enter>', '<escape>').state.filter, '');
  });

  test('nothing found: no key does anything to what is not shown', () => {
    const { state } = press(editor(), '/', 'zzzz', '<enter>', '<enter>', ' ', '<down>');
    assert.deepEqual([visibleRows(state).length, state.mode, state.changes.size], [0, 'browse', 0]);
  });
});

describe('changing', () => {
  const at = (name: KeyName, values = {}) => ({ ...editor(values), selected: name });

  test('a switch is toggled, and back again is no change', () => {
    const { state } = press(at('TOOLS', { TOOLS: '1' }), ' ');
    assert.deepEqual([...state.changes], [['TOOLS', '0']]);
    assert.equal(press(state, '<enter>').state.changes.size, 0);
  });

  test('choices go round, both ways', () => {
    assert.equal(valueOf(press(at('REASONING_EFFORT'), ' ').state, 'REASONING_EFFORT'), 'off');
    assert.equal(valueOf(press(at('REASONING_EFFORT'), '<left>').state, 'REASONING_EFFORT'), 'max');
    assert.equal(valueOf(press(at('PROVIDER', { PROVIDER: 'router' }), '<right>').state, 'PROVIDER'), 'codex');
  });

  test('a text is edited in place; Escape leaves it', () => {
    const editing = press(at('MODEL', { MODEL: 'opus' }), '<enter>').state;
    assert.deepEqual([editing.mode, editing.input], ['edit', 'opus']);
    const { state } = press(editing, '<backspace>', 'X ', '<enter>');
    assert.deepEqual([...state.changes], [['MODEL', 'opuX']]);
    assert.equal(press(editing, 'XX', '<escape>').state.changes.size, 0);
  });

  test('a paste is typed where something is typed, and does nothing elsewhere', () => {
    const paste = { kind: 'paste', text: 'suq' } as const;
    assert.deepEqual(update(at('MODEL'), paste), { state: at('MODEL'), effect: 'none' });
    assert.equal(update(press(at('MODEL', { MODEL: 'x' }), '<enter>').state, paste).state.input, 'xsuq');
    assert.equal(update(press(editor(), '/').state, paste).state.filter, 'suq');
  });

  test('what the key does not take is refused, and the text stays', () => {
    const { state } = press(at('MAX_TURNS'), '<enter>', 'many', '<enter>');
    assert.deepEqual([state.mode, state.input, state.changes.size], ['edit', 'many', 0]);
    assert.match(state.message ?? '', /whole number from 1/);
    assert.equal(valueOf(press(state, '<clear-line>', '7', '<enter>').state, 'MAX_TURNS'), '7');
  });

  test('a secret begins empty', () => {
    const { state } = press({ ...editor({ PROVIDER: 'anthropic', ANTHROPIC_API_KEY: 'marked' }), selected: 'ANTHROPIC_API_KEY' as const }, '<enter>');
    assert.deepEqual([state.mode, state.input], ['edit', '']);
  });

  test('unset takes a line of the file away, or a change that is not saved', () => {
    assert.deepEqual([...press(at('MODEL', { MODEL: 'opus' }), 'u').state.changes], [['MODEL', undefined]]);
    assert.equal(valueOf(press(at('MODEL', { MODEL: 'opus' }), 'u').state, 'MODEL'), 'sonnet');
    const unsaved = press(at('MODEL'), '<enter>', 'x', '<enter>', 'u').state;
    assert.equal(unsaved.changes.size, 0);
    assert.match(press(at('MODEL'), 'u').state.message ?? '', /does not set it/);
  });

  test('a change that would not show is said', () => {
    const state = { ...editor({}, { hiddenBy: new Map([['MODEL', 'the environment']]) }), selected: 'MODEL' as const };
    assert.match(press(state, '<enter>', 'x', '<enter>').state.message ?? '', /the environment sets it too, and wins/);
  });
});

describe('leaving', () => {
  test('without changes at once; with some it asks', () => {
    assert.equal(press(editor(), 'q').effect, 'quit');
    const asked = press(editor(), ' ', 'q');
    assert.deepEqual([asked.effect, asked.state.mode], ['none', 'leave']);
    assert.equal(press(asked.state, 'q').effect, 'quit');
    assert.equal(press(asked.state, 's').effect, 'save');
    assert.deepEqual([press(asked.state, 'x').effect, press(asked.state, 'x').state.mode], ['none', 'browse']);
  });

  test('Ctrl-C quits from everywhere', () => {
    for (const keys of [[], ['/'], ['j', '<enter>'], [' ', 'q']]) assert.equal(press(editor(), ...keys, '<interrupt>').effect, 'quit');
  });

  test('saving is asked for by s; nothing to save is said', () => {
    assert.equal(press(editor(), ' ', 's').effect, 'save');
    assert.equal(press(editor(), 's').state.message, 'nothing to save');
  });

  test('after a save the place is kept, and there are no changes', () => {
    const { state } = press(editor({ PROVIDER: 'codex' }), ' ');
    const saved = withData({ ...state, selected: 'CLAUDE_CODE_API_URL' }, editor({ PROVIDER: 'gemini' }).data, 'saved');
    assert.deepEqual([saved.changes.size, saved.message, saved.selected], [0, 'saved', 'PROVIDER']);
  });
});
