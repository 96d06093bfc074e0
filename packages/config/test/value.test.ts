import assert from 'node:assert/strict';
import { test } from 'node:test';

import { type KeyName, keyRow, shownValue } from '../src/index.ts';
import { parseFields } from '../src/fields.ts';
import { isHarmless, secretsIn, valueFault } from '../src/value.ts';

const CASES: readonly (readonly [key: KeyName, value: string, shown: string, secrets: readonly string[]])[] = [
  ['MODEL', 'x', 'x', []],
  ['CODEX_ACCESS_TOKEN', 'x', '********', ['x']],
  ['CODEX_ACCESS_TOKEN', '', '', []],
  ['HTTPS_PROXY', 'http://proxy:3128', 'http://proxy:3128', []],
  ['HTTPS_PROXY', 'http://me:p%40ss@proxy:3128', 'http://********@proxy:3128', ['me:p%40ss', 'p%40ss', 'p@ss']],
  ['HTTPS_PROXY', 'http://me:wo/rd?#@proxy:3128', 'http://********@proxy:3128', ['me:wo/rd?#', 'wo/rd?#', 'wo/rd?#']],
  ['HTTPS_PROXY', 'me:word@proxy:3128', '********@proxy:3128', ['me:word', 'word', 'word']],
  ['OPENAI_EXTRA_HEADERS', 'X-Title: sx; X-Gateway-Key: Bearer abcd', '********', ['X-Title: sx; X-Gateway-Key: Bearer abcd', 'Bearer abcd', 'abcd']],
  ['OPENAI_EXTRA_HEADERS', '', '', []],
  ['HTTPS_PROXY', 'http://me:%zz@proxy', 'http://********@proxy', ['me:%zz', '%zz', '%zz']],
];
for (const [key, value, shown, secrets] of CASES) {
  test(`${key}=${value} is shown as ${JSON.stringify(shown)}`, () => {
    assert.equal(shownValue(keyRow(key), value), shown);
    assert.deepEqual(secretsIn(keyRow(key), value), secrets);
  });
}

const FAULTS: readonly (readonly [key: KeyName, value: string, fault: RegExp | undefined])[] = [
  ['MAX_BUDGET_USD', '0.5', undefined],
  ['MAX_BUDGET_USD', '12', undefined],
  ['MAX_BUDGET_USD', '0', /expected a number from/],
  ['MAX_BUDGET_USD', '-1', /expected a number from/],
  ['MAX_BUDGET_USD', '1e3', /expected a number from/],
  ['MAX_BUDGET_USD', 'NaN', /expected a number from/],
  ['MODEL_PRICE', '1.25/10', undefined],
  ['MODEL_PRICE', '1/2/0.1/1.25', undefined],
  ['MODEL_PRICE', '1', /expected input\/output/],
  ['MODEL_PRICE', '1/2/3/4/5', /expected input\/output/],
  ['MODEL_PRICE', '1/$2', /expected input\/output/],
  ['OPENAI_EXTRA_HEADERS', 'X-Title: sx', undefined],
  ['OPENAI_EXTRA_HEADERS', 'X-A: 1; 2;3; X-B:4 ;', undefined],
  ['OPENAI_EXTRA_HEADERS', 'X-A: 1\nX-B: 2\r\n', undefined],
  ['OPENAI_EXTRA_HEADERS', 'Bearer secret', /^expected Name: value; Name: value, but field 1 is none$/],
  ['OPENAI_EXTRA_HEADERS', 'X-A: 1; X-B:', /but field 2 is none$/],
  ['OPENAI_EXTRA_HEADERS', ': secret', /but field 1 is none$/],
  ['OPENAI_EXTRA_HEADERS', 'X A: secret', /but field 1 is none$/],
  ['OPENAI_EXTRA_HEADERS', 'X-A: sécret', /^the value of X-A has characters that no field may carry$/],
  ['OPENAI_EXTRA_HEADERS', 'X-A: a\u0000b', /^the value of X-A/],
  ['OPENAI_EXTRA_HEADERS', 'authorization: secret', /^authorization is set by sx itself$/],
  ['OPENAI_EXTRA_HEADERS', 'X-A: 1; Content-Length: 5', /^Content-Length is set by sx itself$/],
  ['OPENAI_EXTRA_HEADERS', Array.from({ length: 33 }, (_, at) => `X-${at}: 1`).join(';'), /^expected at most 32 fields, got 33$/],
];
for (const [key, value, fault] of FAULTS) {
  test(`${key}=${value} is ${fault === undefined ? 'taken' : 'refused'}`, () => {
    const found = valueFault(keyRow(key), value);
    if (fault === undefined) assert.equal(found, undefined);
    else assert.match(found ?? '', fault);
  });
}

test('fields: a semicolon begins another one only where a name follows', () => {
  assert.deepEqual(parseFields('X-A: text/html; q=0.9; X-B:  two words ;X-C:a:b'), [['X-A', 'text/html; q=0.9'], ['X-B', 'two words'], ['X-C', 'a:b']]);
  assert.deepEqual(parseFields('X-A: 1\r\nX-B: 2\n'), [['X-A', '1'], ['X-B', '2']]);
  assert.deepEqual(parseFields(''), []);
});

test('an untrusted file may lower a budget, and not raise it', () => {
  assert.equal(isHarmless(keyRow('MAX_BUDGET_USD'), '0.5', '1'), true);
  assert.equal(isHarmless(keyRow('MAX_BUDGET_USD'), '1.5', '1'), false);
});
