/**
 * A JSON Schema that answers are held to: what is in it is checked once, then values are checked against it.
 *
 * The subset (2020-12, and what `definitions` and tuples of older drafts share with it): `type`, `enum`, `const`; `properties`,
 * `required`, `additionalProperties`, `patternProperties`, `minProperties`, `maxProperties`; `items`, `prefixItems`, `minItems`,
 * `maxItems`, `uniqueItems`; `minLength`, `maxLength`, `pattern`; `minimum`, `maximum`, `exclusiveMinimum`, `exclusiveMaximum`,
 * `multipleOf`; `anyOf`, `oneOf`, `allOf`, `not`; `$ref` into the same schema; `true` and `false`. Annotations (`title`, `format`,
 * `default`, …) say nothing about validity and pass. Any other keyword is refused by its JSON path: a schema that we only
 * half understand would let wrong answers through.
 *
 * Bounded in depth, nodes, faults and steps; patterns take linear time (linear-pattern.ts).
 */
import { isObject, type JsonObject, type JsonValue } from '@sx/llm';

import { AgentError } from '../agent-error.ts';
import { agentLimits as limits } from '../limits.ts';
import { compilePattern, type LinearPattern, PatternError } from './linear-pattern.ts';

export interface JsonSchema {
  /** As given, without `$schema`. */
  readonly source: JsonObject;
  /** What is wrong with a value, a line for each, beginning with its JSON path: `$.a[0]: expected a string, got 1`. Empty: it fits. */
  validate(value: JsonValue): readonly string[];
}

/** @throws {AgentError} `AGENT_BAD_SCHEMA`, naming the JSON path in the schema. */
export function compileJsonSchema(given: unknown): JsonSchema {
  if (!isObject(given)) throw bad('$', 'a schema is a JSON object');
  const { $schema: _, ...source } = given;
  const patterns = new Map<string, LinearPattern>();
  checkSchema(source, patterns);
  return {
    source,
    validate(value) {
      const check: Check = { root: source, patterns, faults: [], steps: 0 };
      if (depthExceeds(value, limits.jsonDepthMax)) return [`$: nested deeper than ${limits.jsonDepthMax}`];
      validate(check, source, value, '$', 0);
      return check.faults;
    },
  };
}

type Kind = 'text' | 'number' | 'count' | 'boolean' | 'schema' | 'schemas' | 'schema-map' | 'any' | 'strings' | 'types' | 'list' | 'pattern' | 'reference' | 'annotation';

const KEYWORDS: Readonly<Record<string, Kind>> = {
  type: 'types', enum: 'list', const: 'any',
  properties: 'schema-map', required: 'strings', additionalProperties: 'schema', patternProperties: 'schema-map', minProperties: 'count', maxProperties: 'count',
  items: 'schema', prefixItems: 'schemas', minItems: 'count', maxItems: 'count', uniqueItems: 'boolean',
  minLength: 'count', maxLength: 'count', pattern: 'pattern',
  minimum: 'number', maximum: 'number', exclusiveMinimum: 'number', exclusiveMaximum: 'number', multipleOf: 'number',
  anyOf: 'schemas', oneOf: 'schemas', allOf: 'schemas', not: 'schema',
  $ref: 'reference', $defs: 'schema-map', definitions: 'schema-map',
  title: 'annotation', description: 'annotation', default: 'annotation', examples: 'annotation', format: 'annotation', deprecated: 'annotation',
  readOnly: 'annotation', writeOnly: 'annotation', $comment: 'annotation', contentEncoding: 'annotation', contentMediaType: 'annotation',
};

const TYPES = ['null', 'boolean', 'object', 'array', 'number', 'string', 'integer'];

function checkSchema(root: JsonObject, patterns: Map<string, LinearPattern>): void {
  let nodes = 0;
  const visit = (schema: JsonValue | undefined, path: string, depth: number): void => {
    if (typeof schema === 'boolean') return;
    if (!isObject(schema)) throw bad(path, 'a schema is an object, true or false');
    if (depth > limits.schemaDepthMax) throw bad(path, `nested deeper than ${limits.schemaDepthMax}`);
    if (++nodes > limits.schemaNodesMax) throw bad(path, `more than ${limits.schemaNodesMax} schemas`);
    for (const [keyword, value] of Object.entries(schema)) {
      const kind = Object.hasOwn(KEYWORDS, keyword) ? KEYWORDS[keyword] : undefined;
      const at = `${path}.${keyword}`;
      if (kind === undefined) throw bad(at, 'this keyword is not supported');
      checkValue(kind, value, at, depth);
      if (keyword === 'patternProperties' && isObject(value)) for (const pattern of Object.keys(value)) compile(pattern, `${at}[${JSON.stringify(pattern)}]`);
    }
  };
  const compile = (source: string, path: string): void => {
    try {
      patterns.set(source, compilePattern(source, limits.patternStatesMax));
    } catch (error) {
      if (error instanceof PatternError) throw bad(path, error.message);
      throw error;
    }
  };
  const checkValue = (kind: Kind, value: JsonValue | undefined, at: string, depth: number): void => {
    const expect = (holds: boolean, what: string): void => {
      if (!holds) throw bad(at, `expected ${what}`);
    };
    switch (kind) {
      case 'types':
        return expect([value].flat().length > 0 && [value].flat().every((type) => typeof type === 'string' && TYPES.includes(type)), `one or several of ${TYPES.join(', ')}`);
      case 'list':
        return expect(Array.isArray(value) && value.length > 0, 'a list with at least one value');
      case 'strings':
        return expect(Array.isArray(value) && value.every((name) => typeof name === 'string'), 'a list of strings');
      case 'number':
        return expect(typeof value === 'number' && (!at.endsWith('.multipleOf') || value > 0), 'a number');
      case 'count':
        return expect(typeof value === 'number' && Number.isInteger(value) && value >= 0, 'a whole number, 0 or more');
      case 'boolean':
        return expect(typeof value === 'boolean', 'true or false');
      case 'text':
        return expect(typeof value === 'string', 'a string');
      case 'pattern':
        if (typeof value !== 'string') throw bad(at, 'expected a regular expression');
        return compile(value, at);
      case 'reference':
        if (typeof value !== 'string') throw bad(at, 'expected a string');
        if (resolve(root, value) === undefined) throw bad(at, `${JSON.stringify(value)} leads nowhere; only references into this schema (#/$defs/…) are known`);
        return;
      case 'schema':
        return visit(value, at, depth + 1);
      case 'schemas':
        if (!Array.isArray(value) || value.length === 0) throw bad(at, 'expected a list of schemas');
        return value.forEach((each: JsonValue, index) => visit(each, `${at}[${index}]`, depth + 1));
      case 'schema-map':
        if (!isObject(value)) throw bad(at, 'expected an object of schemas');
        return Object.entries(value).forEach(([name, each]) => visit(each, `${at}.${name}`, depth + 1));
      case 'any':
      case 'annotation':
        return;
      default:
        kind satisfies never;
    }
  };
  visit(root, '$', 0);
}

/** `#`, `#/$defs/name`, any JSON pointer into the root that ends at a schema. */
function resolve(root: JsonObject, reference: string): JsonObject | boolean | undefined {
  if (reference !== '#' && !reference.startsWith('#/')) return undefined;
  let found: JsonValue | undefined = root;
  for (const token of reference.split('/').slice(1)) {
    const key = decodeURIComponentSafely(token).replaceAll('~1', '/').replaceAll('~0', '~');
    if (Array.isArray(found)) found = found[Number(key)];
    else if (isObject(found) && Object.hasOwn(found, key)) found = found[key];
    else return undefined;
  }
  return isObject(found) || typeof found === 'boolean' ? found : undefined;
}

function decodeURIComponentSafely(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

interface Check {
  readonly root: JsonObject;
  readonly patterns: ReadonlyMap<string, LinearPattern>;
  readonly faults: string[];
  steps: number;
}

/** Schemas that one level of a value may lead through (`$ref`, `anyOf`, …) before they are taken for a circle. */
const REFERENCES_PER_LEVEL = 4;

function validate(check: Check, schema: JsonValue | undefined, value: JsonValue, path: string, depth: number): void {
  const { faults } = check;
  const fault = (text: string): void => void (faults.length < limits.schemaFaultsMax && faults.push(`${path}: ${text}`));
  if (++check.steps > limits.schemaStepsMax || depth > REFERENCES_PER_LEVEL * limits.jsonDepthMax) return fault('too much to check against this schema');
  if (schema === false) return fault('nothing is allowed here');
  if (!isObject(schema)) return;
  const inner = (part: JsonValue | undefined, of: JsonValue = value, at = path): void => validate(check, part, of, at, depth + 1);
  const trials = (parts: JsonValue | undefined): (readonly string[])[] => listOf(parts).map((part) => trial(check, part, value, path, depth));

  if (typeof schema['$ref'] === 'string') inner(resolve(check.root, schema['$ref']));
  const types = schema['type'] === undefined ? undefined : [schema['type']].flat();
  if (types !== undefined && !types.some((type) => isOfType(value, type))) fault(`expected ${types.join(' or ')}, got ${shown(value)}`);
  if (Array.isArray(schema['enum']) && !schema['enum'].some((each: JsonValue) => canonical(each) === canonical(value))) {
    fault(`expected one of ${schema['enum'].map(shown).join(', ').slice(0, 300)}, got ${shown(value)}`);
  }
  if (schema['const'] !== undefined && canonical(schema['const']) !== canonical(value)) fault(`expected ${shown(schema['const'])}, got ${shown(value)}`);

  if (typeof value === 'number') numberFaults(schema, value).forEach(fault);
  if (typeof value === 'string') stringFaults(check, schema, value).forEach(fault);
  if (Array.isArray(value)) validateArray(schema, value, path, fault, inner);
  if (isObject(value)) validateObject(check, schema, value, path, fault, inner);

  for (const part of listOf(schema['allOf'])) inner(part);
  const anyOf = trials(schema['anyOf']);
  if (anyOf.length > 0 && !anyOf.some(isFit)) fault(`fits none of ${anyOf.length} alternatives: ${nearest(anyOf)}`);
  const oneOf = trials(schema['oneOf']);
  const fitting = oneOf.filter(isFit).length;
  if (oneOf.length > 0 && fitting === 0) fault(`fits none of ${oneOf.length} alternatives: ${nearest(oneOf)}`);
  if (fitting > 1) fault(`fits ${fitting} alternatives, expected exactly one`);
  if (schema['not'] !== undefined && trials([schema['not']]).every(isFit)) fault('fits what it must not');
}

/** Faults against one alternative, steps counted. */
function trial(check: Check, part: JsonValue, value: JsonValue, path: string, depth: number): readonly string[] {
  const branch: Check = { ...check, faults: [] };
  validate(branch, part, value, path, depth + 1);
  check.steps = branch.steps;
  return branch.faults;
}

function isFit(faults: readonly string[]): boolean {
  return faults.length === 0;
}

/** The first fault of the alternative that has the fewest: most likely the one that was meant. */
function nearest(trials: readonly (readonly string[])[]): string {
  return trials.toSorted((a, b) => a.length - b.length)[0]?.[0] ?? '';
}

type Fault = (text: string) => void;
type Inner = (schema: JsonValue | undefined, value: JsonValue, path: string) => void;

function numberFaults(schema: JsonObject, value: number): string[] {
  const bound = (keyword: string, holds: (limit: number) => boolean, what: string): string[] => {
    const limit = schema[keyword];
    return typeof limit === 'number' && !holds(limit) ? [`expected ${what} ${limit}, got ${value}`] : [];
  };
  return [
    ...bound('minimum', (limit) => value >= limit, 'at least'),
    ...bound('maximum', (limit) => value <= limit, 'at most'),
    ...bound('exclusiveMinimum', (limit) => value > limit, 'more than'),
    ...bound('exclusiveMaximum', (limit) => value < limit, 'less than'),
    // A quotient of decimals is seldom whole to the last bit.
    ...bound('multipleOf', (limit) => Math.abs(value / limit - Math.round(value / limit)) < 1e-9 * Math.max(1, Math.abs(value / limit)), 'a multiple of'),
  ];
}

function stringFaults({ patterns }: Check, schema: JsonObject, value: string): string[] {
  const { minLength, maxLength, pattern } = schema;
  const characters = typeof minLength === 'number' || typeof maxLength === 'number' ? [...value].length : 0;
  const matches = typeof pattern === 'string' ? patterns.get(pattern)?.test(value, limits.patternStepsMax) : true;
  return [
    ...(typeof minLength === 'number' && characters < minLength ? [`expected at least ${minLength} characters, got ${characters}`] : []),
    ...(typeof maxLength === 'number' && characters > maxLength ? [`expected at most ${maxLength} characters, got ${characters}`] : []),
    ...(matches === undefined ? [`too long to be matched against ${shown(pattern)}`] : matches ? [] : [`expected a match of ${shown(pattern)}, got ${shown(value)}`]),
  ];
}

function validateArray(schema: JsonObject, value: readonly JsonValue[], path: string, fault: Fault, inner: Inner): void {
  const { minItems, maxItems } = schema;
  if (typeof minItems === 'number' && value.length < minItems) fault(`expected at least ${minItems} items, got ${value.length}`);
  if (typeof maxItems === 'number' && value.length > maxItems) fault(`expected at most ${maxItems} items, got ${value.length}`);
  if (schema['uniqueItems'] === true && new Set(value.map(canonical)).size < value.length) fault('expected items that differ');
  const prefix = listOf(schema['prefixItems']);
  value.forEach((item, index) => inner(prefix[index] ?? schema['items'], item, `${path}[${index}]`));
}

function validateObject(check: Check, schema: JsonObject, value: JsonObject, path: string, fault: Fault, inner: Inner): void {
  const names = Object.keys(value).filter((name) => value[name] !== undefined);
  const { minProperties, maxProperties } = schema;
  for (const name of listOf(schema['required'])) if (typeof name === 'string' && !Object.hasOwn(value, name)) fault(`${JSON.stringify(name)} is missing`);
  if (typeof minProperties === 'number' && names.length < minProperties) fault(`expected at least ${minProperties} members, got ${names.length}`);
  if (typeof maxProperties === 'number' && names.length > maxProperties) fault(`expected at most ${maxProperties} members, got ${names.length}`);
  const properties = isObject(schema['properties']) ? schema['properties'] : {};
  const byPattern = isObject(schema['patternProperties']) ? Object.entries(schema['patternProperties']) : [];
  for (const name of names) {
    const at = /^[A-Za-z_$][\w$]*$/.test(name) ? `${path}.${name}` : `${path}[${shown(name)}]`;
    const member = value[name] ?? null;
    const known = Object.hasOwn(properties, name);
    if (known) inner(properties[name], member, at);
    const matching = byPattern.filter(([pattern]) => check.patterns.get(pattern)?.test(name, limits.patternStepsMax) === true);
    for (const [, part] of matching) inner(part, member, at);
    if (known || matching.length > 0) continue;
    if (schema['additionalProperties'] === false) fault(`${shown(name)} is not expected`);
    else inner(schema['additionalProperties'], member, at);
  }
}

function isOfType(value: JsonValue, type: JsonValue | undefined): boolean {
  switch (type) {
    case 'null':
      return value === null;
    case 'array':
      return Array.isArray(value);
    case 'object':
      return isObject(value);
    case 'integer':
      return Number.isInteger(value);
    default:
      return typeof value === type;
  }
}

function listOf(value: JsonValue | undefined): readonly JsonValue[] {
  return Array.isArray(value) ? value : [];
}

/** Equal values give equal texts: members in one order. */
function canonical(value: JsonValue | undefined): string {
  return JSON.stringify(value, (_, each: unknown) => (isObject(each) ? Object.fromEntries(Object.entries(each).toSorted(([a], [b]) => (a < b ? -1 : 1))) : each)) ?? '';
}

function shown(value: JsonValue | undefined): string {
  if (Array.isArray(value)) return 'an array';
  if (isObject(value)) return 'an object';
  const text = JSON.stringify(value) ?? 'nothing';
  return text.length > 80 ? `${text.slice(0, 80)}…` : text;
}

/** Without recursion: the value is the model's. */
function depthExceeds(value: JsonValue, depthMax: number): boolean {
  const open: [value: JsonValue | undefined, depth: number][] = [[value, 0]];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    const [each, depth] = next;
    if (typeof each !== 'object' || each === null) continue;
    if (depth >= depthMax) return true;
    for (const member of Object.values(each)) open.push([member, depth + 1]);
  }
  return false;
}

function bad(path: string, message: string): AgentError {
  return new AgentError('AGENT_BAD_SCHEMA', `the schema cannot be used: ${path}: ${message}`);
}
