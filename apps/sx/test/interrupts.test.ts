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

test('what must be finished is waited for by the second signal, not by the third', async () => {
  const { source, left, interrupts } = setUp();
  let finish = (): void => undefined;
  const finished = new Promise<void>((resolve) => (finish = resolve));
  interrupts.finishFirst(() => finished);
  source.emit('SIGINT');
  source.emit('SIGINT');
  assert.deepEqual(left, ['last word']);
  finish();
  await new Promise((next) => setImmediate(next));
  assert.deepEqual(left, ['last word', 'exit 130']);

  const impatient = setUp();
  impatient.interrupts.finishFirst(() => new Promise(() => undefined));
  for (let times = 0; times < 3; times += 1) impatient.source.emit('SIGINT');
  assert.deepEqual(impatient.left, ['last word', 'exit 130']);
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

test('who takes Ctrl-C gets it, as often as it comes, and gives it back; termination stays what it is', () => {
  const { source, left, interrupts } = setUp();
  let taken = 0;
  const giveBack = interrupts.onInterrupt(() => void (taken += 1));
  for (let times = 0; times < 3; times += 1) source.emit('SIGINT');
  assert.deepEqual([taken, interrupts.signal.aborted, left], [3, false, []]);
  const resume = interrupts.suspend();
  source.emit('SIGINT');
  resume();
  assert.equal(taken, 3, 'another program has the terminal');
  giveBack();
  source.emit('SIGINT');
  assert.equal(interrupts.received, 'SIGINT');
  const other = setUp();
  other.interrupts.onInterrupt(() => undefined);
  other.source.emit('SIGTERM');
  assert.equal(other.interrupts.received, 'SIGTERM');
});
