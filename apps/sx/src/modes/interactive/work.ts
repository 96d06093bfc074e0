/**
 * What may take a while and can be stopped (a turn, a compaction, a shell line, a login): one thing at a time. A login of the
 * first run may come within a prompt that waits for its end; then Esc is the login's.
 *
 * The controller hears of its start and end; a clock of the screen ticks only in between, and `ended` is what leaving waits for,
 * so that all of it is on file.
 */
import type { ScreenInput } from './controller.ts';

export type Outcome = 'done' | 'stopped';

export interface Work {
  /** What it throws is reported, unless it was stopped. */
  busy(
    run: (signal: AbortSignal) => Promise<Outcome>,
    options?: {
      /** A turn of the model, which hears what is typed meanwhile. Default false. */
      readonly steers?: boolean;
    },
  ): Promise<void>;
  stop(): void;
  /** Since it began; 0 where nothing goes on. */
  readonly seconds: number;
  readonly ended: Promise<void>;
}

export interface WorkParts {
  readonly dispatch: (input: ScreenInput) => void;
  readonly tick: () => void;
  readonly stopped: () => void;
  readonly report: (error: unknown) => void;
}

const TICK_MS = 1_000;

export function createWork({ dispatch, tick, stopped, report }: WorkParts): Work {
  let running: { readonly abort: AbortController; readonly startedAtMs: number; readonly steers: boolean } | undefined;
  let ended: Promise<void> = Promise.resolve();

  const carryOut = async (run: (signal: AbortSignal) => Promise<Outcome>, steers: boolean): Promise<void> => {
    const abort = new AbortController();
    const outer = running;
    running = { abort, startedAtMs: Date.now(), steers };
    const timer = setInterval(tick, TICK_MS);
    dispatch({ type: 'run-start', steers });
    let outcome: Outcome = 'stopped';
    try {
      outcome = await run(abort.signal);
    } catch (error) {
      if (abort.signal.aborted) stopped();
      else report(error);
    } finally {
      clearInterval(timer);
      running = outer;
      // Some of it ends in order when it is stopped, as a shell line does.
      const isStopped = outcome === 'stopped' || abort.signal.aborted;
      dispatch(outer === undefined ? { type: 'run-end', stopped: isStopped } : { type: 'run-start', steers: outer.steers });
    }
  };

  return {
    busy(run, { steers = false } = {}) {
      const isOuter = running === undefined;
      const done = carryOut(run, steers);
      if (isOuter) ended = done;
      return done;
    },
    stop: () => running?.abort.abort(),
    get seconds() {
      return running === undefined ? 0 : Math.floor((Date.now() - running.startedAtMs) / 1_000);
    },
    get ended() {
      return ended;
    },
  };
}
