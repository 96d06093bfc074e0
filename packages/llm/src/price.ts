/** What tokens cost. Pure; prices are data of whoever knows them. */
import type { Usage } from './usage.ts';

/** US dollars for a million tokens. */
export interface ModelPrice {
  readonly input: number;
  /** Reasoning included. */
  readonly output: number;
  /** Prompt tokens read from a cache. Default: as `input`, which is never too little. */
  readonly cacheRead?: number;
  /** Prompt tokens written to one. Default: as `input`. */
  readonly cacheWrite?: number;
  /** Where a prompt above so many tokens costs more: all figures times `factor`. */
  readonly longPrompt?: { readonly aboveTokens: number; readonly factor: number };
}

const MILLION = 1_000_000;

/** Undefined where the vendor did not say how many tokens it were: an unknown amount is not nothing. */
export function costOfUsage(price: ModelPrice, usage: Usage): number | undefined {
  const { inputTokens, outputTokens, cacheReadTokens = 0, cacheWriteTokens = 0 } = usage;
  if (inputTokens === undefined || outputTokens === undefined) return undefined;
  const { input, output, cacheRead = input, cacheWrite = input, longPrompt } = price;
  const long = longPrompt !== undefined && inputTokens + cacheReadTokens + cacheWriteTokens > longPrompt.aboveTokens;
  const dollars = inputTokens * input + cacheReadTokens * cacheRead + cacheWriteTokens * cacheWrite + outputTokens * output;
  return (dollars * (long ? longPrompt.factor : 1)) / MILLION;
}
