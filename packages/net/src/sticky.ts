/**
 * Makes the faults of a decoder sticky: after one, every later `push` or `end` throws the same error object again.
 *
 * A decoder that failed is in no defined state, and what follows a fault is not to be trusted. An error that the consumer
 * throws from `emit` counts as well: the decoder was left in the middle of its input.
 */
import type { Decoder } from './decoder.ts';

export function sticky<In, Out>(decoder: Decoder<In, Out>): Decoder<In, Out> {
  let fault: { readonly error: unknown } | undefined;
  const guarded = (run: () => void): void => {
    if (fault !== undefined) throw fault.error;
    try {
      run();
    } catch (error) {
      fault = { error };
      throw error;
    }
  };
  return {
    push: (input, emit) => guarded(() => decoder.push(input, emit)),
    end: (emit) => guarded(() => decoder.end(emit)),
  };
}
