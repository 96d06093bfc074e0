/** Gemini: the Gemini API, with a key. */
import { createGeminiProvider, GEMINI_BASE_URL } from '@sx/provider-gemini';

import { modelAliases } from './model-aliases.ts';
import type { ProviderAdapter } from './provider-adapter.ts';

/** The vendor's words. */
const CATEGORIES = ['HARASSMENT', 'HATE_SPEECH', 'SEXUALLY_EXPLICIT', 'DANGEROUS_CONTENT'];
const THRESHOLDS: Readonly<Record<string, string>> = {
  low: 'BLOCK_LOW_AND_ABOVE', medium: 'BLOCK_MEDIUM_AND_ABOVE', high: 'BLOCK_ONLY_HIGH', none: 'BLOCK_NONE', off: 'OFF',
};

export const adapter: ProviderAdapter = {
  plan({ config }) {
    const baseUrl = config.text('GEMINI_API_URL') ?? GEMINI_BASE_URL;
    const threshold = THRESHOLDS[config.text('GEMINI_SAFETY') ?? ''];
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
          safetySettings: threshold === undefined ? [] : CATEGORIES.map((category) => ({ category: `HARM_CATEGORY_${category}`, threshold })),
          aliases: modelAliases(config, 'GEMINI'),
        });
        return { provider, settled: () => Promise.resolve() };
      },
    };
  },
};
