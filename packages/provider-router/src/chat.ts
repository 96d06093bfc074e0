/** A router that is spoken to in Chat Completions. */
import type { DefinedProvider } from '@sx/llm';
import { chatCompletions } from '@sx/protocols/openai-chat';
import { createMemberRepairs } from '@sx/protocols/openai-chat/repair';

import { defineRouter, type RouterServerOptions } from './define-router.ts';

/** LiteLLM wants tools wherever there were calls; thoughts have a member of their own at every router. */
const dialect = {
  maxTokensMember: 'max_completion_tokens',
  effortMember: 'reasoning_effort',
  toolsWithHistory: true,
  parallelSwitch: true,
  thinkTags: false,
} as const;

/** @throws {ProviderError} `PROVIDER_UNSUPPORTED` for a base URL that is none; {NetError} for a key that is none. */
export function createRouterChatProvider(options: RouterServerOptions): DefinedProvider {
  const protocol = chatCompletions(dialect, options.now);
  const isOpenrouter = URL.canParse(options.baseUrl) && new URL(options.baseUrl).hostname === 'openrouter.ai';
  return defineRouter(options, {
    path: '/chat/completions',
    protocol,
    quirks: createMemberRepairs(),
    // Behind OpenRouter Anthropic's models cache what is marked, and nothing else.
    assumed: (model) => (isOpenrouter && model.startsWith('anthropic/') ? { extra: { cacheControl: true } } : {}),
  });
}
