/**
 * `npm run test:runtimes`: the packed `@sx/net`, installed into an empty project, under Node 20 to 26, Bun and Deno.
 *
 * In: arguments name runtimes, none means all. Out: a table, exit code 1 where a case failed, 77 with a reason where the
 * runtimes cannot be had: they come from npm packages. What is tested is in
 * `runtimes/smoke.mjs`. Everything lives in a temporary folder that is removed at the end.
 */
import { execFileSync, spawn } from 'node:child_process';
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

import { startRuntimesServer } from './runtimes/server.ts';

interface Runtime {
  readonly name: string;
  /** npm package and version. */
  readonly from: string;
  /** The program, below `node_modules`. */
  readonly binary: string;
  readonly args: readonly string[];
}

const nodeFrom = (version: string): string => `node-${process.platform}-${process.arch}@${version}`;
const node = (name: string, version: string): Runtime => ({
  name,
  from: nodeFrom(version),
  binary: join(name, 'bin', 'node'),
  args: [],
});
const RUNTIMES: readonly Runtime[] = [
  node('node20', '20.20.2'),
  node('node22', '22.23.3'),
  node('node24', '24.21.0'),
  node('node26', '26.10.0'),
  { name: 'bun', from: 'bun@1.4.5', binary: join('bun', 'bin', 'bun.exe'), args: ['run'] },
  { name: 'deno', from: 'deno@2.9.6', binary: join('deno', 'bin.cjs'), args: ['run', '--allow-all', '--no-prompt'] },
];
const RUN_MAX_MS = 60_000;
const UNAVAILABLE = 77;

const root = resolve(import.meta.dirname, '..');
const folder = mkdtempSync(join(tmpdir(), 'sx-runtimes-'));
process.once('exit', () => rmSync(folder, { recursive: true, force: true }));

function npm(cwd: string, ...args: readonly string[]): void {
  execFileSync('npm', [...args, '--no-audit', '--no-fund', '--loglevel=error'], { cwd, stdio: ['ignore', 'ignore', 'pipe'] });
}

function projectFolder(name: string): string {
  const path = join(folder, name);
  mkdirSync(path);
  writeFileSync(join(path, 'package.json'), JSON.stringify({ name, private: true, type: 'module' }));
  return path;
}

/** An empty project with nothing but what `npm pack` made. */
function installPacked(): string {
  execFileSync(process.execPath, [join(root, 'node_modules/typescript/bin/tsc'), '-b', join(root, 'packages/net')], {
    stdio: 'inherit',
  });
  npm(join(root, 'packages/net'), 'pack', '--pack-destination', folder);
  const project = projectFolder('project');
  const [packed = ''] = execFileSync('ls', [folder], { encoding: 'utf8' }).split('\n').filter((name) => name.endsWith('.tgz'));
  npm(project, 'install', '--ignore-scripts', join(folder, packed));
  copyFileSync(join(root, 'scripts/runtimes/smoke.mjs'), join(project, 'smoke.mjs'));
  return project;
}

/** Each in a folder of its own: npm would put several versions of one package in one place. */
function installRuntime({ name, from }: Runtime): string {
  const path = projectFolder(`runtime-${name}`);
  npm(path, 'install', name.startsWith('node') ? `${name}@npm:${from}` : from);
  return path;
}

interface Outcome {
  readonly cases: ReadonlyMap<string, string>;
  readonly fault: string;
  readonly elapsedMs: number;
}

function run(command: string, args: readonly string[], cwd: string): Promise<Outcome> {
  const startedMs = performance.now();
  return new Promise((done) => {
    const child = spawn(command, args, {
      cwd,
      env: { HOME: folder, PATH: process.env['PATH'], NO_COLOR: '1' },
      timeout: RUN_MAX_MS,
    });
    let stdout = '';
    let stderr = '';
    child.stdout.on('data', (bytes) => (stdout += bytes));
    child.stderr.on('data', (bytes) => (stderr += bytes));
    child.once('error', (error) => (stderr += error.message));
    child.once('close', (code, signal) => {
      const cases = new Map<string, string>();
      for (const line of stdout.split('\n').filter((text) => text.startsWith('{'))) {
        const { name, ok, detail }: { name: string; ok: boolean; detail: string } = JSON.parse(line);
        cases.set(name, ok ? '' : detail);
      }
      const fault = code === 0 ? '' : `ended with ${signal ?? code}: ${stderr.slice(-500)}`;
      done({ cases, fault, elapsedMs: performance.now() - startedMs });
    });
  });
}

const wanted = process.argv.slice(2);
const chosen = RUNTIMES.filter(({ name }) => wanted.length === 0 || wanted.includes(name));
const outcomes = new Map<string, Outcome>();
const project = installPacked();
const server = await startRuntimesServer();
for (const runtime of chosen) {
  let installed: string;
  try {
    installed = installRuntime(runtime);
  } catch (error) {
    const reason = error instanceof Error && 'stderr' in error ? String(error.stderr).split('\n')[0] : String(error);
    process.stderr.write(`cannot install ${runtime.from}: ${reason}\n`);
    process.exit(UNAVAILABLE);
  }
  const script = [...runtime.args, 'smoke.mjs', server.plainOrigin, server.secureOrigin, server.caFile];
  const binary = join(installed, 'node_modules', runtime.binary);
  const isScript = binary.endsWith('.cjs');
  outcomes.set(runtime.name, await run(isScript ? process.execPath : binary, isScript ? [binary, ...script] : script, project));
}
server.close();

const names = [...new Set([...outcomes.values()].flatMap(({ cases }) => [...cases.keys()]))];
const row = (cells: readonly string[]): void => {
  console.log(cells.map((cell, index) => cell.padEnd(index === 0 ? 28 : 8)).join(' '));
};
row(['', ...outcomes.keys()]);
const verdict = (detail: string | undefined): string => (detail === '' ? 'ok' : detail === undefined ? 'missing' : 'FAILED');
for (const name of names) row([name, ...[...outcomes.values()].map(({ cases }) => verdict(cases.get(name)))]);
row(['ends by itself', ...[...outcomes.values()].map(({ fault }) => (fault === '' ? 'ok' : 'FAILED'))]);
row(['seconds', ...[...outcomes.values()].map(({ elapsedMs }) => (elapsedMs / 1_000).toFixed(1))]);
for (const [name, { cases, fault }] of outcomes) {
  for (const [title, detail] of cases) if (detail !== '') console.log(`${name}, ${title}: ${detail}`);
  if (fault !== '') console.log(`${name} ${fault}`);
  if (fault !== '' || names.length === 0 || names.some((title) => cases.get(title) !== '')) process.exitCode = 1;
}
