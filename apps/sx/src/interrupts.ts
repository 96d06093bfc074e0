/**
 * Ctrl-C and termination. The first signal aborts what runs, so that it can end in order and still print its result; the
 * second leaves at once, and so does the first if the order takes longer than the grace period.
 */
export type InterruptSignal = 'SIGINT' | 'SIGTERM';

export interface Interrupts {
  /** Aborted by the first signal. */
  readonly signal: AbortSignal;
  readonly received: InterruptSignal | undefined;
  /** Called right before the process leaves without having ended in order; must be synchronous. `error`: a defect, not a signal. */
  onLeave(listener: (error?: unknown) => void): void;
  /**
   * What must not be cut off, though it is short: leaving waits until it resolves, and only one signal more leaves without. A
   * token that is being renewed is lost with its answer, and the login with it.
   */
  finishFirst(finished: () => Promise<void>): void;
  /** For a defect that nothing caught: gives whoever listens the last word. */
  lastWord(error: unknown): void;
  /** Ctrl-C is the listener's alone, until the function that is returned is called; termination is not. */
  onInterrupt(listener: () => void): () => void;
  /** Another program has the terminal, and Ctrl-C is its own; until the function that is returned is called. */
  suspend(): () => void;
  /** Aborts as a signal would, where the reader of the output went away. */
  abort(): void;
}

interface SignalSource {
  on(signal: NodeJS.Signals, listener: () => void): unknown;
}

const GRACE_MS = 5_000;

export function createInterrupts(source: SignalSource, leave: (exitCode: 130 | 143) => void): Interrupts {
  const controller = new AbortController();
  let received: InterruptSignal | undefined;
  let onLeave: ((error?: unknown) => void) | undefined;
  const finishing: (() => Promise<void>)[] = [];
  let leaving = false;
  const exit = (signal: InterruptSignal): void => {
    const exitCode = signal === 'SIGTERM' ? 143 : 130;
    if (!leaving) onLeave?.();
    if (leaving || finishing.length === 0) return leave(exitCode);
    leaving = true;
    void Promise.all(finishing.map((finished) => finished())).finally(() => leave(exitCode));
  };
  const receive = (signal: InterruptSignal): void => {
    if (received !== undefined) return exit(signal);
    received = signal;
    setTimeout(() => exit(signal), GRACE_MS).unref();
    controller.abort(new Error(signal));
  };
  let suspended = 0;
  let onInterrupt: (() => void) | undefined;
  source.on('SIGINT', () => {
    if (suspended > 0) return;
    if (onInterrupt === undefined) receive('SIGINT');
    else onInterrupt();
  });
  source.on('SIGTERM', () => receive('SIGTERM'));
  // The terminal is gone: the same as being told to end.
  source.on('SIGHUP', () => receive('SIGTERM'));
  return {
    signal: controller.signal,
    get received() {
      return received;
    },
    onLeave: (listener) => void (onLeave = listener),
    finishFirst: (finished) => void finishing.push(finished),
    lastWord: (error) => onLeave?.(error),
    onInterrupt(listener) {
      onInterrupt = listener;
      return () => void (onInterrupt = undefined);
    },
    suspend() {
      suspended += 1;
      return () => void (suspended -= 1);
    },
    abort: () => controller.abort(new Error('output closed')),
  };
}
