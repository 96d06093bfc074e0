/**
 * Gemini through the Gemini API, with a key: the model stands in the path, the key in a field of its own and never in the URL.
 */
import { apiKey } from '@sx/auth';
import { type DefinedProvider, defineProvider, type ModelCapabilities, type ProviderContext, toBaseUrl } from '@sx/llm';
import type { Redactor, Transport } from '@sx/net';
import { gemini, type SafetySetting } from '@sx/protocols/gemini';

import { sayKey } from './refusals.ts';
import { capabilitiesOf, geminiAliases, geminiModels, MODELS_PATH, nextModelsPath, parseGeminiModels } from './models.ts';

export type { SafetySetting } from '@sx/protocols/gemini';
export { geminiAliases, geminiModels } from './models.ts';

export const GEMINI_BASE_URL = 'https://generativelanguage.googleapis.com';

export interface GeminiProviderOptions {
  readonly transport: Transport;
  readonly apiKey: string;
  /** Default `https://generativelanguage.googleapis.com`; `/v1beta` may be missing or present. */
  readonly baseUrl?: string | undefined;
  /** `sx/0.1.0`. */
  readonly userAgent: string;
  /** Name → wire id, over the defaults. */
  readonly aliases?: Readonly<Record<string, string>> | undefined;
  /** Default: the vendor's. */
  readonly safetySettings?: readonly SafetySetting[] | undefined;
  readonly redactor?: Pick<Redactor, 'addSecret' | 'redactText'> | undefined;
  readonly now?: (() => number) | undefined;
  readonly retry?: ProviderContext['retry'];
}

export function createGeminiProvider(options: GeminiProviderOptions): DefinedProvider {
  const { redactor, now } = options;
  /** By model: what the endpoint said. */
  const listed = new Map<string, ModelCapabilities>();
  const baseUrl = toGeminiBaseUrl(options.baseUrl ?? GEMINI_BASE_URL);
  const define = defineProvider({
    id: 'gemini',
    protocol: gemini({ safetySettings: options.safetySettings, now }),
    endpoint: { baseUrl, path: (model) => `${pathOf(model)}:streamGenerateContent?alt=sse` },
    auth: apiKey({ key: options.apiKey, header: 'x-goog-api-key', origin: 'GEMINI_API_KEY', redactor }),
    capabilities: (model) => listed.get(model) ?? capabilitiesOf(model),
    aliases: { ...geminiAliases, ...options.aliases },
    models: {
      table: geminiModels,
      endpoint: {
        path: MODELS_PATH,
        parse: parseGeminiModels,
        nextPath: nextModelsPath,
        onList: (models) => {
          for (const model of models) listed.set(model.id, model.capabilities);
        },
      },
    },
    quirks: { toError: sayKey },
  });
  return define({
    transport: options.transport,
    userAgent: options.userAgent,
    redact: redactor === undefined ? undefined : (text) => redactor.redactText(text),
    now,
    retry: options.retry,
  });
}

/** A trailing slash, `/v1` or `/v1beta` may be there or not. */
export function toGeminiBaseUrl(text: string): string {
  return toBaseUrl(toBaseUrl(text, { key: 'GEMINI_API_URL', withoutVersion: '/v1' }), { key: 'GEMINI_API_URL', version: '/v1beta' });
}

/** `gemini-3.8-flash`, or a resource name as the vendor writes it: `models/…`, `tunedModels/…`. */
function pathOf(model: string): string {
  const name = model.includes('/') ? model : `models/${model}`;
  return `/${name.split('/').map(encodeURIComponent).join('/')}`;
}
