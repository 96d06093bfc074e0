import assert from 'node:assert/strict';
import { describe, test } from 'node:test';

import { chunkedCases } from './cases/chunked.ts';
import { exchangeCases } from './cases/exchange.ts';
import { fieldCases } from './cases/fields.ts';
import { framingCases } from './cases/framing.ts';
import type { HttpCase } from './cases/http-case.ts';
import { statusLineCases } from './cases/status-line.ts';
import { runHttpCase } from './run-http-case.ts';

const tables: Readonly<Record<string, readonly HttpCase[]>> = {
  'status line': statusLineCases,
  fields: fieldCases,
  'message framing': framingCases,
  'chunked coding': chunkedCases,
  'exchange and limits': exchangeCases,
};

for (const [title, cases] of Object.entries(tables)) {
  describe(title, () => {
    for (const httpCase of cases) test(`${httpCase.rule}: ${httpCase.name}`, () => runHttpCase(httpCase));
    test('has no two cases of one name', () => {
      const names = cases.map(({ rule, name }) => `${rule}: ${name}`);
      assert.deepEqual(names.filter((name, index) => names.indexOf(name) !== index), []);
    });
  });
}
