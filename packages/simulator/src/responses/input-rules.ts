/**
 * Rules for `input`: which items there are, what each may hold, and how calls, outputs and reasoning must stand to each other.
 *
 * The list is checked as a whole, because most refusals are about pairs: a call without its output, an output without its call,
 * a reasoning item without what it led to.
 */
import { arrayOf, isArray, isObject, stringOf, type Json, type JsonObject } from '../server/json.ts';
import { checkFileData, checkImageUrl } from './image-rules.ts';
import type { IssuedItems } from './issued-items.ts';
import { refuseDetail, refuseMissing, refuseParameter, refuseType, refuseUnknown, refuseValue } from './refusals.ts';

const ID_LENGTH_MAX = 64;
const ROLES = ['user', 'assistant', 'developer'];
const DETAILS = ['auto', 'low', 'high', 'original'];
const PHASES = ['commentary', 'final_answer'];
/** Item kind → prefix of its id. */
const ID_PREFIX: Readonly<Record<string, string>> = {
  message: 'msg', reasoning: 'rs', function_call: 'fc', function_call_output: 'fco', custom_tool_call: 'ctc', custom_tool_call_output: 'ctco',
  local_shell_call: 'lsh', tool_search_call: 'tsc', tool_search_output: 'tso', web_search_call: 'ws', image_generation_call: 'ig', compaction: 'cmp',
};
/** Item kind → the members that it may have besides `type` and `id`. */
const MEMBERS: Readonly<Record<string, readonly string[]>> = {
  message: ['role', 'content', 'phase'],
  reasoning: ['summary', 'encrypted_content', 'content'],
  function_call: ['name', 'arguments', 'call_id', 'namespace', 'encrypted_function_args'],
  function_call_output: ['call_id', 'output'],
  custom_tool_call: ['call_id', 'name', 'input', 'status', 'namespace'],
  custom_tool_call_output: ['call_id', 'output', 'name'],
  local_shell_call: ['call_id', 'status', 'action'],
  tool_search_call: ['call_id', 'status', 'execution', 'arguments'],
  tool_search_output: ['call_id', 'status', 'execution', 'tools'],
  web_search_call: ['status', 'action'],
  image_generation_call: ['status', 'result', 'revised_prompt'],
  compaction: ['encrypted_content'],
  context_compaction: ['encrypted_content'],
  compaction_trigger: [],
};
/** Call kind → the kind of its output. */
const OUTPUT_OF: Readonly<Record<string, string>> = {
  function_call: 'function_call_output',
  local_shell_call: 'function_call_output',
  custom_tool_call: 'custom_tool_call_output',
  tool_search_call: 'tool_search_output',
};

export interface InputRules {
  readonly issued: IssuedItems;
  /** Whether a `system` message is allowed, as the public API does. */
  readonly systemRole: boolean;
  readonly imageUrlsRemote: boolean;
  readonly imageDetail: boolean;
  /** Whether items may carry the `status` that they came with, as the public API allows. */
  readonly itemStatus: boolean;
}

export function checkInput(input: Json | undefined, rules: InputRules): void {
  if (!isArray(input)) throw refuseDetail('Input must be a list');
  if (input.length === 0) {
    throw refuseParameter(
      "Invalid 'input': empty array. Expected an array with minimum length 1, but got an empty array instead.",
      'input',
      'empty_array',
    );
  }
  input.forEach((item, at) => checkItem(item, `input[${at}]`, rules));
  const items = input.filter(isObject);
  checkPairs(items);
  rules.issued.checkReplay(items);
}

function checkItem(item: Json, path: string, rules: InputRules): void {
  if (!isObject(item)) throw refuseType(path, 'an object', item);
  // A message may leave out its type: the vendor's "easy" form.
  const kind = item['type'] === undefined && item['role'] !== undefined ? 'message' : item['type'];
  if (typeof kind !== 'string') throw refuseMissing(`${path}.type`);
  const members = MEMBERS[kind];
  if (kind === 'item_reference') {
    throw refuseDetail('Items are not persisted when `store` is set to false: item_reference is not supported');
  }
  if (members === undefined) throw refuseValue(`${path}.type`, kind, Object.keys(MEMBERS));
  const unknown =
    Object.keys(item).find((name) => name !== 'type' && name !== 'id' && !members.includes(name) && !(name === 'status' && rules.itemStatus));
  if (unknown !== undefined) throw refuseUnknown(`${path}.${unknown}`);
  checkId(item, kind, path);
  switch (kind) {
    case 'message':
      return checkMessage(item, path, rules);
    case 'reasoning':
      return checkReasoning(item, path);
    case 'function_call':
      checkText(item, 'name', path);
      checkText(item, 'call_id', path);
      if (typeof item['arguments'] !== 'string') {
        throw item['arguments'] === undefined ? refuseMissing(`${path}.arguments`) : refuseType(
          `${path}.arguments`,
          'a string',
          item['arguments'],
        );
      }
      return;
    case 'custom_tool_call':
      checkText(item, 'name', path);
      checkText(item, 'call_id', path);
      if (typeof item['input'] !== 'string') throw refuseMissing(`${path}.input`);
      return;
    case 'function_call_output':
    case 'custom_tool_call_output':
      checkText(item, 'call_id', path);
      return checkOutput(item['output'], `${path}.output`, rules);
    case 'local_shell_call':
      return checkText(item, 'call_id', path);
    default:
  }
}

function checkId(item: JsonObject, kind: string, path: string): void {
  const id = item['id'];
  if (id === undefined || id === null) return;
  if (typeof id !== 'string') throw refuseType(`${path}.id`, 'a string', id);
  checkLength(id, `${path}.id`);
  const prefix = ID_PREFIX[kind];
  if (prefix !== undefined && !id.startsWith(`${prefix}_`)) {
    throw refuseParameter(
      `Invalid '${path}.id': '${id}'. Expected an ID that begins with '${prefix}'.`,
      `${path}.id`,
      'invalid_value',
    );
  }
}

function checkText(item: JsonObject, name: string, path: string): void {
  const value = item[name];
  if (value === undefined || value === null) throw refuseMissing(`${path}.${name}`);
  if (typeof value !== 'string') throw refuseType(`${path}.${name}`, 'a string', value);
  if (value === '') {
    throw refuseParameter(
      `Invalid '${path}.${name}': empty string. Expected a string with minimum length 1, but got an empty string instead.`,
      `${path}.${name}`,
      'empty_string',
    );
  }
  checkLength(value, `${path}.${name}`);
}

function checkLength(value: string, path: string): void {
  if (value.length <= ID_LENGTH_MAX) return;
  throw refuseParameter(
    `Invalid '${path}': string too long. Expected a string with maximum length ${ID_LENGTH_MAX}, but got a string with length ${value.length} instead.`,
    path,
    'string_above_max_length',
  );
}

function checkMessage(item: JsonObject, path: string, rules: InputRules): void {
  const role = item['role'];
  if (typeof role !== 'string') throw refuseMissing(`${path}.role`);
  if (role === 'system' && !rules.systemRole) throw refuseDetail('System messages are not allowed');
  if (role !== 'system' && !ROLES.includes(role)) {
    throw refuseValue(`${path}.role`, role, rules.systemRole ? [...ROLES, 'system'] : ROLES);
  }
  if (item['phase'] !== undefined) {
    if (role !== 'assistant') throw refuseUnknown(`${path}.phase`);
    if (!PHASES.includes(stringOf(item['phase']))) throw refuseValue(`${path}.phase`, item['phase'], PHASES);
  }
  const content = item['content'];
  if (content === undefined) throw refuseMissing(`${path}.content`);
  if (typeof content === 'string') return;
  if (!isArray(content)) throw refuseType(`${path}.content`, 'an array of objects or a string', content);
  const kinds = role === 'assistant' ? ['output_text', 'refusal'] : ['input_text', 'input_image', 'input_file', 'input_audio'];
  content.forEach((part, at) => checkPart(part, `${path}.content[${at}]`, kinds, rules));
}

function checkPart(part: Json, path: string, kinds: readonly string[], rules: InputRules): void {
  if (!isObject(part)) throw refuseType(path, 'an object', part);
  const kind = part['type'];
  if (typeof kind !== 'string') throw refuseMissing(`${path}.type`);
  if (!kinds.includes(kind)) throw refuseValue(`${path}.type`, kind, kinds);
  if (part['prompt_cache_breakpoint'] !== undefined) throw refuseDetail('Unsupported parameter: prompt_cache_breakpoint');
  if (kind === 'input_text' || kind === 'output_text') {
    if (typeof part['text'] !== 'string') {
      throw part['text'] === undefined ? refuseMissing(`${path}.text`) : refuseType(`${path}.text`, 'a string', part['text']);
    }
  }
  if (kind === 'input_file' && part['file_url'] === undefined && part['file_id'] === undefined) {
    checkFileData(part['filename'], part['file_data'], path);
  }
  if (kind !== 'input_image') return;
  if (part['detail'] !== undefined) {
    if (!rules.imageDetail) throw refuseUnknown(`${path}.detail`);
    if (!DETAILS.includes(stringOf(part['detail']))) throw refuseValue(`${path}.detail`, part['detail'], DETAILS);
  }
  checkImageUrl(part['image_url'], `${path}.image_url`, rules.imageUrlsRemote);
}

function checkReasoning(item: JsonObject, path: string): void {
  if (item['summary'] === undefined) throw refuseMissing(`${path}.summary`);
  if (!isArray(item['summary'])) throw refuseType(`${path}.summary`, 'an array of objects', item['summary']);
  for (const [at, part] of item['summary'].entries()) {
    if (!isObject(part) || part['type'] !== 'summary_text') {
      throw refuseValue(`${path}.summary[${at}].type`, isObject(part) ? part['type'] : part, ['summary_text']);
    }
  }
  const content = arrayOf(item['content']);
  if (content.length > 0) {
    throw refuseParameter(
      `Invalid '${path}.content': array too long. Expected an array with maximum length 0, but got an array with length ${content.length} instead.`,
      `${path}.content`,
      'array_above_max_length',
    );
  }
}

function checkOutput(output: Json | undefined, path: string, rules: InputRules): void {
  if (output === undefined) throw refuseMissing(path);
  if (typeof output === 'string') return;
  if (!isArray(output)) throw refuseType(path, 'a string or an array of objects', output);
  output.forEach((part, at) => checkPart(
    part,
    `${path}[${at}]`,
    ['input_text', 'input_image', 'input_file', 'input_audio', 'encrypted_content'],
    rules,
  ));
}

/** Every call has exactly one output, after it; every output has its call, before it. */
function checkPairs(items: readonly JsonObject[]): void {
  const open = new Map<string, string>();
  const answered = new Set<string>();
  for (const item of items) {
    const kind = stringOf(item['type']);
    const id = stringOf(item['call_id']);
    const outputKind = OUTPUT_OF[kind];
    if (outputKind !== undefined && id !== '') {
      if (open.has(id) || answered.has(id)) throw refuseParameter(`Duplicate call_id ${id} in input.`, 'input', null);
      open.set(id, outputKind);
    } else if (kind.endsWith('_output') && id !== '') {
      if (open.get(id) !== kind) {
        throw refuseParameter(
          answered.has(id) ? `Duplicate tool output for call_id ${id}.` : `No tool call found for ${kind.replaceAll('_', ' ').replace(' output', '')} output with call_id ${id}.`,
          'input',
          null,
        );
      }
      open.delete(id);
      answered.add(id);
    }
  }
  const [unanswered] = open.keys();
  if (unanswered !== undefined) throw refuseParameter(`No tool output found for function call ${unanswered}.`, 'input', null);
}
