/** Times the steps of one connection attempt and reports them, the failed one included. One path serves `dial` and the doctor. */
import { NetError } from '../net-error.ts';
import type { DialStep, SeenCertificate } from './dialer-contract.ts';
import { monotonicMs } from '../monotonic-ms.ts';

/** What a step tells about itself; it may change until the step ends. */
export interface StepFacts {
  detail: string;
  chain?: readonly SeenCertificate[];
}

export type RunStep = <T>(name: DialStep['name'], run: (facts: StepFacts) => T | Promise<T>) => Promise<T>;

export function createStepRunner(onStep: ((step: DialStep) => void) | undefined): RunStep {
  return async (name, run) => {
    const facts: StepFacts = { detail: '' };
    const startedMs = monotonicMs();
    const report = (outcome: { readonly ok: boolean; readonly error?: NetError }): void =>
      onStep?.({ name, elapsedMs: monotonicMs() - startedMs, ...facts, ...outcome });
    try {
      const result = await run(facts);
      report({ ok: true });
      return result;
    } catch (error) {
      if (error instanceof NetError) report({ ok: false, error });
      throw error;
    }
  };
}
