/**
 * An async iterable that begins as a generator and goes on as the iterator that the generator found.
 *
 * For streams in which only the beginning needs care (what may be repeated, what has to be told first): a generator around the
 * rest would cost every event of a long stream a promise or three. In: a generator that yields what comes first and, before it
 * ends, gives away the iterator of the rest, if there is one, with what was already taken from it. Out: all three, one after the
 * other.
 */

/** Gives away the rest, and what was taken from it and not yielded. */
export type OnRest<T> = (rest: AsyncIterator<T>, taken: readonly T[]) => void;

export function handOver<T extends object>(open: (onRest: OnRest<T>) => AsyncGenerator<T, void, void>): AsyncIterable<T> {
  return {
    [Symbol.asyncIterator](): AsyncIterator<T, void, void> {
      let rest: AsyncIterator<T> | undefined;
      let taken: readonly T[] = [];
      let shown = 0;
      let opened = false;
      let left = false;
      const opening = open((iterator, values) => {
        rest = iterator;
        taken = values;
      });
      const next = async (): Promise<IteratorResult<T, void>> => {
        const result = await opening.next();
        if (result.done !== true) return result;
        opened = true;
        return rest === undefined ? result : following(rest);
      };
      const following = (iterator: AsyncIterator<T>): Promise<IteratorResult<T, void>> => {
        const value = left ? undefined : taken[shown];
        if (value === undefined) return iterator.next();
        shown += 1;
        return Promise.resolve({ done: false, value });
      };
      return {
        next: () => (opened && rest !== undefined ? following(rest) : next()),
        async return() {
          left = true;
          await opening.return();
          await rest?.return?.();
          return { done: true, value: undefined };
        },
      };
    },
  };
}
