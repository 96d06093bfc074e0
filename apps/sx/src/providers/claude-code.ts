/** Claude Code: Claude with the login of the vendor's own program, which only a trusted `PROVIDER` can choose. */
import { CLAUDE_CODE_BASE_URL, CLAUDE_CODE_NOTICE, createClaudeCodeProvider } from '@sx/provider-claude-code';

import { planTokenSource } from '../compose/token-source.ts';
import { modelAliases } from './model-aliases.ts';
import type { ProviderAdapter } from './provider-adapter.ts';

export const adapter: ProviderAdapter = {
  plan(settings) {
    const { config } = settings;
    const baseUrl = config.text('CLAUDE_CODE_API_URL') ?? CLAUDE_CODE_BASE_URL;
    const tokens = planTokenSource('claude_code', settings);
    return {
      baseUrl,
      tokenUrls: tokens.urls,
      caFileKey: 'CLAUDE_CODE_CA_FILE',
      userAgent: undefined,
      notice: CLAUDE_CODE_NOTICE,
      takesThinkingBudget: true,
      effortKeys: ['REASONING_EFFORT'],
      connect({ context, ...parts }) {
        const { source, settled } = tokens.open(parts);
        const provider = createClaudeCodeProvider({
          ...context,
          redactor: parts.redactor,
          tokenSource: source,
          baseUrl,
          aliases: modelAliases(config, 'CLAUDE_CODE'),
        });
        return { provider, settled };
      },
    };
  },
};
