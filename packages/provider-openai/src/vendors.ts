/** The vendors that are known. To add one, add its file and its line here. */
import type { Vendor } from './vendor.ts';
import { azure } from './vendors/azure.ts';
import { deepseek } from './vendors/deepseek.ts';
import { fireworks } from './vendors/fireworks.ts';
import { groq } from './vendors/groq.ts';
import { llamaCpp } from './vendors/llama-cpp.ts';
import { lmStudio } from './vendors/lm-studio.ts';
import { mistral } from './vendors/mistral.ts';
import { moonshot } from './vendors/moonshot.ts';
import { ollama } from './vendors/ollama.ts';
import { openai } from './vendors/openai.ts';
import { openrouter } from './vendors/openrouter.ts';
import { together } from './vendors/together.ts';
import { vllm } from './vendors/vllm.ts';
import { xai } from './vendors/xai.ts';
import { zai } from './vendors/zai.ts';

export const vendors: readonly Vendor[] = [
  openai, azure, ollama, vllm, llamaCpp, lmStudio, openrouter, deepseek, groq, xai, zai, mistral, moonshot, together, fireworks,
];

/** A server that nobody knows: the least is assumed of it. */
export const otherVendor: Vendor = { id: 'other', dialect: { alternates: true } };

/** By the host of the base URL, else by its port. */
export function vendorOf(baseUrl: string): Vendor {
  const { hostname, port } = new URL(baseUrl);
  const isHost = (pattern: string): boolean =>
    pattern.startsWith('*.') ? hostname.endsWith(pattern.slice(1)) : hostname === pattern;
  const byHost = vendors.find(({ hosts = [] }) => hosts.some(isHost));
  return byHost ?? vendors.find(({ ports = [] }) => ports.includes(port)) ?? otherVendor;
}
