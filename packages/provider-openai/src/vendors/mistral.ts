/** Mistral. Call ids of others become nine letters and digits; a user may not speak right after a tool. */
import type { Vendor } from '../vendor.ts';

export const mistral: Vendor = {
  id: 'mistral',
  hosts: ['api.mistral.ai', 'codestral.mistral.ai'],
  dialect: {
    usageOnRequest: false,
    replayedReasoning: [],
    keepsUnknown: false,
    assistantAfterResults: true,
    nineCharIds: true,
    thinkTags: false,
    parallelSwitch: true,
  },
  aliases: { opus: 'mistral-large-latest', sonnet: 'mistral-medium-latest', haiku: 'mistral-small-latest' },
};
