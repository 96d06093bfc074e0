/**
 * Rules for `tools`: flat definitions, `strict` said explicitly, object schemas with `properties`, unique names.
 *
 * Stricter than the vendor in one point: an absent `strict` is refused, where the vendor takes it for true and makes optional
 * arguments required.
 */
import { arrayOf, isArray, isObject, objectOf, stringOf, type Json, type JsonObject } from '../server/json.ts';
import { refuseDetail, refuseMissing, refuseParameter, refuseType, refuseValue } from './refusals.ts';

const NAME = /^[a-zA-Z0-9_-]+$/;
const NAME_LENGTH_MAX = 64;
const KINDS = ['function', 'custom', 'namespace', 'tool_search', 'web_search', 'image_generation'];

/** @param onlyClient - Lite mode: hosted tools are refused. */
export function checkTools(tools: Json | undefined, path: string, onlyClient = false): void {
  if (!isArray(tools)) throw refuseType(path, 'an array of objects', tools);
  const names = new Set<string>();
  tools.forEach((tool, at) => checkTool(tool, `${path}[${at}]`, names, onlyClient));
}

function checkTool(tool: Json, path: string, names: Set<string>, onlyClient: boolean): void {
  if (!isObject(tool)) throw refuseType(path, 'an object', tool);
  const kind = tool['type'];
  if (typeof kind !== 'string') throw refuseMissing(`${path}.type`);
  if (!KINDS.includes(kind)) throw refuseValue(`${path}.type`, kind, KINDS);
  if (onlyClient && (kind === 'web_search' || kind === 'image_generation')) throw refuseDetail(`Unsupported tool type: ${kind}`);
  if (kind === 'web_search' || kind === 'image_generation') return;
  if (kind === 'tool_search') {
    if (tool['execution'] !== 'client') throw refuseValue(`${path}.execution`, tool['execution'], ['client']);
    return;
  }
  checkName(tool, path, names);
  if (kind === 'namespace') {
    return arrayOf(tool['tools']).forEach((inner, at) => checkTool(inner, `${path}.tools[${at}]`, names, onlyClient));
  }
  if (kind === 'custom') return checkFormat(tool, path);
  if (tool['function'] !== undefined) {
    throw refuseParameter(`Unknown parameter: '${path}.function'.`, `${path}.function`, 'unknown_parameter');
  }
  if (typeof tool['strict'] !== 'boolean') throw refuseMissing(`${path}.strict`);
  checkSchema(tool['parameters'], stringOf(tool['name']), `${path}.parameters`, tool['strict']);
}

function checkName(tool: JsonObject, path: string, names: Set<string>): void {
  const name = tool['name'];
  if (typeof name !== 'string' || name === '') throw refuseMissing(`${path}.name`);
  if (!NAME.test(name)) {
    throw refuseParameter(
      `Invalid '${path}.name': string does not match pattern. Expected a string that matches the pattern '^[a-zA-Z0-9_-]+$'.`,
      `${path}.name`,
      'invalid_value',
    );
  }
  if (name.length > NAME_LENGTH_MAX) {
    throw refuseParameter(
      `Invalid '${path}.name': string too long. Expected a string with maximum length ${NAME_LENGTH_MAX}, but got a string with length ${name.length} instead.`,
      `${path}.name`,
      'string_above_max_length',
    );
  }
  if (names.has(name)) {
    throw refuseParameter(
      `Invalid '${path}.name': tool names must be unique, but '${name}' occurs twice.`,
      `${path}.name`,
      'invalid_value',
    );
  }
  names.add(name);
}

function checkFormat(tool: JsonObject, path: string): void {
  const format = tool['format'];
  if (format === undefined) return;
  if (!isObject(format) || (format['type'] !== 'grammar' && format['type'] !== 'text')) {
    throw refuseValue(`${path}.format.type`, objectOf(format)['type'], ['grammar', 'text']);
  }
}

function checkSchema(schema: Json | undefined, name: string, path: string, strict: boolean): void {
  const refuse = (what: string) => refuseParameter(
    `Invalid schema for function '${name}': In context=(), ${what}.`,
    path,
    'invalid_function_parameters',
  );
  if (!isObject(schema)) throw refuse('schema must be a JSON Schema object');
  if (schema['type'] !== 'object') {
    throw refuse(`schema must have type 'object' and not 'type: "${String(schema['type'] ?? 'None')}"'`);
  }
  if (!isObject(schema['properties'])) throw refuse('object schema missing properties');
  if (!strict) return;
  if (schema['additionalProperties'] !== false) throw refuse("'additionalProperties' is required to be supplied and to be false");
  const required = arrayOf(schema['required']);
  const missing = Object.keys(schema['properties']).find((property) => !required.includes(property));
  if (missing !== undefined) {
    throw refuse(`'required' is required to be supplied and to be an array including every key in properties. Missing '${missing}'`);
  }
}
