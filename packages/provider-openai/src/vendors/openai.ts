/** OpenAI itself, and what is known of its models; the list of its endpoint tells nothing but ids. */
import type { ModelInfo } from '@sx/llm';

import type { Vendor } from '../vendor.ts';

const FROM_NONE = ['none', 'low', 'medium', 'high', 'xhigh'];
const UP_TO_MAX = ['low', 'medium', 'high', 'xhigh', 'max'];
const OLDEST = ['minimal', 'low', 'medium', 'high'];

function entry(id: string, contextWindowTokens: number, efforts: readonly string[], defaultEffort?: string): ModelInfo {
  const thinks = defaultEffort === undefined ? { extra: { verbosity: false } } : { defaultEffort };
  const maxOutputTokens = efforts.length === 0 ? 32_768 : 128_000;
  const reads = { imageInput: true, documentInput: true };
  return { id, source: 'table', capabilities: { contextWindowTokens, maxOutputTokens, ...reads, efforts, ...thinks } };
}

export const openai: Vendor = {
  id: 'openai',
  hosts: ['api.openai.com'],
  dialect: {
    maxTokensMember: 'max_completion_tokens',
    systemRole: 'developer',
    effortMember: 'reasoning_effort',
    replayedReasoning: [],
    emptyContent: null,
    keepsUnknown: false,
    thinkTags: false,
    parallelSwitch: true,
    verbosity: true,
    promptCacheKey: true,
  },
  capabilities: () => ({ documentInput: true }),
  models: [
    entry('gpt-6-astra', 1_050_000, UP_TO_MAX, 'medium'),
    entry('gpt-6.1-sol', 1_050_000, UP_TO_MAX, 'medium'),
    entry('gpt-6.1-terra', 1_050_000, [...FROM_NONE, 'max'], 'medium'),
    entry('gpt-6-sol', 1_050_000, [...FROM_NONE, 'max'], 'medium'),
    entry('gpt-6-luna', 1_050_000, [...FROM_NONE, 'max'], 'medium'),
    entry('gpt-5.6-sol', 1_050_000, [...FROM_NONE, 'max'], 'medium'),
    entry('gpt-5.6-terra', 1_050_000, [...FROM_NONE, 'max'], 'medium'),
    entry('gpt-5.6-luna', 1_050_000, [...FROM_NONE, 'max'], 'medium'),
    entry('gpt-5.5', 272_000, FROM_NONE, 'medium'),
    entry('gpt-5.4', 272_000, FROM_NONE, 'medium'),
    entry('gpt-5.4-mini', 400_000, FROM_NONE, 'medium'),
    entry('gpt-5', 272_000, OLDEST, 'medium'),
    entry('gpt-4.1', 1_047_576, []),
  ],
  aliases: { opus: 'gpt-5.6-sol', sonnet: 'gpt-5.5', haiku: 'gpt-5.4-mini' },
};
