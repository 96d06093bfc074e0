import assert from 'node:assert/strict';
import { test } from 'node:test';

import { ensureExecutable } from '../../../../scripts/build-executable/ensure.ts';
import { FEATURES } from '../../../../scripts/matrix/features.ts';
import { ROWS } from '../../../../scripts/matrix/rows.ts';
import { runMatrix } from '../../../../scripts/matrix/run.ts';
import { isProviderId } from '../../src/providers.ts';

const BUILT = ensureExecutable();

test('every provider of the program has a row', async () => {
  const { PROVIDERS } = await import('../../src/providers.ts');
  const known = new Set(ROWS.map(({ name }) => name));
  assert.deepEqual(Object.keys(PROVIDERS).filter((id) => !known.has(id)), []);
});

for (const row of ROWS.filter(({ name }) => isProviderId(name.split(' ')[0] ?? ''))) {
  test(`every cell of ${row.name} works`, async () => {
    const cells = await runMatrix(await BUILT, { rows: [row], features: FEATURES });
    assert.deepEqual(cells.filter(({ outcome }) => outcome === 'fails').map(({ feature, reason }) => `${feature}: ${reason ?? ''}`), []);
  });
}
