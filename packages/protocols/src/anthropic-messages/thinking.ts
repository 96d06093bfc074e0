/**
 * How a model is told to think. Families differ and refuse each other's words, so what a model takes stands in its capabilities:
 * `extra.thinkingTypes` (from the models endpoint, else from a table), `extra.forcedTools`, `efforts`.
 *
 * `adaptive`: the model decides, `output_config.effort` steers. `enabled`: a budget of tokens, from 1,024 to below `max_tokens`.
 * `disabled`: off. Where a model has none of the words, nothing is said and its own default holds. A model without `disabled`
 * cannot be kept from thinking; its efforts say so, and `off` never gets here.
 */
import type { Effort, JsonObject, ModelCapabilities, ModelRequest } from '@sx/llm';

const BUDGET_TOKENS_MIN = 1_024;
/** What a budget leaves of `max_tokens` for the answer. */
const ANSWER_TOKENS_MIN = 1_024;
const BUDGET_TOKENS: Readonly<Record<Exclude<Effort, 'off'>, number>> = {
  minimal: 1_024,
  low: 4_000,
  medium: 10_000,
  high: 24_000,
  xhigh: 32_000,
  max: 48_000,
};

export interface ThinkingPlan {
  readonly thinking: JsonObject | undefined;
  readonly effort: string | undefined;
  /** A forced tool can only be asked for. */
  readonly cannotForce: boolean;
}

/**
 * @param official - Imitators get no `display`, which few of them know.
 * @param mayBegin - False in the middle of a turn that began without a thought: a budget would be refused.
 */
export function planThinking(
  request: ModelRequest,
  capabilities: ModelCapabilities,
  options: { readonly maxTokens: number; readonly official: boolean; readonly mayBegin: boolean },
): ThinkingPlan {
  const types = thinkingTypes(capabilities);
  const forced = isForced(request);
  const cannotForce = forced && capabilities.extra?.['forcedTools'] === false;
  if (request.effort === 'off') {
    return { thinking: types.includes('disabled') ? { type: 'disabled' } : undefined, effort: undefined, cannotForce };
  }
  if (types.includes('adaptive')) {
    const display = options.official ? { display: 'summarized' } : {};
    return { thinking: { type: 'adaptive', ...display }, effort: toWireEffort(request.effort), cannotForce };
  }
  // With a budget a forced tool is refused, and the tool is what was asked for.
  if (types.includes('enabled') && !forced && options.mayBegin) {
    const wanted = request.thinkingBudgetTokens ?? BUDGET_TOKENS[request.effort ?? 'medium'];
    const budget = Math.min(Math.max(wanted, BUDGET_TOKENS_MIN), options.maxTokens - ANSWER_TOKENS_MIN);
    if (budget >= BUDGET_TOKENS_MIN) {
      return { thinking: { type: 'enabled', budget_tokens: budget }, effort: undefined, cannotForce };
    }
  }
  // Nothing is known of the model: an effort that was asked for is passed on, and no more.
  const effort = capabilities.extra?.['thinkingTypes'] === undefined ? toWireEffort(request.effort) : undefined;
  return { thinking: undefined, effort, cannotForce };
}

/** Old models think between their tools only with this beta; newer ones do so by themselves. */
export function wantsInterleaving(request: ModelRequest, capabilities: ModelCapabilities): boolean {
  const types = thinkingTypes(capabilities);
  return types.includes('enabled') && !types.includes('adaptive') && request.effort !== 'off' && request.tools.length > 0;
}

function thinkingTypes({ extra }: ModelCapabilities): readonly unknown[] {
  const types = extra?.['thinkingTypes'];
  return Array.isArray(types) ? types : [];
}

export function isForced({ toolChoice }: ModelRequest): boolean {
  return toolChoice === 'required' || typeof toolChoice === 'object';
}

/** The wire has no `minimal`. */
function toWireEffort(effort: ModelRequest['effort']): string | undefined {
  return effort === 'minimal' ? 'low' : effort;
}
