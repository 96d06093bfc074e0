import assert from 'node:assert/strict';
import { test } from 'node:test';

import { compilePattern, PatternError } from '../../src/structured-output/linear-pattern.ts';

const STATES_MAX = 2_000;
const matches = (pattern: string, text: string): boolean | undefined => compilePattern(pattern, STATES_MAX).test(text, 1_000_000);

const PATTERNS = [
  '', 'a', '^a$', 'a|b', '^(a|bc)*$', 'a{2}', '^a{2,}$', '^a{1,3}?b$', '^(?:ab)+c?$', '^[a-c\\]x-]+$', '^[^a]+$', '^\\d{4}-\\d{2}$', '^\\w+@\\w+\\.com$', '\\bfoo\\b',
  'a\\Bb', '^.$', '^\\u0061\\x62$', '^\\u{61}$', '^\\p{L}+$', '^\\$\\{\\}$', '^(a*)*$', '^(a|a)*$', '^(?<year>\\d+)$', '^\\u{1F600}$', '^\\ud83d\\ude00$', '(^a|b$)', '^[\\d\\-]+$', '^\\cA$', '^$',
];
const TEXTS = ['', 'a', 'b', 'ab', 'abc', 'bcbc', 'aaa', 'aab', 'aaaab', 'foo', 'a foo b', 'food', '2024-05', 'me@x.com', 'é', '\u{1F600}', '\n', '${}', ']x-', '\u0001', '12-3', 'abab'];

for (const pattern of PATTERNS) {
  test(`/${pattern}/u matches what the platform's engine matches`, () => {
    const platform = new RegExp(pattern, 'u');
    for (const text of TEXTS) assert.equal(matches(pattern, text), platform.test(text), JSON.stringify(text));
  });
}

const REFUSED: readonly (readonly [pattern: string, message: RegExp])[] = [
  ['(', /Unterminated group/],
  ['a{2', /Incomplete quantifier|Lone quantifier/],
  ['(a)\\1', /back references/],
  ['(?<n>a)\\k<n>', /back references/],
  ['(?=a)', /look-around/],
  ['(?<!a)b', /look-around/],
  ['(a{100}){100}', /more than 2000 states/],
  [`${'('.repeat(40)}a${')'.repeat(40)}`, /nested deeper than 32/],
];
for (const [pattern, message] of REFUSED) {
  test(`refuses /${pattern.slice(0, 20)}/`, () => {
    assert.throws(() => compilePattern(pattern, STATES_MAX), (error: unknown) => error instanceof PatternError && message.test(error.message));
  });
}

test('a pattern that takes a backtracking engine for ever is done in one pass', () => {
  assert.equal(matches('^(a+)+$', `${'a'.repeat(5_000)}!`), false);
  assert.equal(matches('^(\\w|\\d)*[^\\w]$', 'a1'.repeat(5_000)), false);
});

test('a text that would take too many steps is not looked at to its end', () => {
  assert.equal(compilePattern('^(a|b)*$', STATES_MAX).test('ab'.repeat(10_000), 1_000), undefined);
});
