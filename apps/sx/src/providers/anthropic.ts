/** Anthropic: Claude through the vendor's API, with a key. */
import { ANTHROPIC_BASE_URL, createAnthropicProvider } from '@sx/provider-anthropic';

import { modelAliases } from './model-aliases.ts';
import type { ProviderAdapter } from './provider-adapter.ts';

export const adapter: ProviderAdapter = {
  plan({ config }) {
    const baseUrl = config.text('ANTHROPIC_API_URL') ?? ANTHROPIC_BASE_URL;
    return {
      baseUrl,
      tokenUrls: [],
      caFileKey: 'ANTHROPIC_CA_FILE',
      userAgent: undefined,
      takesThinkingBudget: true,
      effortKeys: ['REASONING_EFFORT'],
      connect({ context, redactor }) {
        const provider = createAnthropicProvider({
          ...context,
          redactor,
          extraFields: config.fields('ANTHROPIC_EXTRA_HEADERS'),
          apiKey: config.text('ANTHROPIC_API_KEY') ?? '',
          authToken: config.text('ANTHROPIC_AUTH_TOKEN'),
          baseUrl,
          aliases: modelAliases(config, 'ANTHROPIC'),
        });
        return { provider, settled: () => Promise.resolve() };
      },
    };
  },
};
