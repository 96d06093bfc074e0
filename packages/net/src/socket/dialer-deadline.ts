/**
 * One phase of dialling under its deadline and the caller's signal.
 *
 * In: the caller's signal, a time, a phase. The phase gets a signal of its own and must, when that aborts, destroy what it opened
 * and reject with `signal.reason`, which is a NetError always: the time-out, or `NET_ABORTED`. Out: the phase's result. Nothing
 * is left behind: no timer, no listener on the caller's signal.
 */
import { NetError } from '../net-error.ts';

export async function withDeadline<T>(
  parent: AbortSignal | undefined,
  timeoutMs: number,
  timedOut: () => NetError,
  run: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const controller = new AbortController();
  const forward = (): void => controller.abort(abortedError(parent));
  if (parent?.aborted === true) throw abortedError(parent);
  parent?.addEventListener('abort', forward, { once: true });
  const timer = setTimeout(() => controller.abort(timedOut()), timeoutMs);
  try {
    return await run(controller.signal);
  } finally {
    clearTimeout(timer);
    parent?.removeEventListener('abort', forward);
  }
}

/** Waits for something that cannot be stopped, and stops waiting when the signal aborts. A late result is dropped. */
export function untilAborted<T>(signal: AbortSignal, pending: Promise<T>): Promise<T> {
  return new Promise<T>((resolve, reject) => {
    const stop = (): void => reject(abortReason(signal));
    if (signal.aborted) {
      pending.catch(() => undefined);
      return stop();
    }
    signal.addEventListener('abort', stop, { once: true });
    pending.then(resolve, reject).finally(() => signal.removeEventListener('abort', stop));
  });
}

/** The reason as the error it is; a foreign signal's reason becomes `NET_ABORTED`. */
export function abortReason(signal: AbortSignal): Error {
  return signal.reason instanceof NetError ? signal.reason : abortedError(signal);
}

export function abortedError(signal: AbortSignal | undefined): NetError {
  return new NetError('NET_ABORTED', 'the connection attempt was aborted', { cause: signal?.reason });
}
