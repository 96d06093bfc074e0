/**
 * All clocks of one connection on one timer.
 *
 * A clock is a due time; starting one is a store and a comparison. The timer is armed for the earliest due time that was
 * ever asked for and, when it fires early because clocks were moved on, re-armed for what is left. So a body of a million
 * pieces costs a million stores, not a million timers. The timer never keeps the process alive: the socket does.
 */
import { NetError } from '../net-error.ts';
import type { Deadlines } from '../limits.ts';
import { monotonicMs } from '../monotonic-ms.ts';

export type Clock = 'head' | 'idle' | 'write' | 'keep-alive' | 'close';

export class ConnectionDeadline {
  readonly #onDue: (clock: Clock) => void;
  readonly #dueAtMs: Record<Clock, number> = {
    head: Infinity,
    idle: Infinity,
    write: Infinity,
    'keep-alive': Infinity,
    close: Infinity,
  };
  #timer: NodeJS.Timeout | undefined;
  #firesAtMs = Infinity;

  constructor(onDue: (clock: Clock) => void) {
    this.#onDue = onDue;
  }

  start(clock: Clock, ms: number): void {
    const nowMs = monotonicMs();
    this.#dueAtMs[clock] = nowMs + ms;
    if (nowMs + ms < this.#firesAtMs) this.#arm(ms);
  }

  stop(clock: Clock): void {
    this.#dueAtMs[clock] = Infinity;
  }

  /** Stops every clock and releases the timer. */
  clear(): void {
    for (const clock of CLOCKS) this.#dueAtMs[clock] = Infinity;
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#firesAtMs = Infinity;
  }

  #arm(ms: number): void {
    clearTimeout(this.#timer);
    this.#firesAtMs = monotonicMs() + ms;
    this.#timer = setTimeout(() => this.#fire(), Math.ceil(ms));
    this.#timer.unref();
  }

  #fire(): void {
    this.#timer = undefined;
    this.#firesAtMs = Infinity;
    const nowMs = monotonicMs();
    let earliestMs = Infinity;
    for (const clock of CLOCKS) {
      const dueAtMs = this.#dueAtMs[clock];
      if (dueAtMs <= nowMs) {
        this.#dueAtMs[clock] = Infinity;
        this.#onDue(clock);
        // The connection is gone, or has new clocks that armed the timer themselves.
        return;
      }
      earliestMs = Math.min(earliestMs, dueAtMs);
    }
    if (earliestMs !== Infinity) this.#arm(earliestMs - nowMs);
  }
}

const CLOCKS: readonly Clock[] = ['head', 'idle', 'write', 'keep-alive', 'close'];

/** What `setTimeout` can count; a longer wait would fire at once. */
const TIMEOUT_MS_MAX = 2 ** 31 - 1;

/** @throws {NetError} `NET_BAD_REQUEST` for a deadline that is not a number of milliseconds from 1 to 2,147,483,647. */
export function withDeadlines(base: Deadlines, changes: Partial<Deadlines> | undefined): Deadlines {
  if (changes === undefined) return base;
  for (const [name, value] of Object.entries(changes)) {
    if (typeof value === 'number' && value >= 1 && value <= TIMEOUT_MS_MAX) continue;
    throw new NetError('NET_BAD_REQUEST', `deadline ${name} is ${String(value)}: expected 1 to ${TIMEOUT_MS_MAX} ms`, {
      where: name,
      got: String(value),
      limit: TIMEOUT_MS_MAX,
    });
  }
  return { ...base, ...changes };
}
