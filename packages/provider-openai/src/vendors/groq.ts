/** Groq. Refuses thoughts, and every member that it does not know, in the history. */
import type { Vendor } from '../vendor.ts';

export const groq: Vendor = {
  id: 'groq',
  hosts: ['api.groq.com'],
  path: '/openai/v1',
  dialect: {
    effortMember: 'reasoning_effort',
    replayedReasoning: [],
    keepsUnknown: false,
    thinkTags: false,
    parallelSwitch: true,
  },
  aliases: { opus: 'openai/gpt-oss-120b', sonnet: 'openai/gpt-oss-120b', haiku: 'openai/gpt-oss-20b' },
};
