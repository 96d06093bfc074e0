/**
 * When a request that failed is sent again, and after how long.
 *
 * At most `retriesMax` repeats. The server's own figure counts where it gave one, else waits double, with jitter. What
 * would have to wait longer than `delayMsMax` fails at once and says until when. Only errors marked `retryable` are
 * repeated: usage limits, quotas and refusals never are. Failed connections count as attempts like any other.
 *
 * Nothing is repeated once an event of the response was shown. Events that carry no content (`response-start`, rate limits,
 * warnings, usage) are held back until the first that does, so that a response that fails right after its start is still
 * repeated unseen.
 */
import { handOver, type OnRest } from './hand-over.ts';
import { limits } from './limits.ts';
import { amendError, isProviderError, type ProviderError } from './provider-error.ts';
import type { StreamEvent } from './stream-event.ts';
import { abortedError } from './transport-error.ts';

export interface RetryPolicy {
  readonly retriesMax: number;
  readonly baseDelayMs: number;
  readonly delayMsMax: number;
}

export const defaultRetryPolicy: RetryPolicy = {
  retriesMax: limits.retriesMax,
  baseDelayMs: limits.retryBaseDelayMs,
  delayMsMax: limits.retryDelayMsMax,
};

/** Time and chance, injectable for tests. */
export interface RetryClock {
  /** Rejects, or resolves early, once `signal` is aborted. */
  readonly sleep: (delayMs: number, signal: AbortSignal | undefined) => Promise<void>;
  /** As `Math.random`. */
  readonly random: () => number;
  readonly now: () => number;
}

/**
 * How long to wait before the next attempt; undefined: do not try again.
 *
 * @param attempt - How many attempts have failed, from 1.
 * @param random - In [0, 1).
 */
export function nextDelayMs(policy: RetryPolicy, attempt: number, error: ProviderError, random: number): number | undefined {
  if (!error.retryable || attempt > policy.retriesMax) return undefined;
  if (error.retryAfterMs !== undefined) {
    if (error.retryAfterMs > policy.delayMsMax) return undefined;
    // Never earlier than asked; a little later, so that not everybody comes back in the same instant.
    return Math.min(Math.ceil(error.retryAfterMs * (1 + random * 0.1)), policy.delayMsMax);
  }
  const ceiling = Math.min(policy.baseDelayMs * 2 ** (attempt - 1), policy.delayMsMax);
  return Math.round(ceiling * (0.75 + random * 0.25));
}

export interface RetryOptions {
  readonly policy?: RetryPolicy | undefined;
  readonly clock?: Partial<RetryClock> | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** Runs `attempt` until it shows content or fails for good. Each repeat is announced by a `retry` event before its wait. */
export function withRetry(attempt: (number: number) => AsyncIterable<StreamEvent>, options: RetryOptions = {}): AsyncIterable<StreamEvent> {
  return handOver((onLive) => openAttempt(attempt, options, onLive));
}

/** Up to the first event with content; with what came before, and the iterator that gives the rest, it goes to `onLive`. */
async function* openAttempt(
  attempt: (number: number) => AsyncIterable<StreamEvent>,
  { policy = defaultRetryPolicy, clock = {}, signal }: RetryOptions,
  onLive: OnRest<StreamEvent>,
): AsyncGenerator<StreamEvent, void, void> {
  const { sleep = sleepFor, random = Math.random, now = Date.now } = clock;
  for (let number = 1; ; number++) {
    const held: StreamEvent[] = [];
    const iterator = attempt(number)[Symbol.asyncIterator]();
    try {
      for (;;) {
        const { value, done } = await iterator.next();
        if (done === true) return;
        held.push(value);
        if (!isQuiet(value) || held.length > limits.heldEventsMax) break;
      }
    } catch (error) {
      if (!isProviderError(error)) throw error;
      const delayMs = nextDelayMs(policy, number, error, random());
      if (delayMs === undefined) throw withReset(error, policy, now());
      yield { type: 'retry', attempt: number + 1, attemptsMax: policy.retriesMax + 1, delayMs, error };
      await sleep(delayMs, signal);
      if (signal?.aborted === true) throw abortedError(error);
      continue;
    }
    onLive(iterator, held);
    return;
  }
}

function isQuiet(event: StreamEvent): boolean {
  return event.type === 'response-start' || event.type === 'rate-limits' || event.type === 'warning' || event.type === 'usage';
}

/** Too long a wait to wait for: say until when instead. */
function withReset(error: ProviderError, policy: RetryPolicy, nowMs: number): ProviderError {
  if (error.retryAfterMs === undefined || error.retryAfterMs <= policy.delayMsMax || error.resetsAtMs !== undefined) return error;
  const resetsAtMs = nowMs + error.retryAfterMs;
  const seconds = Math.ceil(error.retryAfterMs / 1000).toLocaleString('en');
  const message = `${error.message} (the server asks to wait ${seconds} s, until ${new Date(resetsAtMs).toISOString()})`;
  return amendError(error, { resetsAtMs }, message);
}

function sleepFor(delayMs: number, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve) => {
    if (signal?.aborted === true) return resolve();
    const done = (): void => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', done);
      resolve();
    };
    const timer = setTimeout(done, delayMs);
    signal?.addEventListener('abort', done, { once: true });
  });
}
