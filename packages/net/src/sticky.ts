/**
 * Makes the faults of a decoder sticky: after one, every later `push` or `end` throws the same error object again.
 *
 * A decoder that failed is in no defined state, and what follows a fault is not to be trusted. An error that the consumer
 * throws from `emit` counts as well: the decoder was left in the middle of its input.
 */
import type { Decoder } from './decoder.ts';

/** A decoder that throws its first fault again, the same object, at every later `push` and `end`. */
export function sticky<In, Out>(decoder: Decoder<In, Out>): Decoder<In, Out> {
  let fault: { readonly error: unknown } | undefined;
  return {
    push(input, emit) {
      if (fault !== undefined) throw fault.error;
      try {
        decoder.push(input, emit);
      } catch (error) {
        fault = { error };
        throw error;
      }
    },
    end(emit) {
      if (fault !== undefined) throw fault.error;
      try {
        decoder.end(emit);
      } catch (error) {
        fault = { error };
        throw error;
      }
    },
  };
}
