/**
 * When to draw: at once if the last frame is long enough ago, else when its time is over; never twice for one change, and no
 * timer while nothing changes.
 *
 * The clock is handed in so that tests have their own.
 */
export interface Clock {
  now(): number;
  /** Runs once after the delay, in milliseconds; the function returned takes it back. */
  schedule(delayMs: number, run: () => void): () => void;
}

export const systemClock: Clock = {
  now: () => performance.now(),
  schedule(delayMs, run) {
    const timer = setTimeout(run, delayMs);
    return () => clearTimeout(timer);
  },
};

export interface FrameClock {
  /** Something changed. */
  request(): void;
  /** A frame was drawn now, asked for or not. */
  drawn(): void;
  stop(): void;
}

export function createFrameClock(clock: Clock, intervalMs: number, draw: () => void): FrameClock {
  let last = Number.NEGATIVE_INFINITY;
  let cancel: (() => void) | undefined;
  const stop = (): void => {
    cancel?.();
    cancel = undefined;
  };
  return {
    request() {
      if (cancel !== undefined) return;
      cancel = clock.schedule(Math.max(0, Math.ceil(last + intervalMs - clock.now())), () => {
        cancel = undefined;
        draw();
      });
    },
    drawn() {
      stop();
      last = clock.now();
    },
    stop,
  };
}
