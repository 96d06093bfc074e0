/** One repair turn, then a typed error: on every provider, in the way of its API. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';

import { createSimulator, type Simulator } from '@sx/simulator';

import { ensureExecutable } from '../../../../scripts/build-executable/ensure.ts';
import { exchange, type ExchangeOptions } from '../../../../scripts/matrix/exchange.ts';
import { ROWS } from '../../../../scripts/matrix/rows.ts';

const BUILT = ensureExecutable();
const SCHEMA = JSON.stringify({ type: 'object', properties: { name: { type: 'string' }, count: { type: 'integer' } }, required: ['name', 'count'], additionalProperties: false });
let simulator: Simulator;
before(async () => {
  simulator = await createSimulator({ strict: true });
});
after(() => simulator.close());

for (const row of ROWS) {
  const ask = async (options: ExchangeOptions) => exchange(await BUILT, simulator, row, { args: ['--json-schema', SCHEMA], ...options });
  test(`${row.name}: an answer that does not fit is asked for once more`, async () => {
    const run = await ask({ prompt: 'describe\n[script]\nsay {"name":"x"}' });
    assert.deepEqual([run.code, run.result['structured_output'], run.requests.length], [0, { name: 'sample', count: 1 }, 2], run.stderr);
    assert.match(JSON.stringify(run.requests[1]?.body), /\$: \\*"count\\*" is missing/, 'the model is told what is wrong');
  });
  test(`${row.name}: one that never fits is a typed error`, async () => {
    const run = await ask({ prompt: 'describe', scenario: 'text' });
    assert.deepEqual([run.code, run.result['error_code'], run.requests.length], [58, 'AGENT_STRUCTURED_OUTPUT', 2], run.stderr);
  });
}
