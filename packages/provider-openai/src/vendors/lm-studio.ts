/** LM Studio. Which member has the thoughts is a setting of its own. */
import type { Vendor } from '../vendor.ts';

export const lmStudio: Vendor = {
  id: 'lm-studio',
  ports: ['1234'],
  windowsPath: '/api/v0/models',
  dialect: { replayedReasoning: ['reasoning_content', 'reasoning'], alternates: true },
};
