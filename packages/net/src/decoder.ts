/**
 * The one streaming interface of the system. HTTP, SSE, wire events, keys and JSON lines are all decoders.
 *
 * Rules that every decoder keeps, and that `assertSplits` of the testkit checks:
 * - What comes out never depends on how the input was cut: same values, same fault, at every cut.
 * - Values that precede a fault are emitted before it is thrown.
 * - A fault is sticky: every later `push` or `end` throws the same error object again.
 * - `end` is called once, at the end of the input. A decoder that needed more throws there.
 */
export interface Decoder<In, Out> {
  /** Consumes one piece of input and emits what it completes. Views of `input` may be emitted: copy what is kept. */
  push(input: In, emit: (value: Out) => void): void;
  /** Declares the end of the input. */
  end(emit: (value: Out) => void): void;
}

/** Feeds the output of one decoder into another; the end of the first is the end of the second. */
export function pipe<In, Middle, Out>(first: Decoder<In, Middle>, second: Decoder<Middle, Out>): Decoder<In, Out> {
  return {
    push(input, emit) {
      first.push(input, (value) => second.push(value, emit));
    },
    end(emit) {
      first.end((value) => second.push(value, emit));
      second.end(emit);
    },
  };
}

/**
 * Pulls a source through a decoder. Leaving the loop early closes the source, so a socket behind it closes too.
 *
 * Values decoded from one piece are yielded before the next piece is asked for: at most one piece is in memory.
 */
export async function* decode<In, Out>(source: AsyncIterable<In>, decoder: Decoder<In, Out>): AsyncGenerator<Out, void, void> {
  const values: Out[] = [];
  const emit = (value: Out): void => void values.push(value);
  const drain = function* (run: () => void): Generator<Out, void, void> {
    let fault: { error: unknown } | undefined;
    try {
      run();
    } catch (error) {
      fault = { error };
    }
    yield* values.splice(0);
    if (fault) throw fault.error;
  };
  for await (const piece of source) yield* drain(() => decoder.push(piece, emit));
  yield* drain(() => decoder.end(emit));
}
