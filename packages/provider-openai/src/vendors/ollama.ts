/** Ollama. A prompt that does not fit into its window (`num_ctx`, small by default) it cuts without a word. */
import type { Vendor } from '../vendor.ts';

export const ollama: Vendor = {
  id: 'ollama',
  hosts: ['ollama.com'],
  ports: ['11434'],
  windowsPath: '/api/ps',
  dialect: { effortMember: 'reasoning_effort', replayedReasoning: ['reasoning'], alternates: true },
};
