/** Leaves the wait when the caller aborts, and lets the work go on: others may share it. */
import { NetError } from '../net-error.ts';

/** @throws {NetError} `NET_ABORTED`, with the reason as cause. */
export async function abortable<T>(work: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (!signal) return work;
  let leave = (): void => undefined;
  const aborted = new Promise<never>((_, reject) => {
    leave = () => reject(new NetError('NET_ABORTED', 'aborted while waiting for a token', { cause: signal.reason }));
    if (signal.aborted) leave();
    else signal.addEventListener('abort', leave, { once: true });
  });
  try {
    return await Promise.race([work, aborted]);
  } finally {
    signal.removeEventListener('abort', leave);
  }
}
