/** Rules for the body's own members, plain and lite; `input` and `tools` have their rules in `responses/`. */
import { isArray, isObject, objectOf, stringOf, type Json, type JsonObject } from '../server/json.ts';
import { checkInput } from '../responses/input-rules.ts';
import type { IssuedItems } from '../responses/issued-items.ts';
import { refuseDetail, refuseMissing, refuseParameter, refuseType, refuseUnknown, refuseValue } from '../responses/refusals.ts';
import { checkTools } from '../responses/tool-rules.ts';
import { readModel, type CodexModel } from './models.ts';

const MEMBERS = [
  'model', 'instructions', 'input', 'tools', 'tool_choice', 'parallel_tool_calls', 'reasoning', 'store', 'stream', 'include', 'service_tier', 'prompt_cache_key', 'text',
  'client_metadata',
];
/** `ultra` is a preset of the vendor's own client, never a value on the wire. */
const EFFORTS = ['none', 'minimal', 'low', 'medium', 'high', 'xhigh', 'max'];
const SUMMARIES = ['auto', 'concise', 'detailed'];
const LITE_HEADER = 'x-openai-internal-codex-responses-lite';
const METADATA_ENTRIES_MAX = 32;

export interface ReadBody {
  readonly body: JsonObject;
  readonly model: CodexModel;
}

export function checkBody(value: Json | undefined, headers: Readonly<Record<string, string>>, issued: IssuedItems): ReadBody {
  if (value === undefined) throw refuseDetail('Invalid JSON body');
  if (!isObject(value)) throw refuseType('body', 'an object', value);
  const unsupported = Object.keys(value).find((name) => !MEMBERS.includes(name));
  if (unsupported !== undefined) throw refuseDetail(`Unsupported parameter: ${unsupported}`);
  if (value['store'] !== false) throw refuseDetail('Store must be set to false');
  if (value['stream'] !== true) throw refuseDetail('Stream must be set to true');
  if (typeof value['model'] !== 'string') throw refuseMissing('model');
  const model = readModel(value['model'], headers);
  const isLite = headers[LITE_HEADER] !== undefined;
  if (isLite && !model.lite) throw refuseDetail('This model is not supported when using X-OpenAI-Internal-Codex-Responses-Lite.');
  if (!isLite && (typeof value['instructions'] !== 'string' || value['instructions'] === '')) {
    throw refuseDetail('Instructions are required');
  }
  checkReasoning(value['reasoning'], model, isLite);
  checkText(value['text']);
  checkChoices(value, model);
  if (!isArray(value['input'])) throw refuseDetail('Input must be a list');
  if (isLite) checkLite(value, value['input']);
  else checkTools(value['tools'] ?? [], 'tools');
  const history = isLite ? value['input'].filter((item) => objectOf(item)['type'] !== 'additional_tools') : value['input'];
  checkInput(history, { issued, systemRole: false, imageUrlsRemote: !isLite, imageDetail: !isLite, itemStatus: false });
  return { body: value, model };
}

function checkReasoning(reasoning: Json | undefined, model: CodexModel, isLite: boolean): void {
  if (reasoning === undefined || reasoning === null) return;
  if (!isObject(reasoning)) throw refuseType('reasoning', 'an object', reasoning);
  const unknown = Object.keys(reasoning).find((name) => !['effort', 'summary', 'context'].includes(name));
  if (unknown !== undefined) throw refuseUnknown(`reasoning.${unknown}`);
  const effort = reasoning['effort'];
  if (effort !== undefined) {
    if (!EFFORTS.includes(stringOf(effort))) throw refuseValue('reasoning.effort', effort, EFFORTS);
    if (!model.efforts.includes(stringOf(effort))) {
      const list = model.efforts.map((name) => `'${name}'`).join(', ');
      throw refuseParameter(
        `Unsupported value: '${stringOf(effort)}' is not supported with the '${model.slug}' model. Supported values are: ${list}.`,
        'reasoning.effort',
        'unsupported_value',
      );
    }
  }
  if (reasoning['summary'] !== undefined && !SUMMARIES.includes(stringOf(reasoning['summary']))) {
    throw refuseValue('reasoning.summary', reasoning['summary'], SUMMARIES);
  }
  const context = reasoning['context'];
  if (context !== undefined && (!isLite || context !== 'all_turns')) {
    throw refuseParameter(
      `Unsupported value: '${stringOf(context)}' is not supported here.`,
      'reasoning.context',
      'unsupported_value',
    );
  }
}

function checkText(text: Json | undefined): void {
  if (text === undefined) return;
  if (!isObject(text)) throw refuseType('text', 'an object', text);
  if (text['verbosity'] !== undefined && !['low', 'medium', 'high'].includes(stringOf(text['verbosity']))) {
    throw refuseValue('text.verbosity', text['verbosity'], ['low', 'medium', 'high']);
  }
  const format = text['format'];
  if (format === undefined) return;
  if (!isObject(format)) throw refuseType('text.format', 'an object', format);
  if (format['type'] === 'text') return;
  if (format['type'] !== 'json_schema') throw refuseValue('text.format.type', format['type'], ['text', 'json_schema']);
  if (typeof format['name'] !== 'string') throw refuseMissing('text.format.name');
  if (!isObject(format['schema'])) throw refuseMissing('text.format.schema');
  if (format['strict'] === true && format['schema']['additionalProperties'] !== false) {
    throw refuseParameter(
      `Invalid schema for response_format '${format['name']}': In context=(), 'additionalProperties' is required to be supplied and to be false.`,
      'text.format.schema',
      'invalid_json_schema',
    );
  }
}

function checkChoices(body: JsonObject, model: CodexModel): void {
  const choice = body['tool_choice'];
  if (
    choice !== undefined
    && !['auto', 'none', 'required'].includes(stringOf(choice))
    && typeof objectOf(choice)['name'] !== 'string'
  ) {
    throw refuseValue('tool_choice', choice, ['none', 'auto', 'required']);
  }
  if (body['parallel_tool_calls'] !== undefined && typeof body['parallel_tool_calls'] !== 'boolean') {
    throw refuseType('parallel_tool_calls', 'a boolean', body['parallel_tool_calls']);
  }
  const tier = body['service_tier'];
  if (tier !== undefined && (tier !== 'priority' || !model.fastTier)) {
    throw refuseDetail(`Unsupported service_tier: ${stringOf(tier)}`);
  }
  const include = body['include'];
  if (include !== undefined && !isArray(include)) throw refuseType('include', 'an array of strings', include);
  if (isArray(include) && include.some((name) => name !== 'reasoning.encrypted_content')) {
    throw refuseValue('include[0]', include[0], ['reasoning.encrypted_content']);
  }
  if (body['prompt_cache_key'] !== undefined && typeof body['prompt_cache_key'] !== 'string') {
    throw refuseType('prompt_cache_key', 'a string', body['prompt_cache_key']);
  }
  checkMetadata(body['client_metadata']);
}

function checkMetadata(metadata: Json | undefined): void {
  if (metadata === undefined) return;
  if (!isObject(metadata)) throw refuseType('client_metadata', 'an object', metadata);
  const entries = Object.entries(metadata);
  if (entries.length > METADATA_ENTRIES_MAX) {
    throw refuseParameter('Too many entries in client_metadata.', 'client_metadata', 'object_above_max_properties');
  }
  for (const [name, value] of entries) {
    if (typeof value !== 'string') throw refuseType(`client_metadata.${name}`, 'a string', value);
  }
}

/** The lite form holds tools and instructions inside `input`. */
function checkLite(body: JsonObject, input: readonly Json[]): void {
  if (body['tools'] !== undefined) throw refuseDetail('Unsupported parameter: tools');
  if (body['instructions'] !== undefined) throw refuseDetail('Unsupported parameter: instructions');
  if (body['parallel_tool_calls'] === true) {
    throw refuseParameter("Unsupported value: 'true' is not supported here.", 'parallel_tool_calls', 'unsupported_value');
  }
  const at = input.findIndex((item) => objectOf(item)['type'] === 'additional_tools');
  if (at > 0) throw refuseParameter('additional_tools must be the first item.', `input[${at}]`, 'invalid_value');
  const first = objectOf(input[0]);
  if (at === 0 && first['role'] !== 'developer') throw refuseValue('input[0].role', first['role'], ['developer']);
  if (at === 0) checkTools(first['tools'], 'input[0].tools', true);
}
