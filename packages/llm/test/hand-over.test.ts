import assert from 'node:assert/strict';
import { describe, it } from 'node:test';

import { handOver, type OnRest } from '../src/hand-over.ts';

interface Value {
  readonly at: number;
}
const value = (at: number): Value => ({ at });

function scripted(onLeave: () => void = () => undefined): AsyncIterable<Value> {
  async function* rest(): AsyncGenerator<Value, void, void> {
    try {
      for (let at = 4; at < 6; at += 1) yield value(at);
    } finally {
      onLeave();
    }
  }
  async function* open(onRest: OnRest<Value>): AsyncGenerator<Value, void, void> {
    yield value(1);
    const iterator = rest();
    const { value: taken } = await iterator.next();
    onRest(iterator, taken === undefined ? [] : [value(2), value(3), taken]);
  }
  return handOver(open);
}

describe('handOver', () => {
  it('gives what the generator yields, what it took, and the rest', async () => {
    const all: number[] = [];
    for await (const { at } of scripted()) all.push(at);
    assert.deepEqual(all, [1, 2, 3, 4, 5]);
  });
  it('keeps the order of reads that do not wait for each other', async () => {
    const iterator = scripted()[Symbol.asyncIterator]();
    const results = await Promise.all(Array.from({ length: 6 }, () => iterator.next()));
    assert.deepEqual(results.map(({ value: read }) => read?.at), [1, 2, 3, 4, 5, undefined]);
  });
  it('ends where it is left, with all that was not shown, and leaves the rest', async () => {
    for (let shown = 1; shown <= 5; shown += 1) {
      let left = false;
      const iterator = scripted(() => (left = true))[Symbol.asyncIterator]();
      for (let at = 0; at < shown; at += 1) await iterator.next();
      await iterator.return?.();
      assert.equal((await iterator.next()).done, true, `after ${shown}`);
      assert.equal(left, shown > 1, `after ${shown}`);
    }
  });
});
