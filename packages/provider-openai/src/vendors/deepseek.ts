/** DeepSeek. Every message with calls must carry its thought, if only an empty one. */
import type { Vendor } from '../vendor.ts';

export const deepseek: Vendor = {
  id: 'deepseek',
  hosts: ['api.deepseek.com'],
  dialect: {
    effortMember: 'reasoning_effort',
    thinkingSwitch: 'thinking',
    replayedReasoning: ['reasoning_content'],
    requiredReasoning: 'reasoning_content',
    keepsUnknown: false,
    thinkTags: false,
  },
  capabilities: () => ({ documentInput: false, structuredOutput: 'tool' }),
  aliases: { opus: 'deepseek-reasoner', sonnet: 'deepseek-chat', haiku: 'deepseek-chat' },
};
