/**
 * The list of models (`GET {base}/models`), as OpenAI and its imitators write it: `{data: [{id, …}]}`, `{models: […]}`, or
 * the bare list. OpenAI tells ids and nothing else; others tell windows, modalities and parameters, each by names of its own.
 */
import {
  arrayOr, isObject, type JsonObject, type JsonValue, type ModelCapabilities, type ModelInfo, numberOr, objectOr, stringOr,
} from '@sx/llm';

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

function toCapabilities(model: JsonObject): ModelCapabilities {
  const meta = objectOr(model['meta'], {});
  const window = WINDOWS.map((name) => numberOr(model[name], undefined)).find((value) => value !== undefined)
    // llama.cpp: what it was started with, else what the model was trained with.
    ?? numberOr(meta['n_ctx'], numberOr(meta['n_ctx_train'], undefined));
  const top = objectOr(model['top_provider'], {});
  const output = numberOr(top['max_completion_tokens'], numberOr(model['max_completion_tokens'], undefined));
  const modalities = arrayOr(objectOr(model['architecture'], {})['input_modalities'], undefined);
  const vision = modalities?.includes('image') ?? booleanOr(objectOr(model['capabilities'], {})['vision']);
  const efforts = effortsOf(model);
  return {
    ...(window === undefined || window <= 0 ? {} : { contextWindowTokens: window }),
    ...(output === undefined || output <= 0 ? {} : { maxOutputTokens: output }),
    ...(vision === undefined ? {} : { imageInput: vision }),
    ...(modalities === undefined ? {} : { documentInput: modalities.includes('file') }),
    ...(efforts === undefined ? {} : { efforts }),
  };
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
