/** Whatever the package exports is documented where it is declared, every member of its interfaces and classes included. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';

const source = (path: string): string => readFileSync(new URL(`../src/${path}`, import.meta.url), 'utf8');

const EXPORTS = /^export (?:type )?\{([^}]+)\} from '\.\/(.+)';$/gm;
const MEMBER = /^  (?:override )?(?:readonly )?\w+\??(?:\(|:)/;
const INSIDE = /^  (?:constructor\(|override |async )/;

function undocumented(path: string, name: string): string[] {
  const lines = source(path).split('\n');
  const isDocumented = (at: number): boolean => lines[at - 1]?.trimEnd().endsWith('*/') === true;
  const declared = lines.findIndex((line) => new RegExp(`^export (?:async )?(?:const|function\\*?|interface|type|class) ${name}\\b`).test(line));
  assert.notEqual(declared, -1, `${path} declares ${name}`);
  const faults = isDocumented(declared) ? [] : [`${path}:${declared + 1} ${name}`];
  if (!/interface|class/.test(lines[declared] ?? '')) return faults;
  const end = lines.indexOf('}', declared);
  for (let at = declared + 1; at < end; at += 1) {
    const line = lines[at] ?? '';
    if (MEMBER.test(line) && !INSIDE.test(line) && !isDocumented(at)) faults.push(`${path}:${at + 1} ${name}: ${line.trim()}`);
  }
  return faults;
}

test('every export and every member of it has a docstring', () => {
  const rows = [...source('index.ts').matchAll(EXPORTS)].flatMap(([, names = '', path = '']) =>
    names.split(',').map((name) => ({ path, name: name.trim().replace(/^type /, '') })));
  assert.ok(rows.length > 80, `${rows.length} exports found`);
  assert.deepEqual(rows.flatMap(({ path, name }) => undocumented(path, name)), []);
});
