import assert from 'node:assert/strict';
import { describe, test } from 'node:test';

import { type Decoder, decode, pipe } from '../src/decoder.ts';

/** Words, cut at blanks; `!` is a fault, and so is an end within a word. */
function words(): Decoder<string, string> {
  let word = '';
  return {
    push(input, emit) {
      for (const character of input) {
        if (character === '!') throw new Error('fault');
        if (character === ' ') emit(word);
        word = character === ' ' ? '' : word + character;
      }
    },
    end() {
      if (word !== '') throw new Error('cut off');
    },
  };
}

/** A source that counts what is pulled, and remembers that it was closed. */
class Source implements AsyncIterableIterator<string> {
  pulled = 0;
  closed = false;
  readonly #pieces: string[];

  constructor(...pieces: string[]) {
    this.#pieces = pieces;
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  async next(): Promise<IteratorResult<string>> {
    this.pulled += 1;
    const value = this.#pieces.shift();
    if (value === 'throw') throw new Error('source');
    return value === undefined ? { done: true, value } : { done: false, value };
  }

  async return(): Promise<IteratorResult<string>> {
    this.closed = true;
    return { done: true, value: undefined };
  }
}

async function collect(source: Source): Promise<{ readonly values: string[]; readonly fault: string }> {
  const values: string[] = [];
  try {
    for await (const value of decode(source, words())) values.push(value);
  } catch (error) {
    return { values, fault: String(error) };
  }
  return { values, fault: '' };
}

describe('decode', () => {
  test('yields the values of every piece in order', async () => {
    const source = new Source('a b', ' ', 'c d e ', '', 'f ');
    assert.deepEqual(await collect(source), { values: ['a', 'b', 'c', 'd', 'e', 'f'], fault: '' });
    assert.equal(source.closed, false);
  });

  test('yields what came before a fault, throws it, and closes the source', async () => {
    const source = new Source('a b ', 'c d !e ', 'f ');
    assert.deepEqual(await collect(source), { values: ['a', 'b', 'c', 'd'], fault: 'Error: fault' });
    assert.deepEqual([source.closed, source.pulled], [true, 2]);
  });

  test('throws what the decoder throws at the end, and what the source throws', async () => {
    assert.deepEqual(await collect(new Source('a b')), { values: ['a'], fault: 'Error: cut off' });
    assert.deepEqual(await collect(new Source('a b ', 'throw')), { values: ['a', 'b'], fault: 'Error: source' });
  });

  test('pulls the next piece only when the values of the last one are gone', async () => {
    const source = new Source('a b ', 'c ');
    const values = decode(source, words());
    await values.next();
    await values.next();
    assert.equal(source.pulled, 1);
    await values.next();
    assert.equal(source.pulled, 2);
  });

  test('closes the source when the loop is left, and is over then', async () => {
    const source = new Source('a b ', 'c ');
    const values = decode(source, words());
    for await (const value of values) {
      assert.equal(value, 'a');
      break;
    }
    assert.equal(source.closed, true);
    assert.deepEqual(await values.next(), { done: true, value: undefined });
  });

  test('closes a source of which nothing was read', async () => {
    const source = new Source('a ');
    await decode(source, words()).return();
    assert.deepEqual([source.closed, source.pulled], [true, 0]);
  });

  test('answers calls of next that do not wait for each other in their order', async () => {
    const values = decode(new Source('a b', ' c ', ''), words());
    const results = await Promise.all([1, 2, 3, 4, 5].map(() => values.next()));
    assert.deepEqual(results.map(({ value }) => value), ['a', 'b', 'c', undefined, undefined]);
    assert.deepEqual(results.map(({ done }) => done), [false, false, false, true, true]);
  });

  test('stays over after a fault', async () => {
    const values = decode(new Source('!', 'a '), words());
    await assert.rejects(values.next(), /fault/);
    assert.deepEqual(await values.next(), { done: true, value: undefined });
  });
});

test('pipe feeds one decoder into another, the end included', () => {
  const doubled: Decoder<string, string> = { push: (word, emit) => emit(`${word}${word}`), end: (emit) => emit('end') };
  const both = pipe(words(), doubled);
  const values: string[] = [];
  both.push('a b ', (value) => values.push(value));
  both.end((value) => values.push(value));
  assert.deepEqual(values, ['aa', 'bb', 'end']);
});

test('pipe emits what precedes a fault of the first before it throws', () => {
  const same: Decoder<string, string> = { push: (word, emit) => emit(word), end: () => undefined };
  const values: string[] = [];
  assert.throws(() => pipe(words(), same).push('a b !', (value) => values.push(value)), /fault/);
  assert.deepEqual(values, ['a', 'b']);
});

test('pipe gives the second nothing after its fault, which comes before one of the first', () => {
  const taken: string[] = [];
  const refuses: Decoder<string, string> = {
    push(word) {
      taken.push(word);
      throw new Error(`refused ${word}`);
    },
    end: () => undefined,
  };
  assert.throws(() => pipe(words(), refuses).push('a b !', () => undefined), /refused a/);
  assert.deepEqual(taken, ['a']);
});
