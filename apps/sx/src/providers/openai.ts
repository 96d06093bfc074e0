/** OpenAI and compatible servers: hosted, local, in a cloud; with a key or without. */
import type { KeyName } from '@sx/config';
import { createOpenaiProvider, OPENAI_BASE_URL } from '@sx/provider-openai';

import type { ProviderAdapter } from './provider-adapter.ts';

const ALIAS_KEYS: readonly (readonly [alias: string, key: KeyName])[] = [
  ['opus', 'OPENAI_MODEL_OPUS'],
  ['sonnet', 'OPENAI_MODEL_SONNET'],
  ['haiku', 'OPENAI_MODEL_HAIKU'],
];

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
          baseUrl,
          apiKey: config.text('OPENAI_API_KEY'),
          api: config.text('OPENAI_API') === 'responses' ? 'responses' : 'chat',
          vendor: config.text('OPENAI_VENDOR'),
          aliases: Object.fromEntries(ALIAS_KEYS.flatMap(([alias, key]) => (config.text(key) === undefined ? [] : [[alias, config.text(key) ?? '']]))),
        });
        return { provider, settled: () => Promise.resolve() };
      },
    };
  },
};
