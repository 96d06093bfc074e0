import assert from 'node:assert/strict';
import { EventEmitter } from 'node:events';
import { describe, test } from 'node:test';

import { type InputEvent, keyId, openTerminal, RESTORE_TERMINAL, type Terminal } from '../../src/index.ts';
import { createVirtualTerminal, type ManualClock, manualClock, type VirtualTerminal } from '@sx/testkit';

class Input extends EventEmitter {
  isRaw = false;
  flowing = false;
  setRawMode(raw: boolean): void {
    this.isRaw = raw;
  }
  resume(): void {
    this.flowing = true;
  }
  pause(): void {
    this.flowing = false;
  }
}

interface Rig {
  readonly input: Input;
  readonly virtual: VirtualTerminal;
  readonly events: InputEvent[];
  readonly clock: ManualClock;
  readonly terminal: Terminal;
  ended: boolean;
}

function open(modes = true): Rig {
  const input = new Input();
  const virtual = createVirtualTerminal({ columns: 20, rows: 5 });
  const events: InputEvent[] = [];
  const clock = manualClock();
  const output = {
    write(text: string): boolean {
      virtual.write(text);
      return true;
    },
    once: () => undefined,
  };
  const rig = { input, virtual, events, clock, ended: false };
  const terminal = openTerminal({ input, output, clock, modes, onEvent: (event) => events.push(event), onEnd: () => (rig.ended = true) });
  return Object.assign(rig, { terminal });
}

const keys = (rig: Rig): string[] => rig.events.map((event) => (event.type === 'key' ? keyId(event) : event.type));

describe('the terminal as an input', () => {
  test('enters its modes and leaves them again', () => {
    const { input, virtual, terminal } = open();
    assert.deepEqual([input.isRaw, input.flowing, virtual.modes.has(2004), virtual.keyboardFlags], [true, true, true, 5]);
    terminal.close();
    terminal.close();
    assert.deepEqual([input.isRaw, input.flowing, virtual.modes.has(2004), virtual.keyboardFlags, virtual.cursor.visible], [false, false, false, 0, true]);
    assert.equal(input.listenerCount('data'), 0);
    assert.deepEqual(virtual.unknown, []);
  });

  test('a lone ESC is Escape after a while, and no timer is left', () => {
    const rig = open();
    rig.input.emit('data', Buffer.from('\u001b'));
    assert.deepEqual(keys(rig), []);
    rig.clock.advance(100);
    assert.deepEqual(keys(rig), ['escape']);
    rig.input.emit('data', Buffer.from('\u001b'));
    rig.input.emit('data', Buffer.from('[A'));
    assert.deepEqual(keys(rig), ['escape', 'up']);
    assert.equal(rig.clock.timers, 0);
  });

  test('answers come as events', () => {
    const rig = open();
    rig.terminal.ask();
    for (const reply of rig.virtual.replies) rig.input.emit('data', Buffer.from(reply));
    assert.deepEqual(rig.events, [
      { type: 'reply', to: 'background', rgb: 0x1e1e1e },
      { type: 'reply', to: 'keyboard', flags: 5 },
      { type: 'reply', to: 'cell', width: 10, height: 20 },
      { type: 'reply', to: 'attributes', values: [62, 22] },
    ]);
  });

  test('suspended it hears nothing and sets nothing; resumed it sets all again', () => {
    const rig = open();
    rig.terminal.suspend();
    assert.deepEqual([rig.input.isRaw, rig.virtual.modes.has(2004)], [false, false]);
    rig.input.emit('data', Buffer.from('x'));
    rig.virtual.write('\u001b[?2004l');
    rig.terminal.resume();
    assert.deepEqual([rig.input.isRaw, rig.virtual.modes.has(2004), rig.virtual.keyboardFlags], [true, true, 5]);
    assert.deepEqual(keys(rig), []);
  });

  test('what a program that was killed left set is undone before the modes are entered again', () => {
    const rig = open();
    rig.virtual.write('before\r\n');
    rig.terminal.suspend();
    rig.virtual.write('\u001b[?1000h\u001b[?1006h\u001b[?1h\u001b[2;3r\u001b[?25l\u001b[1m');
    rig.terminal.resume({ crashed: true });
    rig.virtual.write('after');
    assert.deepEqual([[...rig.virtual.modes].sort((a, b) => a - b), rig.virtual.keyboardFlags], [[7, 25, 2004], 5]);
    assert.deepEqual([rig.virtual.text().replace(/\n+/g, ' '), rig.virtual.cursor.row], ['before after', 4]);
    assert.deepEqual([rig.virtual.unknown, rig.virtual.trespasses], [[], []]);
  });

  test('the end of the input is told', () => {
    const rig = open();
    rig.input.emit('data', Buffer.from('\u001b'));
    rig.input.emit('end');
    assert.deepEqual([keys(rig), rig.ended, rig.clock.timers], [['escape'], true, 0]);
  });

  test('a plain terminal stays as it is', () => {
    const { input, virtual, terminal } = open(false);
    assert.deepEqual([input.isRaw, virtual.modes.has(2004), virtual.keyboardFlags], [false, false, 0]);
    terminal.ask();
    terminal.close();
    assert.deepEqual(virtual.replies, []);
  });

  test('a terminal that is gone can still be left', () => {
    const input = new Input();
    input.setRawMode = () => {
      throw new Error('setRawMode EIO');
    };
    const output = { write: (): boolean => { throw new Error('write EIO'); }, once: () => undefined };
    openTerminal({ input, output, onEvent: () => undefined }).close();
  });
});

test('the restoring sequence undoes whatever a crash left behind', () => {
  const virtual = createVirtualTerminal({ columns: 10, rows: 2 });
  virtual.write('\u001b[?2004h\u001b[>1u\u001b[?2026h\u001b[?7l\u001b[?25l\u001b[1m');
  virtual.write(RESTORE_TERMINAL);
  virtual.write('x');
  assert.deepEqual([[...virtual.modes].sort(), virtual.keyboardFlags, virtual.cell(0, 0).style, virtual.unknown], [[25, 7], 0, '', []]);
});
