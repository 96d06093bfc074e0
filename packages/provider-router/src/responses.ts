/** A router that is spoken to in Responses. */
import type { DefinedProvider } from '@sx/llm';
import { createMemberRepairs } from '@sx/protocols/openai-chat/repair';
import { responses, responsesTokenCount } from '@sx/protocols/openai-responses';

import { defineRouter, type RouterServerOptions } from './define-router.ts';

/** @throws {ProviderError} `PROVIDER_UNSUPPORTED` for a base URL that is none; {NetError} for a key that is none. */
export function createRouterResponsesProvider(options: RouterServerOptions): DefinedProvider {
  return defineRouter(options, {
    path: '/responses',
    protocol: responses({ dialect: 'public', now: options.now }),
    quirks: createMemberRepairs(),
    tokenCount: responsesTokenCount,
    assumed: () => ({ extra: { reasoningSummary: true } }),
  });
}
