/**
 * The search tools over a tree of 50,000 files, beside `grep -r`, ripgrep (where it is installed) and `find`.
 *
 * Ours run in this process, as they do in sx, where a search is one call of a session; the others are processes, whose start is a millisecond or two.
 * All print the same matches. Rounds are interleaved, the page cache is warm for all.
 */
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import type { Tool, ToolRunContext } from '@sx/agent';
import { globTool, grepTool } from '@sx/tools';

import { median } from './measure.ts';

const ROUNDS = 7;
const FILES = 50_000;
const NEEDLES = 10;

export async function benchTools(): Promise<void> {
  const root = mkdtempSync(join(tmpdir(), 'sx-bench-tree-'));
  try {
    makeTree(root);
    const grep = (...args: string[]): string[] => ['grep', '-rn', ...args, '.'];
    const rg = (...args: string[]): string[] => ['rg', '--no-ignore', '--hidden', '-n', ...args, '.'];
    process.stdout.write(`\nsearch over ${FILES} files, median of ${ROUNDS} interleaved rounds\n`);
    await search(root, 'a plain text', { pattern: 'needleInHaystack', literal: true }, [grep('-F', 'needleInHaystack'), rg('-F', 'needleInHaystack')]);
    await search(root, 'an expression with a word in it', { pattern: 'needle\\w+\\(\\d+\\)' }, [grep('-E', 'needle\\w+\\([0-9]+\\)'), rg('needle\\w+\\(\\d+\\)')]);
    await search(root, 'an expression without one', { pattern: '[A-Z][a-z]+[A-Z][a-z]+[(]' }, [grep('-E', '[A-Z][a-z]+[A-Z][a-z]+[(]'), rg('[A-Z][a-z]+[A-Z][a-z]+[(]')]);
    await search(root, 'in any case', { pattern: 'NEEDLEinhay', ignoreCase: true }, [grep('-i', 'NEEDLEinhay'), rg('-i', 'NEEDLEinhay')]);
    process.stdout.write('    aim: grep ≤ 2 × of grep -r\n');
    await compareSearch(root, 'names', globTool, { pattern: '**/file99.ts' }, [['find', '.', '-name', 'file99.ts']], FILES / 100);
  } finally {
    rmSync(root, { recursive: true, force: true });
  }
}

function search(root: string, title: string, input: Record<string, string | boolean>, peers: readonly (readonly string[])[]): Promise<void> {
  return compareSearch(root, title, grepTool, input, peers, NEEDLES);
}

async function compareSearch(root: string, title: string, tool: Tool, input: Record<string, string | boolean>, peers: readonly (readonly string[])[], expected: number): Promise<void> {
  const context: ToolRunContext = {
    workingDirectory: root, additionalDirectories: [], childEnvironment: {}, outputDirectory: root, readFiles: new Map(), redact: (text) => text,
    signal: new AbortController().signal, callId: 'bench', onProgress: () => undefined,
  };
  const present = peers.filter(([program = '']) => spawnSync(program, ['--version'], { stdio: 'ignore' }).status === 0);
  const times = new Map<string, number[]>();
  const note = (name: string, started: number, found: number): void => {
    if (found !== expected) throw new Error(`${name}, ${title}: ${found} results, expected ${expected}`);
    times.set(name, [...(times.get(name) ?? []), performance.now() - started]);
  };
  for (let round = 0; round <= ROUNDS; round += 1) {
    for (const [program = '', ...args] of present) {
      const started = performance.now();
      const { stdout } = spawnSync(program, args, { cwd: root, encoding: 'utf8' });
      note(program, started, stdout.split('\n').length - 1);
    }
    const started = performance.now();
    const { content: [part] } = await tool.run(input, context);
    note(`sx ${tool.definition.name}`, started, part?.type === 'text' ? part.text.split('\n').length : 0);
    if (round === 0) times.clear();
  }
  const [[, base] = ['', []]] = times;
  const row = [...times].map(([name, list], index) => `${name} ${median(list).toFixed(0)} ms${index === 0 ? '' : ` (× ${(median(list) / median(base)).toFixed(2)})`}`);
  process.stdout.write(`  ${title.padEnd(34)} ${row.join(', ')}\n`);
}

/** Files of source code of 1 to 10 KB in 500 directories, the same in every run. */
function makeTree(root: string): void {
  const words = 'const let function return import export type interface value result error await async string number the of model tool file path line'.split(' ');
  let seed = 1;
  const random = (below: number): number => {
    seed = (seed * 1_103_515_245 + 12_345) & 0x7fffffff;
    return Math.floor((seed / 0x7fffffff) * below);
  };
  for (let index = 0; index < FILES; index += 1) {
    const directory = Math.floor(index / 100);
    const path = join(root, `d${directory % 25}/e${directory}`);
    if (index % 100 === 0) mkdirSync(path, { recursive: true });
    const line = (): string => `  ${Array.from({ length: 8 }, () => words[random(words.length)]).join(' ')}\n`;
    const text = Array.from({ length: 20 + random(120) }, line).join('');
    writeFileSync(join(path, `file${index % 100}.ts`), index % (FILES / NEEDLES) === 7 ? `${text}  needleInHaystack(42);\n` : text);
  }
}
