import assert from 'node:assert/strict';
import { test } from 'node:test';

import { isMcpError } from '../src/mcp-error.ts';
import { parseServerLine, parseServers } from '../src/server-config.ts';

const lookup = (name: string): string | undefined => ({ HOME: '/home/u', TOKEN: 't0ken' })[name];
const read = (servers: object) => parseServers(JSON.stringify({ mcpServers: servers }), 'f.json', lookup);

test('reads the shapes that the peers write', () => {
  const { servers, faults } = read({
    fs: { command: 'npx', args: ['-y', 'x', '${HOME}/a', 7], env: { LEVEL: 'debug', T: '${TOKEN}' }, cwd: '${PLACE:-/tmp}' },
    'git hub': { type: 'http', url: 'https://example.com/mcp', headers: { Authorization: 'Bearer ${TOKEN}' } },
    off: { command: 'x', disabled: true },
  });
  assert.deepEqual(faults, []);
  assert.deepEqual(servers, [
    { kind: 'stdio', name: 'fs', source: 'f.json', command: 'npx', args: ['-y', 'x', '/home/u/a', '7'], environment: { LEVEL: 'debug', T: 't0ken' }, cwd: '/tmp' },
    { kind: 'http', name: 'git hub', source: 'f.json', url: 'https://example.com/mcp', fields: [['Authorization', 'Bearer t0ken']] },
  ]);
});

test('what is wrong with one server is said, and does not touch the others', () => {
  const { servers, faults } = read({
    good: { command: 'x' }, 'a\u001b': { command: 'x' }, empty: {}, old: { type: 'sse', url: 'https://e' }, odd: { type: 'pigeon' }, number: 7,
    unset: { command: '${NOPE}' }, file: { url: 'file:///etc/passwd' }, user: { url: 'https://u:p@e/' },
  });
  assert.deepEqual(servers.map(({ name }) => name), ['good']);
  assert.equal(faults.length, 8);
  assert.match(faults.join('\n'), /transport `sse` of 2024[\s\S]*\$\{NOPE\} is not set/);
  assert.doesNotMatch(faults.join('\n'), /\u001b|u:p@/);
});

test('a file that is none is an error, and a flood of servers is cut', () => {
  for (const text of ['{', '[]', '{"servers":{}}', '{"mcpServers":[]}']) {
    assert.throws(() => parseServers(text, 'f.json', lookup), (error) => isMcpError(error) && error.code === 'MCP_BAD_CONFIG');
  }
  const many = read(Object.fromEntries(Array.from({ length: 20 }, (_, index) => [`s${index}`, { command: 'x' }])));
  assert.equal(many.servers.length, 16);
  assert.match(many.faults.join(), /more than 16 MCP servers/);
});

test('reads the one-line form', () => {
  const { servers, faults } = parseServerLine('fs:npx:-y server /tmp ; web:https://example.com/mcp;;bad;empty:', 'MCP_SERVER');
  assert.deepEqual(servers, [
    { kind: 'stdio', name: 'fs', source: 'MCP_SERVER', command: 'npx', args: ['-y', 'server', '/tmp'], environment: {}, cwd: undefined },
    { kind: 'http', name: 'web', source: 'MCP_SERVER', url: 'https://example.com/mcp', fields: [] },
  ]);
  assert.equal(faults.length, 2);
});
