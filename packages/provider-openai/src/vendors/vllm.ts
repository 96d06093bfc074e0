/** vLLM. Calls need `--enable-auto-tool-choice` and a `--tool-call-parser` on its side. */
import type { Vendor } from '../vendor.ts';

export const vllm: Vendor = {
  id: 'vllm',
  ports: ['8000'],
  dialect: {
    effortMember: 'reasoning_effort',
    thinkingSwitch: 'chat_template_kwargs',
    replayedReasoning: ['reasoning', 'reasoning_content'],
    parallelSwitch: true,
    alternates: true,
  },
};
