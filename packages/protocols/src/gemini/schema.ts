/**
 * JSON Schema as the vendor takes it.
 *
 * `toJsonSchema`, for `parametersJsonSchema` and `responseJsonSchema`: ordinary JSON Schema, but `const` is ignored there, so
 * it becomes an `enum` of one; `$schema` is left out.
 *
 * `toOpenApiSchema`, for `parameters` and `responseSchema` of servers that know no other: an OpenAPI subset. References are
 * put in their place (what refers to itself becomes an open object), lists of types become `nullable` or `anyOf`, `oneOf`
 * becomes `anyOf`, `allOf` is merged, and what the subset has no word for is left out: it only widens what is accepted.
 */
import { isObject, type JsonObject, type JsonValue, objectOr } from '@sx/llm/provider-kit';

import { limits } from '../limits.ts';

const MAPS = ['properties', '$defs', 'definitions', 'patternProperties', 'dependentSchemas'];
const LISTS = ['anyOf', 'oneOf', 'allOf', 'prefixItems'];
const SINGLES = [
  'items', 'additionalProperties', 'not', 'if', 'then', 'else', 'contains', 'propertyNames', 'unevaluatedProperties',
];

export function toJsonSchema(schema: JsonObject): JsonObject {
  const { $schema: _, ...rest } = schema;
  return rewrite(rest);
}

function rewrite(schema: JsonObject): JsonObject {
  const result: Record<string, JsonValue | undefined> = {};
  for (const [key, value] of Object.entries(schema)) {
    if (key === 'const' && value !== undefined) result['enum'] ??= [value];
    else if (MAPS.includes(key) && isObject(value)) result[key] = mapValues(value, rewriteValue);
    else if (LISTS.includes(key) && Array.isArray(value)) result[key] = value.map(rewriteValue);
    else if (SINGLES.includes(key)) result[key] = Array.isArray(value) ? value.map(rewriteValue) : rewriteValue(value ?? null);
    else result[key] = value;
  }
  return result;
}

const rewriteValue = (value: JsonValue): JsonValue => (isObject(value) ? rewrite(value) : value);

function mapValues(object: JsonObject, map: (value: JsonValue) => JsonValue): JsonObject {
  return Object.fromEntries(Object.entries(object).map(([key, value]) => [key, map(value ?? null)]));
}

const OPENAPI = [
  'title', 'description', 'format', 'pattern', 'minimum', 'maximum', 'minItems', 'maxItems', 'minLength', 'maxLength',
  'minProperties', 'maxProperties', 'required', 'nullable', 'propertyOrdering', 'default', 'example',
];

export function toOpenApiSchema(schema: JsonObject): JsonObject {
  const definitions = { ...objectOr(schema['definitions'], {}), ...objectOr(schema['$defs'], {}) };
  return subset(schema, definitions, []);
}

/** @param path - References that are being put in place. */
function subset(given: JsonObject, definitions: JsonObject, path: readonly string[]): JsonObject {
  const reference = given['$ref'];
  if (typeof reference === 'string') {
    const target = definitions[reference.replace(/^#\/(?:\$defs|definitions)\//, '')];
    const { $ref: _, ...beside } = given;
    const isOpen = !isObject(target) || path.includes(reference) || path.length >= limits.schemaReferencesMax;
    if (isOpen) return subset({ type: 'object', ...beside }, definitions, path);
    return subset({ ...target, ...beside }, definitions, [...path, reference]);
  }
  const inner = (value: JsonValue | undefined): JsonObject => subset(objectOr(value, {}), definitions, path);
  const schema = mergeAll(given);
  const result: Record<string, JsonValue | undefined> = {};
  Object.assign(result, typeOf(schema['type']));
  for (const key of OPENAPI) if (schema[key] !== undefined) result[key] = schema[key];
  const values = schema['enum'] ?? (schema['const'] === undefined ? undefined : [schema['const']]);
  // There an enum is one of strings.
  if (Array.isArray(values) && values.every((value) => typeof value === 'string')) result['enum'] = values;
  const variants = schema['anyOf'] ?? schema['oneOf'];
  if (Array.isArray(variants)) {
    const isNull = (value: JsonValue): boolean => isObject(value) && value['type'] === 'null';
    const kept = variants.filter((variant) => !isNull(variant)).map(inner);
    if (kept.length < variants.length) result['nullable'] = true;
    if (kept.length === 1) Object.assign(result, kept[0]);
    else if (kept.length > 1) result['anyOf'] = kept;
  }
  if (result['enum'] !== undefined) result['type'] ??= 'string';
  if (isObject(schema['properties'])) result['type'] ??= 'object';
  if (isObject(schema['properties'])) result['properties'] = mapValues(schema['properties'], inner);
  if (isObject(schema['items'])) result['items'] = inner(schema['items']);
  else if (result['type'] === 'array') result['items'] = { type: 'string' };
  return result;
}

function mergeAll(schema: JsonObject): JsonObject {
  const { allOf, ...rest } = schema;
  if (!Array.isArray(allOf)) return schema;
  const merged: Record<string, JsonValue | undefined> = { ...rest };
  for (const part of allOf.filter(isObject)) {
    for (const [key, value] of Object.entries(part)) {
      const before = merged[key];
      if (isObject(before) && isObject(value)) merged[key] = { ...before, ...value };
      else if (Array.isArray(before) && Array.isArray(value)) merged[key] = [...new Set([...before, ...value])];
      else merged[key] = value;
    }
  }
  return merged;
}

/** `["string", "null"]` is a nullable string; several others are variants. */
function typeOf(type: JsonValue | undefined): JsonObject {
  if (typeof type === 'string') return type === 'null' ? { type: 'string', nullable: true } : { type };
  if (!Array.isArray(type)) return {};
  const names = type.filter((name) => typeof name === 'string' && name !== 'null');
  const nullable = type.includes('null') ? { nullable: true } : {};
  const [only] = names;
  if (names.length === 1 && only !== undefined) return { type: only, ...nullable };
  return { anyOf: names.map((name) => ({ type: name })), ...nullable };
}
