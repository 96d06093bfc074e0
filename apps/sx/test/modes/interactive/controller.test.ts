import assert from 'node:assert/strict';
import { test } from 'node:test';

import { createKeyDecoder, expandedText, type InputEvent } from '@sx/tui';

import { createApproval } from '../../../src/modes/interactive/approval.ts';
import {
  createScreenState, type ScreenEffect, type ScreenInput, type ScreenState, updateScreen,
} from '../../../src/modes/interactive/controller.ts';
import { createLine, createList } from '../../../src/modes/interactive/dialog.ts';

const ESC = '\u001b';
const TAB = '\t';
const ENTER = '\r';
const ALT_ENTER = `${ESC}\r`;
const CTRL_C = '\u0003';
const SHIFT_TAB = `${ESC}[Z`;
const question = {
  call: { type: 'tool-call' as const, id: 'c', name: 'shell', input: {}, inputText: '{}' },
  title: 'npm test',
  reason: 'why',
  accesses: [],
  suggestedRule: 'shell(npm test:*)',
};
const lasting = { rule: 'shell(npm test:*)', file: '/home/u/.scorpiox/permissions.txt', section: '[/work]' };

/** Bytes as a terminal sends them, through the decoder; a lone ESC counts at their end. */
function events(bytes: string): InputEvent[] {
  const decoder = createKeyDecoder();
  const found: InputEvent[] = [];
  decoder.push(Buffer.from(bytes), (event) => found.push(event));
  decoder.expire((event) => found.push(event));
  return found;
}

/** A screen that keys are typed on and that remembers what was to be done. */
function desk(...inputs: readonly ScreenInput[]) {
  let state: ScreenState = createScreenState();
  const done: ScreenEffect[] = [];
  const feed = (input: ScreenInput): void => {
    const next = updateScreen(state, input);
    state = next.state;
    done.push(...next.effects.filter(({ type }) => type !== 'complete'));
  };
  for (const input of inputs) feed(input);
  return {
    feed,
    type: (bytes: string) => events(bytes).forEach((event) => feed({ type: 'event', event, columns: 80 })),
    get state() {
      return state;
    },
    get text() {
      return expandedText(state.editor);
    },
    /** What was to be done since the last look. */
    effects: () => done.splice(0),
  };
}

type Screen = ReturnType<typeof desk>;

const said = (...texts: string[]): object[] => texts.map((text) => ({ text, attachments: [] }));

test('Enter sends what was typed', () => {
  const screen = desk();
  screen.type(`hello${ENTER}`);
  assert.deepEqual(screen.effects(), [{ type: 'send', prompt: { text: 'hello', attachments: [] } }]);
  assert.equal(screen.text, '');
});

test('Esc twice goes back to an earlier prompt, where there is nothing to close, to stop or to keep', () => {
  const screen = desk();
  const back = [{ type: 'command', name: 'rewind', argument: '', text: '/rewind', echoed: true }];
  screen.type(ESC);
  assert.ok(screen.state.escaped);
  screen.type(`x\u007f${ESC}`);
  assert.deepEqual(screen.effects(), [], 'a key in between begins anew');
  screen.type(ESC);
  assert.deepEqual(screen.effects(), back);
  screen.type(`${ESC}${ESC}`);
  assert.deepEqual(screen.effects(), [], 'not while it is carried out');
  screen.feed({ type: 'next', command: 'rewind' });
  screen.type(`${ESC}${ESC}`);
  assert.deepEqual(screen.effects(), back, 'both in one chunk');
  screen.feed({ type: 'next', command: 'rewind' });
  screen.type(`a draft${ESC}`);
  screen.type(ESC);
  assert.deepEqual(screen.effects(), []);
  assert.equal(screen.text, 'a draft');
  const running = desk({ type: 'run-start', steers: true });
  running.type(ESC);
  running.type(ESC);
  assert.deepEqual(running.effects(), [{ type: 'stop' }]);
  running.feed({ type: 'run-end', stopped: true });
  running.type(ESC);
  assert.deepEqual(running.effects(), [], 'what stopped the turn does not count');
});

test('while something else than a turn runs, Enter queues', () => {
  const screen = desk({ type: 'run-start', steers: false });
  screen.type(`left${ENTER}`);
  assert.deepEqual([screen.effects(), screen.state.steering, screen.state.queue], [[], [], said('left')]);
  screen.feed({ type: 'run-end', stopped: false });
  assert.deepEqual(screen.effects(), [{ type: 'send', prompt: said('left')[0] }]);
});

test('during a turn Enter steers, Tab and Alt-Enter queue', () => {
  const screen = desk({ type: 'run-start', steers: true });
  screen.type(`left${ENTER}then right${TAB}then home${ALT_ENTER}`);
  assert.deepEqual(screen.effects(), []);
  assert.deepEqual(screen.state.steering, said('left'));
  assert.deepEqual(screen.state.queue, said('then right', 'then home'));
  screen.feed({ type: 'steered' });
  assert.deepEqual(screen.state.steering, []);
});

test('after the run what waits is sent, one run after the other, what was to steer first', () => {
  const screen = desk({ type: 'run-start', steers: true });
  screen.type(`queued${TAB}steer${ENTER}`);
  screen.feed({ type: 'run-end', stopped: false });
  assert.deepEqual(screen.effects(), [{ type: 'send', prompt: said('steer')[0] }]);
  screen.feed({ type: 'run-start', steers: true });
  screen.feed({ type: 'run-end', stopped: false });
  assert.deepEqual(screen.effects(), [{ type: 'send', prompt: said('queued')[0] }]);
});

test('Esc stops, once, and gives everything typed back to the editor', () => {
  const screen = desk({ type: 'run-start', steers: true });
  screen.type(`steer${ENTER}queued${TAB}draft`);
  screen.type(ESC);
  screen.type(ESC);
  assert.deepEqual(screen.effects(), [{ type: 'stop' }]);
  assert.equal(screen.state.phase, 'stopping');
  screen.feed({ type: 'run-end', stopped: true });
  assert.equal(screen.text, 'steer\n\nqueued\n\ndraft');
  assert.deepEqual(screen.effects(), []);
  assert.deepEqual([screen.state.steering, screen.state.queue, screen.state.phase], [[], [], 'idle']);
});

test('what could not be sent comes back with what is attached, in front of what was typed since', () => {
  const screen = desk();
  screen.type('later');
  const chip = { kind: 'attachment' as const, label: '[a.png]', value: '/a.png' };
  screen.feed({ type: 'give-back', prompt: { text: 'hello', attachments: [chip] } });
  assert.match(screen.text, /^hello\n\nlater/);
  screen.type(ENTER);
  const [sent] = screen.effects();
  assert.deepEqual(sent?.type === 'send' && sent.prompt.attachments, [chip]);
});

test('Esc closes an open list first, and stops nothing by it', () => {
  const screen = desk({ type: 'run-start', steers: true });
  screen.type('/he');
  screen.feed({ type: 'completions', request: { trigger: '/', query: 'he' }, items: [{ value: '/help', label: '/help' }] });
  screen.type(ESC);
  assert.deepEqual(screen.effects(), []);
  screen.type(ESC);
  assert.deepEqual(screen.effects(), [{ type: 'stop' }]);
});

test('Ctrl-C empties the editor or stops; twice in a row leaves, and any other key in between forgets the first', () => {
  const screen = desk();
  screen.type(`draft${CTRL_C}`);
  assert.equal(screen.text, '');
  screen.type(`x${CTRL_C}`);
  assert.deepEqual(screen.effects(), []);
  screen.type(CTRL_C);
  assert.deepEqual(screen.effects(), [{ type: 'quit' }]);
  const running = desk({ type: 'run-start', steers: true });
  running.type(CTRL_C + CTRL_C);
  assert.deepEqual(running.effects(), [{ type: 'stop' }, { type: 'quit' }]);
});

test('Ctrl-D leaves only with an empty editor', () => {
  const screen = desk();
  screen.type('x\u0004');
  assert.deepEqual(screen.effects(), []);
  screen.type('\u007f\u0004');
  assert.deepEqual(screen.effects(), [{ type: 'quit' }]);
});

test('Shift-Tab cycles the mode, also while something is asked', () => {
  const screen = desk({ type: 'run-start', steers: true }, { type: 'ask', approval: createApproval(question, lasting) });
  screen.type(SHIFT_TAB);
  assert.deepEqual(screen.effects(), [{ type: 'cycle-mode' }]);
});

test('a line that begins with a slash and a word is a command; a path is a prompt, and so is what begins with a space', () => {
  const screen = desk();
  screen.type(`/help me${ENTER}/usr/bin/x is gone${ENTER} /help${ENTER}`);
  assert.deepEqual(screen.effects(), [
    { type: 'command', name: 'help', argument: 'me', text: '/help me' },
    { type: 'send', prompt: { text: '/usr/bin/x is gone', attachments: [] } },
    { type: 'send', prompt: { text: ' /help', attachments: [] } },
  ]);
});

test('a line that begins with an exclamation mark is for the shell', () => {
  const screen = desk();
  screen.type(`!git status${ENTER}`);
  assert.deepEqual(screen.effects(), [{ type: 'shell', command: 'git status' }]);
});

test('commands and shell lines that need the session wait for the turn, in order; others run at once', () => {
  const screen = desk({ type: 'run-start', steers: true });
  screen.type(`/compact${ENTER}!ls${ENTER}/help${ENTER}`);
  assert.deepEqual(screen.effects(), [{ type: 'command', name: 'help', argument: '', text: '/help' }]);
  screen.feed({ type: 'run-end', stopped: false });
  assert.deepEqual(screen.effects(), [{ type: 'command', name: 'compact', argument: '', text: '/compact' }]);
  screen.feed({ type: 'next', command: 'compact' });
  assert.deepEqual(screen.effects(), [{ type: 'shell', command: 'ls' }]);
});

test('what is said while a command may change the session waits for it, in order; what only looks holds nothing up', () => {
  const screen = desk();
  screen.type(`/resume ab${ENTER}first${ENTER}!ls${ENTER}/help${ENTER}`);
  assert.deepEqual(screen.effects().map(({ type }) => type), ['command', 'command']);
  assert.deepEqual(screen.state.queue, said('first', '!ls'));
  screen.feed({ type: 'next', command: 'help' });
  assert.deepEqual(screen.effects(), []);
  screen.feed({ type: 'next', command: 'resume' });
  assert.deepEqual(screen.effects(), [{ type: 'send', prompt: { text: 'first', attachments: [] } }]);
  const looking = desk();
  looking.type(`/usage${ENTER}hello${ENTER}`);
  assert.deepEqual(looking.effects().map(({ type }) => type), ['command', 'send']);
});

test('/queue sends what stands behind it after the turn, at once where there is none', () => {
  const screen = desk();
  screen.type(`/queue hello${ENTER}`);
  assert.deepEqual(screen.effects(), [{ type: 'send', prompt: { text: 'hello', attachments: [] } }]);
  screen.feed({ type: 'run-start', steers: true });
  screen.type(`/queue and on${ENTER}/queue /compact${ENTER}`);
  assert.deepEqual(screen.state.queue, said('and on', '/compact'));
  assert.deepEqual(screen.effects(), []);
});

test('whole lines: a prompt that the terminal has shown, an answer by number, a reason, a dialog; then they steer', () => {
  const screen = desk();
  const line = (text: string): void => screen.feed({ type: 'line', text });
  line('  ');
  line('hello');
  assert.deepEqual(screen.effects(), [{ type: 'send', prompt: { text: 'hello', attachments: [], echoed: true } }]);
  screen.feed({ type: 'run-start', steers: true });
  line('more');
  assert.deepEqual(screen.state.steering, said('more'));
  screen.feed({ type: 'ask', approval: createApproval(question, lasting) });
  for (const text of ['', 'y', 'YES', '5', '0', '12']) line(text);
  assert.deepEqual(screen.effects(), Array.from({ length: 6 }, () => ({ type: 'notice', text: 'a number from 1 to 4 answers' })));
  line('and another thing');
  assert.deepEqual(screen.state.steering, said('more', 'and another thing'));
  line('/usage');
  assert.deepEqual(screen.effects(), [{ type: 'command', name: 'usage', argument: '', text: '/usage', echoed: true }]);
  line('3');
  assert.deepEqual(screen.effects(), [{ type: 'answer', answer: { kind: 'always' } }]);
  for (const [first, second, why] of [['4', 'not now', 'not now'], ['4', '', ''], ['no', undefined, '']] as const) {
    screen.feed({ type: 'ask', approval: createApproval(question, lasting) });
    line(first);
    if (second !== undefined) line(second);
    assert.deepEqual(screen.effects(), [{ type: 'answer', answer: { kind: 'no', why } }]);
  }
  screen.feed({ type: 'interrupt' });
  assert.deepEqual(screen.effects(), [{ type: 'stop' }]);
  screen.feed({ type: 'interrupt' });
  assert.deepEqual(screen.effects(), [{ type: 'quit' }]);
  screen.feed({ type: 'end' });
  assert.deepEqual(screen.effects(), [{ type: 'quit' }]);
});

test('whole lines: a list is chosen from by number, filtered by words, left with an empty line', () => {
  const dialog = createList('model', [{ value: 'a', label: 'alpha' }, { value: 'b', label: 'beta' }]);
  for (const [lines, value] of [[['2'], 'b'], [['beta', '1'], 'b'], [['3', 'alpha', '1'], 'a'], [[''], undefined]] as const) {
    const screen = desk({ type: 'dialog', dialog });
    for (const text of lines) screen.feed({ type: 'line', text });
    const [effect] = screen.effects();
    assert.equal(effect?.type, 'chosen');
    assert.equal(effect?.type === 'chosen' ? effect.value : 'none', value, lines.join());
    assert.equal(screen.state.dialog, undefined);
  }
});

test('a question is answered by digits, arrows and Enter', () => {
  for (const [bytes, answer] of [
    ['1', { kind: 'once' }],
    [ENTER, { kind: 'once' }],
    ['2', { kind: 'session' }],
    [`${ESC}[B${ESC}[B${ENTER}`, { kind: 'always' }],
    [`4${ENTER}`, { kind: 'no', why: '' }],
    [`4not now${ENTER}`, { kind: 'no', why: 'not now' }],
  ] as const) {
    const screen = desk({ type: 'run-start', steers: true }, { type: 'ask', approval: createApproval(question, lasting) });
    screen.type(bytes);
    assert.deepEqual(screen.effects(), [{ type: 'answer', answer }], JSON.stringify(bytes));
    assert.equal(screen.state.approval, undefined);
  }
});

test('letters never answer a question: they go on into the editor, and then Enter steers', () => {
  const screen = desk({ type: 'run-start', steers: true }, { type: 'ask', approval: createApproval(question, lasting) });
  screen.type(`yes 1${ENTER}`);
  assert.deepEqual(screen.effects(), []);
  assert.deepEqual(screen.state.steering, said('yes 1'));
  assert.notEqual(screen.state.approval, undefined);
  screen.type('1');
  assert.deepEqual(screen.effects(), [{ type: 'answer', answer: { kind: 'once' } }]);
});

test('a question that appears while somebody types takes none of the keys', () => {
  const screen = desk({ type: 'run-start', steers: true });
  screen.type('also fix ');
  screen.feed({ type: 'ask', approval: createApproval(question, lasting) });
  screen.type(`1${ENTER}`);
  assert.deepEqual(screen.effects(), []);
  assert.deepEqual(screen.state.steering, said('also fix 1'));
});

test('a question that appears while a list is open takes none of its keys and lines; it stands behind the list', () => {
  const list = createList('mode', [{ value: 'plan', label: 'plan' }, { value: 'default', label: 'default' }]);
  for (const enter of [(screen: Screen) => screen.type(ENTER), (screen: Screen) => screen.feed({ type: 'line', text: '1' })]) {
    const screen = desk();
    screen.feed({ type: 'run-start', steers: true });
    screen.feed({ type: 'dialog', dialog: list });
    screen.feed({ type: 'ask', approval: createApproval(question, lasting) });
    enter(screen);
    assert.deepEqual(screen.effects().map((effect) => effect.type === 'chosen' && effect.value), ['plan']);
    enter(screen);
    assert.deepEqual(screen.effects(), [{ type: 'answer', answer: { kind: 'once' } }]);
  }
});

test('Esc at a question stops the turn; in the line for the reason it goes back', () => {
  const screen = desk({ type: 'run-start', steers: true }, { type: 'ask', approval: createApproval(question, lasting) });
  screen.type(`4bad${ESC}`);
  assert.equal(screen.state.approval?.stage, 'choose');
  screen.type(ESC);
  assert.deepEqual(screen.effects(), [{ type: 'stop' }]);
});

test('without a rule that would cover it, a question has two answers', () => {
  const { suggestedRule: _, ...once } = question;
  const screen = desk({ type: 'run-start', steers: true }, { type: 'ask', approval: createApproval(once) });
  screen.type(`2no${ENTER}`);
  assert.deepEqual(screen.effects(), [{ type: 'answer', answer: { kind: 'no', why: 'no' } }]);
});

test('a list is filtered by typing, and left with Esc', () => {
  const dialog = createList('model', [{ value: 'a', label: 'alpha' }, { value: 'b', label: 'beta' }]);
  const screen = desk({ type: 'dialog', dialog });
  screen.type(`bet${ENTER}`);
  assert.deepEqual(screen.effects().map((effect) => (effect.type === 'chosen' ? effect.value : effect.type)), ['b']);
  screen.feed({ type: 'dialog', dialog });
  screen.type(`nothing${ENTER}`);
  assert.notEqual(screen.state.dialog, undefined, 'nothing matches, so nothing is chosen');
  screen.type(ESC);
  assert.deepEqual(screen.effects().map((effect) => (effect.type === 'chosen' ? effect.value : effect.type)), [undefined]);
});

test('a secret line takes a paste without its line end', () => {
  const screen = desk({ type: 'dialog', dialog: createLine('key', { secret: true }) });
  screen.type(`${ESC}[200~sk-123\n${ESC}[201~${ENTER}`);
  assert.deepEqual(screen.effects().map((effect) => (effect.type === 'chosen' ? effect.value : effect.type)), ['sk-123']);
});

test('no more prompts wait than the limit; the next one stays in the editor', () => {
  const screen = desk({ type: 'run-start', steers: true });
  for (let index = 0; index < 100; index += 1) screen.type(`${index}${ENTER}`);
  screen.type(`one more${ENTER}`);
  assert.equal(screen.state.steering.length, 100);
  assert.equal(screen.text, 'one more');
});

test('random keys never throw, and never lose the way back to an idle screen', () => {
  let seed = 7;
  const random = (below: number): number => (seed = (seed * 1_103_515_245 + 12_345) % 2 ** 31) % below;
  const keys = [
    ENTER,
    TAB,
    ALT_ENTER,
    CTRL_C,
    SHIFT_TAB,
    `${ESC}[A`,
    `${ESC}[B`,
    '1',
    '4',
    'x',
    '日',
    '/',
    '!',
    '@',
    '\u007f',
    '\u000f',
    '\u0012',
    '\u0007',
    `${ESC}[200~a\nb${ESC}[201~`,
  ];
  for (let round = 0; round < 40; round += 1) {
    const screen = desk();
    for (let index = 0; index < 60; index += 1) {
      const what = random(30);
      if (what === 0) screen.feed({ type: 'run-start', steers: true });
      else if (what === 1) screen.feed({ type: 'run-end', stopped: random(2) === 0 });
      else if (what === 2) screen.feed({ type: 'ask', approval: createApproval(question, lasting) });
      else if (what === 3) screen.feed({ type: 'dialog', dialog: createList('list', [{ value: 'a', label: 'a' }]) });
      else screen.type(keys[random(keys.length)] ?? '');
    }
    screen.feed({ type: 'asked' });
    screen.feed({ type: 'run-end', stopped: true });
    screen.type(`${CTRL_C}x`);
    assert.equal(screen.state.phase, 'idle');
  }
});
