/** Z.ai (Zhipu). Uses the thoughts that go back only where it is told not to clear them; streams arguments if asked to. */
import { objectOr } from '@sx/llm/provider-kit';

import type { Vendor } from '../vendor.ts';

export const zai: Vendor = {
  id: 'zai',
  hosts: ['api.z.ai', 'open.bigmodel.cn'],
  path: '/api/paas/v4',
  dialect: { thinkingSwitch: 'thinking', replayedReasoning: ['reasoning_content'], keepsUnknown: false, thinkTags: false },
  capabilities: () => ({ documentInput: false, structuredOutput: 'tool' }),
  body: (body) => ({
    ...body,
    thinking: { type: 'enabled', ...objectOr(body['thinking'], {}), clear_thinking: false },
    ...(body['tools'] === undefined ? {} : { tool_stream: true }),
  }),
};
