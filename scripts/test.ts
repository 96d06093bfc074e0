/**
 * Runs the tests: all of them, or those of one workspace (`node scripts/test.ts packages/net`), of a folder of tests, or single files.
 *
 * In: paths. Out: the exit code of `node --test`, but 1 where no test ran, where one was skipped or left to do. Whatever
 * needs `dist/sx` builds it first when a source is newer (`ensureExecutable`).
 */
import { spawn } from 'node:child_process';
import { existsSync, globSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative, resolve } from 'node:path';

const root = resolve(import.meta.dirname, '..');
const started = process.cwd();
const args = process.argv.slice(2);
const paths = args.map((path) => (existsSync(resolve(root, path)) ? path : relative(root, resolve(started, path))));
const patterns =
  paths.length === 0
    ? ['packages/*/test/**/*.test.ts', 'apps/*/test/**/*.test.ts']
    : paths.map((path) => (statSync(resolve(root, path)).isDirectory() ? `${path}/${/(^|\/)test(\/|$)/.test(path) ? '' : 'test/'}**/*.test.ts` : path));
const empty = patterns.filter((pattern) => globSync(pattern, { cwd: root }).length === 0);
if (empty.length > 0) {
  process.stderr.write(`no test in ${empty.join(', ')}\n`);
  process.exit(1);
}

if (patterns.some((pattern) => pattern.startsWith('apps/'))) await (await import('./build-executable/ensure.ts')).ensureExecutable();

const summary = join(tmpdir(), `sx-test-${process.pid}.tap`);
const child = spawn(
  process.execPath,
  ['--conditions=@sx/source', '--test', '--test-reporter=spec', '--test-reporter-destination=stdout', '--test-reporter=tap', `--test-reporter-destination=${summary}`, ...patterns],
  { cwd: root, stdio: 'inherit' },
);
const code = await new Promise<number>((done) => child.once('exit', (exit) => done(exit ?? 1)));
const tap = readFileSync(summary, 'utf8');
rmSync(summary);
const count = (name: string): number => Number(new RegExp(`^# ${name} (\\d+)$`, 'm').exec(tap)?.[1] ?? 0);
const faults = [
  count('tests') === 0 ? 'no test ran' : '',
  count('skipped') + count('todo') > 0 ? `${count('skipped') + count('todo')} tests were skipped or left to do` : '',
].filter((fault) => fault !== '');
for (const fault of faults) process.stderr.write(`${fault}\n`);
process.exitCode = faults.length > 0 ? 1 : code;
