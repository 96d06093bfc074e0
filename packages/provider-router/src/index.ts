/**
 * A router: one endpoint in front of many vendors (LiteLLM, OpenRouter, claude-code-router and their kind). Which protocol it
 * speaks is configured; without a key no credential is sent at all, since several refuse an empty one.
 */
import type { DefinedProvider } from '@sx/llm';

import { createRouterChatProvider } from './chat.ts';
import type { RouterServerOptions } from './define-router.ts';
import { createRouterMessagesProvider } from './messages.ts';
import { createRouterResponsesProvider } from './responses.ts';

export { createRouterChatProvider } from './chat.ts';
export type { RouterServerOptions } from './define-router.ts';
export { createRouterMessagesProvider } from './messages.ts';
export { createRouterResponsesProvider } from './responses.ts';

export type RouterProtocol = 'chat' | 'responses' | 'messages';

export interface RouterOptions extends RouterServerOptions {
  /** Default `chat`. */
  readonly protocol?: RouterProtocol | undefined;
}

const creators = {
  chat: createRouterChatProvider,
  responses: createRouterResponsesProvider,
  messages: createRouterMessagesProvider,
};

/** @throws {ProviderError} `PROVIDER_UNSUPPORTED` for a base URL that is none; {NetError} for a key that is none. */
export function createRouterProvider({ protocol = 'chat', ...options }: RouterOptions): DefinedProvider {
  return creators[protocol](options);
}
