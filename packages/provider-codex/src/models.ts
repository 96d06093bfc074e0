/**
 * The models of the Codex backend: the embedded table, and the reader of its catalogue (`GET /models`).
 *
 * Every figure here may go stale: the endpoint is the authority, the table is for when it cannot be asked. Efforts are what
 * the server takes, `none` included, which the catalogue does not list.
 */
import {
  arrayOr, isObject, type JsonObject, type JsonValue, type ModelCapabilities, type ModelInfo, numberOr, objectOr, stringOr,
} from '@sx/llm/provider-kit';

/** The level of the client protocol that this package implements; the server filters its list by it. */
export const CLIENT_VERSION = '0.147.0';

const UP_TO_XHIGH = ['none', 'low', 'medium', 'high', 'xhigh'];
const UP_TO_MAX = ['low', 'medium', 'high', 'xhigh', 'max'];

const common = { imageInput: true, documentInput: false, parallelToolCalls: true } as const;

function entry(
  id: string,
  contextWindowTokens: number,
  efforts: readonly string[],
  defaultEffort: string,
  useResponsesLite = false,
): ModelInfo {
  const extra = useResponsesLite ? { extra: { useResponsesLite } } : {};
  return { id, source: 'table', capabilities: { ...common, contextWindowTokens, efforts, defaultEffort, ...extra } };
}

export const codexModels: readonly ModelInfo[] = [
  entry('gpt-5.5', 272_000, UP_TO_XHIGH, 'medium'),
  entry('gpt-5.6-sol', 272_000, UP_TO_MAX, 'low', true),
  entry('gpt-5.6-terra', 272_000, UP_TO_MAX, 'medium', true),
  entry('gpt-5.6-luna', 272_000, UP_TO_MAX, 'medium', true),
  entry('gpt-6-astra', 872_000, UP_TO_MAX, 'medium', true),
  entry('gpt-5.4', 272_000, UP_TO_XHIGH, 'medium'),
  entry('gpt-5.4-mini', 272_000, UP_TO_XHIGH, 'medium'),
  entry('gpt-5.2', 272_000, UP_TO_XHIGH, 'medium'),
];

/** `opus`, `sonnet` and `haiku` mean the same everywhere in sx: the best, the usual, the small one. */
export const codexAliases: Readonly<Record<string, string>> = { opus: 'gpt-5.5', sonnet: 'gpt-5.5', haiku: 'gpt-5.4-mini' };

/** Lenient: every member but `slug` is optional, and hidden models are left out. */
export function parseCodexModels(body: JsonValue): ModelInfo[] {
  const models = arrayOr(objectOr(body, {})['models'], []).filter(isObject);
  const byPriority = models.toSorted((a, b) => numberOr(a['priority'], Infinity) - numberOr(b['priority'], Infinity));
  return byPriority.flatMap((model) => {
    const id = stringOr(model['slug'], '');
    if (id === '' || stringOr(model['visibility'], 'list') !== 'list') return [];
    const displayName = stringOr(model['display_name'], '');
    const named = displayName === '' ? {} : { displayName };
    return [{ id, ...named, capabilities: toCapabilities(id, model), source: 'endpoint' as const }];
  });
}

function toCapabilities(id: string, model: JsonObject): ModelCapabilities {
  const known = codexModels.find((candidate) => candidate.id === id)?.capabilities;
  const levels = arrayOr(model['supported_reasoning_levels'], []).flatMap((level) => {
    const effort = stringOr(isObject(level) ? level['effort'] : level, '');
    // A preset of the vendor's own client, never a value on the wire.
    return effort === '' || effort === 'ultra' ? [] : [effort];
  });
  const efforts = known?.efforts?.includes('none') === true && !levels.includes('none') ? ['none', ...levels] : levels;
  const modalities = arrayOr(model['input_modalities'], ['text', 'image']);
  const window = numberOr(model['context_window'], known?.contextWindowTokens);
  const defaultEffort = stringOr(model['default_reasoning_level'], known?.defaultEffort);
  return {
    ...common,
    imageInput: modalities.includes('image'),
    parallelToolCalls: model['supports_parallel_tool_calls'] !== false,
    ...(window === undefined ? {} : { contextWindowTokens: window }),
    ...(levels.length === 0 ? {} : { efforts }),
    ...(defaultEffort === undefined ? {} : { defaultEffort }),
    extra: {
      ...(model['use_responses_lite'] === true ? { useResponsesLite: true } : {}),
      ...(model['supports_reasoning_summary_parameter'] === false ? { reasoningSummary: false } : {}),
      ...(model['support_verbosity'] === false ? { verbosity: false } : {}),
    },
  };
}
