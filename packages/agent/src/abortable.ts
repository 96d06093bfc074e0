/** Waiting that an abort ends, also where what is waited for does not listen to the signal. */

/** Passes a stream on. On abort the stream is told to stop, not waited for, and `signal.reason` is thrown. */
export async function* abortable<Item>(items: AsyncIterable<Item>, signal: AbortSignal): AsyncGenerator<Item, void, undefined> {
  const iterator = items[Symbol.asyncIterator]();
  let ended = false;
  try {
    for (;;) {
      const next = await orAbort(iterator.next(), signal);
      ended = next.done === true;
      if (next.done === true) return;
      yield next.value;
    }
  } finally {
    if (!ended) {
      // A generator that hangs in its own `await` never comes back from `return()`.
      const closing = Promise.resolve(iterator.return?.()).catch(() => undefined);
      if (!signal.aborted) await closing;
    }
  }
}

/** The promise's value, or a throw of `signal.reason`, whichever comes first. */
export async function orAbort<Value>(promise: PromiseLike<Value>, signal: AbortSignal): Promise<Value> {
  let stop: () => void = () => undefined;
  const aborted = new Promise<never>((_, reject) => {
    stop = () => reject(signal.reason);
    if (signal.aborted) stop();
    else signal.addEventListener('abort', stop, { once: true });
  });
  try {
    return await Promise.race([promise, aborted]);
  } finally {
    signal.removeEventListener('abort', stop);
    // The loser must not surface as an unhandled rejection.
    Promise.resolve(promise).catch(() => undefined);
    aborted.catch(() => undefined);
  }
}

/** @throws `signal.reason` on abort. */
export async function sleep(ms: number, signal: AbortSignal): Promise<void> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  try {
    await orAbort(new Promise<void>((resolve) => void (timer = setTimeout(resolve, ms))), signal);
  } finally {
    clearTimeout(timer);
  }
}
