/** Rules for the body of the public `POST /v1/responses`, for a client that leaves nothing on the server (`store: false`). */
import { arrayOf, isArray, isObject, objectOf, stringOf, type Json, type JsonObject } from '../server/json.ts';
import { checkInput } from '../responses/input-rules.ts';
import type { IssuedItems } from '../responses/issued-items.ts';
import { refuseMissing, refuseParameter, refuseType, refuseUnknown, refuseValue } from '../responses/refusals.ts';
import { checkTools } from '../responses/tool-rules.ts';
import type { OpenaiModel } from './models.ts';

const MEMBERS = [
  'model', 'instructions', 'input', 'tools', 'tool_choice', 'parallel_tool_calls', 'reasoning', 'store', 'stream', 'stream_options', 'include', 'service_tier', 'prompt_cache_key',
  'prompt_cache_options', 'prompt_cache_retention', 'text', 'metadata', 'max_output_tokens', 'max_tool_calls', 'temperature', 'top_p', 'truncation', 'background', 'safety_identifier', 'user',
  'top_logprobs', 'context_management',
];
const OUTPUT_TOKENS_MIN = 16;

export interface ReadResponsesBody {
  readonly body: JsonObject;
  readonly model: OpenaiModel;
}

export function checkResponsesBody(
  value: Json | undefined,
  issued: IssuedItems,
  readModel: (id: string) => OpenaiModel,
): ReadResponsesBody {
  if (!isObject(value)) throw refuseParameter('We could not parse the JSON body of your request.', null, null);
  const extra = Object.keys(value).find((name) => !MEMBERS.includes(name));
  if (extra === 'previous_response_id' || extra === 'conversation') {
    throw refuseParameter(
      `Previous response with id '${stringOf(value[extra])}' not found.`,
      extra,
      'previous_response_not_found',
    );
  }
  if (extra !== undefined) throw refuseUnknown(extra);
  if (typeof value['model'] !== 'string') throw refuseMissing('model');
  const model = readModel(value['model']);
  if (value['store'] !== false) {
    throw refuseParameter('simulator: nothing is stored here, send store: false', 'store', 'unsupported_value');
  }
  const tokens = value['max_output_tokens'];
  if (tokens !== undefined && (typeof tokens !== 'number' || tokens < OUTPUT_TOKENS_MIN)) {
    throw refuseParameter(
      `Invalid 'max_output_tokens': integer below minimum value. Expected a value >= ${OUTPUT_TOKENS_MIN}, but got ${String(tokens)} instead.`,
      'max_output_tokens',
      'integer_below_min_value',
    );
  }
  checkReasoning(value, model);
  if (value['tools'] !== undefined) checkTools(value['tools'], 'tools');
  if (value['tool_choice'] !== undefined && value['tool_choice'] !== 'auto' && arrayOf(value['tools']).length === 0) {
    throw refuseParameter("Tool choice 'required' must be specified with 'tools' parameter.", 'tool_choice', 'invalid_value');
  }
  checkFormat(objectOf(value['text'])['format']);
  const { input } = value;
  if (input === undefined) throw refuseMissing('input');
  if (typeof input !== 'string') {
    checkInput(input, { issued, systemRole: true, imageUrlsRemote: true, imageDetail: true, itemStatus: true });
  }
  return {
    body: typeof input === 'string' ? { ...value, input: [{ type: 'message', role: 'user', content: input }] } : value,
    model,
  };
}

function checkReasoning(body: JsonObject, model: OpenaiModel): void {
  const { reasoning } = body;
  const effort = objectOf(reasoning)['effort'];
  if (reasoning !== undefined && model.efforts.length === 0 && reasoning !== null) {
    throw refuseParameter(
      `Unsupported parameter: 'reasoning.effort' is not supported with this model.`,
      'reasoning.effort',
      'unsupported_parameter',
    );
  }
  if (effort !== undefined && !model.efforts.includes(stringOf(effort))) {
    throw refuseParameter(
      `Unsupported value: '${stringOf(effort)}' is not supported with the '${model.id}' model. Supported values are: ${model.efforts.map((name) => `'${name}'`).join(', ')}.`,
      'reasoning.effort',
      'unsupported_value',
    );
  }
  for (const name of ['temperature', 'top_p']) {
    if (body[name] !== undefined && body[name] !== 1 && model.efforts.length > 0 && effort !== 'none') {
      throw refuseParameter(`Unsupported parameter: '${name}' is not supported with this model.`, name, 'unsupported_parameter');
    }
  }
}

function checkFormat(format: Json | undefined): void {
  if (format === undefined) return;
  if (!isObject(format)) throw refuseType('text.format', 'an object', format);
  const kind = stringOf(format['type']);
  if (!['text', 'json_object', 'json_schema'].includes(kind)) {
    throw refuseValue('text.format.type', kind, ['text', 'json_object', 'json_schema']);
  }
  if (kind !== 'json_schema') return;
  if (typeof format['name'] !== 'string') throw refuseMissing('text.format.name');
  if (!isObject(format['schema'])) throw refuseMissing('text.format.schema');
  if (format['strict'] === true && (format['schema']['additionalProperties'] !== false || !isArray(format['schema']['required']))) {
    throw refuseParameter(
      `Invalid schema for response_format '${format['name']}': In context=(), 'additionalProperties' is required to be supplied and to be false.`,
      'text.format.schema',
      'invalid_json_schema',
    );
  }
}
