/** The server of llama.cpp. Calls need `--jinja` on its side; a 503 while it loads the model is repeated. */
import type { Vendor } from '../vendor.ts';

export const llamaCpp: Vendor = {
  id: 'llama-cpp',
  ports: ['8080'],
  windowsPath: '/props',
  dialect: { thinkingSwitch: 'chat_template_kwargs', replayedReasoning: ['reasoning_content'], parallelSwitch: true, alternates: true },
};
