/** Gemini: the Gemini API, with a key. */
import type { KeyName } from '@sx/config';
import { createGeminiProvider, GEMINI_BASE_URL } from '@sx/provider-gemini';

import type { ProviderAdapter } from './provider-adapter.ts';

const ALIAS_KEYS: readonly (readonly [alias: string, key: KeyName])[] = [
  ['opus', 'GEMINI_MODEL_OPUS'],
  ['sonnet', 'GEMINI_MODEL_SONNET'],
  ['haiku', 'GEMINI_MODEL_HAIKU'],
];

export const adapter: ProviderAdapter = {
  plan({ config }) {
    const baseUrl = config.text('GEMINI_API_URL') ?? GEMINI_BASE_URL;
    return {
      baseUrl,
      tokenUrls: [],
      caFileKey: 'GEMINI_CA_FILE',
      userAgent: undefined,
      takesThinkingBudget: true,
      effortKeys: ['REASONING_EFFORT'],
      connect({ context, redactor }) {
        const provider = createGeminiProvider({
          ...context,
          redactor,
          apiKey: config.text('GEMINI_API_KEY') ?? '',
          baseUrl,
          aliases: Object.fromEntries(ALIAS_KEYS.flatMap(([alias, key]) => (config.text(key) === undefined ? [] : [[alias, config.text(key) ?? '']]))),
        });
        return { provider, settled: () => Promise.resolve() };
      },
    };
  },
};
