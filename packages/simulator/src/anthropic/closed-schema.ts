/** What a JSON Schema may be where answers or arguments are held to it (`output_config.format`, `strict`). */
import { isArray, isObject, objectOf, stringOf, type Json } from '../server/json.ts';
import { invalid } from './failures.ts';

const BOUNDS = [
  'minimum', 'maximum', 'exclusiveMinimum', 'exclusiveMaximum', 'multipleOf', 'minLength', 'maxLength', 'maxItems', 'uniqueItems',
  'minProperties', 'maxProperties',
];

/** Every object closed, and no bounds: a schema that answers are held to is compiled into a grammar. */
export function checkClosed(schema: Json, path: string, isRoot = true): void {
  if (isArray(schema)) return schema.forEach((inner, at) => checkClosed(inner, `${path}.${at}`, false));
  if (!isObject(schema)) return;
  if ((isRoot || schema['type'] === 'object') && schema['additionalProperties'] !== false) {
    throw invalid(`${path}: For 'object' type, 'additionalProperties' must be explicitly set to false`);
  }
  const type = stringOf(schema['type']);
  const least = Number(schema['minItems'] ?? 0) > 1 ? 'minItems' : undefined;
  const bound = BOUNDS.find((name) => schema[name] !== undefined) ?? least;
  if (bound !== undefined) throw invalid(`${path}: For '${type}' type, property '${bound}' is not supported`);
  for (const name of ['properties', '$defs', 'definitions']) {
    for (const [key, inner] of Object.entries(objectOf(schema[name]))) checkClosed(inner ?? null, `${path}.${name}.${key}`, false);
  }
  for (const name of ['items', 'anyOf', 'oneOf', 'allOf']) checkClosed(schema[name] ?? null, `${path}.${name}`, false);
}
