/**
 * The fuzzer's loop: seeded, deterministic, one input after another through the targets in turn.
 *
 * Every iteration draws from a generator of its own, made of seed and number, so that one iteration can be repeated alone.
 * Ends after so many seconds or iterations, or at the first input that breaks an invariant or takes too long.
 */
import { createSeededRandom } from '@sx/testkit';

import { createTargets } from './targets.ts';

export interface FuzzOptions {
  readonly seed: number;
  readonly seconds?: number | undefined;
  readonly iterations?: number | undefined;
  /** The number of the first iteration. Default 0. */
  readonly from?: number | undefined;
}

export interface FuzzFailure {
  readonly iteration: number;
  readonly target: string;
  readonly input: string;
  readonly error: unknown;
}

export interface FuzzReport {
  readonly iterations: number;
  readonly elapsedMs: number;
  readonly rssPeakBytes: number;
  /** How often each target noted what. */
  readonly notes: ReadonlyMap<string, number>;
  readonly failure: FuzzFailure | undefined;
}

/** A single input of a few hundred bytes takes microseconds; this long is a hang, even on a machine that stalls. */
const INPUT_MS_MAX = 5_000;
const CLOCK_EVERY = 256;
const RSS_EVERY = 64 * CLOCK_EVERY;

/** Runs the loop without stack traces: most inputs end in an error, and a trace costs more than all the rest. */
export function fuzz(options: FuzzOptions): FuzzReport {
  const { stackTraceLimit } = Error;
  Error.stackTraceLimit = 0;
  try {
    return runInputs(options);
  } finally {
    Error.stackTraceLimit = stackTraceLimit;
  }
}

function runInputs({ seed, seconds = Infinity, iterations = Infinity, from = 0 }: FuzzOptions): FuzzReport {
  const targets = createTargets();
  const notes = new Map<string, number>();
  const started = performance.now();
  let rssPeakBytes = 0;
  let iteration = from;
  let batchStarted = started;
  const report = (failure: FuzzFailure | undefined): FuzzReport => ({
    iterations: iteration - from,
    elapsedMs: performance.now() - started,
    rssPeakBytes,
    notes,
    failure,
  });

  for (; iteration - from < iterations; iteration += 1) {
    if (iteration % CLOCK_EVERY === 0) {
      const now = performance.now();
      if (iteration % RSS_EVERY === 0) rssPeakBytes = Math.max(rssPeakBytes, process.memoryUsage.rss());
      if (now - started > seconds * 1_000) break;
      batchStarted = now;
    }
    const target = targets[iteration % targets.length];
    if (target === undefined) break;
    const random = createSeededRandom(seed ^ Math.imul(iteration + 1, 0x9e37_79b1));
    let input: Uint8Array | string = '';
    const note = (what: string): void => {
      const key = `${target.name}: ${what}`;
      notes.set(key, (notes.get(key) ?? 0) + 1);
    };
    try {
      target.run(random, note, (shown) => {
        input = shown;
      });
    } catch (error) {
      return report({ iteration, target: target.name, input: shownInput(input), error });
    }
    if (performance.now() - batchStarted > INPUT_MS_MAX) {
      return report({ iteration, target: target.name, input: shownInput(input), error: new Error('a hang') });
    }
  }
  return report(undefined);
}

function shownInput(input: Uint8Array | string): string {
  return typeof input === 'string' ? input : JSON.stringify(Buffer.from(input).toString('latin1'));
}
