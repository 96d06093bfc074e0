/** OpenAI's Responses, and servers that speak as they do. */
import type { DefinedProvider } from '@sx/llm';
import { responses, responsesTokenCount } from '@sx/protocols/openai-responses';

import { defineOpenai, type OpenaiApi, type OpenaiServerOptions } from './define-openai.ts';

export { OPENAI_BASE_URL, type OpenaiServerOptions } from './define-openai.ts';

const api: OpenaiApi = {
  path: '/responses',
  absent: 'does this server speak Responses? OPENAI_API=chat asks it by Chat Completions, which more servers know',
  protocol: (_vendor, now) => responses({ dialect: 'public', now }),
  tokenCount: (query) => ({ ...responsesTokenCount, path: `/responses/input_tokens${query}` }),
  // A summary is all that Responses shows of a thought; where an organization may not have it, the repair learns so.
  capabilities: (known) => ({ ...known, extra: { ...known.extra, reasoningSummary: true } }),
  body: (body) => body,
};

/** @throws {ProviderError} `PROVIDER_UNSUPPORTED` for a base URL or a vendor that is none; {NetError} for a key that is none. */
export function createOpenaiResponsesProvider(options: OpenaiServerOptions): DefinedProvider {
  return defineOpenai(options, api);
}
