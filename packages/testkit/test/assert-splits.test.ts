import assert from 'node:assert/strict';
import { test } from 'node:test';

import type { Decoder } from '@sx/net';

import { assertSplits, runDecoder } from '../src/assert-splits.ts';

interface Line {
  readonly type: 'line';
  readonly text: string;
}

class Fault extends Error {
  readonly code = 'FAULT';
  readonly offset: number;
  constructor(offset: number) {
    super('fault');
    this.offset = offset;
  }
}

/** Lines that end with LF; `!` is a fault. `flaw` breaks one rule of decoders. */
function createLineDecoder(flaw?: 'forgets' | 'keeps-views' | 'not-sticky' | 'sees-cuts' | 'takes-anything'): Decoder<Uint8Array, Line> {
  let kept = Buffer.alloc(0);
  let views: Uint8Array[] = [];
  let read = 0;
  let fault: Fault | undefined;
  return {
    push(input, emit) {
      if (fault !== undefined && flaw !== 'not-sticky') throw fault;
      if (flaw === 'forgets') kept = Buffer.alloc(0);
      views.push(input);
      kept = flaw === 'keeps-views' ? Buffer.concat(views) : Buffer.concat([kept, input]);
      for (let end = kept.indexOf(10); end !== -1; end = kept.indexOf(10)) {
        const text = kept.subarray(0, end).toString('latin1');
        if (text.includes('!')) throw (fault = new Fault(flaw === 'sees-cuts' ? input.length : read + text.indexOf('!')));
        emit({ type: 'line', text });
        kept = kept.subarray(end + 1);
        views = [Buffer.from(kept)];
        read += end + 1;
      }
    },
    end() {
      if (fault !== undefined && flaw !== 'not-sticky') throw fault;
      if (kept.length > 0 && flaw !== 'takes-anything') throw (fault = new Fault(read + kept.length));
    },
  };
}

const lines: Line[] = [
  { type: 'line', text: 'ab' },
  { type: 'line', text: 'c' },
];

test('passes a decoder that keeps the rules', () => {
  const input = 'ab\nc\n';
  const run = assertSplits({ create: () => createLineDecoder(), input, values: lines, prefixes: 'any' });
  assert.equal(run.fault, undefined);
  assertSplits({ create: () => createLineDecoder(), input: 'ab\nc\nx!\n', values: lines, fault: 'FAULT', prefixes: 'any' });
});

for (const [flaw, input, fault] of [
  ['forgets', 'ab\nc\n', undefined],
  ['keeps-views', 'ab\nc\n', undefined],
  ['not-sticky', 'a!\n', 'FAULT'],
  ['sees-cuts', 'a\nb!\n', 'FAULT'],
] as const) {
  test(`catches a decoder that ${flaw.replace('-', ' ')}`, () => {
    assert.throws(() => assertSplits({ create: () => createLineDecoder(flaw), input, ...(fault && { fault }), prefixes: 'any' }));
  });
}

test('catches a decoder that takes a cut-off input for a whole one', () => {
  assertSplits({ create: () => createLineDecoder(), input: 'abc\n', neededBytes: 4, values: [{ type: 'line', text: 'abc' }], prefixes: 'any' });
  assert.throws(() => assertSplits({ create: () => createLineDecoder('takes-anything'), input: 'abc\n' }), /no fault where the input ends/);
});

test('fails where the values, the fault or the trailing bytes are not as said', () => {
  const create = (): Decoder<Uint8Array, Line> => createLineDecoder();
  assert.throws(() => assertSplits({ create, input: 'ab\n', values: lines, prefixes: 'any' }), /values of the whole input/);
  assert.throws(() => assertSplits({ create, input: 'ab\n', fault: 'FAULT', prefixes: 'any' }), /fault of the whole input/);
  assert.throws(() => assertSplits({ create, input: 'ab\nc\n', trailing: 'x\n', prefixes: 'any' }), /with trailing bytes/);
});

test('lets an error without a code through', () => {
  const broken: Decoder<Uint8Array, Line> = {
    push: () => undefined,
    end: () => {
      throw (bug ??= new TypeError('bug'));
    },
  };
  let bug: TypeError | undefined;
  assert.throws(() => runDecoder({ ...broken, push: () => broken.end(() => undefined) }, [Buffer.from('x')]), /bug/);
});
