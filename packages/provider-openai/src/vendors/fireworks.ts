/** Fireworks AI. */
import type { Vendor } from '../vendor.ts';

export const fireworks: Vendor = {
  id: 'fireworks',
  hosts: ['api.fireworks.ai'],
  path: '/inference/v1',
  dialect: { effortMember: 'reasoning_effort', replayedReasoning: ['reasoning_content'], keepsUnknown: false, thinkTags: true },
};
