/** Moonshot (Kimi). Puts the usage into the last choice; wants thoughts back with the calls that they led to. */
import type { Vendor } from '../vendor.ts';

export const moonshot: Vendor = {
  id: 'moonshot',
  hosts: ['api.moonshot.ai', 'api.moonshot.cn'],
  dialect: {
    thinkingSwitch: 'thinking',
    replayedReasoning: ['reasoning_content'],
    requiredReasoning: 'reasoning_content',
    keepsUnknown: false,
    thinkTags: false,
  },
};
