/** A router that is spoken to in Anthropic's Messages. */
import type { DefinedProvider, ModelCapabilities } from '@sx/llm';
import { claudeModels, createThinkingRepairs, messages, messagesFields, messagesTokenCount } from '@sx/protocols/anthropic-messages';

import { defineRouter, type RouterServerOptions } from './define-router.ts';

/** @throws {ProviderError} `PROVIDER_UNSUPPORTED` for a base URL that is none; {NetError} for a key that is none. */
export function createRouterMessagesProvider(options: RouterServerOptions): DefinedProvider {
  return defineRouter(options, {
    path: '/messages',
    protocol: messages({ official: false }),
    fields: (request, { capabilities }) => messagesFields([], { request, capabilities }),
    quirks: createThinkingRepairs(),
    tokenCount: messagesTokenCount('/messages/count_tokens'),
    assumed: claudeCapabilities,
  });
}

/** Of a Claude by its name; of others the oldest words for thinking, which routers translate. */
function claudeCapabilities(model: string): ModelCapabilities {
  const name = model.replace(/^.*\//, '');
  const known = claudeModels.find(({ id }) => id === name);
  return known?.capabilities ?? { extra: { thinkingTypes: ['enabled', 'disabled'] } };
}
