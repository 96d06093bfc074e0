/**
 * The claim behind the parser, checked against real shells: where a line is understood, the shell runs no program that the
 * parser did not list. Lines are made at random; the programs are functions of a spy that write down their names.
 */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { test } from 'node:test';

import { parseShellLine } from '../../src/permissions/shell-parser.ts';

const NAMES = ['one', 'two', 'six'];
const PIECES = [
  ...NAMES, ...NAMES, ' ', ' ', ' ', '\n', ';', '&&', '||', '|', '&', '(', ')', '$(', ')', '`', '"', "'", '\\', '\\\n', '$', '{ ', '; }', '#', '!', '<<E\n', "<<'E'\n", 'E\n', '\nE\n', 'a=b', '"$(', ')"', 'if ', '; then ', '; fi',
  'for x in ', '; do ', '; done', '${x:-y}', '$((1))', '>/dev/null', '2>&1', '\\`', '{a,b}', 'case x in ', ';;', 'esac', '$x', '<<-E\n', '\tE\n',
];

const SPY = NAMES.map((name) => `${name}() { echo "ran:${name}" >&9; }`).join('\n');

for (const shell of ['/bin/bash', '/bin/dash'].filter(existsSync)) {
  test(`${shell} runs nothing that the parser did not see`, () => {
    let seed = shell.length * 1_013;
    const random = (below: number): number => (seed = (seed * 1_103_515_245 + 12_345) % 2 ** 31) % below;
    const lines: string[] = [];
    while (lines.length < 400) {
      const line = Array.from({ length: 3 + random(12) }, () => PIECES[random(PIECES.length)]).join('');
      const { problems, commands } = parseShellLine(line);
      // Lines that run everything anyway show nothing.
      const listed = new Set(commands.map((command) => command.words[0]?.text));
      if (problems.length === 0 && commands.length > 0 && NAMES.some((name) => line.includes(name) && !listed.has(name))) lines.push(line);
    }
    // One shell for all lines; `eval` in a subshell reads each line as `sh -c` would.
    const script = lines.map((line, index) => `echo "line:${index}" >&9; (eval ${quote(line)}) </dev/null >/dev/null 2>&1`).join('\n');
    const { output } = spawnSync(shell, ['-c', `exec 9>&1\n${SPY}\n${script}`], { encoding: 'utf8', timeout: 20_000, env: {} });
    let index = -1;
    for (const entry of (output[1] ?? '').split('\n')) {
      const [kind, value = ''] = entry.split(':');
      if (kind === 'line') index = Number(value);
      if (kind !== 'ran') continue;
      const listed = parseShellLine(lines[index] ?? '').commands.map((command) => command.words[0]);
      assert.ok(listed.some((word) => word !== undefined && (word.text === value || !word.literal)), `${JSON.stringify(lines[index])} ran ${value}`);
    }
    assert.equal(index, lines.length - 1);
  });
}

function quote(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}
