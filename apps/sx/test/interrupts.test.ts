import assert from 'node:assert/strict';
import { EventEmitter } from 'node:events';
import { mock, test } from 'node:test';

import { createInterrupts } from '../src/interrupts.ts';

function setUp() {
  const source = new EventEmitter();
  const left: string[] = [];
  const interrupts = createInterrupts(source, (code) => void left.push(`exit ${code}`));
  interrupts.onLeave(() => void left.push('last word'));
  return { source, left, interrupts };
}

test('the first Ctrl-C aborts and does not leave', () => {
  const { source, left, interrupts } = setUp();
  source.emit('SIGINT');
  assert.equal(interrupts.signal.aborted, true);
  assert.equal(interrupts.received, 'SIGINT');
  assert.deepEqual(left, []);
});

test('the second Ctrl-C leaves at once, after a last word', () => {
  const { source, left } = setUp();
  source.emit('SIGINT');
  source.emit('SIGINT');
  assert.deepEqual(left, ['last word', 'exit 130']);
});

test('termination during an orderly end leaves with its own code', () => {
  const { source, left } = setUp();
  source.emit('SIGINT');
  source.emit('SIGTERM');
  assert.deepEqual(left, ['last word', 'exit 143']);
});

test('an orderly end that takes too long is cut short', () => {
  mock.timers.enable({ apis: ['setTimeout'] });
  try {
    const { source, left } = setUp();
    source.emit('SIGTERM');
    mock.timers.tick(5_000);
    assert.deepEqual(left, ['last word', 'exit 143']);
  } finally {
    mock.timers.reset();
  }
});

test('a terminal that is gone is a termination', () => {
  const { source, interrupts } = setUp();
  source.emit('SIGHUP');
  assert.equal(interrupts.received, 'SIGTERM');
});
