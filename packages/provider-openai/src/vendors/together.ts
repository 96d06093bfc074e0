/** Together AI. */
import type { Vendor } from '../vendor.ts';

export const together: Vendor = {
  id: 'together',
  hosts: ['api.together.xyz', 'api.together.ai'],
  dialect: { effortMember: 'reasoning_effort', replayedReasoning: ['reasoning'], keepsUnknown: false, thinkTags: true },
};
