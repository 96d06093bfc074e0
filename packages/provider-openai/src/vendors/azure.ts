/** Azure OpenAI: its v1 API (`https://NAME.openai.azure.com/openai/v1`), and bases that end in a deployment. */
import type { Vendor } from '../vendor.ts';
import { openai } from './openai.ts';

export const azure: Vendor = {
  id: 'azure',
  hosts: ['*.openai.azure.com', '*.services.ai.azure.com', '*.cognitiveservices.azure.com'],
  path: '/openai/v1',
  dialect: openai.dialect,
  capabilities: () => ({ documentInput: true }),
};
