/**
 * The list of models (`GET {base}/models`), as OpenAI and its imitators write it: `{data: [{id, …}]}`, `{models: […]}`, or
 * the bare list. OpenAI tells ids and nothing else; others tell windows, modalities and parameters, each by names of its own.
 */
import {
  arrayOr, isObject, type JsonObject, type JsonValue, type ModelCapabilities, type ModelInfo, numberOr, objectOr, stringOr,
} from '@sx/llm/provider-kit';

/** Lenient: entries without an id are left out. @param known - What is known of a model beside what the list says. */
export function parseModels(body: JsonValue, known: (id: string) => ModelCapabilities = () => ({})): ModelInfo[] {
  const object = objectOr(body, {});
  const list = Array.isArray(body) ? body : arrayOr(object['data'], arrayOr(object['models'], []));
  return list.filter(isObject).flatMap((model): ModelInfo[] => {
    const id = stringOr(model['id'], stringOr(model['name'], ''));
    if (id === '') return [];
    const displayName = model['id'] === undefined ? '' : stringOr(model['display_name'], stringOr(model['name'], ''));
    return [{
      id,
      ...(displayName === '' || displayName === id ? {} : { displayName }),
      capabilities: { ...known(id), ...toCapabilities(model) },
      source: 'endpoint',
    }];
  });
}

/** OpenRouter, vLLM, Groq, LM Studio, Mistral and Moonshot, Together. */
const WINDOWS = ['context_length', 'max_model_len', 'context_window', 'loaded_context_length', 'max_context_length'] as const;

function windowOf(model: JsonObject): number | undefined {
  const meta = objectOr(model['meta'], {});
  // llama.cpp: what it was started with, else what the model was trained with.
  const figures = [...WINDOWS.map((name) => model[name]), meta['n_ctx'], meta['n_ctx_train']];
  return figures.map((figure) => numberOr(figure, 0)).find((figure) => figure > 0);
}

function toCapabilities(model: JsonObject): ModelCapabilities {
  const window = windowOf(model);
  const top = objectOr(model['top_provider'], {});
  const output = numberOr(top['max_completion_tokens'], numberOr(model['max_completion_tokens'], undefined));
  const modalities = arrayOr(objectOr(model['architecture'], {})['input_modalities'], undefined);
  const vision = modalities?.includes('image') ?? booleanOr(objectOr(model['capabilities'], {})['vision']);
  const efforts = effortsOf(model);
  return {
    ...(window === undefined ? {} : { contextWindowTokens: window }),
    ...(output === undefined || output <= 0 ? {} : { maxOutputTokens: output }),
    ...(vision === undefined ? {} : { imageInput: vision }),
    ...(modalities === undefined ? {} : { documentInput: modalities.includes('file') }),
    ...(efforts === undefined ? {} : { efforts }),
  };
}

/**
 * Windows that a local server tells elsewhere: Ollama's running models (`/api/ps`), LM Studio's own list (`/api/v0/models`), the
 * one model of llama.cpp (`/props`), which stands under `*`. By id; lenient.
 */
export function parseWindows(body: JsonValue): ReadonlyMap<string, number> {
  const object = objectOr(body, {});
  const one = numberOr(objectOr(object['default_generation_settings'], {})['n_ctx'], 0);
  if (one > 0) return new Map([['*', one]]);
  const list = arrayOr(object['data'], arrayOr(object['models'], []));
  return new Map(list.filter(isObject).flatMap((model): [string, number][] => {
    const id = stringOr(model['id'], stringOr(model['model'], stringOr(model['name'], '')));
    const window = windowOf(model);
    return id === '' || window === undefined ? [] : [[id, window]];
  }));
}

/** A router that lists its models' parameters, and has none for thinking among them. */
function effortsOf(model: JsonObject): readonly string[] | undefined {
  const parameters = arrayOr(model['supported_parameters'], undefined);
  if (parameters === undefined || parameters.includes('reasoning') || parameters.includes('reasoning_effort')) return undefined;
  return [];
}

function booleanOr(value: JsonValue | undefined): boolean | undefined {
  return typeof value === 'boolean' ? value : undefined;
}
