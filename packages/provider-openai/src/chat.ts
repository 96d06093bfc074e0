/** OpenAI's Chat Completions, and every server that speaks as they do: the half of the package that most programs need. */
import type { DefinedProvider } from '@sx/llm';
import { chatCompletions } from '@sx/protocols/openai-chat';

import { defineOpenai, type OpenaiApi, type OpenaiServerOptions } from './define-openai.ts';

export { OPENAI_BASE_URL, type OpenaiServerOptions } from './define-openai.ts';

const chat: OpenaiApi = {
  path: '/chat/completions',
  protocol: (vendor, now) => chatCompletions(vendor.dialect, now),
  capabilities: (known) => known,
  body: (body, vendor) => vendor.body?.(body) ?? body,
};

/** @throws {ProviderError} `PROVIDER_UNSUPPORTED` for a base URL or a vendor that is none; {NetError} for a key that is none. */
export function createOpenaiChatProvider(options: OpenaiServerOptions): DefinedProvider {
  return defineOpenai(options, chat);
}
