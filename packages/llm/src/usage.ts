/**
 * Tokens of one response. Invariant: `inputTokens + cacheReadTokens + cacheWriteTokens` is the whole prompt, and
 * `reasoningTokens` is part of `outputTokens`. Undefined means that the vendor did not say; zero means zero.
 */
import type { JsonValue } from './json.ts';

export interface Usage {
  /** Prompt tokens that were neither read from a cache nor written to one. */
  readonly inputTokens: number | undefined;
  readonly cacheReadTokens: number | undefined;
  readonly cacheWriteTokens: number | undefined;
  /** Output, reasoning included. */
  readonly outputTokens: number | undefined;
  readonly reasoningTokens: number | undefined;
  /** What the vendor charged, where it says so (OpenRouter). */
  readonly costUsd?: number;
  /** The vendor's object as received. */
  readonly raw?: JsonValue;
}

export const noUsage: Usage = {
  inputTokens: undefined,
  cacheReadTokens: undefined,
  cacheWriteTokens: undefined,
  outputTokens: undefined,
  reasoningTokens: undefined,
};

export function addUsage(a: Usage, b: Usage): Usage {
  const sum = (x: number | undefined, y: number | undefined): number | undefined =>
    x === undefined && y === undefined ? undefined : (x ?? 0) + (y ?? 0);
  const costUsd = sum(a.costUsd, b.costUsd);
  return {
    inputTokens: sum(a.inputTokens, b.inputTokens),
    cacheReadTokens: sum(a.cacheReadTokens, b.cacheReadTokens),
    cacheWriteTokens: sum(a.cacheWriteTokens, b.cacheWriteTokens),
    outputTokens: sum(a.outputTokens, b.outputTokens),
    reasoningTokens: sum(a.reasoningTokens, b.reasoningTokens),
    ...(costUsd === undefined ? {} : { costUsd }),
  };
}
