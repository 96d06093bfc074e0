import assert from 'node:assert/strict';
import { test } from 'node:test';

import { isAgentError } from '../../src/agent-error.ts';
import { parseRule, parseRules, splitRules } from '../../src/permissions/permission-rule.ts';

const LISTS: readonly (readonly [text: string, rules: readonly string[]])[] = [
  ['shell(git log:*)', ['shell(git log:*)']],
  ['Bash(git log:*),Read', ['Bash(git log:*)', 'Read']],
  ['Bash(git log:*) Edit(src/**)', ['Bash(git log:*)', 'Edit(src/**)']],
  [' Read , , Edit ', ['Read', 'Edit']],
  ['shell(echo a, b)', ['shell(echo a, b)']],
  ['read(a(1), b.txt)', ['read(a(1), b.txt)']],
  ['edit(a(b.txt)', ['edit(a(b.txt)']],
  ['', []],
];
for (const [text, rules] of LISTS) test(`a flag's ${JSON.stringify(text)} is ${rules.length} rules`, () => assert.deepEqual(splitRules(text), rules));

test('several rules in the place of one are refused, not taken for one pattern', () => {
  for (const text of ['Read(./secrets/**),Bash(rm:*)', 'read(a) , edit(b)']) {
    assert.throws(() => parseRule('deny', text, 'x'), (error) => isAgentError(error) && error.code === 'AGENT_BAD_RULE' && /several rules/.test(error.message));
    assert.throws(() => parseRules(`deny ${text}\n`, 'file'), /file:1: these are several rules/);
  }
});

test('the names of the peers\' tools mean ours', () => {
  for (const [name, subject] of [['Grep', 'grep'], ['GLOB', 'glob'], ['LS', 'list'], ['MultiEdit', 'edit'], ['Write', 'edit'], ['Bash', 'shell']]) {
    assert.equal(parseRule('deny', name ?? '', 'x').subject, subject);
  }
});

test('mcp(server:tool) is the name that the model sees; without a tool all of the server, mcp all of all', () => {
  const subject = (text: string): string => parseRule('allow', text, 'test').subject;
  assert.deepEqual(['mcp(git hub:create.issue)', 'mcp(github)', 'mcp(github:*)', 'mcp'].map(subject), ['mcp__git_hub__create_issue', 'mcp__github', 'mcp__github', 'mcp']);
  for (const bad of ['mcp(*)', 'mcp(:x)', 'mcp(a:b*)', 'mcp( )']) assert.throws(() => subject(bad), /AGENT_BAD_RULE|expected|empty/);
});
