/** The reader of `GET /v1/models`. What it does not say of a model (`forcedTools`) comes from the table. */
import {
  arrayOr, isObject, type JsonObject, type JsonValue, type ModelCapabilities, type ModelInfo, numberOr, objectOr, stringOr,
} from '@sx/llm/provider-kit';

import { EFFORTS, tableEntry, TO_HIGH, withNone } from './models.ts';

const THINKING_TYPES = ['adaptive', 'between_tools', 'disabled', 'enabled'];

/** Lenient: every member but `id` is optional, and retired models are left out. */
export function parseClaudeModels(body: JsonValue): ModelInfo[] {
  return arrayOr(objectOr(body, {})['data'], []).filter(isObject).flatMap((model): ModelInfo[] => {
    const id = stringOr(model['id'], '');
    if (id === '' || model['lifecycle'] === 'retired') return [];
    const displayName = stringOr(model['display_name'], '');
    return [{ id, ...(displayName === '' ? {} : { displayName }), capabilities: toCapabilities(id, model), source: 'endpoint' }];
  });
}

function toCapabilities(id: string, model: JsonObject): ModelCapabilities {
  const known = tableEntry(id) ?? {};
  const said = objectOr(model['capabilities'], {});
  const types = supported(objectOr(objectOr(said['thinking'], {})['types'], {}), THINKING_TYPES);
  const efforts = supported(objectOr(said['effort'], {}), EFFORTS);
  const window = numberOr(model['max_input_tokens'], known.contextWindowTokens);
  const output = numberOr(model['max_tokens'], known.maxOutputTokens);
  const budgeted = types?.includes('enabled') === true && !types.includes('adaptive');
  const steps = budgeted ? TO_HIGH : efforts;
  return {
    ...known,
    ...(window === undefined ? {} : { contextWindowTokens: window }),
    ...(output === undefined ? {} : { maxOutputTokens: output }),
    ...(types === undefined || steps === undefined ? {} : { efforts: withNone(steps, types) }),
    imageInput: isSupported(said['image_input']) ?? known.imageInput ?? true,
    documentInput: isSupported(said['pdf_input']) ?? known.documentInput ?? true,
    structuredOutput: isSupported(said['structured_outputs']) === false ? 'tool' : 'native',
    extra: { ...known.extra, ...(types === undefined ? {} : { thinkingTypes: types }) },
  };
}

/** Undefined where nothing is said of any. */
function supported(said: JsonObject, names: readonly string[]): string[] | undefined {
  if (names.every((name) => isSupported(said[name]) === undefined)) return undefined;
  return names.filter((name) => isSupported(said[name]) === true);
}

function isSupported(value: JsonValue | undefined): boolean | undefined {
  const answer = isObject(value) ? value['supported'] : value;
  return typeof answer === 'boolean' ? answer : undefined;
}
