/**
 * What a model costs, for `--max-budget-usd` and the figures of the result.
 *
 * In order: what the vendor itself charges and says (the loop sees to that), `MODEL_PRICE`, the table. The table is short on
 * purpose: it has list prices that are known, and a wrong price is worse than none. A plan (codex, claude_code) has no price
 * per token.
 */
import { AgentError } from '@sx/agent';
import { costOfUsage, type ModelPrice, type Usage } from '@sx/llm';

import type { ProviderId } from '../providers.ts';
import type { Settings } from '../settings.ts';

const PRICES: { readonly [Id in ProviderId]?: Readonly<Record<string, ModelPrice>> } = {
  openai: {
    'gpt-6-astra': { input: 10, output: 50 },
    'gpt-6.1-sol': { input: 2, output: 10 },
    'gpt-6.1-terra': { input: 1, output: 5 },
    'gpt-6-luna': { input: 0.1, output: 0.5 },
  },
  gemini: {
    'gemini-4-argon': { input: 2, output: 10 },
    'gemini-3.7-flash': { input: 0.75, output: 3.75 },
    'gemini-3.1-pro-preview': { input: 2, output: 12, longPrompt: { aboveTokens: 200_000, factor: 2 } },
  },
};

/** Those whose responses may name what they cost (OpenRouter and the like): for them the first turn tells. */
const MAY_SAY: readonly ProviderId[] = ['openai', 'router'];

/** `undefined`: nobody knows. */
export function priceOf({ config }: Settings, provider: ProviderId, model: string): ModelPrice | undefined {
  const own = config.text('MODEL_PRICE');
  if (own !== undefined) {
    const [input = 0, output = 0, cacheRead = input, cacheWrite = input] = own.split('/').map(Number);
    return { input, output, cacheRead, cacheWrite };
  }
  // A table for the vendor's own server: others that speak its protocol ask for what they like.
  if (provider === 'openai' && config.setting('OPENAI_BASE_URL')?.tier !== 'built-in') return undefined;
  const prices = PRICES[provider] ?? {};
  return Object.hasOwn(prices, model) ? prices[model] : undefined;
}

/** @throws {AgentError} `AGENT_PRICE_UNKNOWN` where a budget was set and cannot be kept. */
export function costOf(settings: Settings, provider: ProviderId, model: string): (usage: Usage) => number | undefined {
  const price = priceOf(settings, provider, model);
  if (price !== undefined) return (usage) => costOfUsage(price, usage);
  if (settings.config.text('MAX_BUDGET_USD') === undefined || MAY_SAY.includes(provider)) return () => undefined;
  throw new AgentError('AGENT_PRICE_UNKNOWN', `--max-budget-usd cannot be kept: no price is known for ${model} of ${provider}`, {
    hint: 'MODEL_PRICE=input/output says it, in US dollars for a million tokens: -e MODEL_PRICE=1.25/10',
  });
}
