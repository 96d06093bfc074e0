/** OpenAI and compatible servers: hosted, local, in a cloud; with a key or without. */
import { createOpenaiProvider, OPENAI_BASE_URL } from '@sx/provider-openai';

import { modelAliases } from './model-aliases.ts';
import type { ProviderAdapter } from './provider-adapter.ts';

export const adapter: ProviderAdapter = {
  plan({ config }) {
    const baseUrl = config.text('OPENAI_BASE_URL') ?? OPENAI_BASE_URL;
    return {
      baseUrl,
      tokenUrls: [],
      caFileKey: 'OPENAI_CA_FILE',
      userAgent: undefined,
      takesThinkingBudget: false,
      effortKeys: ['REASONING_EFFORT'],
      connect({ context, redactor }) {
        const provider = createOpenaiProvider({
          ...context,
          redactor,
          extraFields: config.fields('OPENAI_EXTRA_HEADERS'),
          baseUrl,
          apiKey: config.text('OPENAI_API_KEY'),
          api: config.text('OPENAI_API') === 'responses' ? 'responses' : 'chat',
          vendor: config.text('OPENAI_VENDOR'),
          aliases: modelAliases(config, 'OPENAI'),
        });
        return { provider, settled: () => Promise.resolve() };
      },
    };
  },
};
