import assert from 'node:assert/strict';
import { test } from 'node:test';

import type { JsonObject, JsonValue } from '@sx/llm';

import { isAgentError } from '../../src/agent-error.ts';
import { compileJsonSchema } from '../../src/structured-output/json-schema.ts';

const PERSON: JsonObject = {
  $schema: 'https://json-schema.org/draft/2020-12/schema', title: 'Person', type: 'object', required: ['name'], additionalProperties: false,
  properties: { name: { type: 'string', minLength: 1 }, age: { type: 'integer', minimum: 0, format: 'int32' }, tags: { type: 'array', items: { type: 'string' } } },
};
const TREE: JsonObject = { $ref: '#/$defs/node', $defs: { node: { type: 'object', properties: { left: { anyOf: [{ type: 'null' }, { $ref: '#/$defs/node' }] } } } } };

type Row = readonly [schema: JsonObject, fits: readonly JsonValue[], faults: readonly (readonly [value: JsonValue, fault: string])[]];
const ROWS: readonly Row[] = [
  [{}, [null, 1, 'a', [], {}], []],
  [{ type: 'integer' }, [1, -0, 1e20], [[1.5, '$: expected integer, got 1.5'], ['1', '$: expected integer, got "1"']]],
  [{ type: ['string', 'null'] }, ['a', null], [[1, '$: expected string or null, got 1'], [{}, '$: expected string or null, got an object']]],
  [{ enum: [1, 'a', { b: [1] }] }, [1, 'a', { b: [1] }], [['b', '$: expected one of 1, "a", an object, got "b"']]],
  [{ const: { a: 1, b: 2 } }, [{ b: 2, a: 1 }], [[{ a: 1 }, '$: expected an object, got an object']]],
  [PERSON, [{ name: 'A' }, { name: 'A', age: 3, tags: ['x'] }], [
    [{}, '$: "name" is missing'], [{ name: '' }, '$.name: expected at least 1 characters, got 0'], [{ name: 'A', age: -1 }, '$.age: expected at least 0, got -1'],
    [{ name: 'A', tags: ['x', 2] }, '$.tags[1]: expected string, got 2'], [{ name: 'A', 'x y': 1 }, '$: "x y" is not expected'],
  ]],
  [{ properties: { constructor: { type: 'string' } } }, [{}, { constructor: 'a' }], [[{ constructor: 1 }, '$.constructor: expected string, got 1']]],
  [{ additionalProperties: { type: 'number' }, patternProperties: { '^x': { type: 'string' } } }, [{ a: 1, x1: 'b' }], [[{ x1: 1 }, '$.x1: expected string, got 1'], [{ a: 'b' }, '$.a: expected number, got "b"']]],
  [{ minProperties: 1, maxProperties: 2 }, [{ a: 1 }], [[{}, '$: expected at least 1 members, got 0'], [{ a: 1, b: 1, c: 1 }, '$: expected at most 2 members, got 3']]],
  [{ prefixItems: [{ type: 'string' }], items: { type: 'number' }, minItems: 1, maxItems: 3 }, [['a'], ['a', 1, 2]], [[[], '$: expected at least 1 items, got 0'], [['a', 'b'], '$[1]: expected number, got "b"'], [[1, 1, 1, 1], '$: expected at most 3 items, got 4']]],
  [{ uniqueItems: true }, [[1, '1', { a: 1 }]], [[[{ a: 1, b: 2 }, { b: 2, a: 1 }], '$: expected items that differ']]],
  [{ exclusiveMinimum: 0, exclusiveMaximum: 1, multipleOf: 0.1 }, [0.3, 0.7], [[0, '$: expected more than 0, got 0'], [1, '$: expected less than 1, got 1'], [0.25, '$: expected a multiple of 0.1, got 0.25']]],
  [{ maxLength: 2, pattern: '^\\p{L}*$' }, ['é\u{10330}'], [['abc', '$: expected at most 2 characters, got 3'], ['1', '$: expected a match of "^\\\\p{L}*$", got "1"']]],
  [{ anyOf: [{ type: 'string' }, { type: 'object', required: ['a'] }] }, ['a', { a: 1 }], [[{}, '$: fits none of 2 alternatives: $: expected string, got an object']]],
  [{ oneOf: [{ type: 'number' }, { minimum: 5 }] }, [3, 'a'], [[7, '$: fits 2 alternatives, expected exactly one']]],
  [{ allOf: [{ required: ['a'] }, { required: ['b'] }] }, [{ a: 1, b: 1 }], [[{ a: 1 }, '$: "b" is missing']]],
  [{ not: { type: 'string' } }, [1], [['a', '$: fits what it must not']]],
  [{ properties: { a: false }, items: true }, [{}, [1]], [[{ a: 1 }, '$.a: nothing is allowed here']]],
  [TREE, [{ left: { left: { left: null } } }], [[{ left: { left: 1 } }, '$.left: fits none of 2 alternatives: $.left: expected null, got an object']]],
  [{ definitions: { 'a/b': { type: 'string' } }, properties: { x: { $ref: '#/definitions/a~1b' } } }, [{ x: 'a' }], [[{ x: 1 }, '$.x: expected string, got 1']]],
];

for (const [schema, fits, faults] of ROWS) {
  test(`${JSON.stringify(schema).slice(0, 70)} takes what fits and says what does not`, () => {
    const { validate } = compileJsonSchema(schema);
    for (const value of fits) assert.deepEqual(validate(value), [], JSON.stringify(value));
    for (const [value, fault] of faults) assert.equal(validate(value)[0], fault);
  });
}

const REFUSED: readonly (readonly [schema: unknown, message: string])[] = [
  [null, '$: a schema is a JSON object'],
  [[], '$: a schema is a JSON object'],
  [{ properties: { a: { if: {} } } }, '$.properties.a.if: this keyword is not supported'],
  [{ dependentRequired: {} }, '$.dependentRequired: this keyword is not supported'],
  [{ constructor: {} }, '$.constructor: this keyword is not supported'],
  [{ type: 'text' }, '$.type: expected one or several of null, boolean, object, array, number, string, integer'],
  [{ anyOf: [{ items: 3 }] }, '$.anyOf[0].items: a schema is an object, true or false'],
  [{ anyOf: [] }, '$.anyOf: expected a list of schemas'],
  [{ enum: [] }, '$.enum: expected a list with at least one value'],
  [{ required: 'a' }, '$.required: expected a list of strings'],
  [{ minLength: -1 }, '$.minLength: expected a whole number, 0 or more'],
  [{ multipleOf: 0 }, '$.multipleOf: expected a number'],
  [{ pattern: '(a)\\1' }, '$.pattern: back references cannot be matched in linear time'],
  [{ patternProperties: { '[': {} } }, '$.patternProperties["["]: Invalid regular expression: /[/u: Unterminated character class'],
  [{ $ref: 'https://example.com/schema' }, '$.$ref: "https://example.com/schema" leads nowhere; only references into this schema (#/$defs/…) are known'],
  [{ $ref: '#/$defs/no' }, '$.$ref: "#/$defs/no" leads nowhere; only references into this schema (#/$defs/…) are known'],
  [nested(70, {}), `$${'.items'.repeat(65)}: nested deeper than 64`],
];

function nested(depth: number, inner: JsonObject): JsonObject {
  return depth === 0 ? inner : { items: nested(depth - 1, inner) };
}

for (const [schema, message] of REFUSED) {
  test(`refuses ${JSON.stringify(schema).slice(0, 60)} by its path`, () => {
    assert.throws(() => compileJsonSchema(schema), (error: unknown) => {
      assert.ok(isAgentError(error));
      assert.equal(error.code, 'AGENT_BAD_SCHEMA');
      assert.equal(error.message, `the schema cannot be used: ${message}`);
      return true;
    });
  });
}

test('a schema that leads in a circle, and one with endless alternatives, come to an end', () => {
  assert.match(compileJsonSchema({ $ref: '#' }).validate(1)[0] ?? '', /too much to check/);
  const each = { anyOf: [{ $ref: '#' }, { $ref: '#' }, { $ref: '#' }] };
  assert.notEqual(compileJsonSchema({ ...each }).validate(1).length, 0);
});

test('a value that is nested without end is a fault, not a crash', () => {
  let value: JsonValue = 1;
  for (let depth = 0; depth < 100_000; depth++) value = [value];
  assert.deepEqual(compileJsonSchema({ const: 1 }).validate(value), ['$: nested deeper than 128']);
});

test('names 20 faults at most', () => {
  assert.equal(compileJsonSchema({ items: { type: 'string' } }).validate(Array.from({ length: 500 }, (_, index) => index)).length, 20);
});
