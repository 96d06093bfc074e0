/** Codex: the ChatGPT backend, with a login. */
import { CODEX_BASE_URL, createCodexProvider } from '@sx/provider-codex';

import { planTokenSource } from '../compose/token-source.ts';
import { modelAliases } from './model-aliases.ts';
import type { ProviderAdapter } from './provider-adapter.ts';

export const adapter: ProviderAdapter = {
  plan(settings) {
    const { config } = settings;
    const baseUrl = config.text('CODEX_API_URL') ?? CODEX_BASE_URL;
    const tokens = planTokenSource('codex', settings);
    return {
      baseUrl,
      tokenUrls: tokens.urls,
      caFileKey: 'CODEX_CA_FILE',
      userAgent: config.text('CODEX_USER_AGENT'),
      takesThinkingBudget: false,
      effortKeys: ['CODEX_REASONING_EFFORT', 'REASONING_EFFORT'],
      connect({ context, ...parts }) {
        const { source, settled } = tokens.open(parts);
        const provider = createCodexProvider({
          ...context,
          redactor: parts.redactor,
          tokenSource: source,
          baseUrl,
          originator: config.text('CODEX_ORIGINATOR'),
          clientVersion: config.text('CODEX_CLIENT_VERSION'),
          aliases: modelAliases(config, 'CODEX'),
        });
        return { provider, settled };
      },
    };
  },
};
