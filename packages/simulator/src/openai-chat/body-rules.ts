/** Rules for the body of `POST /chat/completions`, but for its messages. */
import { arrayOf, isArray, isObject, objectOf, stringOf, type Json, type JsonObject } from '../server/json.ts';
import { refuseMissing, refuseParameter, refuseType, refuseValue } from '../responses/refusals.ts';
import { checkTools as checkFlatTools } from '../responses/tool-rules.ts';
import type { OpenaiModel } from '../openai/models.ts';
import { checkMessages, type IssuedReasoning } from './message-rules.ts';
import type { ChatVendor } from './vendors.ts';

const MEMBERS = [
  'model', 'messages', 'stream', 'stream_options', 'tools', 'tool_choice', 'parallel_tool_calls', 'max_completion_tokens', 'max_tokens', 'reasoning_effort', 'verbosity', 'response_format', 'temperature', 'top_p',
  'prompt_cache_key', 'prompt_cache_options', 'store', 'metadata', 'service_tier', 'seed', 'stop', 'safety_identifier', 'user', 'n', 'logprobs', 'frequency_penalty', 'presence_penalty',
];

const STOPS_MAX = 4;

export interface ReadChatBody {
  readonly body: JsonObject;
  readonly model: OpenaiModel;
}

export function checkChatBody(
  value: Json | undefined,
  vendor: ChatVendor,
  issued: IssuedReasoning,
  readModel: (id: string) => OpenaiModel,
): ReadChatBody {
  if (!isObject(value)) throw refuseParameter('We could not parse the JSON body of your request.', null, null);
  const extra = Object.keys(value).find((name) => vendor.rejects.includes(name) || (vendor.strict && !MEMBERS.includes(name)));
  if (extra !== undefined) throw refuseParameter(`Unrecognized request argument supplied: ${extra}`, null, null);
  if (typeof value['model'] !== 'string' || value['model'] === '') throw refuseMissing('model');
  const model = readModel(value['model']);
  if (value['max_tokens'] !== undefined && vendor.tokensField !== 'max_tokens' && model.efforts.length > 0) {
    throw refuseParameter(
      "Unsupported parameter: 'max_tokens' is not supported with this model. Use 'max_completion_tokens' instead.",
      'max_tokens',
      'unsupported_parameter',
    );
  }
  checkReasoning(value, model, vendor);
  checkTools(value, vendor);
  if (value['stream_options'] !== undefined && value['stream'] !== true) {
    throw refuseParameter("The 'stream_options' parameter is only allowed when 'stream' is enabled.", 'stream_options', null);
  }
  checkStops(value['stop']);
  checkFormat(value['response_format'], vendor);
  checkMessages(value['messages'], vendor, issued);
  const hasCalls = arrayOf(value['messages']).some((message) => objectOf(message)['tool_calls'] !== undefined);
  if (vendor.toolsWithHistory === true && hasCalls && arrayOf(value['tools']).length === 0) {
    throw refuseParameter('litellm.UnsupportedParamsError: Anthropic expects the `tools=` param to be passed in with tool calls.', 'tools', null);
  }
  return { body: value, model };
}

function checkReasoning(body: JsonObject, model: OpenaiModel, vendor: ChatVendor): void {
  const effort = body['reasoning_effort'];
  if (effort !== undefined) {
    if (model.efforts.length === 0) throw refuseParameter('Unrecognized request argument supplied: reasoning_effort', null, null);
    if (!model.efforts.includes(stringOf(effort))) {
      throw refuseParameter(
        `Unsupported value: 'reasoning_effort' does not support '${stringOf(effort)}' with this model. Supported values are: ${model.efforts.map((name) => `'${name}'`).join(', ')}.`,
        'reasoning_effort',
        'unsupported_value',
      );
    }
  }
  if (!vendor.strict) return;
  for (const name of ['temperature', 'top_p']) {
    if (body[name] !== undefined && body[name] !== 1 && model.efforts.length > 0 && effort !== 'none') {
      throw refuseParameter(
        `Unsupported value: '${name}' does not support ${String(body[name])} with this model. Only the default (1) value is supported.`,
        name,
        'unsupported_value',
      );
    }
  }
}

function checkStops(stop: Json | undefined): void {
  if (stop === undefined || stop === null || typeof stop === 'string') return;
  if (!isArray(stop) || stop.some((text) => typeof text !== 'string' || text === '')) throw refuseType('stop', 'a string or an array of strings', stop);
  if (stop.length <= STOPS_MAX) return;
  throw refuseParameter(
    `Invalid 'stop': array too long. Expected an array with maximum length ${STOPS_MAX}, but got an array with length ${stop.length} instead.`,
    'stop',
    'array_above_max_length',
  );
}

function checkTools(body: JsonObject, vendor: ChatVendor): void {
  const { tools } = body;
  for (const name of ['tool_choice', 'parallel_tool_calls']) {
    if (body[name] !== undefined && arrayOf(tools).length === 0) {
      throw refuseParameter(`Invalid value for '${name}': '${name}' is only allowed when 'tools' are specified.`, name, null);
    }
  }
  if (tools === undefined) return;
  if (!isArray(tools)) throw refuseType('tools', 'an array of objects', tools);
  if (tools.length === 0 && vendor.strict) {
    throw refuseParameter(
      "Invalid 'tools': empty array. Expected an array with minimum length 1, but got an empty array instead.",
      'tools',
      'empty_array',
    );
  }
  tools.forEach((tool, at) => {
    if (!isObject(tool)) throw refuseType(`tools[${at}]`, 'an object', tool);
    if (tool['type'] !== 'function') throw refuseValue(`tools[${at}].type`, tool['type'], ['function']);
    if (!isObject(tool['function'])) throw refuseMissing(`tools[${at}].function`);
  });
  // Here an absent `strict` means false.
  checkFlatTools(tools.map((tool) => ({ strict: false, ...objectOf(objectOf(tool)['function']), type: 'function' })), 'tools');
  const choice = body['tool_choice'];
  if (choice === undefined || ['none', 'auto', 'required'].includes(stringOf(choice))) return;
  const name = objectOf(objectOf(choice)['function'])['name'];
  if (typeof name !== 'string') throw refuseValue('tool_choice', choice, ['none', 'auto', 'required']);
  if (!tools.some((tool) => objectOf(objectOf(tool)['function'])['name'] === name)) {
    throw refuseParameter(`Tool choice '${name}' not found in 'tools' parameter.`, 'tool_choice', null);
  }
}

function checkFormat(format: Json | undefined, vendor: ChatVendor): void {
  if (format === undefined) return;
  const kind = stringOf(objectOf(format)['type']);
  if (!['text', 'json_object', 'json_schema'].includes(kind)) {
    throw refuseValue('response_format.type', kind, ['text', 'json_object', 'json_schema']);
  }
  if (kind !== 'json_schema') return;
  if (vendor.jsonSchema === false) throw refuseParameter('This response_format type is unavailable now', null, 'invalid_request_error');
  const inner = objectOf(objectOf(format)['json_schema']);
  if (typeof inner['name'] !== 'string') throw refuseMissing('response_format.json_schema.name');
  if (!isObject(inner['schema'])) throw refuseMissing('response_format.json_schema.schema');
  if (inner['strict'] === true && inner['schema']['additionalProperties'] !== false) {
    throw refuseParameter(
      `Invalid schema for response_format '${inner['name']}': In context=(), 'additionalProperties' is required to be supplied and to be false.`,
      'response_format',
      null,
    );
  }
}
