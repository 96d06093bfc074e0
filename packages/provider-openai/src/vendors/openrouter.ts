/** OpenRouter: many vendors behind one; what must go back to them is in `reasoning_details`. */
import type { Vendor } from '../vendor.ts';

export const openrouter: Vendor = {
  id: 'openrouter',
  hosts: ['openrouter.ai'],
  path: '/api/v1',
  dialect: {
    maxTokensMember: 'max_completion_tokens',
    effortMember: 'reasoning',
    replayedReasoning: ['reasoning', 'reasoning_details'],
    thinkTags: false,
    parallelSwitch: true,
  },
  // Anthropic's models cache what is marked, and nothing else.
  capabilities: (model) => ({ documentInput: true, extra: { cacheControl: model.startsWith('anthropic/') } }),
};
