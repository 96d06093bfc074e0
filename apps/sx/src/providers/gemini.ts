/** Gemini: the Gemini API, with a key. */
import { createGeminiProvider, GEMINI_BASE_URL } from '@sx/provider-gemini';

import { modelAliases } from './model-aliases.ts';
import type { ProviderAdapter } from './provider-adapter.ts';

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
          explicitCache: config.text('GEMINI_CACHE') === 'explicit',
          aliases: modelAliases(config, 'GEMINI'),
        });
        return { provider, settled: () => Promise.resolve() };
      },
    };
  },
};
