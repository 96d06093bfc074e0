import assert from 'node:assert/strict';
import { test } from 'node:test';

import { fuzz } from '../../../scripts/fuzz/run.ts';

test('40,000 odd inputs break no invariant and no agreement with the parser of Node', () => {
  const report = fuzz({ seed: 20_261_123, iterations: 40_000, seconds: 20 });
  const { failure } = report;
  assert.equal(failure, undefined, `iteration ${failure?.iteration} (${failure?.target}): ${failure?.error}\n${failure?.input}`);
  for (const note of ['head: complete', 'chunked: complete', 'event stream: complete', 'request: complete',
    'head: with Node: both take it', 'chunked: with Node: both take it']) {
    assert.ok((report.notes.get(note) ?? 0) > 100, `hardly any ${note}`);
  }
});

test('the same seed gives the same inputs and outcomes', () => {
  const notes = [0, 1].map(() => [...fuzz({ seed: 7, iterations: 2_000 }).notes].sort());
  assert.deepEqual(notes[0], notes[1]);
  assert.notDeepEqual(notes[0], [...fuzz({ seed: 8, iterations: 2_000 }).notes].sort());
});
