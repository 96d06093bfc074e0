/**
 * The models of the Gemini API: the embedded table, what a name alone tells, and the reader of `GET /models`.
 *
 * Every figure may go stale: the endpoint is the authority on names and sizes. It does not say how a model is told to think, so
 * that comes from the table, else from the generation in the name; what is newer than this table is taken for the newest
 * generation. Efforts are the levels of the vendor, in small letters.
 */
import {
  arrayOr, isObject, type JsonObject, type JsonValue, type ModelCapabilities, type ModelInfo, numberOr, objectOr, stringOr,
} from '@sx/llm/provider-kit';

const UP = ['low', 'medium', 'high'];
const WINDOW_TOKENS = 1_048_576;

const common = { contextWindowTokens: WINDOW_TOKENS, maxOutputTokens: 65_536, imageInput: true, documentInput: true } as const;

/**
 * `explicitCacheTokensMin`: least size of an explicit cache; absent where there are none. `continuesAnswers`: the server may
 * stop in the middle of an answer and want to be asked for the rest.
 */
const second = { signedCalls: false, mediaInResults: false, explicitCacheTokensMin: 4_096 } as const;
const third = { explicitCacheTokensMin: 4_096 } as const;
const fourth = { continuesAnswers: true } as const;

function entry(id: string, efforts: readonly string[], defaultEffort: string | undefined, extra: JsonObject): ModelInfo {
  // Before the third generation a schema for the answer and tools exclude each other.
  const structuredOutput = extra['signedCalls'] === false ? ({ structuredOutput: 'native-without-tools' } as const) : {};
  const usual = defaultEffort === undefined ? {} : { defaultEffort };
  return { id, source: 'table', capabilities: { ...common, ...structuredOutput, efforts, ...usual, extra } };
}

const budget = (min: number, max: number): JsonObject => ({ ...second, thinkingBudget: { min, max } });

export const geminiModels: readonly ModelInfo[] = [
  entry('gemini-4-argon', UP, 'medium', fourth),
  entry('gemini-4-neon', UP, 'high', fourth),
  entry('gemini-4-carbon', UP, undefined, fourth),
  entry('gemini-4-hydrogen', UP, undefined, fourth),
  entry('gemini-3.8-flash', ['minimal', ...UP], 'medium', third),
  entry('gemini-3.7-flash', ['minimal', ...UP], 'medium', third),
  entry('gemini-3.6-flash', ['minimal', ...UP], undefined, third),
  entry('gemini-3.5-flash', ['minimal', ...UP], undefined, third),
  entry('gemini-3.5-flash-lite', ['minimal', ...UP], 'minimal', third),
  entry('gemini-3.1-pro-preview', UP, 'high', third),
  entry('gemini-3.1-flash-lite', ['minimal', ...UP], 'minimal', third),
  entry('gemini-3-flash-preview', ['minimal', ...UP], 'high', third),
  entry('gemini-2.5-pro', UP, undefined, budget(128, 32_768)),
  entry('gemini-2.5-flash', ['none', ...UP], undefined, budget(1, 24_576)),
  entry('gemini-2.5-flash-lite', ['none', ...UP], undefined, budget(512, 24_576)),
];

/** `opus`, `sonnet` and `haiku` mean the same everywhere in sx: the best, the usual, the small one. */
export const geminiAliases: Readonly<Record<string, string>> = {
  opus: 'gemini-4-argon', sonnet: 'gemini-3.8-flash', haiku: 'gemini-3.5-flash-lite',
};

/** Of a model that may not be in the table. */
export function capabilitiesOf(id: string): ModelCapabilities {
  const known = geminiModels.find((model) => model.id === id);
  if (known !== undefined) return known.capabilities;
  const generation = Number(/^gemini-(\d+)/.exec(id)?.[1] ?? Infinity);
  // Dated and suffixed names think as their family does.
  const family = geminiModels.filter((model) => id.startsWith(model.id)).toSorted((a, b) => b.id.length - a.id.length)[0];
  if (family !== undefined) return family.capabilities;
  if (generation >= 3) return { imageInput: true, documentInput: true, extra: generation === 3 ? third : fourth };
  // Of the first two generations only the last thinks.
  return { imageInput: true, documentInput: true, structuredOutput: 'native-without-tools', efforts: [], extra: second };
}

/** Lenient: every member but `name` is optional; what generates no content is left out. */
export function parseGeminiModels(body: JsonValue): ModelInfo[] {
  return arrayOr(objectOr(body, {})['models'], []).filter(isObject).flatMap((model): ModelInfo[] => {
    const id = stringOr(model['name'], '').replace(/^models\//, '');
    const methods = arrayOr(model['supportedGenerationMethods'], ['generateContent']);
    if (id === '' || !methods.includes('generateContent')) return [];
    const displayName = stringOr(model['displayName'], '');
    const named = displayName === '' ? {} : { displayName };
    return [{ id, ...named, capabilities: toCapabilities(capabilitiesOf(id), model, methods), source: 'endpoint' }];
  });
}

function toCapabilities(known: ModelCapabilities, model: JsonObject, methods: readonly JsonValue[]): ModelCapabilities {
  const window = numberOr(model['inputTokenLimit'], known.contextWindowTokens);
  const output = numberOr(model['outputTokenLimit'], known.maxOutputTokens);
  const { explicitCacheTokensMin = second.explicitCacheTokensMin, ...extra } = known.extra ?? {};
  return {
    ...known,
    ...(window === undefined ? {} : { contextWindowTokens: window }),
    ...(output === undefined ? {} : { maxOutputTokens: output }),
    ...(model['thinking'] === false ? { efforts: [] } : {}),
    extra: { ...extra, ...(methods.includes('createCachedContent') ? { explicitCacheTokensMin } : {}) },
  };
}

/** The path of the next page. */
export function nextModelsPath(body: JsonValue): string | undefined {
  const token = stringOr(objectOr(body, {})['nextPageToken'], '');
  return token === '' ? undefined : `${MODELS_PATH}&pageToken=${encodeURIComponent(token)}`;
}

export const MODELS_PATH = '/models?pageSize=1000';
