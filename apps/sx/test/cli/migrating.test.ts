import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';

import { COMMANDS } from '../../src/cli/commands.ts';
import { EXIT_CODES } from '../../src/cli/exit-codes.ts';
import { type OptionRow, OPTIONS } from '../../src/cli/options.ts';
import { parseArguments } from '../../src/cli/parse-arguments.ts';

const text = readFileSync(new URL('../../../../docs/migrating.md', import.meta.url), 'utf8');
/** Rows of the tables: left what a peer takes, right what sx takes. */
const rows = [...text.matchAll(/^\| (.+) \| (.+) \|$/gm)].map(([, left = '', right = '']) => ({ left, right }));
const spans = (cell: string): string[] => [...cell.matchAll(/`([^`]+)`/g)].map(([, span = '']) => span);
const ours = rows.flatMap(({ right }) => spans(right));
const options: readonly OptionRow[] = OPTIONS;
const flags = new Set(options.flatMap((row) => [`--${row.name}`, ...(row.short === undefined ? [] : [`-${row.short}`]), ...(row.aliases ?? []).map((alias) => `--${alias}`)]));

test('the page speaks of each of the five peers, of its flags and its files', () => {
  for (const peer of ['Codex CLI', 'Claude Code', 'Gemini CLI', 'opencode', 'pi']) {
    const section = text.split(`\n## ${peer}\n`)[1]?.split('\n## ')[0] ?? '';
    assert.match(section, new RegExp(`^\\| ${peer} \\| sx \\|$`, 'm'), peer);
    assert.match(section, /^\| File \| Here \|$/m, peer);
  }
});

test('every flag that sx is said to take exists', () => {
  const named = ours.flatMap((span) => span.split(/\s+/).filter((word) => /^--?[a-zA-Z]/.test(word)).map((word) => word.split('=')[0] ?? ''));
  assert.ok(named.length > 60);
  for (const flag of named) assert.ok(flags.has(flag), flag);
});

test('every command that sx is said to have exists', () => {
  const named = [...text.matchAll(/`sx ([a-z][a-z-]*)/g)].map(([, name = '']) => name);
  assert.ok(named.length > 15);
  for (const name of named) assert.ok(COMMANDS.some((command) => command.name === name), name);
});

test('every whole line for sx can be parsed', () => {
  const lines = ours.filter((span) => span.startsWith('sx '));
  assert.ok(lines.length > 20);
  for (const line of lines) {
    const words = [...line.matchAll(/"([^"]*)"|(\S+)/g)].map(([, quoted, plain]) => quoted ?? plain ?? '').slice(1);
    parseArguments(words);
  }
});

test('its exit codes are those of the program', () => {
  const listed = rows.filter(({ left }) => /^\d+$/.test(left)).map(({ left, right }) => [Number(left), right]);
  assert.deepEqual(listed, EXIT_CODES.map(([code, meaning]) => [code, meaning]));
});
