/**
 * An async iterable that begins as a generator and goes on as the iterator that the generator found.
 *
 * For streams in which only the beginning needs care (what may be repeated, what has to be told first): a generator around the
 * rest would cost every event of a long stream a promise or three. In: a generator that yields what comes first and gives
 * away the iterator of the rest, if there is one, before it ends or yields its last value. Out: both, one after the other.
 */
export function handOver<T>(open: (onRest: (rest: AsyncIterator<T>) => void) => AsyncGenerator<T, void, void>): AsyncIterable<T> {
  return {
    [Symbol.asyncIterator](): AsyncIterator<T, void, void> {
      let rest: AsyncIterator<T> | undefined;
      let opened = false;
      const opening = open((iterator) => (rest = iterator));
      const next = async (): Promise<IteratorResult<T, void>> => {
        const result = await opening.next();
        if (result.done !== true) return result;
        opened = true;
        return rest === undefined ? result : rest.next();
      };
      return {
        next: () => (opened && rest !== undefined ? rest.next() : next()),
        async return() {
          await opening.return();
          await rest?.return?.();
          return { done: true, value: undefined };
        },
      };
    },
  };
}
