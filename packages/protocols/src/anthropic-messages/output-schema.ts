/**
 * A JSON Schema as structured output takes it (Anthropic, "Structured outputs"): every object closed, no bounds of numbers,
 * lengths and counts. A bound becomes a word of the description, so that the model still hears of it.
 *
 * What is dropped only widens what the model may answer, what is closed only narrows it: an answer that fits the given schema
 * stays possible, and whoever asked checks the answer against that one.
 */
import { isObject, type JsonObject, type JsonValue, stringOr } from '@sx/llm/provider-kit';

const BOUNDS = new Set([
  'minimum', 'maximum', 'exclusiveMinimum', 'exclusiveMaximum', 'multipleOf', 'minLength', 'maxLength', 'minItems', 'maxItems',
  'uniqueItems', 'minProperties', 'maxProperties',
]);
/** Members whose values are schemas by name: there a bound's word is the name of a property. */
const NAMED = new Set(['properties', '$defs', 'definitions', 'patternProperties']);
/** Members whose values are no schemas. */
const VALUES = new Set(['const', 'enum', 'default', 'examples', 'required']);

export function toOutputSchema(schema: JsonObject): JsonObject {
  const bounds: string[] = [];
  const converted: Record<string, JsonValue> = {};
  for (const [key, value] of Object.entries(schema)) {
    if (value === undefined || key === '$schema') continue;
    if (BOUNDS.has(key) && !(key === 'minItems' && (value === 0 || value === 1))) bounds.push(`${key}: ${JSON.stringify(value)}`);
    else if (VALUES.has(key)) converted[key] = value;
    else converted[key] = NAMED.has(key) && isObject(value) ? mapMembers(value) : convert(value);
  }
  if (bounds.length > 0) converted['description'] = `${stringOr(schema['description'], '')} (${bounds.join(', ')})`.trim();
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
