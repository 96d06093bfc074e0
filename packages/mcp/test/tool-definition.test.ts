import assert from 'node:assert/strict';
import { test } from 'node:test';

import { mcpLimits } from '../src/limits.ts';
import { readTool, readTools } from '../src/tool-definition.ts';
import { toToolName } from '../src/tool-name.ts';

const tool = (more: object = {}) => ({ name: 'a', description: 'does a', inputSchema: { type: 'object', properties: { x: { type: 'string' } } }, ...more });

test('reads a definition; a schema without properties gets empty ones', () => {
  assert.deepEqual(readTool(tool()), { tool: 'a', description: 'does a', inputSchema: { type: 'object', properties: { x: { type: 'string' } } }, readOnly: false });
  assert.deepEqual(readTool({ name: 'b', inputSchema: {}, annotations: { readOnlyHint: true } }), { tool: 'b', description: '', inputSchema: { type: 'object', properties: {} }, readOnly: true });
});

test('a description is capped and freed of what nobody sees, in the schema too', () => {
  const hidden = 'read\u200b\u202e it\u001b[2J \u{e0041}\u{e0042}now\n';
  const read = readTool(tool({ description: hidden + 'x'.repeat(5_000), inputSchema: { properties: { x: { description: hidden } } } }));
  assert.ok(!('fault' in read));
  assert.equal(read.description.length, mcpLimits.toolDescriptionCharsMax + 1);
  assert.ok(read.description.startsWith('read it[2J now'));
  assert.deepEqual(read.inputSchema, { type: 'object', properties: { x: { description: 'read it[2J now\n' } } });
});

test('what is no tool is left out with a reason, the rest stays', () => {
  let deep: object = { type: 'string' };
  for (let level = 0; level < 40; level += 1) deep = { items: deep };
  const bad = [7, null, {}, tool({ name: '' }), tool({ name: 'x'.repeat(300) }), tool({ inputSchema: undefined }), tool({ inputSchema: { type: 'string' } }), tool({ inputSchema: { properties: { x: deep } } }), tool({ inputSchema: { description: 'x'.repeat(9_000) } })];
  const { tools, faults } = readTools([...bad.map((each) => JSON.parse(JSON.stringify(each))), tool(), tool()]);
  assert.deepEqual(tools.map(({ tool: name }) => name), ['a']);
  assert.equal(faults.length, bad.length + 1);
});

test('a server has at most so many tools, and so many bytes of definitions', () => {
  const many = Array.from({ length: 200 }, (_, index) => tool({ name: `t${index}` }));
  assert.equal(readTools(many).tools.length, mcpLimits.toolsMax);
  const large = readTools(many.map((each) => ({ ...each, description: 'x'.repeat(1_000) })));
  assert.ok(large.tools.length < 64 && large.tools.length > 40);
  assert.match(large.faults[0] ?? '', /more than 65536 bytes: t\d+ and what follows/);
});

test('names fit the vendors\' rule, stay apart, and are the same each time', () => {
  const make = (): string[] => {
    const taken = new Set<string>();
    return [['git hub', 'create.issue'], ['git_hub', 'create/issue'], ['s', 'x'.repeat(100)], ['s', `${'x'.repeat(99)}y`], ['ünï', '🦦'], ['a very long name of a server indeed', 't'], ['a very long name of a server in truth', 't']].map(([server = '', name = '']) => toToolName(server, name, taken));
  };
  const names = make();
  assert.deepEqual(names.slice(0, 2), ['mcp__git_hub__create_issue', 'mcp__git_hub__create_issue_2']);
  assert.equal(new Set(names).size, names.length);
  for (const name of names) assert.match(name, /^mcp__[A-Za-z0-9_-]{1,59}$/);
  assert.deepEqual(make(), names);
});
