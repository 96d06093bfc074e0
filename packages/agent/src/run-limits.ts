/** The limits that a user sets on one run, and whether the next request is still within them. */
import { type Usage, addUsage, noUsage } from '@sx/llm';

import { AgentError } from './agent-error.ts';
import type { RunOutcome } from './events.ts';
import { agentLimits } from './limits.ts';

export interface RunLimits {
  /** Model requests. Default `agentLimits.turnsMax`. */
  readonly maxTurns?: number | undefined;
  /** Tokens of all requests, prompt (cached or not) and output. */
  readonly maxTokens?: number | undefined;
  readonly maxSeconds?: number | undefined;
  /** Needs a price: from the vendor's own figure, else from `costUsd`. */
  readonly maxBudgetUsd?: number | undefined;
}

export interface Spending {
  add(usage: Usage): void;
  readonly usage: Usage;
  /** @throws {AgentError} `AGENT_PRICE_UNKNOWN` */
  exceeded(turns: number): RunOutcome | undefined;
  /** Never nothing: a limit of zero would be none. */
  remaining(): Pick<RunLimits, 'maxTokens' | 'maxBudgetUsd'>;
}

/** @throws {AgentError} `AGENT_BAD_LIMIT` */
export function createSpending(limits: RunLimits, costUsd: (usage: Usage) => number | undefined): Spending {
  for (const [name, value] of Object.entries(limits)) {
    if (value !== undefined && !(typeof value === 'number' && value > 0 && Number.isFinite(value))) {
      throw new AgentError('AGENT_BAD_LIMIT', `${name}: expected a positive number, got ${String(value)}`);
    }
  }
  let total: Usage = noUsage;
  let dollars = 0;
  let priced = true;
  const tokensOf = ({ inputTokens = 0, cacheReadTokens = 0, cacheWriteTokens = 0, outputTokens = 0 }: Usage): number => inputTokens + cacheReadTokens + cacheWriteTokens + outputTokens;
  return {
    add(usage) {
      const cost = usage.costUsd ?? costUsd(usage);
      priced &&= cost !== undefined;
      dollars += cost ?? 0;
      total = addUsage(total, cost === undefined ? usage : { ...usage, costUsd: cost });
    },
    get usage() {
      return total;
    },
    remaining: () => ({
      ...(limits.maxTokens === undefined ? {} : { maxTokens: Math.max(1, limits.maxTokens - tokensOf(total)) }),
      ...(limits.maxBudgetUsd === undefined ? {} : { maxBudgetUsd: Math.max(Number.MIN_VALUE, limits.maxBudgetUsd - dollars) }),
    }),
    exceeded(turns) {
      if (turns >= (limits.maxTurns ?? agentLimits.turnsMax)) return 'max-turns';
      if (limits.maxTokens !== undefined && tokensOf(total) >= limits.maxTokens) return 'max-tokens';
      if (limits.maxBudgetUsd === undefined || turns === 0) return undefined;
      if (!priced) {
        throw new AgentError(
          'AGENT_PRICE_UNKNOWN',
          `maxBudgetUsd ${limits.maxBudgetUsd} cannot be kept: the price of this model is not known`,
        );
      }
      return dollars >= limits.maxBudgetUsd ? 'max-budget' : undefined;
    },
  };
}
