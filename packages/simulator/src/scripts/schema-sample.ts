/**
 * A value that a JSON Schema admits: what a model answers when it is made to. Covers what tool and answer schemas use; no
 * formats, no patterns.
 */
import { arrayOf, isArray, isObject, objectOf, stringOf, type Json } from '../server/json.ts';

export function sampleOf(schema: Json | undefined, root: Json | undefined = schema): Json {
  if (!isObject(schema)) return null;
  if (schema['const'] !== undefined) return schema['const'];
  const first = arrayOf(schema['enum'])[0];
  if (first !== undefined) return first;
  const reference = stringOf(schema['$ref']);
  if (reference.startsWith('#/')) return sampleOf(follow(root, reference), root);
  const alternative = [...arrayOf(schema['anyOf']), ...arrayOf(schema['oneOf'])][0];
  if (alternative !== undefined) return sampleOf(alternative, root);
  const type = isArray(schema['type']) ? schema['type'][0] : schema['type'];
  switch (type) {
    case 'string':
      return 'sample'.padEnd(Number(schema['minLength'] ?? 0), '.');
    case 'integer':
    case 'number':
      return Number(schema['minimum'] ?? 1);
    case 'boolean':
      return true;
    case 'null':
      return null;
    case 'array':
      return Array.from({ length: Math.max(1, Number(schema['minItems'] ?? 1)) }, () => sampleOf(schema['items'], root));
    default:
      return Object.fromEntries(
        Object.entries(objectOf(schema['properties'])).map(([name, member]) => [name, sampleOf(member, root)]),
      );
  }
}

function follow(root: Json | undefined, reference: string): Json | undefined {
  return reference.slice(2).split('/').reduce<Json | undefined>((value, key) => (isObject(value) ? value[key] : undefined), root);
}
