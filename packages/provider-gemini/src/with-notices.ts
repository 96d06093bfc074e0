/** Hands on what was noticed before a response as warnings of it, in front of its first event. */
import type { StreamEvent } from '@sx/llm';

/** @param notices - Taken from as they are handed on. */
export function withNotices(notices: string[], events: AsyncIterable<StreamEvent>): AsyncIterable<StreamEvent> {
  return {
    [Symbol.asyncIterator](): AsyncIterator<StreamEvent, void, void> {
      const inner = events[Symbol.asyncIterator]();
      let first: IteratorResult<StreamEvent> | undefined;
      let opened = false;
      const open = async (): Promise<IteratorResult<StreamEvent>> => {
        first ??= await inner.next();
        const message = notices.shift();
        if (message !== undefined) return { done: false, value: { type: 'warning', message } };
        opened = true;
        return first;
      };
      return {
        // Behind the first event there is nothing in between: every promise counts in a long stream.
        next: () => (opened ? inner.next() : open()),
        return: async () => (await inner.return?.()) ?? { done: true, value: undefined },
      };
    },
  };
}
