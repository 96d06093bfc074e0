/** Rules for the body of `generateContent`, but for its contents: members, tools, generation and thinking configuration. */
import { arrayOf, isArray, isObject, objectOf, stringOf, type Json, type JsonObject } from '../server/json.ts';
import { checkContents, unknownName } from './content-rules.ts';
import { invalid } from './failures.ts';
import type { GeminiModel } from './models.ts';

const MEMBERS = [
  'contents', 'systemInstruction', 'tools', 'toolConfig', 'safetySettings', 'cachedContent', 'generationConfig',
  'continuationToken',
];
const GENERATION = [
  'maxOutputTokens', 'stopSequences', 'temperature', 'topP', 'topK', 'seed', 'candidateCount', 'responseMimeType',
  'responseSchema', 'responseJsonSchema', 'mediaResolution', 'thinkingConfig', 'presencePenalty', 'frequencyPenalty',
];
const NAME = /^[A-Za-z_][A-Za-z0-9_.:-]{0,127}$/;
/** What the OpenAPI subset of `parameters` and `responseSchema` does not know. */
const NOT_OPENAPI = ['$schema', '$defs', '$ref', 'additionalProperties', 'const', 'patternProperties', 'oneOf', 'allOf'];
const STOPS_MAX = 5;
const MODES = ['AUTO', 'ANY', 'NONE', 'VALIDATED'];

export function checkBody(
  value: Json | undefined,
  model: GeminiModel,
): { readonly body: JsonObject; readonly contents: readonly JsonObject[] } {
  if (!isObject(value)) throw invalid('Invalid JSON payload received. Unexpected token.');
  const extra = Object.keys(value).find((name) => !MEMBERS.includes(name));
  if (extra !== undefined) throw unknownName(extra, '');
  if (
    value['cachedContent'] !== undefined
    && ['systemInstruction', 'tools', 'toolConfig'].some((name) => value[name] !== undefined)
  ) {
    throw invalid('CachedContent can not be used with GenerateContent request setting system_instruction, tools or tool_config.\n\nProposed fix: move those values to CachedContent from GenerateContent request.');
  }
  checkSystem(value['systemInstruction']);
  const names = checkTools(value['tools']);
  checkToolConfig(value['toolConfig'], names);
  checkGeneration(value['generationConfig'], model);
  if (value['continuationToken'] !== undefined && model.generation < 4) throw unknownName('continuationToken', '');
  return { body: value, contents: checkContents(value['contents'], model) };
}

export function checkSystem(system: Json | undefined): void {
  if (system === undefined) return;
  const parts = objectOf(system)['parts'];
  if (!isArray(parts) || parts.length === 0 || parts.some((part) => stringOf(objectOf(part)['text']) === '')) {
    throw invalid('* GenerateContentRequest.system_instruction.parts: must not be empty.\n');
  }
}

export function checkTools(tools: Json | undefined): string[] {
  if (tools === undefined) return [];
  if (!isArray(tools)) throw invalid("Invalid value at 'tools'");
  const names: string[] = [];
  tools.forEach((tool, at) => {
    if (!isObject(tool)) throw invalid(`Invalid value at 'tools[${at}]'`);
    const extra =
      Object.keys(tool).find((name) => !['functionDeclarations', 'googleSearch', 'urlContext', 'codeExecution'].includes(name));
    if (extra !== undefined) throw unknownName(extra, `tools[${at}]`);
    arrayOf(tool['functionDeclarations']).forEach((declaration, index) => names.push(
      checkDeclaration(declaration, `tools[${at}].function_declarations[${index}]`),
    ));
  });
  const twice = names.find((name, at) => names.indexOf(name) !== at);
  if (twice !== undefined) throw invalid(`Duplicate function declaration found: ${twice}`);
  return names;
}

function checkDeclaration(declaration: Json, path: string): string {
  if (!isObject(declaration)) throw invalid(`Invalid value at '${path}'`);
  const extra =
    Object.keys(declaration).find((name) => !['name', 'description', 'parameters', 'parametersJsonSchema', 'response', 'responseJsonSchema', 'behavior'].includes(name));
  if (extra !== undefined) throw unknownName(extra, path);
  const name = stringOf(declaration['name']);
  if (!NAME.test(name)) {
    throw invalid(`* GenerateContentRequest.${path}.name: Invalid function name. Must start with a letter or an underscore. Must be alphanumeric (a-z, A-Z, 0-9), underscores (_), dots (.), colons (:), or dashes (-), with a maximum length of 128.\n`);
  }
  if (declaration['parameters'] !== undefined && declaration['parametersJsonSchema'] !== undefined) {
    throw invalid(`${path}: parameters and parameters_json_schema are mutually exclusive.`);
  }
  if (declaration['parameters'] !== undefined) checkOpenApi(declaration['parameters'], `${path}.parameters`);
  const schema = declaration['parametersJsonSchema'];
  if (schema !== undefined && objectOf(schema)['type'] !== 'object') {
    throw invalid(`* GenerateContentRequest.${path}.parameters_json_schema: must be of type object.\n`);
  }
  return name;
}

function checkOpenApi(schema: Json | undefined, path: string): void {
  if (!isObject(schema)) throw invalid(`Invalid value at '${path}'`);
  const extra = Object.keys(schema).find((name) => NOT_OPENAPI.includes(name));
  if (extra !== undefined) throw unknownName(extra, path);
  if (isArray(schema['type'])) throw invalid(`Proto field is not repeating, cannot start list at '${path}.type'.`);
  for (const [name, inner] of Object.entries(objectOf(schema['properties']))) checkOpenApi(inner, `${path}.properties[${name}]`);
  if (schema['items'] !== undefined) checkOpenApi(schema['items'], `${path}.items`);
}

export function checkToolConfig(config: Json | undefined, names: readonly string[]): void {
  if (config === undefined) return;
  const calling = objectOf(objectOf(config)['functionCallingConfig']);
  const mode = stringOf(calling['mode']);
  if (mode !== '' && !MODES.includes(mode)) {
    throw invalid(`Invalid value at 'tool_config.function_calling_config.mode', "${mode}"`);
  }
  const allowed = arrayOf(calling['allowedFunctionNames']);
  if (allowed.length > 0 && mode !== 'ANY' && mode !== 'VALIDATED') {
    throw invalid('allowed_function_names may only be set with mode ANY.');
  }
  const foreign = allowed.find((name) => !names.includes(stringOf(name)));
  if (foreign !== undefined) throw invalid(`Function ${stringOf(foreign)} in allowed_function_names is not declared.`);
}

function checkGeneration(config: Json | undefined, model: GeminiModel): void {
  if (config === undefined) return;
  if (!isObject(config)) throw invalid("Invalid value at 'generation_config'");
  const extra = Object.keys(config).find((name) => !GENERATION.includes(name));
  if (extra !== undefined) throw unknownName(extra, 'generation_config');
  const tokens = config['maxOutputTokens'];
  if (tokens !== undefined && (typeof tokens !== 'number' || tokens < 1 || tokens > model.outputTokensMax)) {
    throw invalid(`* GenerateContentRequest.generation_config.max_output_tokens: must be between 1 and ${model.outputTokensMax}.\n`);
  }
  const stops = config['stopSequences'];
  if (stops !== undefined && !(isArray(stops) && stops.every((text) => typeof text === 'string' && text !== ''))) {
    throw invalid("Invalid value at 'generation_config.stop_sequences' (TYPE_STRING)");
  }
  if (arrayOf(stops).length > STOPS_MAX) {
    throw invalid(`* GenerateContentRequest.generation_config.stop_sequences: must have at most ${STOPS_MAX} members.\n`);
  }
  if (config['responseSchema'] !== undefined && config['responseJsonSchema'] !== undefined) {
    throw invalid('response_schema and response_json_schema are mutually exclusive.');
  }
  const schema = config['responseSchema'] ?? config['responseJsonSchema'];
  if (schema !== undefined && config['responseMimeType'] !== 'application/json') {
    throw invalid('response_schema is only supported with response_mime_type application/json.');
  }
  if (config['responseSchema'] !== undefined) checkOpenApi(config['responseSchema'], 'generation_config.response_schema');
  if (model.generation === 4 && (config['presencePenalty'] !== undefined || config['frequencyPenalty'] !== undefined || Number(config['candidateCount'] ?? 1) > 1)) {
    throw invalid(`Penalties and several candidates are not supported by ${model.id}.`);
  }
  checkThinking(config['thinkingConfig'], model);
}

function checkThinking(config: Json | undefined, model: GeminiModel): void {
  if (config === undefined) return;
  const { thinkingLevel: level, thinkingBudget: budget } = objectOf(config);
  const extra =
    Object.keys(objectOf(config)).find((name) => !['includeThoughts', 'thinkingLevel', 'thinkingBudget'].includes(name));
  if (extra !== undefined) throw unknownName(extra, 'generation_config.thinking_config');
  if (level !== undefined && budget !== undefined) {
    throw invalid('You can only set only one of thinking budget and thinking level.');
  }
  if (level !== undefined) {
    if (model.levels.length === 0) throw invalid('Thinking level is not supported for this model.');
    if (!model.levels.includes(stringOf(level))) {
      throw invalid(`Thinking level ${stringOf(level)} is not supported for this model. Please retry with other thinking level.`);
    }
  }
  if (budget === undefined) return;
  if (model.budget === undefined) throw invalid('Thinking budget is not supported for this model. Please use thinking level.');
  const { min, max, off } = model.budget;
  if (budget === -1 || (budget === 0 && off)) return;
  if (typeof budget !== 'number' || budget < min || budget > max) {
    throw invalid(`The thinking budget ${String(budget)} is invalid. Please choose a value between ${min} and ${max}.`);
  }
}
