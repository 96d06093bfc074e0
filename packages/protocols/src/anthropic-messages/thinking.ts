/**
 * How a model is told to think. Families differ, and refuse each other's words (Anthropic, “Extended thinking”, “Adaptive
 * thinking”): what a model takes stands in its capabilities (`extra.thinkingTypes`, from the models endpoint, else from a table).
 *
 * `adaptive`: the model decides, `output_config.effort` steers. `enabled`: a budget of tokens, at least 1,024 and below `max_tokens`.
 * `disabled`. A model without `disabled` cannot be kept from thinking: `off` then means its lowest effort.
 */
import { clampEffort, type Effort, type JsonObject, type ModelCapabilities, type ModelRequest, toWireEffort } from '@sx/llm';

const BUDGET_TOKENS_MIN = 1_024;
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
  /** `tool_choice` other than `auto` and `none` goes with it. */
  readonly mayForceTools: boolean;
}

export function thinkingPlan(request: ModelRequest, capabilities: ModelCapabilities, maxTokens: number, official: boolean): ThinkingPlan {
  const types = stringsOf(capabilities.extra?.['thinkingTypes']);
  const forced = request.toolChoice === 'required' || typeof request.toolChoice === 'object';
  const display = official ? { display: 'summarized' } : {};
  if (types.includes('adaptive')) {
    const off = request.effort === 'off' || forced;
    if (off && types.includes('disabled')) return { thinking: { type: 'disabled' }, effort: undefined, mayForceTools: true };
    const effort = request.effort === undefined ? undefined : clampEffort(request.effort, capabilities.efforts);
    // Models that always think refuse a forced tool only where their table says so.
    const mayForceTools = capabilities.extra?.['forcedTools'] === true;
    return { thinking: { type: 'adaptive', ...display }, effort: wireEffort(effort), mayForceTools };
  }
  if (types.includes('enabled') && request.effort !== 'off' && request.effort !== undefined && !forced) {
    const wanted = request.thinkingBudgetTokens ?? BUDGET_TOKENS[request.effort];
    const budget = Math.min(Math.max(wanted, BUDGET_TOKENS_MIN), maxTokens - 1);
    if (budget >= BUDGET_TOKENS_MIN) return { thinking: { type: 'enabled', budget_tokens: budget, ...display }, effort: undefined, mayForceTools: false };
  }
  return { thinking: undefined, effort: undefined, mayForceTools: true };
}

/** The wire knows no `none` and no `minimal` here. */
function wireEffort(effort: Effort | undefined): string | undefined {
  if (effort === undefined) return undefined;
  return effort === 'off' || effort === 'minimal' ? 'low' : toWireEffort(effort);
}

function stringsOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}
