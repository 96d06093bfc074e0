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

/**
 * Feeds the output of one decoder into another; the end of the first is the end of the second.
 *
 * What a piece completes lies in a list between the two. One calling the other for each value would nest them, and a compiler that
 * inlines compiles the nest once for every level of it: more work than the first ten thousand events of a stream.
 */
export function pipe<In, Middle, Out>(first: Decoder<In, Middle>, second: Decoder<Middle, Out>): Decoder<In, Out> {
  let ready: Middle[] = [];
  const keep = (value: Middle): void => void ready.push(value);
  const feed = (emit: (value: Out) => void): void => {
    const values = ready;
    ready = [];
    for (const value of values) second.push(value, emit);
  };
  return {
    push(input, emit) {
      try {
        first.push(input, keep);
      } finally {
        // Also before a fault of the first.
        feed(emit);
      }
    },
    end(emit) {
      try {
        first.end(keep);
      } finally {
        feed(emit);
      }
      second.end(emit);
    },
  };
}

/**
 * Pulls a source through a decoder. Leaving the loop early closes the source, so a socket behind it closes too.
 *
 * Values decoded from one piece are yielded before the next piece is asked for: at most one piece is in memory. Values
 * that precede a fault are yielded before it is thrown; a fault closes the source.
 */
export function decode<In, Out>(source: AsyncIterable<In>, decoder: Decoder<In, Out>): AsyncGenerator<Out, void, void> {
  return new DecodedSource(source, decoder);
}

/**
 * What an async generator would do. By hand, because that one takes several promises for each value, and one piece of an event
 * stream may hold a hundred of them: here a value that is ready costs one promise that is resolved already.
 */
class DecodedSource<In, Out> implements AsyncGenerator<Out, void, void> {
  readonly #source: AsyncIterable<In>;
  readonly #decoder: Decoder<In, Out>;
  readonly #emit = (value: Out): void => void this.#results.push({ done: false, value });
  #iterator: AsyncIterator<In> | undefined;
  /** What the last piece completed, from `#at` on. */
  readonly #results: IteratorYieldResult<Out>[] = [];
  #at = 0;
  /** The last piece ended in it: thrown when the values are gone. */
  #fault: { readonly error: unknown } | undefined;
  #state: 'open' | 'ended' | 'done' = 'open';
  /** Calls of `next` that come while a piece is awaited wait for their turn. */
  #filling: Promise<unknown> | undefined;

  constructor(source: AsyncIterable<In>, decoder: Decoder<In, Out>) {
    this.#source = source;
    this.#decoder = decoder;
  }

  next(): Promise<IteratorResult<Out, void>> {
    if (this.#filling !== undefined) return this.#filling.then(() => this.next());
    const ready = this.#take();
    if (ready !== undefined) return Promise.resolve(ready);
    const filled = this.#fill();
    const settle = (): void => {
      this.#filling = undefined;
    };
    this.#filling = filled.then(settle, settle);
    return filled;
  }

  async return(): Promise<IteratorResult<Out, void>> {
    await this.#close();
    return { done: true, value: undefined };
  }

  async throw(error: unknown): Promise<IteratorResult<Out, void>> {
    await this.#close();
    throw error;
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#close();
  }

  #take(): IteratorYieldResult<Out> | undefined {
    const result = this.#results[this.#at];
    this.#at += 1;
    return result;
  }

  async #fill(): Promise<IteratorResult<Out, void>> {
    this.#forget();
    while (this.#fault === undefined && this.#state === 'open') {
      await this.#decodePiece();
      const first = this.#take();
      if (first !== undefined) return first;
      this.#at = 0;
    }
    const fault = this.#fault;
    this.#fault = undefined;
    if (fault !== undefined) {
      await this.#close();
      throw fault.error;
    }
    this.#state = 'done';
    return { done: true, value: undefined };
  }

  async #decodePiece(): Promise<void> {
    this.#iterator ??= this.#source[Symbol.asyncIterator]();
    let piece: IteratorResult<In, unknown>;
    try {
      piece = await this.#iterator.next();
    } catch (error) {
      // A source that threw has closed itself; one that was closed meanwhile may throw for that.
      if (this.#state === 'open') this.#fault = { error };
      this.#state = 'done';
      return;
    }
    // Left while the piece was awaited: nobody wants it any more.
    if (this.#state !== 'open') return;
    try {
      if (piece.done === true) {
        this.#state = 'ended';
        this.#decoder.end(this.#emit);
      } else {
        this.#decoder.push(piece.value, this.#emit);
      }
    } catch (error) {
      this.#fault = { error };
    }
  }

  #forget(): void {
    this.#results.length = 0;
    this.#at = 0;
  }

  async #close(): Promise<void> {
    const wasOpen = this.#state === 'open';
    this.#state = 'done';
    this.#forget();
    this.#fault = undefined;
    if (!wasOpen) return;
    // Also where nothing was read yet: a response that nobody reads must not keep its connection.
    this.#iterator ??= this.#source[Symbol.asyncIterator]();
    await this.#iterator.return?.();
  }
}
