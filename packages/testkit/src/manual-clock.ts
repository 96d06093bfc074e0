/** A clock that stands until it is moved: what is due runs in order of its time, at its time. Fits the `Clock` of @sx/tui. */
export interface ManualClock {
  /** How many are waiting. */
  readonly timers: number;
  now(): number;
  /** Returns what calls it off. */
  schedule(delayMs: number, run: () => void): () => void;
  advance(byMs: number): void;
}

export function manualClock(): ManualClock {
  let nowMs = 0;
  let due: { atMs: number; run: () => void }[] = [];
  return {
    now: () => nowMs,
    schedule(delayMs, run) {
      const entry = { atMs: nowMs + delayMs, run };
      due.push(entry);
      return () => {
        due = due.filter((other) => other !== entry);
      };
    },
    get timers() {
      return due.length;
    },
    advance(byMs) {
      const end = nowMs + byMs;
      for (;;) {
        const next = due.filter(({ atMs }) => atMs <= end).sort((one, other) => one.atMs - other.atMs)[0];
        if (next === undefined) break;
        nowMs = Math.max(nowMs, next.atMs);
        due = due.filter((other) => other !== next);
        next.run();
      }
      nowMs = end;
    },
  };
}
