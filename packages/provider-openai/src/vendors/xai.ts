/** xAI. Its usage counts thoughts beside the completion. */
import type { Vendor } from '../vendor.ts';

export const xai: Vendor = {
  id: 'xai',
  hosts: ['api.x.ai'],
  dialect: {
    effortMember: 'reasoning_effort',
    replayedReasoning: [],
    keepsUnknown: false,
    thinkTags: false,
    parallelSwitch: true,
  },
  aliases: { opus: 'grok-4.6', sonnet: 'grok-4.6', haiku: 'grok-4.5' },
};
