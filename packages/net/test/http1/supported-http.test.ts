import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { describe, test } from 'node:test';

import { defaultLimits, NET_ERROR_CODES } from '@sx/net';

import { furtherCases, webPlatformCases } from '../sse/sse-cases.ts';
import { chunkedCases } from './cases/chunked.ts';
import { exchangeCases } from './cases/exchange.ts';
import { fieldCases } from './cases/fields.ts';
import { framingCases } from './cases/framing.ts';
import { matrix } from './cases/matrix.ts';
import { refusedCases } from './cases/refused.ts';
import { statusLineCases } from './cases/status-line.ts';

const document = readFileSync(resolve(import.meta.dirname, '../../../../docs/supported-http.md'), 'utf8');
const source = (file: string): string => readFileSync(join(import.meta.dirname, file), 'utf8');

/** Rows of all tables whose first cell is the name of a rule. */
const rules = [...document.matchAll(/^\| `([a-z0-9-]+)` \|(.*)\|$/gm)].map(([, name = '', rest = '']) => ({
  name,
  cells: rest.split('|').map((cell) => cell.trim()),
}));
const cases = [matrix, refusedCases, statusLineCases, fieldCases, framingCases, chunkedCases, exchangeCases].flat();
const caseRules = new Set([...cases, ...webPlatformCases, ...furtherCases].map(({ rule }) => rule));
const ruleOf = (wanted: string) => rules.find(({ name }) => name === wanted) ?? assert.fail(`the document lacks ${wanted}`);

describe('docs/supported-http.md', () => {
  test('has every rule of the tables, once, and no other but those of requests', () => {
    const documented = rules.map(({ name }) => name).filter((name) => !name.startsWith('request-'));
    assert.deepEqual(documented.toSorted(), [...caseRules].toSorted());
  });

  test('has every row of the matrix at its rule', () => {
    for (const name of new Set(cases.map(({ rule }) => rule))) {
      const rows = matrix.filter(({ rule }) => rule === name).map(({ number }) => number);
      assert.equal(ruleOf(name).cells.at(-1), rows.join(' '), name);
    }
  });

  test('names the codes that the cases of each rule end in', () => {
    for (const name of new Set(cases.map(({ rule }) => rule))) {
      const documented = new Set(ruleOf(name).cells.join(' ').match(/NET_[A-Z_]+/g) ?? []);
      const table = cases.filter(({ rule, expected }) => rule === name && expected.fault !== undefined);
      for (const code of documented) assert.ok(table.some(({ expected }) => expected.fault === code),
        `${name}: no case ends in ${code}`);
    }
  });

  test('names codes that exist, and every code of the decoders', () => {
    const documented = new Set(document.match(/NET_[A-Z_]+/g) ?? []);
    for (const code of documented) assert.ok(NET_ERROR_CODES.some((known) => known === code), code);
    for (const { expected } of cases) if (expected.fault !== undefined) assert.ok(documented.has(expected.fault), expected.fault);
  });

  test('has the limits of the code', () => {
    const limits = [...document.matchAll(/^\| `[a-z0-9-]+` \| `([A-Za-z]+Max)` \| ([0-9]+) \|/gm)].map(([, name,
      value]) => [name, Number(value)]);
    assert.equal(limits.length, 8);
    for (const [name, value] of limits) assert.equal(Object.entries(defaultLimits).find(([key]) => key === name)?.[1], value,
      String(name));
  });

  test('says how many cases of web platform tests there are, and has the seven decisions', () => {
    assert.match(document, new RegExp(`of which ${webPlatformCases.length} are those`));
    const decisions = [...document.matchAll(/^\| (D[1-7]) \|.*\| `([a-z0-9-]+)` \|$/gm)];
    assert.deepEqual(decisions.map(([, name]) => name), ['D1', 'D2', 'D3', 'D4', 'D5', 'D6', 'D7']);
    for (const [, , rule = ''] of decisions) assert.ok(caseRules.has(rule), rule);
  });

  test('has a table of what must be refused with a row for every rule that refuses', () => {
    const refusing = new Set(cases.filter(({ rule,
      expected }) => expected.fault !== undefined && !rule.startsWith('limit-')).map(({ rule }) => rule));
    const refused = new Set(refusedCases.map(({ rule }) => rule));
    // An interim response is refused for what any head is refused for.
    for (const rule of refusing) if (rule !== 'interim') assert.ok(refused.has(rule), rule);
  });

  test('has the names of its rules in the tests of requests', () => {
    const tests = source('encode-request.test.ts');
    for (const { name } of rules.filter((rule) => rule.name.startsWith('request-'))) assert.ok(tests.includes(`${name}: `), name);
  });
});
