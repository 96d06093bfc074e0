/** Rules for `tools` and `tool_choice`. */
import { arrayOf, isArray, isObject, objectOf, stringOf, type Json, type JsonObject } from '../server/json.ts';
import { checkClosed } from './closed-schema.ts';
import { invalid } from './failures.ts';
import type { AnthropicModel } from './models.ts';

const NAME = /^[a-zA-Z0-9_-]{1,128}$/;
const MEMBERS = [
  'type', 'name', 'description', 'input_schema', 'cache_control', 'strict', 'eager_input_streaming', 'defer_loading',
  'input_examples',
];

export function checkTools(tools: Json | undefined): void {
  if (tools === undefined) return;
  if (!isArray(tools)) throw invalid('tools: Input should be a valid list');
  const names = new Set<string>();
  tools.forEach((tool, at) => {
    const path = `tools.${at}`;
    if (!isObject(tool)) throw invalid(`${path}: Input should be a valid dictionary`);
    if (tool['type'] !== undefined && tool['type'] !== 'custom') return;
    const extra = Object.keys(tool).find((name) => !MEMBERS.includes(name));
    if (extra !== undefined) throw invalid(`${path}.custom.${extra}: Extra inputs are not permitted`);
    const name = stringOf(tool['name']);
    if (!NAME.test(name)) throw invalid(`${path}.custom.name: String should match pattern '^[a-zA-Z0-9_-]{1,128}$'`);
    if (names.has(name)) throw invalid('tools: Tool names must be unique.');
    names.add(name);
    checkSchema(tool['input_schema'], `${path}.custom.input_schema`, tool['strict'] === true);
  });
}

/** A history with calls wants the tools defined, also where none may be called any more. */
export function checkCalledTools(body: JsonObject): void {
  if (isArray(body['tools']) && body['tools'].length > 0) return;
  const blocks = arrayOf(body['messages']).flatMap((message) => arrayOf(objectOf(message)['content']));
  const called = blocks.some((block) => ['tool_use', 'tool_result'].includes(stringOf(objectOf(block)['type'])));
  if (called) throw invalid('Requests which include `tool_use` or `tool_result` blocks must define tools.');
}

function checkSchema(schema: Json | undefined, path: string, strict: boolean): void {
  if (!isObject(schema)) throw invalid(`${path}: Field required`);
  if (schema['type'] !== 'object') throw invalid(`${path}.type: Input should be 'object'`);
  const combinator = ['anyOf', 'oneOf', 'allOf'].find((name) => schema[name] !== undefined);
  if (combinator !== undefined) throw invalid(`${path}: input_schema does not support oneOf, allOf, or anyOf at the top level`);
  if (strict) checkClosed(schema, path);
}

export function checkToolChoice(body: JsonObject, model: AnthropicModel, thinksManually: boolean): void {
  const choice = body['tool_choice'];
  if (choice === undefined) return;
  const kind = objectOf(choice)['type'];
  if (kind !== 'auto' && kind !== 'any' && kind !== 'none' && kind !== 'tool') {
    throw invalid("tool_choice.type: Input should be 'auto', 'any', 'tool' or 'none'");
  }
  if (!isArray(body['tools']) || body['tools'].length === 0) {
    throw invalid('tool_choice: may only be specified while providing tools.');
  }
  if (kind === 'none' && objectOf(choice)['disable_parallel_tool_use'] !== undefined) {
    throw invalid('tool_choice.none.disable_parallel_tool_use: Extra inputs are not permitted');
  }
  if (kind === 'auto' || kind === 'none') return;
  if (thinksManually) throw invalid('Thinking may not be enabled when tool_choice forces tool use.');
  if (!model.forcedTools) throw invalid(`tool_choice: ${model.id} does not support forced tool use.`);
  if (kind === 'tool' && !body['tools'].some((tool) => objectOf(tool)['name'] === objectOf(choice)['name'])) {
    throw invalid(`tool_choice.tool.name: Tool '${stringOf(objectOf(choice)['name'])}' not found in provided tools`);
  }
}
