import assert from 'node:assert/strict';
import { test } from 'node:test';

import { effortOf } from '../../src/compose/effort.ts';
import { settingsFixture } from './settings-fixture.ts';

const CHAIN = ['CODEX_REASONING_EFFORT', 'REASONING_EFFORT'] as const;

const CASES: readonly (readonly [rule: string, environment: Record<string, string>, flag: string | undefined, effort: string | undefined])[] = [
  ['nothing said: the provider\'s default', {}, undefined, undefined],
  ['THINKING=0 is off', { THINKING: '0' }, undefined, 'off'],
  ['the general key counts', { REASONING_EFFORT: 'low' }, undefined, 'low'],
  ['the provider\'s own key wins over it', { REASONING_EFFORT: 'low', CODEX_REASONING_EFFORT: 'high' }, undefined, 'high'],
  ['the flag wins over both', { REASONING_EFFORT: 'low', CODEX_REASONING_EFFORT: 'high' }, 'medium', 'medium'],
  ['an effort wins over THINKING=0', { THINKING: '0', REASONING_EFFORT: 'low' }, undefined, 'low'],
  ['none and 0 are off', { REASONING_EFFORT: 'none' }, '0', 'off'],
];
for (const [rule, environment, flag, effort] of CASES) {
  test(rule, () => {
    using fixture = settingsFixture();
    const overrides = flag === undefined ? [] : [{ key: 'REASONING_EFFORT', value: flag }];
    assert.equal(effortOf(fixture.load(environment, overrides), CHAIN), effort);
  });
}
