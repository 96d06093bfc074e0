/**
 * A JSON Schema as structured output takes it: every object closed, no bounds of numbers, lengths and counts.
 *
 * What is dropped only widens what the model may answer, what is closed only narrows it: an answer that fits the given schema is
 * still possible, and whoever asked checks the answer against that one.
 */
import { isObject, type JsonObject, type JsonValue } from '@sx/llm';

const REFUSED = new Set([
  '$schema', 'minimum', 'maximum', 'exclusiveMinimum', 'exclusiveMaximum', 'multipleOf', 'minLength', 'maxLength', 'minItems',
  'maxItems', 'uniqueItems', 'minProperties', 'maxProperties',
]);
/** Members whose values are schemas by name: there a refused word is the name of a property. */
const NAMED = new Set(['properties', '$defs', 'definitions', 'patternProperties']);
const VALUES = new Set(['const', 'enum', 'default', 'examples', 'required']);

export function toOutputSchema(schema: JsonObject): JsonObject {
  const entries = Object.entries(schema).flatMap(([key, value]): [string, JsonValue][] => {
    if (value === undefined || REFUSED.has(key)) return [];
    if (VALUES.has(key)) return [[key, value]];
    if (NAMED.has(key) && isObject(value)) return [[key, mapMembers(value)]];
    return [[key, convert(value)]];
  });
  const converted: JsonObject = Object.fromEntries(entries);
  const isOpen = schema['additionalProperties'] === undefined && (schema['type'] === 'object' || isObject(schema['properties']));
  return isOpen ? { ...converted, additionalProperties: false } : converted;
}

function convert(value: JsonValue): JsonValue {
  if (Array.isArray(value)) return value.map(convert);
  return isObject(value) ? toOutputSchema(value) : value;
}

function mapMembers(schemas: JsonObject): JsonObject {
  return Object.fromEntries(Object.entries(schemas).map(([name, value]) => [name, convert(value ?? {})]));
}
