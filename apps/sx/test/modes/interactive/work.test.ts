import assert from 'node:assert/strict';
import { test } from 'node:test';

import type { ScreenInput } from '../../../src/modes/interactive/controller.ts';
import { createWork, type Outcome, type Work } from '../../../src/modes/interactive/work.ts';

async function ran(run: (signal: AbortSignal, stop: () => void, busy: Work['busy']) => Promise<Outcome>): Promise<unknown[]> {
  const heard: unknown[] = [];
  const work = createWork({
    dispatch: (input: ScreenInput) => void heard.push(input.type === 'run-end' ? { stopped: input.stopped } : input.type),
    tick: () => undefined,
    stopped: () => void heard.push('said stopped'),
    report: (error) => void heard.push(error),
  });
  await work.busy((signal) => run(signal, work.stop, work.busy));
  assert.equal(work.seconds, 0);
  return heard;
}

test('what was stopped counts as stopped, whether it throws or ends in order; what fails is reported', async () => {
  assert.deepEqual(await ran(async () => 'done'), ['run-start', { stopped: false }]);
  assert.deepEqual(await ran(async () => 'stopped'), ['run-start', { stopped: true }]);
  assert.deepEqual(await ran(async (_, stop) => (stop(), 'done')), ['run-start', { stopped: true }]);
  assert.deepEqual(
    await ran(async (signal, stop) => (stop(), signal.throwIfAborted(), 'done')),
    ['run-start', 'said stopped', { stopped: true }],
  );
  const fault = new Error('it broke');
  assert.deepEqual(await ran(() => Promise.reject(fault)), ['run-start', fault, { stopped: true }]);
});

test('what comes within other work is stopped by itself, and the other goes on', async () => {
  const heard = await ran(async (signal, stop, busy) => {
    await busy(async (inner) => (stop(), inner.throwIfAborted(), 'done'));
    assert.equal(signal.aborted, false);
    stop();
    assert.equal(signal.aborted, true);
    return 'done';
  });
  assert.deepEqual(heard, ['run-start', 'run-start', 'said stopped', 'run-start', { stopped: true }]);
});
