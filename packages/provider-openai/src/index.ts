/**
 * OpenAI, and every server that speaks as it does: hosted vendors, local servers, clouds. Chat Completions or Responses, with a
 * key or without one.
 *
 * Who answers is seen by the base URL; what is particular about it is its file in `vendors/`. The base URL is part of each
 * message's origin, so that the thoughts of one server never go to another.
 */
import type { DefinedProvider } from '@sx/llm';

import { createOpenaiChatProvider } from './chat.ts';
import type { OpenaiServerOptions } from './define-openai.ts';
import { createOpenaiResponsesProvider } from './responses.ts';

export { createOpenaiChatProvider } from './chat.ts';
export { OPENAI_BASE_URL, type OpenaiServerOptions } from './define-openai.ts';
export { createOpenaiResponsesProvider } from './responses.ts';
export type { Vendor } from './vendor.ts';
export { vendorOf, vendors } from './vendors.ts';

export interface OpenaiOptions extends OpenaiServerOptions {
  /** Default `chat`. */
  readonly api?: 'chat' | 'responses' | undefined;
}

/** @throws {ProviderError} `PROVIDER_UNSUPPORTED` for a base URL or a vendor that is none; {NetError} for a key that is none. */
export function createOpenaiProvider({ api = 'chat', ...options }: OpenaiOptions): DefinedProvider {
  return api === 'chat' ? createOpenaiChatProvider(options) : createOpenaiResponsesProvider(options);
}
