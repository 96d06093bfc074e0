/** `AGENT_RETRY_*`: repeats of a request that nothing was shown of, and new starts of a turn whose response broke off. */
import type { RunOptions } from '@sx/agent';
import type { RetryPolicy } from '@sx/llm';

import type { Settings } from '../settings.ts';

const TURN_RESTARTS_MAX = 3;

export function requestRetries({ config }: Settings): Partial<RetryPolicy> {
  const retriesMax = config.integer('AGENT_RETRY_MAX');
  const baseDelayMs = config.integer('AGENT_RETRY_INITIAL_DELAY');
  const delayMsMax = config.integer('AGENT_RETRY_MAX_DELAY');
  return {
    ...(retriesMax === undefined ? {} : { retriesMax }),
    ...(baseDelayMs === undefined ? {} : { baseDelayMs }),
    ...(delayMsMax === undefined ? {} : { delayMsMax }),
  };
}

/** A new start costs a whole response, so there are at most three, however many repeats of a request are allowed. */
export function turnRestarts(settings: Settings): NonNullable<RunOptions['restarts']> {
  const { retriesMax, baseDelayMs, delayMsMax } = requestRetries(settings);
  return {
    turnRestartsMax: Math.min(retriesMax ?? TURN_RESTARTS_MAX, TURN_RESTARTS_MAX),
    ...(baseDelayMs === undefined ? {} : { turnRestartDelayMs: baseDelayMs }),
    ...(delayMsMax === undefined ? {} : { turnRestartDelayMaxMs: delayMsMax }),
  };
}
