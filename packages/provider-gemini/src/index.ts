/**
 * Gemini through the Gemini API, with a key: the model stands in the path, the key in a field of its own and never in the URL.
 *
 * Prefixes are cached by the vendor without being asked (implicit caching). Explicit caches are for long beginnings that are used
 * often, and cost storage: only with `explicitCache`; `close()` deletes them.
 */
import { apiKey } from '@sx/auth/api-key';
import {
  type DefinedProvider, defineProvider, type ModelCapabilities, type ModelRequest, type ProviderOptions, type StreamEvent, toBaseUrl,
  toProviderContext,
} from '@sx/llm/provider-kit';
import { gemini, geminiTokenCount, type SafetySetting } from '@sx/protocols/gemini';

import type { ContextCaches } from './context-cache.ts';
import { continueAnswer } from './continue-answer.ts';
import { isCacheRefusal, lacksJsonSchema, sayKey } from './refusals.ts';
import { withNotices } from './with-notices.ts';
import { capabilitiesOf, geminiAliases, geminiModels, MODELS_PATH, nextModelsPath, parseGeminiModels } from './models.ts';

export type { SafetySetting } from '@sx/protocols/gemini';
export { geminiAliases, geminiModels } from './models.ts';

export const GEMINI_BASE_URL = 'https://generativelanguage.googleapis.com';

export interface GeminiProviderOptions extends ProviderOptions {
  readonly apiKey: string;
  /** Default `https://generativelanguage.googleapis.com`; `/v1beta` may be missing or present. */
  readonly baseUrl?: string | undefined;
  /** Name → wire id, over the defaults. */
  readonly aliases?: Readonly<Record<string, string>> | undefined;
  /** Keep long beginnings of conversations in explicit caches. `close()` then has to be awaited. Default false. */
  readonly explicitCache?: boolean | undefined;
  /** Life of such a cache since its last use, in seconds. Default 300. */
  readonly cacheTtlSeconds?: number | undefined;
  /** Default: the vendor's. */
  readonly safetySettings?: readonly SafetySetting[] | undefined;
}

export function createGeminiProvider(options: GeminiProviderOptions): DefinedProvider & { close(): Promise<void> } {
  const { redactor, now, transport, userAgent } = options;
  const context = toProviderContext(options);
  const { redact } = context;
  /** By model: what the endpoint said. */
  const listed = new Map<string, ModelCapabilities>();
  const baseUrl = toGeminiBaseUrl(options.baseUrl ?? GEMINI_BASE_URL);
  const protocol = gemini({ safetySettings: options.safetySettings, now });
  const auth = apiKey({ key: options.apiKey, header: 'x-goog-api-key', origin: 'GEMINI_API_KEY', redactor });
  const notices: string[] = [];
  const cacheless = new Set<string>();
  let knowsJsonSchema = true;
  const capabilities = (model: string): ModelCapabilities => {
    const known = listed.get(model) ?? capabilitiesOf(model);
    return knowsJsonSchema ? known : { ...known, extra: { ...known.extra, jsonSchema: false } };
  };
  // Few programs want any: their code is loaded with the first.
  let caches: ContextCaches | undefined;
  const openCaches = async (): Promise<ContextCaches> => {
    const { openContextCaches } = await import('./open-context-caches.ts');
    const { cacheTtlSeconds: ttlSeconds } = options;
    const onNotice = (text: string): void => void notices.push(text);
    return (caches ??= openContextCaches({
      transport, auth, protocol, extraFields: options.extraFields, redact, now, baseUrl, userAgent, ttlSeconds, onNotice,
    }));
  };
  const define = defineProvider({
    id: 'gemini',
    protocol,
    endpoint: { baseUrl, path: (model) => `${pathOf(model)}:streamGenerateContent?alt=sse` },
    tokenCount: geminiTokenCount(pathOf),
    auth,
    capabilities,
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
    quirks: {
      toError: sayKey,
      async beforeSend(body, request, context, { signal }) {
        if (options.explicitCache !== true) return body;
        const tokensMin = context.capabilities.extra?.['explicitCacheTokensMin'];
        if (typeof tokensMin !== 'number') {
          if (!cacheless.has(request.model)) notices.push(`${request.model} takes no explicit cache; it caches by itself`);
          cacheless.add(request.model);
          return body;
        }
        return (await openCaches()).apply(body, { model: pathOf(request.model).slice(1), sessionId: request.sessionId, tokensMin, signal });
      },
      repair(error, { body, request }) {
        if (knowsJsonSchema && lacksJsonSchema(error)) {
          knowsJsonSchema = false;
          return { capabilities: capabilities(request.model) };
        }
        const name = body['cachedContent'];
        if (typeof name !== 'string' || !isCacheRefusal(error)) return undefined;
        caches?.forget(name);
        return {};
      },
    },
  });
  const provider = define(context);
  return {
    ...provider,
    stream(request, streamOptions) {
      const ask = (next: ModelRequest): AsyncIterable<StreamEvent> => provider.stream(next, streamOptions);
      // What stands between the reader and the stream costs every event something: only where it is needed.
      const continues = capabilities(request.model).extra?.['continuesAnswers'] === true;
      return withNotices(notices, continues ? continueAnswer(request, provider.originOf(request.model), ask) : ask(request));
    },
    // Also before the first cache: none may be made afterwards.
    close: async () => (options.explicitCache === true ? (await openCaches()).close() : undefined),
  };
}

/** A trailing slash, `/v1` or `/v1beta` may be there or not. */
export function toGeminiBaseUrl(text: string): string {
  const key = 'GEMINI_API_URL';
  return toBaseUrl(toBaseUrl(text, { key, withoutVersion: '/v1' }), { key, version: '/v1beta' });
}

/** `gemini-3.8-flash`, or a resource name as the vendor writes it: `models/…`, `tunedModels/…`. */
function pathOf(model: string): string {
  const name = model.includes('/') ? model : `models/${model}`;
  return `/${name.split('/').map(encodeURIComponent).join('/')}`;
}
