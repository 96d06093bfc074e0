/**
 * Who answers, and how: from the configuration to what the loop asks a model with. The choice may change in mid-session, the
 * connection only where it must.
 */
import type { CompactionOptions, ModelChoice } from '@sx/agent';
import type { Effort, ModelCapabilities } from '@sx/llm';

import type { Arguments } from '../cli/parse-arguments.ts';
import type { Settings } from '../settings.ts';
import type { Connection } from './connect.ts';
import { checkEffort, effortOf } from './effort.ts';
import { costOf } from './prices.ts';

export interface ComposedModel {
  /** As the vendor names it. */
  readonly model: string;
  readonly effort: Effort | undefined;
  readonly capabilities: ModelCapabilities;
  readonly choice: ModelChoice;
}

/** @throws {CliError} `CLI_BAD_EFFORT`; {AgentError} `AGENT_PRICE_UNKNOWN`. */
export function composeModel({ provider, plan, id }: Connection, args: Arguments, settings: Settings): ComposedModel {
  const { config } = settings;
  const model = provider.resolveModel(config.text('MODEL') ?? 'sonnet');
  const effort = effortOf(settings, plan.effortKeys);
  const capabilities = provider.capabilities(model);
  checkEffort(args, model, effort, capabilities.efforts);
  // A number that somebody wrote says more than an effort; the built-in one less.
  const counts = effort === undefined || config.setting('THINKING_BUDGET')?.tier !== 'built-in';
  const thinkingBudgetTokens = plan.takesThinkingBudget && counts ? config.integer('THINKING_BUDGET') : undefined;
  return {
    model,
    effort,
    capabilities,
    choice: {
      stream: (request, options) => provider.stream(request, options),
      origin: provider.originOf(model),
      settings: {
        ...(effort === undefined ? {} : { effort }),
        ...(thinkingBudgetTokens === undefined ? {} : { thinkingBudgetTokens }),
      },
      costUsd: costOf(settings, id, model),
      compaction: compactionOf(settings, capabilities.contextWindowTokens),
    },
  };
}

/** Below the model's limit there must be room for the answer. */
function compactionOf({ config }: Settings, contextTokens: number | undefined): CompactionOptions | 'never' {
  if (!config.on('CONTEXT_AUTO_COMPACT')) return 'never';
  const ceiling = contextTokens === undefined ? Infinity : Math.floor(contextTokens * 0.85);
  return { thresholdTokens: Math.min(config.integer('CONTEXT_CLEAR_THRESHOLD') ?? ceiling, ceiling), contextTokens };
}
