/**
 * Runs one case of a decoder in every way its input can arrive, and fails where the way makes a difference.
 *
 * In: how to create the decoder, its octets, what has to come out. Runs: whole · byte by byte · cut in two at every offset ·
 * cut in many at seeded offsets, empty pieces included · with trailing octets · every proper prefix and then the end. In each
 * run the values must be the same, adjacent data joined; the fault must have the same code and offset; and it must be sticky.
 *
 * Pieces are given as Buffers that are overwritten after each push, so a decoder that kept a view of its input, or copied
 * with Buffer's `slice`, is caught. Inputs above `everyCutBytesMax` are cut at a seeded sample of offsets, and those above
 * 64 KiB come in pieces of 61 octets instead of one.
 */
import assert from 'node:assert/strict';

import type { Decoder } from '@sx/net';

import { createSeededRandom, type SeededRandom } from './seeded-random.ts';

export interface DecoderCase<Out> {
  /** A new decoder for each run. */
  readonly create: () => Decoder<Uint8Array, Out>;
  /** Octets; a string is taken as latin1. */
  readonly input: Uint8Array | string;
  /** What comes out, adjacent data joined. Left out: whatever the run of the whole input gives. */
  readonly values?: readonly Out[];
  /** Code of the fault that must end the run; none by default. */
  readonly fault?: string;
  /** Octets that may follow a complete input without changing what comes out. */
  readonly trailing?: Uint8Array | string;
  /**
   * What a proper prefix followed by the end must be. Default `fault`: a decoder that knows its end must miss the rest.
   * `any`: with or without a fault.
   */
  readonly prefixes?: 'fault' | 'any';
  /** How many octets of the input the case needs; a prefix at least as long may be complete. Default: all. */
  readonly neededBytes?: number;
  /** Default 1,024: longer inputs are cut at a sample of offsets. */
  readonly everyCutBytesMax?: number;
}

export interface DecoderRun<Out> {
  readonly values: readonly Out[];
  /** What ended the run before its end: code and offset of the error, which every later call threw again. */
  readonly fault: { readonly code: string; readonly offset: number | undefined } | undefined;
}

const SAMPLED_CUTS = 64;
const BYTEWISE_BYTES_MAX = 64 * 1_024;
const LARGE_INPUT_PIECE_BYTES = 61;
const MULTI_CUT_RUNS = 8;
const SEED = 20_261_123;

/** Asserts everything above, and returns the run of the whole input. */
export function assertSplits<Out>(decoderCase: DecoderCase<Out>): DecoderRun<Out> {
  const { create } = decoderCase;
  const input = octetsOf(decoderCase.input);
  const random = createSeededRandom(SEED);
  const whole = runDecoder(create(), [input]);
  assert.equal(whole.fault?.code, decoderCase.fault, 'fault of the whole input');
  if (decoderCase.values !== undefined) assert.deepEqual(whole.values, decoderCase.values, 'values of the whole input');

  const same = (pieces: readonly Uint8Array[], how: string): void => {
    const run = runDecoder(create(), pieces);
    assert.deepEqual(run.values, whole.values, `values ${how}`);
    assert.deepEqual(run.fault, whole.fault, `fault ${how}`);
  };
  same(bytewise(input), 'byte by byte');
  const cuts = offsets(input.length, decoderCase.everyCutBytesMax ?? 1_024, random);
  for (const cut of cuts) same([input.subarray(0, cut), input.subarray(cut)], `cut at ${cut}`);
  for (let run = 0; run < MULTI_CUT_RUNS; run += 1) {
    const pieces = manyCuts(input, random);
    same(pieces, `cut to ${pieces.map((piece) => piece.length).join(', ')}`);
  }

  if (decoderCase.trailing !== undefined) {
    const trailing = octetsOf(decoderCase.trailing);
    const longer = Buffer.concat([input, trailing]);
    same([longer], 'with trailing bytes');
    same([input, trailing], 'with trailing bytes in a piece of their own');
    same(bytewise(longer), 'with trailing bytes, byte by byte');
  }

  const needed = decoderCase.neededBytes ?? input.length;
  for (const length of [0, ...cuts]) {
    const prefix = input.subarray(0, length);
    const open = runDecoder(create(), [prefix], 'stay-open');
    assert.ok(beginsWith(whole.values, open.values), `the first ${length} bytes give what the whole does not begin with`);
    const closed = runDecoder(create(), [prefix]);
    if (decoderCase.prefixes === 'any' || length >= needed) continue;
    assert.ok(closed.fault !== undefined, `no fault where the input ends after ${length} bytes`);
  }
  return whole;
}

/**
 * Pushes the pieces and declares the end, collecting copies of what comes out. A fault is checked to be sticky and typed.
 */
export function runDecoder<Out>(
  decoder: Decoder<Uint8Array, Out>,
  pieces: readonly Uint8Array[],
  ending: 'end' | 'stay-open' = 'end',
): DecoderRun<Out> {
  const values: Out[] = [];
  const emit = (value: Out): void => void values.push(copyOf(value));
  try {
    for (const piece of pieces) {
      const buffer = Buffer.from(piece);
      decoder.push(buffer, emit);
      buffer.fill(0xaa);
    }
    if (ending === 'end') decoder.end(emit);
  } catch (error) {
    const count = values.length;
    for (const again of [() => decoder.push(Buffer.from('x'), emit), () => decoder.end(emit)]) {
      if (thrownBy(again) !== error) assert.fail('a fault must be sticky');
    }
    assert.equal(values.length, count, 'no value may come after a fault');
    return { values: joinData(values), fault: faultOf(error) };
  }
  return { values: joinData(values), fault: undefined };
}

/** Joins adjacent `{ type: 'data', bytes }`: cuts may cut data, and nothing else. */
export function joinData<Out>(values: readonly Out[]): Out[] {
  const joined: Out[] = [];
  let run: Uint8Array[] = [];
  values.forEach((value, index) => {
    const bytes = dataOf(value);
    if (bytes === undefined) {
      joined.push(value);
      return;
    }
    run.push(bytes);
    if (dataOf(values[index + 1]) !== undefined) return;
    joined.push({ ...value, bytes: new Uint8Array(Buffer.concat(run)) });
    run = [];
  });
  return joined;
}

function dataOf(value: unknown): Uint8Array | undefined {
  if (typeof value !== 'object' || value === null || !('type' in value) || value.type !== 'data') return undefined;
  return 'bytes' in value && value.bytes instanceof Uint8Array ? value.bytes : undefined;
}

/** Not `assert.throws`: that costs more than most runs. */
function thrownBy(run: () => void): unknown {
  try {
    run();
  } catch (error) {
    return error;
  }
  return undefined;
}

function faultOf(error: unknown): { code: string; offset: number | undefined } {
  if (!(error instanceof Error) || !('code' in error) || typeof error.code !== 'string') throw error;
  // Node's own errors have codes as well: those are bugs of a decoder, or of its test.
  if (error.code.startsWith('ERR_')) throw error;
  return { code: error.code, offset: 'offset' in error && typeof error.offset === 'number' ? error.offset : undefined };
}

/** Views in a value are only valid until the next push. */
function copyOf<Out>(value: Out): Out {
  if (typeof value !== 'object' || value === null || !('bytes' in value) || !(value.bytes instanceof Uint8Array)) return value;
  return { ...value, bytes: new Uint8Array(value.bytes) };
}

/** Whether `part` is how `whole` begins; the last data of `part` may be the beginning of the whole's. */
function beginsWith<Out>(whole: readonly Out[], part: readonly Out[]): boolean {
  return part.every((value, index) => {
    const bytes = dataOf(value);
    const wholeBytes = dataOf(whole[index]);
    if (index === part.length - 1 && bytes !== undefined && wholeBytes !== undefined) {
      return Buffer.compare(bytes, wholeBytes.subarray(0, bytes.length)) === 0;
    }
    try {
      assert.deepEqual(value, whole[index]);
      return true;
    } catch {
      return false;
    }
  });
}

function octetsOf(input: Uint8Array | string): Uint8Array {
  return typeof input === 'string' ? Buffer.from(input, 'latin1') : input;
}

function bytewise(input: Uint8Array): Uint8Array[] {
  const size = input.length > BYTEWISE_BYTES_MAX ? LARGE_INPUT_PIECE_BYTES : 1;
  return Array.from({ length: Math.ceil(input.length / size) }, (_, index) => input.subarray(index * size, (index + 1) * size));
}

/** Every offset within an input, or a sample of them with both edges. */
function offsets(length: number, everyCutBytesMax: number, random: SeededRandom): number[] {
  if (length <= everyCutBytesMax) return Array.from({ length: Math.max(0, length - 1) }, (_, index) => index + 1);
  const edges = Array.from({ length: 16 }, (_, index) => [index + 1, length - index - 1]).flat();
  return [...edges, ...Array.from({ length: SAMPLED_CUTS }, () => 1 + random.below(length - 1))];
}

function manyCuts(input: Uint8Array, random: SeededRandom): Uint8Array[] {
  const pieces: Uint8Array[] = [];
  const pieceBytesMax = 2 + random.below(Math.max(8, input.length / 4));
  for (let start = 0; start < input.length; ) {
    const piece = input.subarray(start, start + random.below(pieceBytesMax));
    pieces.push(piece);
    start += piece.length;
  }
  return pieces;
}
