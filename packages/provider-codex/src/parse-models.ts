/** The reader of the catalogue of the Codex backend (`GET /models`). */
import {
  arrayOr, isObject, type JsonObject, type JsonValue, type ModelCapabilities, type ModelInfo, numberOr, objectOr, stringOr,
} from '@sx/llm/provider-kit';

import { codexModels, common } from './models.ts';

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
