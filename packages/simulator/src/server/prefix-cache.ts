/**
 * A simulated prompt cache: it counts how many tokens of a prompt it has seen as the beginning of an earlier one, so that usage
 * figures mean something.
 *
 * Four characters count as a token. A prefix is what two prompts have in common, in whole blocks.
 */
const CHARACTERS_PER_TOKEN = 4;
const PROMPTS_MAX = 64;

export const estimateTokens = (text: string): number => Math.ceil(text.length / CHARACTERS_PER_TOKEN);

export interface PrefixCache {
  /** Tokens that were cached before, for a prompt under a key; the prompt is cached from now on. */
  read(key: string, prompt: string): number;
}

export function createPrefixCache(options: { readonly tokensMin: number; readonly blockTokens: number }): PrefixCache {
  const prompts = new Map<string, string>();
  return {
    read(key, prompt) {
      const before = prompts.get(key) ?? '';
      prompts.delete(key);
      prompts.set(key, prompt);
      const [oldest] = prompts.keys();
      if (prompts.size > PROMPTS_MAX && oldest !== undefined) prompts.delete(oldest);
      const tokens = Math.floor(commonPrefixLength(before, prompt) / CHARACTERS_PER_TOKEN);
      const blocks = Math.floor(tokens / options.blockTokens) * options.blockTokens;
      return blocks >= options.tokensMin ? blocks : 0;
    },
  };
}

export function commonPrefixLength(a: string, b: string): number {
  const end = Math.min(a.length, b.length);
  let at = 0;
  while (at < end && a.charCodeAt(at) === b.charCodeAt(at)) at += 1;
  return at;
}
