import { isObject, type JsonValue } from '@sx/llm/provider-kit';

/** OpenAI's strict mode wants every object closed and every property required; other schemas are refused with it. */
export function isStrictSchema(schema: JsonValue | undefined): boolean {
  if (Array.isArray(schema)) return schema.every(isStrictSchema);
  if (!isObject(schema)) return true;
  const properties = schema['properties'];
  if (schema['type'] === 'object' || isObject(properties)) {
    const required = schema['required'];
    const names = isObject(properties) ? Object.keys(properties) : [];
    const isListed = (name: string): boolean => Array.isArray(required) && required.includes(name);
    if (schema['additionalProperties'] !== false || !names.every(isListed)) return false;
  }
  const inner = ['items', 'anyOf', 'prefixItems'].map((key) => schema[key]);
  const maps = ['properties', '$defs', 'definitions'].map((key) => schema[key]).filter(isObject);
  const named = maps.flatMap((map) => Object.values(map));
  return [...inner, ...named].every(isStrictSchema) && schema['oneOf'] === undefined && schema['allOf'] === undefined;
}
