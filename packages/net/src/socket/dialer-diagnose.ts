/**
 * Walks the way to a target once, step by step, for `sx doctor`: the very path that a request takes, not a copy of it.
 *
 * In: a dialer and a target. Out: policy, proxy, names, TCP, tunnel and TLS, each with what was seen, up to the first that
 * failed. The connection is closed at the end. HTTP is the caller's next step, on a transport.
 */
import { isNetError, type NetError } from '../net-error.ts';
import type { Dialer, DialOptions, DialStep, DialTarget } from './dialer-contract.ts';

/** What was found on the way. */
export interface Diagnosis {
  /** In order, the failed one included. */
  readonly steps: readonly DialStep[];
  /** Where the last step failed. */
  readonly error?: NetError;
}

/** Never rejects with a NetError: that is in the diagnosis. `options.onStep` is told of each step as it ends. */
export async function diagnose(dialer: Dialer, target: DialTarget, options: DialOptions = {}): Promise<Diagnosis> {
  const steps: DialStep[] = [];
  const onStep = (step: DialStep): void => {
    steps.push(step);
    options.onStep?.(step);
  };
  try {
    const { socket } = await dialer.dial(target, { ...options, onStep });
    socket.on('error', () => undefined);
    socket.destroy();
    return { steps };
  } catch (error) {
    if (!isNetError(error)) throw error;
    return { steps, error };
  }
}
